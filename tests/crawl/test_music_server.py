"""A real supysonic: its library is crawled and followed, and playlists are written there."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from spotrec.export import subsonic_playlist
from spotrec.store import FeatureStore
from spotrec.track import Track, TrackId
from support.catalogue import hear
from support.music import tune, write_tagged
from support.stations import days_pass
from support.supysonic import PASSWORD, USER, Supysonic, is_installed, supysonic

pytestmark = pytest.mark.skipif(not is_installed(), reason="supysonic is not installed")
Run = Callable[..., Any]
_N = 12


def add_tune(folder: Path, n: int) -> Path:
    return write_tagged(
        folder / f"Band {n % 2}" / f"tune-{n}.flac",
        tune(n),
        artist=f"Band {n % 2}",
        title=f"Tune {n}",
        album="Made Up",
        genre="Jazz",
        tracknumber=str(n),
    )


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supysonic]:
    """A server of twelve tunes. Leave its music as it is."""
    music = tmp_path_factory.mktemp("served")
    for n in range(_N):
        add_tune(music, n)
    with supysonic(tmp_path_factory.mktemp("supysonic"), music) as server:
        yield server


@pytest.fixture
def server(running: Supysonic, monkeypatch: pytest.MonkeyPatch) -> Supysonic:
    """The server, and settings that lead to it."""
    monkeypatch.setenv("SPOTREC_SUBSONIC_URL", running.url)
    monkeypatch.setenv("SPOTREC_SUBSONIC_USER", USER)
    monkeypatch.setenv("SPOTREC_SUBSONIC_PASSWORD", PASSWORD)
    monkeypatch.setenv("SPOTREC_PROVIDERS", "file,subsonic")
    return running


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def titles(spotrec: Run) -> list[str]:
    return sorted(row["title"] for row in json.loads(spotrec("tracks", "--json").stdout))


def item_id(store: FeatureStore, n: int) -> str:
    (found,) = store.tracks.find_by_words(f"tune {n}")[:1]
    return store.server_items.of([found.id])[found.id][0].item_id


def test_a_library_is_streamed_file_by_file_and_each_song_is_found_by_the_servers_id(
    spotrec: Run, server: Supysonic, store: FeatureStore
) -> None:
    report = crawled(spotrec, f"subsonic:{server.url}")
    assert (report["seen"], report["fetched"], report["missing"]) == (_N, _N, [])
    assert titles(spotrec) == sorted(f"Tune {n}" for n in range(_N))
    sizes = {audio.n_bytes for n in range(_N) if (audio := store.audio.get(_track(store, n).id))}
    assert sizes == {path.stat().st_size for path in server.music.rglob("*.flac")}, "unchanged, and not encoded again"
    track = _track(store, 3)
    assert (track.artists, track.album, track.genre) == (("Band 1",), "Made Up", "Jazz")
    assert store.server_items.track_of(item_id(store, 3)) == track
    assert crawled(spotrec, "subsonic:")["new"] == 0


def test_files_in_the_mounted_folder_are_read_there(
    spotrec: Run, server: Supysonic, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_SUBSONIC_FOLDER", str(server.music))
    report = crawled(spotrec, "subsonic:")
    assert (report["seen"], report["with_audio"], report["fetched"], report["notices"]) == (_N, _N, 0, [])
    assert _track(store, 3).path == str(server.music / "Band 1" / "tune-3.flac")
    assert crawled(spotrec, server.music)["new"] == 0


def test_a_sync_follows_what_was_added_and_deleted_on_the_server(
    spotrec: Run, tmp_path: Path, server: Supysonic, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    music = tmp_path / "mine"
    paths = [add_tune(music, n) for n in range(3)]
    with supysonic(tmp_path / "own", music) as own:
        monkeypatch.setenv("SPOTREC_SUBSONIC_URL", own.url)
        crawled(spotrec, "subsonic:")
        gone = item_id(store, 0)
        paths[0].unlink()
        add_tune(music, 7)
        own.scan()
        report = json.loads(spotrec("sync", "--json").stdout)
        (change,) = report["collections"]
        assert (change["added"], change["dropped"], change["removed"]) == (1, 1, 1)
        assert titles(spotrec) == ["Tune 1", "Tune 2", "Tune 7"]
        assert store.server_items.track_of(gone) is None
        monkeypatch.setenv("SPOTREC_SUBSONIC_PASSWORD", "wrong")
        assert "refuses your user name or password" in spotrec("sync", code=4).stderr
    monkeypatch.setenv("SPOTREC_SUBSONIC_PASSWORD", PASSWORD)
    spotrec("sync", code=1)  # the server has stopped
    assert titles(spotrec) == ["Tune 1", "Tune 2", "Tune 7"]


def test_a_playlist_is_written_once_and_again_when_it_differs(
    spotrec: Run, server: Supysonic, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subsonic_playlist, "_BATCH", 5)
    crawled(spotrec, "subsonic:")
    ids = [_track(store, n).id for n in range(_N)]
    copy = Track(TrackId("deezer:track:7"), "Tune 7", ("Band 1",))
    store.tracks.add([copy, Track(TrackId("deezer:track:8"), "Elsewhere", ("Band 1",))])

    def made(*names: str, code: int = 0, more: tuple[str, ...] = ()) -> dict[str, Any]:
        done = spotrec("playlist", "create", "Mix", *names, "--to", "subsonic", "--yes", "--json", *more, code=code)
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    shown = spotrec("playlist", "create", "Mix", *ids, "--to", "subsonic")
    assert "would write the private playlist “Mix” of 12 tracks" in shown.stdout
    first = made(*ids, ids[0])
    assert (len(first["tracks"]), first["repeated"], first["was_there"], first["is_changed"]) == (_N, 1, None, True)
    again = made(*ids)
    assert (again["url"], again["was_there"], again["is_changed"]) == (first["url"], _N, False)
    shorter = made(*ids[:0:-2], copy.id, "deezer:track:8", item_id(store, 4), code=3, more=("--public",))
    assert (shorter["url"], shorter["was_there"], shorter["is_changed"]) == (first["url"], _N, True)
    assert [(one["name"], one["reason"]) for one in shorter["left_out"]] == [
        (
            "Band 1 – Elsewhere",
            "127.0.0.1:" + server.url.rpartition(":")[2] + " does not have it, or it was not crawled",
        )
    ]
    report = crawled(spotrec, first["url"])
    assert (report["sources"][0]["title"], report["seen"], report["new"]) == ("Mix", 7, 0)
    listed = store.rows(
        "select track_id from collection_track where collection_id = ? order by position", [first["url"]]
    )
    assert [row[0] for row in listed] == [*ids[:0:-2], ids[4]]
    assert {one["by"] for one in shorter["tracks"]} == {"id"}, "the copy is a song that is there already"
    assert [one["by"] for one in made(copy.id)["tracks"]] == ["name"]


def test_a_station_is_always_the_same_playlist(
    spotrec: Run, server: Supysonic, store: FeatureStore, home: Path
) -> None:
    crawled(spotrec, "subsonic:")
    hear(store, [_track(store, n) for n in range(_N)])
    spotrec("index")
    spotrec("station", "new", "Evening", _track(store, 0).id, "-n", "4", "--to", "subsonic")
    lists = []
    for _ in range(2):
        for _ in range(2):
            spotrec("station", "refresh")
            (station,) = json.loads(spotrec("station", "--json").stdout)
            crawled(spotrec, station["address"])
            rows = store.rows(
                "select track_id from collection_track where collection_id = ? order by position", [station["address"]]
            )
            assert [row[0] for row in rows] == spotrec("station", "show", "Evening", "--ids").stdout.split()
        lists.append({row[0] for row in rows})
        days_pass(home / "data")
    assert not lists[0] & lists[1]
    ours = [one for one in store.collections.get() if one.collection.title == "Evening"]
    assert len(ours) == 1, "there is one playlist of this name"


def test_a_playlist_of_the_same_name_that_somebody_else_made_stays(
    spotrec: Run, server: Supysonic, store: FeatureStore
) -> None:
    crawled(spotrec, "subsonic:")
    tracks = [_track(store, n) for n in (1, 2)]
    (song,) = store.server_items.of([tracks[0].id])[tracks[0].id]
    by_hand = {"u": USER, "p": PASSWORD, "v": "1.16.1", "c": "a player", "name": "Mine", "songId": song.item_id}
    httpx.get(f"{server.url}/rest/createPlaylist", params=by_hand).raise_for_status()
    done = spotrec("playlist", "create", "Mine", tracks[1].id, "--to", "subsonic", "--yes", code=2)
    assert "that spotrec did not make" in done.stderr
    assert "none of the tracks is on" in spotrec("playlist", "create", "X", "file:0", "--to", "subsonic", code=5).stderr


def _track(store: FeatureStore, n: int) -> Track:
    return next(track for track in store.tracks.find_by_words(f"tune {n}") if track.title == f"Tune {n}")


def test_a_list_is_sent_without_what_it_has_twice(spotrec: Run, server: Supysonic, store: FeatureStore) -> None:
    crawled(spotrec, "subsonic:")
    ids = [_track(store, n).id for n in (3, 1, 3, 2, 1)]
    send = ("playlist", "dedupe", "-", "--to", "subsonic", "--name", "Clean", "--json")
    stdin = "".join(f"{id_}\n" for id_ in ids)
    shown = json.loads(spotrec(*send, stdin=stdin).stdout)
    assert [one["number"] for one in shown["repeats"]] == [3, 5]
    assert shown["sent"]["playlist"]["is_done"] is False
    sent = json.loads(spotrec(*send, "--yes", stdin=stdin).stdout)["sent"]["playlist"]
    assert crawled(spotrec, sent["url"])["sources"][0]["title"] == "Clean"
    listed = json.loads(spotrec("playlist", "dedupe", sent["url"], "--json").stdout)
    assert [one["track_id"] for one in listed["entries"]] == [ids[0], ids[1], ids[3]]


class TestDoctor:
    def found(self, spotrec: Run) -> dict[str, Any] | None:
        findings = json.loads(spotrec("doctor", "--json", code=None).stdout)
        return next((one for one in findings if one["name"] == "music server"), None)

    def test_a_server_that_accepts_the_user_is_well(self, spotrec: Run, server: Supysonic) -> None:
        host = server.url.removeprefix("http://")
        assert self.found(spotrec) == {
            "name": "music server",
            "ok": True,
            "detail": f"{host} accepts the user {USER}",
            "hint": "",
        }

    def test_a_wrong_password_is_told_and_not_shown(
        self, spotrec: Run, server: Supysonic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SPOTREC_SUBSONIC_PASSWORD", "not-the-password")
        found = self.found(spotrec)
        assert found
        assert not found["ok"]
        assert "subsonic_password" in found["hint"]
        assert "not-the-password" not in str(found)

    def test_one_that_does_not_answer_is_told(
        self, spotrec: Run, server: Supysonic, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SPOTREC_SUBSONIC_URL", "http://127.0.0.1:9")
        found = self.found(spotrec)
        assert found
        assert not found["ok"]
        assert "127.0.0.1 cannot be reached" in found["detail"]

    def test_without_a_server_nothing_is_asked(self, spotrec: Run) -> None:
        assert self.found(spotrec) is None
