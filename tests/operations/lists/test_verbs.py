"""Extended, reordered, deduped, filled: what a list is afterwards."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped] # it has no types
import pytest

from spotrec import Recommender
from spotrec.errors import NotFound, UsageError
from spotrec.operations.as_json import playlists
from spotrec.operations.as_json.playlists import (
    DEDUPED_PLAYLIST,
    EXTENDED_PLAYLIST,
    FILLED_PLAYLIST,
    REORDERED_PLAYLIST,
)
from spotrec.query.short_path import length_of
from spotrec.store import FeatureStore
from support.catalogue import fill, scattered, song

from .conftest import Library

Run = Callable[..., Any]


# -- extend ------------------------------------------------------------------------------------------------------------


def test_new_tracks_are_those_of_a_query_for_the_collection(library: Library) -> None:
    with Recommender() as recommender, FeatureStore(recommender.settings.store_path) as store:
        from support.catalogue import playlist

        chosen = [library.tracks[n] for n in (4, 8, 15, 16, 23, 42)]
        store.tracks.add(chosen, playlist(9, "Numbers"))
        found = recommender.extend_playlist([track.id for track in chosen], n=7, max_per_artist=2)
        by_query = recommender.query("collection:Numbers", n=7, max_per_artist=2)
    assert [(one.track.id, one.similarity) for one in found.found.results] == [
        (one.track.id, one.similarity) for one in by_query.results
    ]
    jsonschema.validate(playlists.extended_playlist(found), EXTENDED_PLAYLIST.schema)


def test_no_new_track_is_a_copy_of_one_in_the_list(library: Library, home: Path) -> None:
    copies = [replace(library.tracks[n], id=song(500 + n).id, path=None) for n in range(20)]
    with FeatureStore(home / "data" / "spotrec.db") as store:
        fill(store, copies, scattered(60)[:20])
    with Recommender() as recommender:
        found = recommender.extend_playlist([library.tracks[n].id for n in range(20)], n=100)
    names = {(one.track.title, one.track.artists) for one in found.found.results}
    assert len(found.found.results) == 40
    assert names.isdisjoint((track.title, track.artists) for track in library.tracks[:20])


def test_a_track_that_only_its_name_shows_is_not_added_again(library: Library) -> None:
    track = library.tracks[2]
    path = library.folder / "a.m3u8"
    path.write_text(
        f"{library.file(1)}\n#EXTINF:1,{track.artists[0]} - {track.title} (Remastered 2011)\n/phone/x.mp3\n"
    )
    with Recommender() as recommender:
        found = recommender.extend_playlist(path, n=100)
    assert len(found.found.results) == 58


def test_a_list_without_a_known_track_says_what_to_do(library: Library, spotrec: Run) -> None:
    assert library.tracks
    Path("it's.m3u8").write_text("/phone/1.mp3\n/phone/2.mp3\n")
    done = spotrec("playlist", "extend", "it's.m3u8", code=5)
    assert "spotrec crawl '" in done.stderr
    assert done.stdout == ""


def test_what_is_not_stored_is_told_with_the_next_command(library: Library, spotrec: Run) -> None:
    path = library.m3u("a.m3u8", 1, 2)
    path.write_text(path.read_text() + "".join(f"/phone/{n}.mp3\n" for n in range(5)))
    done = spotrec("playlist", "extend", path, "-n", 2)
    assert (
        "5 entries not in the store, left in place: /phone/0.mp3; /phone/1.mp3; /phone/2.mp3 and 2 more" in done.stderr
    )
    assert f"to add them: spotrec crawl {path}" in done.stderr.splitlines()  # on one line, to be pasted
    assert done.stdout.splitlines()[-1].split()[:2] == ["9", "new"]


def test_without_an_index_nothing_is_read(home: Path, spotrec: Run) -> None:
    fill(home, [song(1)])
    assert "spotrec index" in spotrec("playlist", "extend", "nowhere.m3u8", code=1).stderr
    shutil.rmtree(home / "data")
    assert spotrec("playlist", "extend", "nowhere.m3u8", code=None).exit_code in (1, 5)


# -- reorder -----------------------------------------------------------------------------------------------------------


def test_the_distances_are_those_of_the_order(library: Library) -> None:
    import numpy as np

    ids = [library.tracks[n].id for n in range(30)]
    with Recommender() as recommender:
        found = recommender.reorder_playlist(ids)
        with recommender.session.view() as view:
            vectors = view.embeddings.get_many(ids)
            points = view.index().place(np.stack([vectors[id_].vector for id_ in ids])).astype(np.float64)
    distances = 1 - points @ points.T
    order = [entry.number - 1 for entry in found.playlist.entries if entry.number]
    assert found.distance == pytest.approx(length_of(order, distances), abs=1e-5)
    assert found.before == pytest.approx(length_of(range(30), distances), abs=1e-5)
    assert found.bound <= found.distance <= 1.02 * found.bound
    similarities = [row.similarity for row in found.playlist.rows[1:]]
    assert found.similarity_of(found.distance) == pytest.approx(
        np.mean([one for one in similarities if one is not None])
    )
    jsonschema.validate(playlists.reordered_playlist(found), REORDERED_PLAYLIST.schema)


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ({"first": "", "last": ""}, 1, 12),
        ({"first": "5"}, 5, None),
        ({"last": "Song 7"}, None, 8),
        ({"first": song(3).id, "last": "2"}, 4, 2),
    ],
)
def test_ends_are_kept(options: dict[str, Any], first: int | None, last: int | None, library: Library) -> None:
    ids = [library.tracks[n].id for n in range(12)]
    with Recommender() as recommender:
        for curve in (None, "wave"):
            numbers = [one.number for one in recommender.reorder_playlist(ids, curve=curve, **options).playlist.entries]
            assert first in (None, numbers[0])
            assert last in (None, numbers[-1])
            assert sorted(number or 0 for number in numbers) == list(range(1, 13))


def test_what_cannot_be_heard_keeps_its_place(library: Library, home: Path) -> None:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([song(900, "Silent")])
    ids = [str(library.tracks[n].id) for n in range(15)]
    ids[3:3], ids[8:8] = ["nonsense"], [song(900).id]
    with Recommender() as recommender:
        found = recommender.reorder_playlist(ids)
    assert [entry.number for entry in found.playlist.entries][3] == 4
    assert [entry.number for entry in found.playlist.entries][8] == 9
    assert [entry.name for entry in found.playlist.unknown] == ["nonsense"]
    assert [entry.track.title for entry in found.playlist.unheard if entry.track] == ["Silent"]
    assert found.n_ordered == 15


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_tracks_are_in_order(n: int, library: Library, spotrec: Run) -> None:
    done = spotrec("playlist", "reorder", library.m3u("a.m3u8", *range(n)), "--curve", "rise", "--json")
    found = json.loads(done.stdout)
    assert (found["is_shortest"], found["gap"], found["ordered"]) == (True, 0, n)
    spotrec("playlist", "reorder", library.m3u("a.m3u8", *range(n)), "--first", "--last")


def test_a_curve_or_an_end_that_is_not_there_is_told(library: Library, spotrec: Run) -> None:
    path = library.m3u("a.m3u8", 1, 2, 3)
    assert "rise" in spotrec("playlist", "reorder", path, "--curve", "up", code=2).stderr
    assert "number" in spotrec("playlist", "reorder", path, "--first", "9", code=5).stderr
    assert "could be any of" in spotrec("playlist", "reorder", path, "--first", "Song", code=2).stderr
    assert "are the same" in spotrec("playlist", "reorder", path, "--first", "2", "--last", "2", code=2).stderr
    with Recommender() as recommender, pytest.raises(UsageError, match="no curve"):
        recommender.reorder_playlist(path, curve="up")


def test_the_energy_of_real_music_rises(shared: Path, heard_clips: Path, home: Path, spotrec: Run) -> None:
    shutil.copytree(heard_clips, home / "data")
    path = Path("clips.m3u8")
    path.write_text("".join(f"{clip}\n" for clip in sorted((shared / "audio").glob("*.mp3"))))
    free = json.loads(spotrec("playlist", "reorder", path, "--json").stdout)
    assert free["ordered"] == 82
    assert free["gap"] < 0.01
    assert free["mean_similarity"] > free["mean_similarity_before"] + 0.05
    rise = json.loads(spotrec("playlist", "reorder", path, "--curve", "rise", "--json").stdout)
    energies = [entry["energy"] for entry in rise["entries"]]
    third = len(energies) // 3
    assert sum(energies[:third]) < sum(energies[third : 2 * third]) < sum(energies[-third:])
    assert free["distance"] < rise["distance"] < rise["distance_before"]


# -- dedupe ------------------------------------------------------------------------------------------------------------


def test_a_recording_is_left_where_it_comes_first(library: Library, home: Path) -> None:
    by_isrc = [song(n, f"Title {n}", f"X {n}", isrc="GBAYE0000001" if n == 701 else None) for n in (701, 702)]
    name = song(703, f"{library.tracks[1].title} - Remastered 2011", *library.tracks[1].artists)
    live = song(704, f"{library.tracks[1].title} (Live)", *library.tracks[1].artists)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        fill(store, by_isrc, audio="a" * 64)
        store.tracks.add([name, live])
    url = f"https://open.spotify.com/track/{library.tracks[1].id.rpartition(':')[2]}"
    ids = [library.tracks[1].id, by_isrc[0].id, "x", url, live.id, by_isrc[1].id, name.id, "x", library.tracks[1].id]
    with Recommender() as recommender:
        found = recommender.dedupe_playlist(ids)
    assert [entry.number for entry in found.playlist.entries] == [1, 2, 3, 5]
    assert [(one.entry.number, one.of.number, one.reason) for one in found.repeats] == [
        (4, 1, "the same track"),
        (6, 2, "the same audio"),
        (7, 1, "the same artist and title"),
        (8, 3, "the same path or link"),
        (9, 1, "the same track"),
    ]
    jsonschema.validate(playlists.deduped_playlist(found), DEDUPED_PLAYLIST.schema)


def test_a_file_changes_only_on_request(library: Library, spotrec: Run) -> None:
    path = library.m3u("a.m3u8", 1, 2, 1, 3, 1)
    before = path.read_text()
    done = spotrec("playlist", "dedupe", path)
    assert done.stdout.splitlines()[0] == "a has 2 entries that repeat an earlier one:"
    assert done.stdout.splitlines()[2].split("  ")[1:3] == ["Artist 0 – Song 1", "1, Artist 0 – Song 1"]
    assert path.read_text() == before
    spotrec("playlist", "dedupe", path, "-o", "b.m3u8")
    assert path.read_text() == before
    spotrec("playlist", "dedupe", path, "--in-place")
    assert path.read_text().splitlines() == [library.file(n) for n in (1, 2, 3)]
    assert Path("b.m3u8").read_text() == f"#EXTM3U\n{path.read_text()}"
    assert "no recording twice" in spotrec("playlist", "dedupe", path, "--in-place").stdout


def test_what_a_list_says_does_not_reach_the_terminal(library: Library, spotrec: Run) -> None:
    path = library.m3u("a.m3u8", 1)
    path.write_text(
        f"{path.read_text()}#EXTINF:1,\x1b[31mA - \u202eB\n/phone/\x1b[2J.mp3\nhttps://open.spotify.com/track/\x1b[2Jx\n"
    )
    for options in ((), ("--ids",), ("--json",)):
        done = spotrec("playlist", "extend", path, "-n", 1, *options)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\u202e" not in done.stderr


# -- fill --------------------------------------------------------------------------------------------------------------


def test_new_tracks_lie_between_two_of_the_list(library: Library) -> None:
    ids = [library.tracks[n].id for n in (10, 20, 30, 40)]
    with Recommender() as recommender:
        found = recommender.fill_playlist(ids, "2", "3", 4)
    assert [entry.number for entry in found.playlist.entries] == [1, 2, None, None, None, None, 3, 4]
    new = [entry.track.id for entry in found.playlist.entries if entry.is_new and entry.track]
    assert len(set(new) - set(ids)) == 4
    assert (found.start.id, found.end.id) == (ids[1], ids[2])
    jsonschema.validate(playlists.filled_playlist(found), FILLED_PLAYLIST.schema)


def test_the_longest_steps_between_two_tracks_get_the_new_ones(library: Library) -> None:
    ids = [library.tracks[n].id for n in (10, 20, 30, 40, 50)]
    with Recommender() as recommender:
        found = recommender.fill_playlist(ids, ids[3], library.tracks[10].title, 6)
    entries = found.playlist.entries
    assert [entry.number for entry in entries if entry.number] == [1, 2, 3, 4, 5]
    assert [entry.number for entry in entries[-2:]] == [4, 5]
    assert sum(entry.is_new for entry in entries) == 6
    assert len({entry.track.id for entry in entries if entry.track}) == 11


def test_without_a_list_it_is_a_way_from_one_track_to_another(library: Library, spotrec: Run) -> None:
    found = json.loads(spotrec("playlist", "fill", "Song 10", "Song 40", "-n", 3, "--json").stdout)
    journey = json.loads(spotrec("journey", "Song 10", "Song 40", "-n", 5, "--json").stdout)
    assert [one["track_id"] for one in found["entries"]] == [step["track_id"] for step in journey["steps"]]
    spotrec("playlist", "fill", library.tracks[10].id, library.tracks[40].id, "-o", "b.m3u8")
    assert len(Path("b.m3u8").read_text().splitlines()) == 15


def test_what_cannot_be_filled_is_told(library: Library, spotrec: Run) -> None:
    path = library.m3u("a.m3u8", 1, 2, 3)
    path.write_text(path.read_text() + f"/phone/x.mp3\n{library.file(4)}\n")
    assert "same track" in spotrec("playlist", "fill", path, "1", "1", code=2).stderr
    assert "not in the store" in spotrec("playlist", "fill", path, "3", "5", code=2).stderr
    assert "is not in the store" in spotrec("playlist", "reorder", path, "--first", "4", code=5).stderr
    unknown = spotrec("playlist", "fill", path, "4", "5", code=5).stderr
    assert "the track 4, “/phone/x.mp3”, is not in the store" in unknown
    assert "spotrec extract" not in unknown, "there is nothing to extract"
    assert "no track" in spotrec("playlist", "fill", path, "1", "Song 50", code=5).stderr
    for number in ("6", "99"):
        refused = spotrec("playlist", "fill", path, "1", number, code=5).stderr
        assert f"“a” has no track {number}, only 1 to 5" in refused
    assert "needs two tracks" in spotrec("playlist", "fill", "Song 1", code=2).stderr
    assert "needs a list" in spotrec("playlist", "fill", "Song 1", "Song 2", "--in-place", code=2).stderr
    with Recommender() as recommender, pytest.raises(NotFound, match="offers only"):
        recommender.fill_playlist(path, "1", "2", 60)
