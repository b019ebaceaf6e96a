"""Following what became of collections, through the real command and against servers on loopback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.links import parse
from spotrec.links.references import (
    CsvReference,
    FolderReference,
    LikedSongsReference,
    LinkListReference,
    M3UReference,
    PlaylistFileReference,
    SearchReference,
)
from spotrec.operations.library import source_of
from spotrec.store import FeatureStore
from support.catalogue import CHOI, hear
from support.music import encoded, tune, write_tagged
from support.servers import Answer, FakeDeezer, FakeSpotify, spotify_id
from support.spotify_embed import FakeEmbed

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def synced(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("sync", *arguments, "--json", code=code).stdout)
    return report


def changes(report: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {one["title"]: (one["added"], one["dropped"], one["removed"]) for one in report["collections"]}


def catalogue(spotrec: Run) -> list[str]:
    return sorted(row["title"] for row in json.loads(spotrec("tracks", "--json").stdout))


def songs(*numbers: int) -> list[str]:
    return sorted(f"Song {n}" for n in numbers)


def cached(home: Path) -> list[str]:
    return sorted(path.name[-4:] for path in (home / "data" / "audio").iterdir())


@pytest.fixture
def tracks(spotify: FakeSpotify, deezer: FakeDeezer) -> list[str]:
    """Ids on Spotify, each with a preview at Deezer."""
    for n in range(40):
        deezer.previews[isrc(n)] = PREVIEW
    return [spotify.add_track(n, isrc=isrc(n)) for n in range(40)]


@pytest.fixture
def mixtape(spotrec: Run, spotify: FakeSpotify, tracks: list[str]) -> str:
    """A playlist of twenty tracks that was crawled."""
    id_ = spotify.add_playlist(5000, tracks[:20])
    spotrec("crawl", f"spotify:playlist:{id_}")
    return id_


class TestFollowing:
    def test_additions_and_removals_are_followed(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str, store: FeatureStore, home: Path
    ) -> None:
        gone = store.tracks.get(f"spotify:track:{tracks[0]}")
        assert gone
        hear(store, [gone])
        spotify.playlists[mixtape]["entries"] = [tracks[25], *tracks[2:20]]
        report = synced(spotrec)
        assert changes(report) == {"Mixtape": (1, 2, 2)}
        assert (report["seen"], report["new"], report["fetched"]) == (19, 1, 1)
        assert catalogue(spotrec) == songs(*range(2, 20), 25)
        assert store.embeddings.get(gone.id, CHOI) is None
        assert cached(home) == [f"{n:04d}" for n in (*range(2, 20), 25)]
        assert changes(synced(spotrec)) == {"Mixtape": (0, 0, 0)}

    def test_the_report_says_what_changed_in_each_collection(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotify.playlists[mixtape]["entries"] = tracks[1:22]
        shown = spotrec("sync").stdout
        assert "21 tracks seen, 2 new, 21 with audio (2 fetched now)" in shown
        assert "“Mixtape”" in shown
        assert "2 added, 1 no longer listed, 1 removed from the catalogue" in shown

    def test_a_removed_track_stays_away_until_it_is_crawled_by_name(
        self, spotrec: Run, tracks: list[str], mixtape: str
    ) -> None:
        spotrec("remove", "Song 3", "--yes")
        shown = spotrec("sync")
        assert "no collection has changed" in shown.stdout
        assert "1 track that you removed stays away: `spotrec crawl SOURCE` adds it again" in shown.stderr
        assert changes(synced(spotrec)) == {"Mixtape": (0, 0, 0)}
        assert "Song 3" not in catalogue(spotrec)
        spotrec("crawl", f"spotify:track:{tracks[3]}")
        assert "Song 3" in catalogue(spotrec)
        assert "stay" not in spotrec("sync").stderr
        assert catalogue(spotrec) == songs(*range(20))

    def test_a_removed_file_stays_away_even_if_its_tags_are_edited(self, spotrec: Run, tmp_path: Path) -> None:
        for n in range(3):
            write_tagged(tmp_path / "music" / f"{n}.flac", tune(n), title=f"Song {n}", artist="Band")
        spotrec("crawl", tmp_path / "music")
        spotrec("remove", tmp_path / "music" / "1.flac", "--yes")
        write_tagged(tmp_path / "music" / "1.flac", tune(1), title="Better Title", artist="Band")
        assert changes(synced(spotrec)) == {"music": (0, 0, 0)}
        assert catalogue(spotrec) == songs(0, 2)
        write_tagged(tmp_path / "music" / "1.flac", tune(7), title="Another Song", artist="Band")
        assert changes(synced(spotrec)) == {"music": (1, 0, 0)}
        spotrec("crawl", tmp_path / "music")
        assert catalogue(spotrec) == ["Another Song", *songs(0, 2)]

    def test_a_copy_of_a_removed_file_stays_when_its_tags_are_edited(self, spotrec: Run, tmp_path: Path) -> None:
        for title in ("Copy", "Original"):
            write_tagged(tmp_path / "music" / f"{title}.flac", tune(1), title=title, artist="Band")
        spotrec("crawl", tmp_path / "music")
        spotrec("remove", tmp_path / "music" / "Copy.flac", "--yes")
        (tmp_path / "music" / "Copy.flac").unlink()
        write_tagged(tmp_path / "music" / "Original.flac", tune(1), title="Better Title", artist="Band")
        synced(spotrec)
        assert catalogue(spotrec) == ["Better Title"]

    def test_no_delete_only_adds_and_a_later_sync_removes(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotify.playlists[mixtape]["entries"] = tracks[1:21]
        assert changes(synced(spotrec, "--no-delete")) == {"Mixtape": (1, 1, 0)}
        assert catalogue(spotrec) == songs(*range(21))
        assert changes(synced(spotrec)) == {"Mixtape": (0, 0, 1)}
        assert catalogue(spotrec) == songs(*range(1, 21))

    def test_a_sync_follows_what_a_crawl_saw_before_it(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        """So it does for who was killed between crawling and removing."""
        spotify.playlists[mixtape]["entries"] = tracks[1:20]
        spotrec("crawl", mixtape_link(mixtape))
        assert "Song 0" in catalogue(spotrec)
        synced(spotrec)
        assert "Song 0" not in catalogue(spotrec)

    def test_a_track_that_another_collection_lists_stays(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotrec("crawl", f"spotify:album:{spotify.add_album(7000, tracks[:1])}")
        spotify.playlists[mixtape]["entries"] = tracks[2:20]
        assert changes(synced(spotrec)) == {"LP": (0, 0, 0), "Mixtape": (0, 2, 1)}
        assert catalogue(spotrec) == songs(0, *range(2, 20))

    def test_a_track_that_moved_to_another_collection_stays_as_it_was_heard(
        self, spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, tracks: list[str], mixtape: str
    ) -> None:
        other = spotify.add_playlist(5001, tracks[30:32], "Party")
        spotrec("crawl", f"spotify:playlist:{other}")
        asked = deezer.asked("/preview")
        spotify.playlists[mixtape]["entries"] = tracks[1:20]
        spotify.playlists[other]["entries"] = [tracks[0], tracks[31]]
        assert changes(synced(spotrec)) == {"Mixtape": (0, 1, 0), "Party": (1, 1, 1)}
        assert catalogue(spotrec) == songs(*range(20), 31)
        assert deezer.asked("/preview") == asked, "nothing was fetched anew"

    def test_a_track_that_was_crawled_singly_stays(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotrec("crawl", tracks[0])
        spotify.playlists[mixtape]["entries"] = tracks[2:20]
        assert changes(synced(spotrec)) == {"Mixtape": (0, 2, 1)}
        assert catalogue(spotrec) == songs(0, *range(2, 20))

    def test_a_track_that_comes_back_is_a_new_one(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotify.playlists[mixtape]["entries"] = tracks[1:20]
        synced(spotrec)
        spotify.playlists[mixtape]["entries"] = tracks[:20]
        report = synced(spotrec)
        assert (changes(report), report["new"], report["fetched"]) == ({"Mixtape": (1, 0, 0)}, 1, 1)

    def test_only_the_named_collections_are_crawled(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        other = spotify.add_playlist(5001, tracks[30:32], "Party")
        spotrec("crawl", f"spotify:playlist:{other}")
        for id_ in (mixtape, other):
            spotify.playlists[id_]["entries"] = spotify.playlists[id_]["entries"][1:]
        before = spotify.asked(f"/v1/playlists/{mixtape}")
        assert changes(synced(spotrec, "party", f"spotify:playlist:{other}")) == {"Party": (0, 1, 1)}
        assert spotify.asked(f"/v1/playlists/{mixtape}") == before
        assert "spotrec tracks --collections" in spotrec("sync", "nope", code=5).stderr

    def test_without_a_collection_there_is_nothing_to_do(self, spotrec: Run, tracks: list[str]) -> None:
        assert "spotrec crawl" in spotrec("sync", code=5).stderr
        spotrec("crawl", tracks[0])
        assert "no collection was crawled yet" in spotrec("sync", code=5).stderr


class TestNothingIsLostTo:
    """A collection that was not listed to its end removes nothing."""

    @pytest.mark.parametrize(
        "answer",
        [
            Answer({"error": {"status": 404, "message": "Resource not found"}}, 404),
            Answer({"error": {"status": 429}}, 429, {"Retry-After": "86400"}),
            Answer({"error": {"status": 403, "message": "Forbidden"}}, 403),
            Answer({"items": "nonsense"}),
            Answer("", 500),
        ],
    )
    def test_a_service_that_does_not_answer(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str, answer: Answer
    ) -> None:
        spotify.playlists[mixtape]["entries"] = tracks[10:20]
        spotify.faults["/v1/playlists"] = [answer]
        result = spotrec("sync", "--json", code=None)
        assert result.exit_code != 0
        report = json.loads(result.stdout)
        assert len(report["failed_sources"]) == 1
        assert changes(report) == {"Mixtape": (0, 0, 0)}
        assert catalogue(spotrec) == songs(*range(20))

    def test_a_service_that_does_not_answer_after_an_earlier_crawl_saw_changes(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotify.playlists[mixtape]["entries"] = tracks[1:20]
        spotrec("crawl", mixtape_link(mixtape))
        spotify.faults["/v1/playlists"] = [Answer("", 500)]
        assert changes(synced(spotrec, code=1)) == {"Mixtape": (0, 0, 0)}
        assert catalogue(spotrec) == songs(*range(20))

    def test_a_service_that_asks_us_to_wait_in_the_middle(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        page = f"/v1/playlists/{mixtape}/items"
        rows = [{"item": spotify.tracks[id_]} for id_ in (tracks[30], tracks[31])]
        first = Answer({"items": rows, "total": 40, "next": "https://api.spotify.com/more"})
        spotify.faults[page] = [first, Answer({"error": {"status": 429}}, 429, {"Retry-After": "86400"})]
        assert changes(synced(spotrec, code=3)) == {"Mixtape": (2, 0, 0)}
        assert catalogue(spotrec) == songs(*range(20), 30, 31)
        del spotify.faults[page]
        spotify.playlists[mixtape]["entries"] = [tracks[30], tracks[31], *tracks[1:20]]
        assert changes(synced(spotrec)) == {"Mixtape": (0, 1, 1)}, "what stood where others stand now is not lost"

    def test_a_page_that_may_be_cut(self, spotrec: Run, embed: FakeEmbed, deezer: FakeDeezer) -> None:
        deezer.previews["direct"] = PREVIEW
        preview = f"{deezer.url}/preview/direct.mp3"
        id_ = embed.add_list(5000, [embed.row(n, preview) for n in range(102)], "playlist", "Long")
        spotrec("crawl", f"spotify:playlist:{id_}")
        embed.add_list(5000, [embed.row(n, preview) for n in range(2, 102)], "playlist", "Long")
        assert changes(synced(spotrec))["Long"][2] == 0
        assert len(catalogue(spotrec)) == 102
        embed.add_list(5000, [embed.row(n, preview) for n in range(3, 102)], "playlist", "Long")
        assert changes(synced(spotrec)) == {"Long": (0, 3, 3)}

    def test_an_answer_that_is_suddenly_empty(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotify.playlists[mixtape]["entries"] = []
        for _ in range(2):  # it does not matter how often it is asked
            report = synced(spotrec, code=0)
            assert changes(report)["Mixtape"][2] == 0
            (notice,) = report["notices"]
            assert "“Mixtape” is suddenly empty: its 20 tracks stay" in notice
            assert f"`spotrec remove spotify:playlist:{mixtape}`" in notice
        assert len(catalogue(spotrec)) == 20
        spotify.playlists[mixtape]["entries"] = tracks[1:20]
        assert changes(synced(spotrec))["Mixtape"][2] == 1
        spotify.playlists[mixtape]["entries"] = []
        synced(spotrec)
        spotrec("remove", f"spotify:playlist:{mixtape}", "--yes")
        assert catalogue(spotrec) == []

    def test_an_answer_that_is_suddenly_empty_elsewhere(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], mixtape: str
    ) -> None:
        spotrec("crawl", f"spotify:playlist:{spotify.add_playlist(5001, tracks[:2], 'A Few')}")
        spotify.playlists[mixtape]["entries"] = []
        spotify.playlists[spotify_id(5001)]["entries"] = []
        assert changes(synced(spotrec)) == {"A Few": (0, 2, 0), "Mixtape": (0, 20, 0)}
        assert len(catalogue(spotrec)) == 20

    def test_a_small_collection_may_well_be_emptied(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str]
    ) -> None:
        id_ = spotify.add_playlist(5001, tracks[:10], "A Few")
        spotrec("crawl", f"spotify:playlist:{id_}")
        spotify.playlists[id_]["entries"] = []
        assert changes(synced(spotrec)) == {"A Few": (0, 10, 10)}
        assert catalogue(spotrec) == []


class TestFiles:
    @pytest.fixture
    def folder(self, spotrec: Run, tmp_path: Path) -> Path:
        for n in range(3):
            write_tagged(tmp_path / "m" / f"{n}.flac", tune(n), title=f"Song {n}")
        spotrec("crawl", tmp_path / "m")
        return tmp_path / "m"

    def test_a_folder_is_followed_and_its_files_are_not_touched(
        self, spotrec: Run, folder: Path, tmp_path: Path
    ) -> None:
        (folder / "0.flac").rename(tmp_path / "elsewhere.flac")
        (folder / "1.flac").rename(folder / "renamed.flac")
        write_tagged(folder / "9.flac", tune(9), title="Song 9")
        assert changes(synced(spotrec, folder)) == {"m": (1, 1, 1)}
        assert catalogue(spotrec) == songs(1, 2, 9)
        assert (tmp_path / "elsewhere.flac").exists()

    def test_a_folder_that_is_not_there_loses_nothing(self, spotrec: Run, folder: Path, tmp_path: Path) -> None:
        folder.rename(tmp_path / "unmounted")
        report = synced(spotrec, code=5)
        assert len(report["failed_sources"]) == 1
        folder.mkdir()  # what a disk was mounted on
        synced(spotrec, code=5)
        assert catalogue(spotrec) == songs(0, 1, 2)

    def test_a_file_that_cannot_be_read_now_loses_nothing(self, spotrec: Run, folder: Path) -> None:
        (folder / "1.flac").write_bytes(b"half written")
        (folder / "2.flac").unlink()
        assert changes(synced(spotrec, code=3)) == {"m": (0, 2, 1)}
        assert catalogue(spotrec) == songs(0, 1)

    @pytest.mark.parametrize("name", ["list.m3u", "list.txt"])
    def test_a_list_is_followed_unless_it_names_what_cannot_be_read(
        self, spotrec: Run, tmp_path: Path, name: str
    ) -> None:
        for n in range(4):
            write_tagged(tmp_path / "disk" / f"{n}.flac", tune(n), title=f"Song {n}")
        (tmp_path / name).write_text("".join(f"disk/{n}.flac\n" for n in range(4)))
        spotrec("crawl", tmp_path / name)
        (tmp_path / name).write_text("".join(f"disk/{n}.flac\n" for n in range(1, 4)))
        assert changes(synced(spotrec)) == {"list": (0, 1, 1)}
        (tmp_path / "disk").rename(tmp_path / "unmounted")
        report = synced(spotrec, code=3)
        assert "has entries that cannot be read now" in report["notices"][0]
        assert catalogue(spotrec) == songs(1, 2, 3)
        (tmp_path / name).unlink()
        assert synced(spotrec, code=1)["failed_sources"]
        assert catalogue(spotrec) == songs(1, 2, 3)


class TestListsOfSpotify:
    """Artists, liked songs and searches lead back to where they came from."""

    def test_an_artist(self, spotrec: Run, spotify: FakeSpotify, tracks: list[str]) -> None:
        albums = [spotify.add_album(7000 + n, [tracks[n]]) for n in range(2)]
        artist = spotify.add_artist(8000, {"album": albums})
        spotrec("crawl", f"spotify:artist:{artist}")
        spotify.add_artist(8000, {"album": albums[1:]})
        assert changes(synced(spotrec)) == {"Band": (0, 1, 1)}
        assert catalogue(spotrec) == songs(1)

    def test_liked_songs(
        self, spotrec: Run, spotify: FakeSpotify, tracks: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SPOTIFY_TOKEN", "users-own")
        spotify.liked = tracks[:3]
        spotrec("crawl", "spotify:collection")
        spotify.liked = tracks[1:4]
        (change,) = changes(synced(spotrec, "https://open.spotify.com/collection/tracks")).values()
        assert change == (1, 1, 1)
        assert catalogue(spotrec) == songs(1, 2, 3)

    def test_a_search(self, spotrec: Run, spotify: FakeSpotify, tracks: list[str]) -> None:
        words = "artist:“A & B” 100%"
        spotify.hits = tracks[:3]
        spotrec("crawl", "--search", words)
        spotify.hits = tracks[1:4]
        assert changes(synced(spotrec, words)) == {words: (1, 1, 0)}, (
            "what is found first changes; nothing leaves for that"
        )
        assert set(spotify.searched) == {words}
        assert catalogue(spotrec) == songs(0, 1, 2, 3)


def test_a_deezer_playlist_is_followed(spotrec: Run, deezer: FakeDeezer) -> None:
    for n in range(3):
        deezer.previews[isrc(n)] = PREVIEW
        deezer.add_track(n + 1, isrc(n))
    deezer.add_list("/playlist/7", [1, 2, 3])
    spotrec("crawl", "deezer:playlist:7")
    deezer.add_list("/playlist/7", [2, 3])
    assert changes(synced(spotrec)) == {"Mixtape": (0, 1, 1)}
    assert catalogue(spotrec) == songs(2, 3)


@pytest.mark.parametrize(
    ("collection_id", "reference"),
    [
        ("folder:/music/a: b", FolderReference(Path("/music/a: b"))),
        ("m3u:/music/x.m3u8", M3UReference(Path("/music/x.m3u8"))),
        ("list:/music/x.xspf", PlaylistFileReference(Path("/music/x.xspf"), "")),
        ("playlist:a%3A%2Fb:/music/x: y.json", PlaylistFileReference(Path("/music/x: y.json"), "a:/b")),
        ("list:/music/x.TSV", CsvReference(Path("/music/x.TSV"))),
        ("list:/music/x.txt", LinkListReference(Path("/music/x.txt"))),
        ("spotify:search:artist%3AAbba%20%25", SearchReference("artist:Abba %")),
        ("spotify:collection", LikedSongsReference()),
        *((uri, parse(uri)) for uri in (f"spotify:{kind}:{spotify_id(1)}" for kind in ("playlist", "album", "artist"))),
        *((uri, parse(uri)) for uri in ("deezer:playlist:1", "deezer:album:2")),
    ],
)
def test_a_collections_id_leads_back_to_its_source(collection_id: str, reference: object) -> None:
    assert source_of(collection_id) == reference


def mixtape_link(id_: str) -> str:
    return f"https://open.spotify.com/playlist/{id_}"
