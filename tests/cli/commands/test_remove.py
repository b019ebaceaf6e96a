"""Taking tracks and collections out, through the real command."""

import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import Ears, StoredAudio, Track
from support.catalogue import CHOI, fill, hear, playlist, song, songs
from support.music import tune, write_tagged
from support.servers import spotify_id
from support.waiting import wait_until

Run = Callable[..., Any]
MIXTAPE, PARTY = playlist(5000, "Mixtape"), playlist(5001, "Party")


@pytest.fixture
def catalogue(store: FeatureStore, home: Path) -> FeatureStore:
    """Twenty heard tracks: 0 to 9 in Mixtape, 8 to 13 in Party, the others, and 5, crawled singly; 0 to 3 cached."""
    tracks = songs(20)
    store.tracks.add(tracks[:10], MIXTAPE)
    store.tracks.add(tracks[8:14], PARTY)
    store.tracks.add([tracks[5], *tracks[14:]])
    for n in range(4):
        cached(store, tracks[n], home)
    hear(store, tracks)
    return store


def cached(store: FeatureStore, track: Track, home: Path) -> Path:
    path = home / "data" / "audio" / track.id.replace(":", "-")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"audio")
    store.audio.save(StoredAudio(track.id, str(path), True, "b" * 64, 5, "deezer"))
    return path


def removed(spotrec: Run, *arguments: object) -> list[str]:
    answer = json.loads(spotrec("remove", *arguments, "--yes", "--json").stdout)
    assert answer["removed"] is True
    return sorted(track["title"] for track in answer["tracks"])


def n_tracks(store: FeatureStore) -> int:
    return store.counts(Ears.of(CHOI)).tracks


def titles(*numbers: int) -> list[str]:
    return sorted(f"Song {n}" for n in numbers)


@pytest.mark.parametrize(
    "name",
    [
        spotify_id(2),
        f"spotify:track:{spotify_id(2)}",
        f"https://open.spotify.com/intl-de/track/{spotify_id(2)}?si=abc",
        "song 2",
        "Artist 2 – Song 2",
    ],
)
def test_a_track_goes_by_any_of_its_names(spotrec: Run, catalogue: FeatureStore, home: Path, name: str) -> None:
    catalogue.removal.remove([song(12).id])  # whose name begins as that of song 2 ends: "song 2" is exact all the same
    assert removed(spotrec, name) == ["Song 2"]
    assert catalogue.tracks.get(song(2).id) is None
    assert catalogue.embeddings.get(song(2).id, CHOI) is None
    assert catalogue.integrity_faults() == []
    left = sorted(path.name[-2:] for path in (home / "data" / "audio").iterdir())
    assert left == ["00", "01", "03"]


@pytest.mark.parametrize(
    "name", [MIXTAPE.id, spotify_id(5000), "mixtape", f"open.spotify.com/playlist/{spotify_id(5000)}"]
)
def test_a_collection_takes_along_what_nobody_else_wants(spotrec: Run, catalogue: FeatureStore, name: str) -> None:
    assert removed(spotrec, name) == titles(0, 1, 2, 3, 4, 6, 7), "5 was crawled singly, 8 and 9 are in Party"
    assert [one.id for one in catalogue.collections.get()] == [PARTY.id]
    assert n_tracks(catalogue) == 13


def test_two_collections_take_along_what_they_share(spotrec: Run, catalogue: FeatureStore) -> None:
    assert removed(spotrec, "Mixtape", "Party", "song 19") == titles(*(set(range(14)) - {5}), 19)
    assert catalogue.collections.get() == []


def test_a_dry_run_shows_what_would_go_and_removes_nothing(spotrec: Run, catalogue: FeatureStore) -> None:
    shown = spotrec("remove", "Mixtape", "--dry-run").stdout
    assert "1 collection to remove:" in shown
    assert "7 tracks to remove" in shown
    assert "Artist 0 – Song 0" in shown
    answer = json.loads(spotrec("remove", "Mixtape", "--dry-run", "--json").stdout)
    assert (answer["removed"], len(answer["tracks"])) == (False, 7)
    assert [one["title"] for one in answer["collections"]] == ["Mixtape"]
    assert n_tracks(catalogue) == 20


def test_nothing_is_removed_where_a_name_is_unknown(spotrec: Run, catalogue: FeatureStore) -> None:
    for name in ("no such thing", spotify_id(77), "./gone.mp3", "https://example.org/x", "spotify:track:short"):
        said = spotrec("remove", "Mixtape", name, "--yes", code=5).stderr
        assert "there is no stored track or collection" in said
        assert "spotrec tracks" in said
    assert n_tracks(catalogue) == 20
    assert "the name is empty" in spotrec("remove", "Mixtape", " ", "--yes", code=2).stderr


def test_nothing_is_removed_where_a_name_is_not_clear(spotrec: Run, catalogue: FeatureStore) -> None:
    catalogue.tracks.add([song(30, "Mixtape", "Somebody"), song(31, "Mix", "Somebody")])
    said = spotrec("remove", "song 19", "Mixtape", "--yes", code=2).stderr
    assert MIXTAPE.id in said
    assert song(30).id in said
    catalogue.tracks.add([song(32)], playlist(5002, "PARTY!"))
    assert spotify_id(5002) in spotrec("remove", "Party", "--yes", code=2).stderr
    assert "matches" in spotrec("remove", "song 1 artist", "--yes", code=2).stderr
    assert n_tracks(catalogue) == 23
    assert removed(spotrec, PARTY.id) == titles(10, 11, 12, 13)


def test_without_a_terminal_nobody_can_be_asked(spotrec: Run, catalogue: FeatureStore) -> None:
    result = spotrec("remove", "Mixtape", code=2, stdin="y\n")
    assert "--yes" in result.stderr
    assert result.stdout == ""
    assert n_tracks(catalogue) == 20


@pytest.mark.parametrize(("answer", "code", "left"), [(b"y\n", 0, 13), (b"n\n", 1, 20), (b"\n", 1, 20)])
def test_on_a_terminal_a_person_is_asked(catalogue: FeatureStore, answer: bytes, code: int, left: int) -> None:
    person, terminal = pty.openpty()
    command = [sys.executable, "-m", "spotrec", "remove", "Mixtape", "--json"]
    try:
        with subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.write(person, answer)
            stdout, stderr = process.communicate(timeout=60)
    finally:
        os.close(person)
        os.close(terminal)
    assert process.returncode == code, stderr
    assert b"7 tracks to remove" in stderr
    assert b"Remove them?" in stderr
    assert stdout == b"" if code else json.loads(stdout)["removed"]
    assert n_tracks(catalogue) == left


def test_a_users_own_files_are_never_touched(spotrec: Run, tmp_path: Path, store: FeatureStore) -> None:
    files = [write_tagged(tmp_path / "m" / f"{n}.flac", tune(n), title=f"Tune {n}") for n in range(3)]
    before = {path: path.read_bytes() for path in files}
    spotrec("crawl", tmp_path / "m")
    assert removed(spotrec, files[0]) == ["Tune 0"]
    files[1].rename(tmp_path / "elsewhere.flac")
    assert removed(spotrec, files[1]) == ["Tune 1"], "the file need not be there any more"
    (tmp_path / "elsewhere.flac").rename(files[1])
    assert removed(spotrec, tmp_path / "m") == ["Tune 2"]
    assert {path: path.read_bytes() for path in files} == before
    spotrec("crawl", tmp_path / "m")
    assert n_tracks(store) == 3, "removed and crawled again, they are back"


def test_cached_audio_of_who_was_killed_in_between_is_deleted_by_the_next_run(
    spotrec: Run, store: FeatureStore, home: Path
) -> None:
    for command in (["extract"], ["remove", song(0).id, "--yes"]):
        store.tracks.add([song(0), song(1)])
        path = cached(store, song(1), home)
        store.removal.remove([song(1).id])  # and no further: its audio is left
        assert path.exists()
        spotrec(*command)
        assert not path.exists(), command
        assert store.audio.discarded() == []


def test_a_killed_removal_leaves_nothing_dangling(store: FeatureStore, spotrec: Run, home: Path) -> None:
    many = songs(1500)
    store.tracks.add(many, MIXTAPE)
    paths = [cached(store, track, home) for track in many]
    command = [sys.executable, "-m", "spotrec", "remove", "Mixtape", "--yes"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with sqlite3.connect(f"file:{store.path}?mode=ro", uri=True) as look:
        left = "select count(*) from track"
        wait_until(lambda: process.poll() is not None or not look.execute(left).fetchone()[0], every_s=0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert sum(path.exists() for path in paths) > 0, "it was killed too late to show anything"
    assert store.integrity_faults() == []
    spotrec("extract")
    assert sum(path.exists() for path in paths) == 0
    assert store.audio.discarded() == []


def test_a_cache_out_of_reach_is_told_and_its_audio_deleted_later(
    spotrec: Run, store: FeatureStore, home: Path
) -> None:
    store.tracks.add([song(0), song(1)])
    path = cached(store, song(0), home)
    away = path.parent.rename(path.parent.parent / "away")
    path.parent.write_text("in the way")
    assert "cannot be used" in spotrec("remove", song(0).id, "--yes", code=1).stderr
    assert n_tracks(store) == 1
    path.parent.unlink()
    away.rename(path.parent)
    spotrec("remove", song(1).id, "--yes")
    assert not path.exists()


class TestQueriesAfterwards:
    """The index still holds what was removed; queries do not show it."""

    def results(self, spotrec: Run, n: int) -> list[str]:
        answer = json.loads(spotrec("query", song(15).id, "-n", n, "--json").stdout)
        return [row["title"] for row in answer["results"]]

    def test_removed_tracks_are_not_recommended_and_others_take_their_place(
        self, spotrec: Run, catalogue: FeatureStore
    ) -> None:
        spotrec("index")
        before = self.results(spotrec, 19)
        spotrec("remove", "Mixtape", "--yes")
        gone = set(titles(0, 1, 2, 3, 4, 6, 7))
        assert self.results(spotrec, 19) == [title for title in before if title not in gone]
        assert len(self.results(spotrec, 12)) == 12

    def test_many_removed_tracks_do_not_crowd_out_the_rest(self, spotrec: Run, store: FeatureStore) -> None:
        fill(store, songs(300))
        spotrec("index")
        store.removal.remove([song(n).id for n in range(300) if n != 15 and n < 290])
        assert sorted(self.results(spotrec, 10)) == titles(*range(290, 300))

    def test_a_removed_track_that_is_asked_about_again_is_not_recommended(
        self, spotrec: Run, catalogue: FeatureStore
    ) -> None:
        spotrec("index")
        spotrec("remove", song(14).id, "--yes")
        catalogue.tracks.add_seed(song(14))
        hear(catalogue, [song(14)])
        assert "Song 14" not in self.results(spotrec, 19)

    def test_the_removed_track_itself_is_no_stored_seed_any_more(self, spotrec: Run, catalogue: FeatureStore) -> None:
        spotrec("index")
        spotrec("remove", song(14).id, "--yes")
        assert "is not in the store" in spotrec("query", song(14).id, "--no-fetch", code=5).stderr
        assert json.loads(spotrec("status", "--json").stdout)["gone"] == 1


def test_an_artist_and_an_album_are_removed_by_name(spotrec: Run, home: Path) -> None:
    tracks = [
        song(1, None, "Queen", album="Jazz"),
        song(2, None, "Queen"),
        song(3, None, "Queen Latifah", album="Jazz"),
        song(4),
    ]
    fill(home, tracks)
    removed = json.loads(spotrec("remove", "artist:queen", "--dry-run", "--json").stdout)
    assert {track["track_id"] for track in removed["tracks"]} == {song(1).id, song(2).id}
    spotrec("remove", "album:jazz", "--yes")
    left = {row["track_id"] for row in json.loads(spotrec("tracks", "--json").stdout)}
    assert left == {song(2).id, song(4).id}
    assert "no stored track has the artist “nobody”" in spotrec("remove", "artist:nobody", "--yes", code=5).stderr
    assert "needs a name" in spotrec("remove", "album:", "--yes", code=2).stderr


def test_a_folder_in_a_crawled_one_is_removed_by_its_path(
    spotrec: Run, music: Path, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    folder = shutil.copytree(music, tmp_path / "my music")
    spotrec("crawl", folder)
    n_below = len(list((folder / "below").iterdir()))
    assert 0 < n_below < 12
    spotrec("remove", folder / "below", "--yes")
    assert len(json.loads(spotrec("tracks", "--json").stdout)) == 12 - n_below
    assert len(list((folder / "below").iterdir())) == n_below, "files stay"
    assert "there is no stored" in spotrec("remove", folder / "bel", "--yes", code=5).stderr
