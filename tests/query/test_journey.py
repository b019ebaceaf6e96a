"""Journeys: the way, the choice of tracks along it, and the command over embeddings put into the store by hand."""

import csv
import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spotrec import Recommender
from spotrec.query.arc import Arc
from spotrec.track import Ears
from support.catalogue import fill, scattered, song, songs, tagged
from support.music import encoded, tune

Run = Callable[..., Any]
POINT = arrays(np.float64, 6, elements=st.floats(-1, 1).map(lambda x: round(x, 3)))


def unit(points: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(points, axis=-1, keepdims=True)
    return np.asarray(points / np.where(length > 0, length, 1))


def journey(spotrec: Run, *arguments: object) -> list[dict[str, Any]]:
    answer = json.loads(spotrec("journey", *arguments, "--json").stdout)
    assert set(answer) == {"from", "to", "steps", "model", "index", "unknown"}
    steps: list[dict[str, Any]] = answer["steps"]
    return steps


def ids(steps: list[dict[str, Any]]) -> list[str]:
    return [step["track_id"] for step in steps]


class TestTheWay:
    @settings(deadline=None)
    @given(POINT, POINT)
    def test_its_points_have_unit_length_and_are_evenly_spread(self, a: np.ndarray, b: np.ndarray) -> None:
        points = Arc.between(unit(a), unit(b)).at(np.linspace(0, 1, 7))
        assert np.isfinite(points).all()
        np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-9)
        cosines = (points[:-1] * points[1:]).sum(axis=1)
        np.testing.assert_allclose(cosines, cosines[0], atol=1e-9)

    @settings(deadline=None)
    @given(POINT, POINT)
    def test_it_leads_from_one_end_to_the_other(self, a: np.ndarray, b: np.ndarray) -> None:
        a, b = unit(a), unit(b)
        first, last = Arc.between(a, b).at([0, 1])
        if a.any():
            np.testing.assert_allclose(first, a, atol=1e-6)
        if b.any():
            np.testing.assert_allclose(last, b, atol=1e-6)

    def test_opposite_ends_go_by_the_same_way_each_time(self) -> None:
        a = unit(np.arange(1.0, 7.0))
        arc = Arc.between(a, -a)
        assert arc.angle == pytest.approx(np.pi)
        np.testing.assert_array_equal(arc.at([0.5]), Arc.between(a, -a).at([0.5]))
        assert arc.at([0.5])[0] @ a == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("n", [2, 3, 12, 40])
def test_a_journey_has_exactly_so_many_tracks_and_none_twice(spotrec: Run, home: Path, n: int) -> None:
    fill(home, songs(60), scattered(60))
    spotrec("index")
    steps = journey(spotrec, song(3).id, song(50).id, "-n", n)
    assert len(set(ids(steps))) == len(steps) == n
    assert (ids(steps)[0], ids(steps)[-1]) == (song(3).id, song(50).id)
    assert [step["step"] for step in steps] == list(range(1, n + 1))
    assert steps[0]["similarity"] is None
    assert all(-1 <= step["similarity"] <= 1 for step in steps[1:])
    along = [step["along"] for step in steps]
    assert all(before < after for before, after in pairwise(along))
    assert (along[0], along[-1]) == (0, 1)
    assert set(steps[0]) == {
        "step", "track_id", "title", "artists", "album", "similarity", "along", "tags", "url", "path",
        "bpm", "bpm_source", "musical_key", "musical_key_source",
    }  # fmt: skip


def test_tracks_that_lie_on_the_way_are_gone_by_in_their_order(spotrec: Run, home: Path) -> None:
    here, there = scattered(2)
    on_the_way = [here + share * (there - here) for share in np.linspace(0, 1, 12)]
    fill(home, songs(212), np.array([*on_the_way, *scattered(200, seed=1)]))
    spotrec("index")
    assert ids(journey(spotrec, song(0).id, song(11).id)) == [song(i).id for i in range(12)]
    assert ids(journey(spotrec, song(11).id, song(0).id)) == [song(i).id for i in range(11, -1, -1)]


def test_steps_are_more_even_than_by_the_nearest_track_to_each_point(home: Path, spotrec: Run) -> None:
    vectors = scattered(150)
    fill(home, songs(150), vectors)
    spotrec("index")
    with Recommender() as recommender:
        index = recommender.session.index(Ears.of(recommender.model))
        placed = dict(zip([song(i).id for i in range(150)], index.place(vectors), strict=True))
        worst: dict[str, list[float]] = {"ours": [], "nearest": []}
        for start, end in [(i, 149 - i) for i in range(12)]:
            a, b = placed[song(start).id], placed[song(end).id]
            nearest = [song(start).id]
            for target in Arc.between(a, b).at(np.arange(1, 11) / 11).astype(np.float32):
                hits = [hit.track_id for hit in index.nearest(target, 14)]
                nearest.append(next(id_ for id_ in hits if id_ not in (*nearest, song(end).id)))
            steps = recommender.journey(song(start).id, song(end).id).steps
            for name, way in (("ours", [s.track.id for s in steps]), ("nearest", [*nearest, song(end).id])):
                worst[name].append(min(float(placed[one] @ placed[two]) for one, two in pairwise(way)))
    assert np.mean(worst["ours"]) > np.mean(worst["nearest"]) + 0.02


def test_along_is_the_share_of_all_steps_that_is_behind(spotrec: Run, home: Path) -> None:
    fill(home, songs(60), scattered(60))
    spotrec("index")
    steps = journey(spotrec, song(3).id, song(50).id, "-n", 9)
    angles = np.arccos([step["similarity"] for step in steps[1:]])
    np.testing.assert_allclose([step["along"] for step in steps[1:]], np.cumsum(angles) / angles.sum(), atol=1e-3)


class TestOfALargeCatalogue:
    """One that is too large to look at each track."""

    @pytest.fixture
    def at_home(self, spotrec: Run, home: Path) -> None:
        tracks = [song(i, f"Song {i}", f"Band {i % 300}") for i in range(3000)]
        fill(home, tracks, scattered(3000))
        spotrec("index")

    @pytest.mark.usefixtures("at_home")
    def test_a_journey_has_exactly_so_many(self, spotrec: Run) -> None:
        for n in (2, 3, 12, 50, 200):
            steps = journey(spotrec, song(3).id, song(2500).id, "-n", n)
            assert len(set(ids(steps))) == n
            assert all(before["along"] < after["along"] for before, after in pairwise(steps))

    @pytest.mark.usefixtures("at_home")
    def test_its_worst_step_is_better_than_by_the_nearest_track_to_each_point(self) -> None:
        with Recommender() as recommender:
            index = recommender.session.index(Ears.of(recommender.model))
            (block,) = index.blocks()
            placed = dict(zip((id_.decode() for id_ in block.ids.tolist()), block.vectors, strict=True))
            ours, nearest = [], []
            for start, end in [(i, 2999 - 7 * i) for i in range(0, 120, 10)]:
                a, b = placed[song(start).id], placed[song(end).id]
                way = [song(start).id]
                for target in Arc.between(a, b).at(np.arange(1, 11) / 11).astype(np.float32):
                    hits = [hit.track_id for hit in index.nearest(target, 14)]
                    way.append(next(id_ for id_ in hits if id_ not in (*way, song(end).id)))
                way.append(song(end).id)
                steps = recommender.journey(song(start).id, song(end).id).steps
                ours.append(min(step.similarity for step in steps[1:] if step.similarity is not None))
                nearest.append(min(float(placed[one] @ placed[two]) for one, two in pairwise(way)))
        assert np.mean(ours) > np.mean(nearest) + 0.02

    @pytest.mark.usefixtures("at_home")
    def test_at_most_one_by_an_artist(self, spotrec: Run) -> None:
        steps = journey(spotrec, song(3).id, song(2500).id, "-n", 200, "--max-per-artist", 1)
        assert len({step["artists"][0] for step in steps}) == 200

    @pytest.mark.usefixtures("at_home")
    def test_an_artist_with_nearly_everything_does_not_hide_the_others(self, spotrec: Run, home: Path) -> None:
        fill(home, [song(i, f"Song {i}", "Prolific" if i % 100 else f"Band {i}") for i in range(3000)])
        steps = journey(spotrec, song(1).id, song(2).id, "-n", 32, "--max-per-artist", 3)
        assert [step["artists"][0] for step in steps].count("Prolific") == 3
        failed = spotrec("journey", song(1).id, song(2).id, "-n", 60, "--max-per-artist", 3, code=5)
        assert "--max-per-artist 3" in failed.stderr

    @pytest.mark.usefixtures("at_home")
    def test_only_what_passes_is_gone_by(self, spotrec: Run) -> None:
        steps = journey(spotrec, song(3).id, song(2500).id, "-n", 8, "--artist", "Band 7", "--artist", "Band 8")
        assert {step["artists"][0] for step in steps[1:-1]} <= {"Band 7", "Band 8"}

    def test_copies_of_an_end_are_not_searched_around(self, spotrec: Run, home: Path) -> None:
        vectors = scattered(3000)
        copies = [song(5000 + i, "Song 3", "Band 3") for i in range(50)]
        tracks = [song(i, f"Song {i}", f"Band {i % 300}") for i in range(3000)]
        fill(home, [*tracks, *copies], np.concatenate([vectors, np.repeat(vectors[3:4], 50, axis=0)]))
        spotrec("index")
        with_copies = ids(journey(spotrec, song(3).id, song(2500).id, "-n", 12))
        assert not set(with_copies) & {track.id for track in copies}
        assert len(with_copies) == 12


def test_no_recording_comes_twice_nor_a_copy_of_an_end(spotrec: Run, home: Path) -> None:
    tracks = songs(20)
    copies = [song(100 + i, "Same", "Band") for i in range(10)]
    of_an_end = [song(200, "Song 0 (Remastered 2011)", "Artist 0")]
    fill(home, [*tracks, *copies, *of_an_end], scattered(31))
    spotrec("index")
    found = ids(journey(spotrec, song(0).id, song(19).id, "-n", 21))
    assert of_an_end[0].id not in found
    assert len({track.id for track in copies} & set(found)) == 1


def test_so_many_copies_do_not_crowd_out_the_rest(spotrec: Run, home: Path) -> None:
    here, there = scattered(2)
    fill(
        home,
        [song(0), song(1), *(song(10 + i, "Same", "Band") for i in range(300)), *songs(900, 906)],
        np.array([here, there, *[(here + there) / 2] * 300, *scattered(6, seed=1)]),
    )
    spotrec("index")
    assert len(journey(spotrec, song(0).id, song(1).id, "-n", 9)) == 9


def test_an_end_with_many_copies_beside_it_is_left(spotrec: Run, home: Path) -> None:
    copies = [song(n, "Same", "Band") for n in range(100)]
    fill(home, [*copies, *songs(900, 1_300)], np.concatenate([np.repeat(scattered(1), 100, axis=0), scattered(400, 2)]))
    spotrec("index")
    found = ids(journey(spotrec, copies[0].id, song(900).id, "-n", 9))
    assert len(found) == 9
    assert {one.id for one in copies} & set(found) == {copies[0].id}


@pytest.mark.parametrize("n", [1, 2, 3, 10])
def test_a_catalogue_with_too_few_says_how_many_there_are(spotrec: Run, home: Path, n: int) -> None:
    fill(home, songs(n), scattered(n))
    spotrec("index")
    if n == 1:
        assert "the same recording" in spotrec("journey", song(0).id, song(0).id, code=2).stderr
        return
    failed = spotrec("journey", song(0).id, song(1).id, "-n", 12, code=5)
    assert f"offers only {n - 2}" in failed.stderr
    assert f"-n {n}" in failed.stderr
    assert failed.stdout == ""
    assert len(journey(spotrec, song(0).id, song(1).id, "-n", n)) == n


def test_from_a_track_to_itself_or_its_copy_there_is_no_way(spotrec: Run, home: Path) -> None:
    fill(home, [song(0), song(1, "Song 0", "Artist 0"), song(2)], scattered(3))
    spotrec("index")
    assert "the same recording" in spotrec("journey", song(0).id, song(0).id, code=2).stderr
    assert "the same recording" in spotrec("journey", song(0).id, song(1).id, code=2).stderr


def test_identical_and_opposite_and_directionless_ends_have_a_way(spotrec: Run, home: Path) -> None:
    fill(home, songs(12), vectors=1)
    spotrec("index")
    steps = journey(spotrec, song(3).id, song(7).id, "-n", 8)
    assert ids(steps) == [song(i).id for i in (3, 0, 1, 2, 4, 5, 6, 7)]
    assert [step["similarity"] for step in steps[1:]] == pytest.approx([1] * 7, abs=1e-5)
    fill(home, songs(20, 50), scattered(30))
    spotrec("index")
    with Recommender() as recommender:
        space = recommender.session.index(Ears.of(recommender.model)).space.spaces[0]
    fill(home, [song(97), song(98), song(99)], np.array([space.mean, 2 * space.mean - scattered(1)[0], space.mean]))
    for start, end in ((20, 98), (97, 20), (20, 97), (97, 99)):
        steps = journey(spotrec, song(start).id, song(end).id, "-n", 6)
        assert len(set(ids(steps))) == 6
        assert all(np.isfinite([step["similarity"] or 0, step["along"]]).all() for step in steps)


def test_at_most_so_many_by_one_artist_with_the_ends_counted(spotrec: Run, home: Path) -> None:
    tracks = [song(i, None, f"Band {i % 5}") for i in range(40)]
    fill(home, tracks, scattered(40))
    spotrec("index")
    steps = journey(spotrec, song(0).id, song(21).id, "-n", 10, "--max-per-artist", 2)
    by_artist = [step["artists"][0] for step in steps]
    assert {by_artist.count(f"Band {i}") for i in range(5)} == {2}
    failed = spotrec("journey", song(0).id, song(21).id, "-n", 11, "--max-per-artist", 2, code=5)
    assert "--max-per-artist 2" in failed.stderr
    assert len(journey(spotrec, song(0).id, song(5).id, "-n", 6, "--max-per-artist", 1)) == 6, "ends are never left out"


def test_only_what_passes_is_gone_by_whatever_the_ends_are(spotrec: Run, home: Path) -> None:
    tracks = [song(i, album=f"Album {i % 2}", release_date="1999" if i < 30 else None) for i in range(40)]
    fill(home, tracks, scattered(40), tagged(40, jazz=dict.fromkeys(range(0, 40, 4), 0.9)))
    spotrec("index")
    ends = (song(1).id, song(3).id)
    for arguments, fitting in (
        (("--album", "Album 0"), {track.id for track in tracks if track.album == "Album 0"}),
        (("--tag", "jazz>=0.5"), {track.id for track in tracks[::4]}),
        (("--year", "1990..1999"), {track.id for track in tracks[:30]}),
    ):
        assert set(ids(journey(spotrec, *ends, "-n", 8, *arguments))[1:-1]) <= fitting
    assert "offers only 10" in spotrec("journey", *ends, "-n", 13, "--tag", "jazz>=0.5", code=5).stderr
    shown = spotrec("journey", *ends, "-n", 5, "--year", "1999")
    assert "10 tracks have no known year" in shown.stderr


def test_an_embedding_of_no_numbers_is_told_as_damage(spotrec: Run, home: Path) -> None:
    fill(home, songs(5), scattered(5))
    spotrec("index")
    fill(home, [song(9)], vectors=np.nan)
    assert "not numbers" in spotrec("journey", song(0).id, song(9).id, "-n", 3, code=1).stderr


def test_the_same_store_gives_the_same_journey(spotrec: Run, home: Path) -> None:
    fill(home, songs(50), scattered(50))
    spotrec("index")
    assert spotrec("journey", song(0).id, song(9).id).stdout == spotrec("journey", song(0).id, song(9).id).stdout


def test_what_was_removed_since_the_index_was_built_is_not_gone_by(spotrec: Run, home: Path) -> None:
    fill(home, songs(12), scattered(12))
    spotrec("index")
    gone = ids(journey(spotrec, song(0).id, song(1).id, "-n", 5))[2]
    spotrec("remove", gone, "--yes")
    assert gone not in ids(journey(spotrec, song(0).id, song(1).id, "-n", 11))


def test_csv_and_plain_ids_are_for_pipes_and_a_table_for_people(spotrec: Run, home: Path) -> None:
    fill(home, [song(i, f"[bold]{i}") for i in range(12)], scattered(12))
    spotrec("index")
    ends = (song(0).id, song(1).id, "-n", 6)
    found = ids(journey(spotrec, *ends))
    assert spotrec("journey", *ends, "--ids").stdout.split() == found
    rows = list(csv.DictReader(io.StringIO(spotrec("journey", *ends, "--csv").stdout)))
    assert [row["track_id"] for row in rows] == found
    assert list(rows[0]) == [
        "step",
        "track_id",
        "title",
        "artists",
        "album",
        "similarity",
        "along",
        "tags",
        "url",
        "path",
        "bpm",
        "bpm_source",
        "musical_key",
        "musical_key_source",
    ]
    assert rows[0]["similarity"] == ""
    shown = spotrec("journey", *ends).stdout
    assert "[bold]0" in shown
    assert "100%" in shown
    assert "cannot be combined" in spotrec("journey", *ends, "--csv", "--json", code=2).stderr


@pytest.mark.parametrize("n", [1, 201])
def test_a_count_that_makes_no_sense_is_refused(spotrec: Run, n: int) -> None:
    spotrec("journey", "a", "b", "-n", n, code=2)


def test_an_end_that_is_not_stored_is_heard_on_the_fly(
    spotrec: Run, music: Path, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    spotrec("crawl", music)
    spotrec("extract")
    spotrec("index")
    new = home / "new.flac"
    new.write_bytes(encoded(tune(99), "FLAC"))
    steps = journey(spotrec, "tune 3", new, "-n", 6)
    assert steps[-1]["path"] == str(new)
    assert len(set(ids(steps))) == 6
    assert "--no-fetch" in spotrec("journey", "tune 3", song(5).id, "--no-fetch", code=5).stderr


def test_journeys_over_real_music_are_more_even_than_by_the_nearest_track_to_each_point(heard_clips: Path) -> None:
    with Recommender(data_dir=heard_clips) as recommender:
        catalogue = recommender.session.store().catalogue.read(Ears.of(recommender.model))
        placed = recommender.session.index(Ears.of(recommender.model)).place(catalogue.vectors).astype(np.float64)
        where = {id_: i for i, id_ in enumerate(catalogue.ids)}
        worst, worst_of_nearest = [], []
        for start in range(0, 40, 2):
            end = len(placed) - 1 - start
            points = Arc.between(placed[start], placed[end]).at(np.arange(1, 9) / 9)
            nearest = [start]
            for point in points:
                order = np.argsort(-(placed @ point), kind="stable")
                nearest.append(next(int(i) for i in order if i not in (*nearest, end)))
            steps = recommender.journey(catalogue.ids[start], catalogue.ids[end], 10).steps
            worst.append(min(step.similarity for step in steps[1:] if step.similarity is not None))
            way = placed[[*nearest, end]]
            worst_of_nearest.append(float((way[:-1] * way[1:]).sum(axis=1).min()))
            assert [where[steps[0].track.id], where[steps[-1].track.id]] == [start, end]
    assert np.mean(worst) > np.mean(worst_of_nearest) + 0.1
