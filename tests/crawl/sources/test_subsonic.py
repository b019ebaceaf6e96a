"""A music server as a source, against a stand-in with OpenSubsonic's fields, and against servers that err or lie."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.operations.seeds import with_id
from spotrec.store import FeatureStore, server_key
from spotrec.track import TrackId
from support.catalogue import hear
from support.music import encoded, tune, write_tagged
from support.servers import Answer, serving
from support.subsonic import API_KEY, PASSWORD, USER, FakeSubsonic, failed, ok

Run = Callable[..., Any]
MP3 = encoded(tune(1))
ISRC = "GBAYE0000001"
MBID = "189002e7-3285-4e2e-92a3-7f6c30d407a2"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSubsonic]:
    """A music server that the settings name, with user name and password."""
    with serving(FakeSubsonic()) as server:
        assert isinstance(server, FakeSubsonic)
        monkeypatch.setenv("SPOTREC_SUBSONIC_URL", server.url)
        monkeypatch.setenv("SPOTREC_SUBSONIC_USER", USER)
        monkeypatch.setenv("SPOTREC_SUBSONIC_PASSWORD", PASSWORD)
        monkeypatch.setenv("SPOTREC_PROVIDERS", "file,subsonic")
        yield server


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def titles(spotrec: Run) -> list[str]:
    return [row["title"] for row in json.loads(spotrec("tracks", "--json").stdout)]


def test_a_library_is_listed_with_names_isrcs_and_musicbrainz_ids_and_streamed(
    spotrec: Run, server: FakeSubsonic, store: FeatureStore
) -> None:
    server.add_song(
        "tr-1",
        MP3,
        artists=[{"id": "1", "name": "Tyler, The Creator"}, {"id": "2", "name": "Guest"}],
        isrc=["nonsense", ISRC.lower()],
        musicBrainzId=MBID.upper(),
        coverArt="mf-1",
        genres=[{"name": "Hip-Hop"}, {"name": "Jazz"}],
        moods=["slow"],
        bpm=134,
        year=2005,
        explicitStatus="explicit",
    )
    server.add_song("tr-2", MP3, artist="[Unknown Artist]", album="[Unknown Album]", title="a b.mp3")
    report = crawled(spotrec, f"subsonic:{server.url}")
    assert (report["seen"], report["new"], report["fetched"], report["skipped"]) == (2, 2, 2, [])
    key = server_key(server.url)
    track, other = (store.tracks.get(f"subsonic:{key}:tr-{n}") for n in (1, 2))
    assert track
    assert other
    assert (track.title, track.artists, track.album) == ("Song tr-1", ("Tyler, The Creator", "Guest"), "LP")
    assert (track.isrc, track.duration_ms, track.release_date, track.explicit) == (ISRC, 5000, "2005", True)
    assert (track.genre, track.mood, track.bpm, track.url) == ("Hip-Hop; Jazz", "slow", 134, None)
    assert (other.title, other.artists, other.album) == ("a b", (), None)
    (item,) = store.server_items.of([track.id])[track.id]
    assert (item.server, item.item_id, item.path, item.n_bytes) == (key, "tr-1", "Band/LP/tr-1.mp3", len(MP3))
    assert (item.cover_id, item.musicbrainz_id) == ("mf-1", MBID)
    audio = store.audio.get(track.id)
    assert audio
    assert (audio.owned, audio.provider, audio.n_bytes) == (True, "subsonic", len(MP3))
    assert server.url.partition("://")[2] not in track.id, "an exported id does not tell where the server is"
    with Recommender() as recommender:
        assert recommender.track_of_item("tr-1") == recommender.track_of_item("tr-1", key) == track
        assert recommender.track_of_item("tr-1", "another") is recommender.track_of_item("tr-9") is None
        assert recommender.server_items([track.id, TrackId("x")]) == {track.id: [item]}


def test_a_recording_that_is_known_by_its_isrc_stays_one_track_and_is_found_by_the_servers_id(
    spotrec: Run, server: FakeSubsonic, store: FeatureStore
) -> None:
    from support.catalogue import song

    known = song(1, isrc=ISRC)
    store.tracks.add([known])
    hear(store, [known])
    server.add_song("tr-1", MP3, isrc=[ISRC])
    assert crawled(spotrec, "subsonic:")["new"] == 0
    found = store.server_items.track_of("tr-1")
    assert found
    assert found.id == known.id
    assert store.tracks.get(f"subsonic:{server_key(server.url)}:tr-1") == found
    server.asked_with.clear()
    spotrec("crawl", "--retry-all")
    spotrec("sync")
    assert store.server_items.track_of("tr-1") == found


def test_a_seed_may_be_the_servers_id_but_a_short_word_or_number_is_a_title(
    spotrec: Run, server: FakeSubsonic, store: FeatureStore
) -> None:
    for id_ in ("1979", "tr-5", "3fXgKMVnRjTBWvkSSvrDZo"):
        server.add_song(id_, MP3, title=f"Track {id_}")
    crawled(spotrec, "subsonic:")
    hear(store, list(store.server_items.tracks_of(server_key(server.url), ["tr-5", "3fXgKMVnRjTBWvkSSvrDZo"]).values()))
    spotrec("index", "--model", "choi-1")
    for id_ in ("tr-5", "3fXgKMVnRjTBWvkSSvrDZo"):  # the second looks like an id of Spotify
        report = json.loads(spotrec("query", id_, "--model", "choi-1", "--json").stdout)
        assert f"Band – Track {id_}" in json.dumps(report["seeds"], ensure_ascii=False)
    assert with_id(store, "1979") is None


class TestSignIn:
    def test_a_password_is_sent_as_a_token_with_another_salt_each_time(
        self, spotrec: Run, server: FakeSubsonic
    ) -> None:
        server.add_song("tr-1", MP3)
        crawled(spotrec, "subsonic:")
        assert all("p" not in query and "apiKey" not in query for query in server.asked_with)
        assert len({query["s"] for query in server.asked_with}) == len(server.asked_with)

    def test_a_server_without_tokens_gets_the_password_and_an_api_key_goes_alone(
        self, spotrec: Run, server: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.add_song("tr-1", MP3)
        server.sign_in = {"password"}
        assert crawled(spotrec, "subsonic:")["seen"] == 1
        server.sign_in = {"key"}
        server.asked_with.clear()
        monkeypatch.setenv("SPOTREC_SUBSONIC_API_KEY", API_KEY)
        assert crawled(spotrec, "subsonic:")["seen"] == 1
        assert all(query.keys().isdisjoint({"u", "p", "t", "s"}) for query in server.asked_with)

    @pytest.mark.parametrize("name", ["SUBSONIC_PASSWORD", "SUBSONIC_API_KEY"])
    def test_a_refused_sign_in_says_so_and_stores_nothing(
        self, spotrec: Run, server: FakeSubsonic, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        monkeypatch.setenv(f"SPOTREC_{name}", "planted-wrong")
        said = spotrec("crawl", "subsonic:", code=4).stderr
        assert "refuses" in said
        assert "subsonic_" in said
        assert "planted" not in said
        assert "\x1b" not in said
        assert "no stored collection" in spotrec("sync", "x", code=5).stderr

    def test_without_credentials_or_a_server_nothing_is_sent(
        self, spotrec: Run, server: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPOTREC_SUBSONIC_USER")
        assert "subsonic_user" in spotrec("crawl", "subsonic:", code=4).stderr
        monkeypatch.delenv("SPOTREC_SUBSONIC_URL")
        assert "subsonic_url" in spotrec("crawl", f"subsonic:{server.url}", code=2).stderr
        assert server.requests == []

    def test_credentials_go_to_no_other_server_and_never_stand_in_a_link(
        self, spotrec: Run, server: FakeSubsonic
    ) -> None:
        with serving(FakeSubsonic()) as other:
            said = spotrec("crawl", f"subsonic:{other.url}", code=2).stderr
            assert "not sent to" in said
            for link in (f"subsonic:http://me:hidden@127.0.0.1:{other.port}", f"subsonic:{other.url}/?u=me&p=hidden"):
                said = spotrec("crawl", link, code=2).stderr
                assert "subsonic_password" in said
                assert "hidden" not in said
            server.faults["/rest/search3"] = [Answer("", 302, {"Location": f"{other.url}/rest/search3.view?x=1"})]
            said = spotrec("crawl", "subsonic:", code=1).stderr
            assert "redirects to" in said
            assert other.requests == []

    def test_nothing_is_sent_unencrypted_unless_the_settings_of_the_same_person_allow_it(
        self, spotrec: Run, server: FakeSubsonic, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SPOTREC_SUBSONIC_URL", f"http://music.invalid:{server.port}")
        assert "unencrypted" in spotrec("crawl", "subsonic:", code=2).stderr
        (home / "config").mkdir(exist_ok=True)
        (home / "config" / "spotrec.toml").write_text('subsonic_unencrypted = "on"\n', encoding="utf-8")
        assert "unencrypted" in spotrec("crawl", "subsonic:", code=2).stderr, "a stranger's folder allows nothing"
        monkeypatch.setenv("SPOTREC_SUBSONIC_UNENCRYPTED", "on")
        assert "cannot be found" in spotrec("crawl", "subsonic:", code=1).stderr

    def test_a_strangers_folder_cannot_name_the_server(
        self, spotrec: Run, server: FakeSubsonic, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPOTREC_SUBSONIC_URL")
        (home / "config").mkdir(exist_ok=True)
        (home / "config" / "spotrec.toml").write_text(f'subsonic_url = "{server.url}"\n', encoding="utf-8")
        assert "not sent to" in spotrec("crawl", "subsonic:", code=2).stderr
        assert server.requests == []


class TestListing:
    @pytest.mark.parametrize(
        ("everything", "refuses", "pages"),
        [("", False, True), ('""', True, True), ('""', False, True), (None, True, True), ("", False, False)],
        ids=["Navidrome", "Gonic", "older Navidrome", "Airsonic", "no pages"],
    )
    def test_each_servers_way_lists_every_song_once(
        self, spotrec: Run, server: FakeSubsonic, everything: Any, refuses: bool, pages: bool
    ) -> None:
        for n in range(1030):
            server.add_song(f"tr-{n}", albumId=f"al-{n % 7}")
        server.everything, server.refuses_empty, server.turns_pages = everything, refuses, pages
        report = crawled(spotrec, "subsonic:", "--dry-run")
        assert (report["sources"][0]["seen"], report["sources"][0]["new"]) == (1030, 1030)
        assert len(report["tracks"]) == 1030

    def test_playlists_albums_and_artists_are_sources_too(self, spotrec: Run, server: FakeSubsonic) -> None:
        server.add_song("tr-1", MP3)
        server.add_song("tr-2", MP3)
        for link in ("playlist/7", "app/#/album/al-1/show", "artist/9"):
            assert crawled(spotrec, f"subsonic:{server.url}/{link}")["seen"] == 2
        stored = {row["id"]: row["kind"] for row in json.loads(spotrec("tracks", "--collections", "--json").stdout)}
        start = f"subsonic:{server.url}"
        assert stored == {
            f"{start}/playlist/7": "playlist",
            f"{start}/album/al-1": "album",
            f"{start}/artist/9": "artist",
        }
        assert [one["dropped"] for one in json.loads(spotrec("sync", "--json").stdout)["collections"]] == [0, 0, 0]

    def test_hostile_rows_are_skipped_by_name_and_the_rest_is_listed(
        self, spotrec: Run, server: FakeSubsonic, store: FeatureStore
    ) -> None:
        strange: list[Any] = [
            None,
            5,
            "x",
            [],
            {},
            {"id": "", "title": "no id"},
            {"id": "../../etc", "title": "a path"},
            {"id": "a b", "title": "a blank"},
            {"id": "x" * 200, "title": "too long"},
            {"id": True, "title": "no text"},
            {"id": "v", "title": "Film", "isVideo": True},
            {"id": "d", "title": "Folder", "isDir": True},
            {"id": "p", "title": "Talk", "type": "podcast"},
        ]
        lies = {
            "size": -1,
            "duration": 10**30,
            "year": "x",
            "path": "a\0b",
            "isrc": 5,
            "artists": {"name": 1},
            "bpm": [],
        }
        server.songs = [*strange, {"id": 7, "title": "\x1b[31m<script>\u202e" + "x" * 10_000, "artist": ["x"], **lies}]
        server.files["7"] = MP3
        report = crawled(spotrec, "subsonic:", code=3)
        assert (report["seen"], len(report["skipped"]), report["with_audio"]) == (14, 13, 1)
        track = store.server_items.track_of("7")
        assert track
        assert len(track.title) <= 500
        assert track.title.isprintable()
        assert (track.artists, track.duration_ms, track.release_date, track.isrc) == ((), None, None, None)

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            (Answer("<html>hello</html>"), "sent a web page, not JSON"),
            (Answer({"x": 1}), "does not answer as a Subsonic server"),
            (Answer({"subsonic-response": {"status": "maybe"}}), "does not answer as a Subsonic server"),
            (Answer({"subsonic-response": []}), "does not answer as a Subsonic server"),
            (Answer('{"subsonic-response": {"status":', content_length=5_000), "broke off"),
            (Answer("[" * 100_000), "not JSON"),
            (failed("x", {"a": 1}), "refuses the request"),
            (failed(50), "does not allow you this"),
            (failed(30, "x" * 10_000), "refuses the request"),
            (Answer("", 404), "nothing at this address"),
            (Answer("", 502), "HTTP 502"),
            (Answer(b"x" * 1_000_000, is_endless=True), "more than"),
        ],
    )
    def test_a_wrong_answer_is_told_and_removes_nothing(
        self, spotrec: Run, server: FakeSubsonic, answer: Answer, said: str
    ) -> None:
        server.add_song("tr-1", MP3)
        crawled(spotrec, "subsonic:")
        server.faults["/rest/ping"] = [answer]
        done = spotrec("sync", code=None)
        assert done.exit_code in (1, 3, 4, 5)
        assert said in done.stderr
        assert "\x1b[31m" not in done.stderr
        assert titles(spotrec) == ["Song tr-1"]

    def test_a_partial_listing_removes_nothing_and_the_next_whole_one_does(
        self, spotrec: Run, server: FakeSubsonic, store: FeatureStore
    ) -> None:
        for n in range(600):
            server.add_song(f"tr-{n}", MP3 if n < 5 else b"")
        crawled(spotrec, "subsonic:", code=3)
        del server.songs[100:]
        server.faults["/rest/search3"] = [ok(searchResult3={"song": server.songs[:40]}), Answer("", 500)]
        assert "HTTP 500" in spotrec("sync", code=3).stderr
        assert len(titles(spotrec)) == 600
        server.faults.clear()
        server.everything, server.lost_albums = "no search", {"al-1"}  # albums one by one, of which one is not shown
        spotrec("sync", code=None)
        assert len(titles(spotrec)) == 600
        server.everything, server.lost_albums, server.is_scanning = "", set(), True
        assert "is scanning its folders now" in spotrec("sync", code=3).stderr
        assert len(titles(spotrec)) == 600
        server.is_scanning = False
        report = json.loads(spotrec("sync", "--json", code=3).stdout)
        assert [one["removed"] for one in report["collections"]] == [500]
        assert len(titles(spotrec)) == 100
        assert store.server_items.track_of("tr-99")
        assert store.server_items.track_of("tr-100") is None


class TestAudio:
    def test_a_song_is_downloaded_where_it_may_not_be_streamed(self, spotrec: Run, server: FakeSubsonic) -> None:
        server.add_song("tr-1", MP3)
        server.streams = False
        assert crawled(spotrec, "subsonic:")["fetched"] == 1
        assert server.asked("/rest/download") == 1

    def test_an_error_instead_of_audio_is_no_audio_and_is_tried_again(
        self, spotrec: Run, server: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server.add_song("tr-1", MP3)
        server.faults["/rest/stream"] = [failed(70)]
        report = crawled(spotrec, "subsonic:", code=3)
        assert "no such item" in report["missing"][0]["reason"]
        server.faults["/rest/stream"] = [Answer(b"x" * 2_000_000)]
        monkeypatch.setenv("SPOTREC_MAX_AUDIO_MB", "1")
        assert "more than 1,000,000 bytes" in spotrec("crawl", "--retry-all", code=3).stderr
        server.faults.clear()
        assert json.loads(spotrec("crawl", "--retry-all", "--json").stdout)["fetched"] == 1

    def test_a_cover_comes_from_the_server_that_has_it(self, spotrec: Run, server: FakeSubsonic) -> None:
        from spotrec.errors import NotFound

        server.add_song("tr-1", MP3, coverArt="mf-1")
        server.add_song("tr-2", MP3)
        crawled(spotrec, "subsonic:")
        server.faults["/rest/getCoverArt"] = [Answer(b"\xff\xd8\xff picture")]
        with Recommender() as recommender:
            items = [recommender.server_items([recommender.track_of_item(f"tr-{n}").id]) for n in (1, 2)]  # type: ignore[union-attr] # both are stored
            (one,), (two,) = (next(iter(some.values())) for some in items)
            assert recommender.server_cover(one, 64).startswith(b"\xff\xd8\xff")
            assert (server.asked_with[-1]["c"]) == "spotrec"
            with pytest.raises(NotFound, match="no cover"):
                recommender.server_cover(two)


class TestMountedFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path, server: FakeSubsonic, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Three songs in the folder that is mounted, under the path that the server says."""
        folder = tmp_path / "mounted"
        for n in range(3):
            path = write_tagged(folder / "Band" / "LP" / f"{n}.flac", tune(n), artist="Band", title=f"Tune {n}")
            server.add_song(f"tr-{n}", path.read_bytes(), path=f"/srv/music/Band/LP/{n}.flac", title=f"Server's {n}")
        monkeypatch.setenv("SPOTREC_SUBSONIC_FOLDER", str(folder))
        return folder

    def test_files_are_read_in_place_and_nothing_is_streamed(
        self, spotrec: Run, server: FakeSubsonic, folder: Path, store: FeatureStore
    ) -> None:
        report = crawled(spotrec, "subsonic:")
        assert (report["with_audio"], report["fetched"], report["notices"]) == (3, 0, [])
        assert sorted(titles(spotrec)) == ["Tune 0", "Tune 1", "Tune 2"], "tags say more than the server"
        assert server.asked("/rest/stream") == 0
        track = store.server_items.track_of("tr-1")
        assert track
        assert track.path == str(folder / "Band" / "LP" / "1.flac")
        assert crawled(spotrec, folder)["new"] == 0, "the folder itself has the same tracks"

    def test_a_folder_that_is_not_mounted_now_changes_nothing(
        self, spotrec: Run, server: FakeSubsonic, folder: Path, store: FeatureStore
    ) -> None:
        crawled(spotrec, "subsonic:")
        before = {id_: store.server_items.track_of(id_) for id_ in ("tr-0", "tr-1", "tr-2")}
        folder.rename(folder.with_name("elsewhere"))
        folder.mkdir()
        said = spotrec("sync")
        assert "no collection has changed" in said.stdout
        assert "the folder in `subsonic_folder` is empty or not there" in said.stderr
        assert {id_: store.server_items.track_of(id_) for id_ in before} == before
        assert server.asked("/rest/stream") == 0

    def test_a_streamed_song_keeps_its_features_when_its_file_is_mounted(
        self, spotrec: Run, server: FakeSubsonic, folder: Path, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SPOTREC_SUBSONIC_FOLDER")
        crawled(spotrec, "subsonic:")
        streamed = store.server_items.track_of("tr-1")
        assert streamed
        hear(store, [streamed])
        monkeypatch.setenv("SPOTREC_SUBSONIC_FOLDER", str(folder))
        assert crawled(spotrec, "subsonic:")["new"] == 0
        mounted = store.server_items.track_of("tr-1")
        assert mounted
        assert mounted.id.startswith("file:")
        assert store.tracks.get(streamed.id) == mounted
        assert [tuple(row) for row in store.rows("select track_id from embedding")] == [(mounted.id,)]
        assert len(titles(spotrec)) == 3

    def test_only_files_of_that_size_below_the_folder_are_taken(
        self, spotrec: Run, server: FakeSubsonic, folder: Path, tmp_path: Path
    ) -> None:
        secret = write_tagged(tmp_path / "secret.flac", tune(9), artist="x", title="Secret")
        size = secret.stat().st_size
        server.songs.clear()
        server.add_song("a", MP3, path=str(secret), size=size)
        server.add_song("b", MP3, path="../secret.flac", size=size)
        server.add_song("c", MP3, path="other/0.flac", size=5)  # a file of another song has this name
        server.add_song("d", MP3, path="x/" * 3000 + "y.flac")
        report = crawled(spotrec, "subsonic:")
        assert (report["fetched"], report["with_audio"]) == (4, 4)
        assert "4 songs are not in the folder" in " ".join(report["notices"])
        assert "Secret" not in titles(spotrec)


def test_a_server_that_gives_its_songs_new_ids_keeps_the_tracks(
    spotrec: Run, server: FakeSubsonic, store: FeatureStore
) -> None:
    for n in range(3):
        server.add_song(f"old-{n}", encoded(tune(n)), path=f"Band/LP/{n}.mp3")
    crawled(spotrec, "subsonic:")
    before = [store.server_items.track_of(f"old-{n}") for n in range(3)]
    hear(store, [track for track in before if track])
    songs, server.songs = server.songs, []
    for n, song in enumerate(songs):
        server.songs.append({**song, "id": f"new-{n}"})
        server.files[f"new-{n}"] = server.files.pop(f"old-{n}")
    report = json.loads(spotrec("sync", "--json").stdout)
    assert [(one["added"], one["dropped"]) for one in report["collections"]] == [(0, 0)]
    assert [store.server_items.track_of(f"new-{n}") for n in range(3)] == before
    assert store.server_items.track_of("old-1") is None
    assert server.asked("/rest/stream") == 3, "nothing is fetched again"


def test_a_removed_song_stays_away_until_it_is_crawled_by_name(
    spotrec: Run, server: FakeSubsonic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mounted"
    path = write_tagged(folder / "1.flac", tune(1), artist="Band", title="One")
    server.add_song("tr-1", path.read_bytes(), path="1.flac")
    server.add_song("tr-2", MP3)
    monkeypatch.setenv("SPOTREC_SUBSONIC_FOLDER", str(folder))
    crawled(spotrec, "subsonic:")
    spotrec("remove", "One", "Song tr-2", "--yes")
    shutil.rmtree(folder)
    spotrec("sync")
    assert titles(spotrec) == []
    assert crawled(spotrec, "subsonic:")["new"] == 2
