"""One space of several models: what they say together, from a file and back, and nothing believed that is none."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.index.build import build
from spotrec.index.changes import with_changes
from spotrec.index.index import Index, load
from spotrec.index.joint_space import AXES, JointSpace
from spotrec.index.space import fit
from spotrec.progress import Silent
from spotrec.store import Catalogue, FeatureStore
from spotrec.store.embedding import BLOCK
from spotrec.track import Ears, ModelId, TrackId
from support.catalogue import embeddings_by, fill, song

HIGH, LOW = ModelId("high", 1, 12), ModelId("low", 1, 6)
BOTH = Ears.of(HIGH, LOW)
WIDE = Ears.of(ModelId("wide", 1, 120), ModelId("wider", 1, 140))


def ids(n: int) -> list[TrackId]:
    return [TrackId(f"file:{i:032x}") for i in range(n)]


def heard(n: int, ears: Ears = BOTH, seed: int = 0) -> Catalogue:
    """What two models hear has something in common; their tags stand side by side."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, 4)) @ rng.standard_normal((4, ears.dim)) + rng.standard_normal((n, ears.dim))
    return Catalogue(ids(n), vectors.astype(np.float32), rng.random((n, 3)).astype(np.float32))


def built(root: Path, known: Catalogue, ears: Ears = BOTH, **options: Any) -> Index:
    return build(root, ears, known, progress=Silent(), **options)


def spaces_of(known: Catalogue, ears: Ears) -> list[np.ndarray]:
    """Each model's vectors in its own space."""
    pieces = np.split(known.vectors, np.cumsum(ears.dims)[:-1], axis=1)
    return [fit(piece, None).place(piece) for piece in pieces]


@pytest.mark.parametrize("weights", [(0.5, 0.5), (9.0, 1.0), (1.0, 3.0)])
def test_few_numbers_are_compared_by_the_weighted_mean_of_cosines(tmp_path: Path, weights: tuple[float, float]) -> None:
    """The axes of 18 numbers are all kept, and without artists none counts more than another."""
    known = heard(500)
    index = built(tmp_path, known, weights=weights)
    first, second = spaces_of(known, BOTH)
    mean = (weights[0] * first @ first.T + weights[1] * second @ second.T) / sum(weights)
    points = index.place(known.vectors)
    np.testing.assert_allclose(points @ points.T, mean, atol=1e-5)
    for row in range(20):
        found = index.nearest(points[row], 15)
        best = np.argsort(-mean[row], kind="stable")[:15]
        assert [near.track_id for near in found] == [ids(500)[i] for i in best]
        np.testing.assert_allclose([near.similarity for near in found], mean[row, best], atol=1e-5)


def test_of_many_numbers_the_first_axes_are_kept(tmp_path: Path) -> None:
    known = heard(2_000, WIDE)
    index = built(tmp_path, known, WIDE)
    assert index.manifest.dim == index.segments[0].vectors.shape[1] == AXES < WIDE.dim
    together = np.concatenate([np.float32(0.5**0.5) * one for one in spaces_of(known, WIDE)], axis=1)
    kept = np.linalg.svd(together, full_matrices=False)[2][:AXES].T
    expected = together @ kept
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    points = index.place(known.vectors)
    np.testing.assert_allclose(points @ points.T, expected @ expected.T, atol=1e-4)


def test_the_order_in_which_models_are_named_makes_no_difference(tmp_path: Path) -> None:
    assert Ears.of(HIGH, LOW) == Ears.of(LOW, HIGH) == Ears.of(LOW, HIGH, LOW)
    one, other = built(tmp_path / "a", heard(50), BOTH), built(tmp_path / "b", heard(50), Ears.of(LOW, HIGH))
    assert one.name == other.name
    assert one.name.startswith("high-1,low-1/")


@pytest.mark.parametrize("ears", [Ears.of(HIGH), BOTH, WIDE], ids=str)
def test_a_place_is_of_unit_length_and_the_sum_of_what_each_adds(tmp_path: Path, ears: Ears) -> None:
    known = heard(300, ears)
    known = replace(known, artists=[f"band {i % 30}" for i in range(300)], recordings=[str(i) for i in range(300)])
    index = built(tmp_path, known, ears)
    placed = index.place(known.vectors[:60])
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-6)
    parts = index.parts_of(known.vectors[:60], 2)
    assert parts.shape == (60, 2, index.manifest.dim)
    np.testing.assert_allclose(parts.sum(axis=1), placed, atol=1e-5)
    np.testing.assert_allclose(index.segments[0].vectors[:60], placed, atol=1e-6)


def test_what_has_no_direction_is_answered_in_order_of_id(tmp_path: Path) -> None:
    same = replace(heard(30), vectors=np.ones((30, BOTH.dim), np.float32))
    index = built(tmp_path, same)
    found = index.nearest(index.place(same.vectors[:1])[0], 30)
    assert [near.track_id for near in found] == ids(30)
    assert np.isfinite([near.similarity for near in found]).all()
    assert len(index.nearest(np.zeros(index.manifest.dim, np.float32), 7)) == 7


def test_through_cells_it_finds_what_an_exact_search_finds(tmp_path: Path) -> None:
    known = heard(3_000)
    exact = built(tmp_path / "exact", known, backend="exact")
    cells = built(tmp_path / "cells", known, backend="cells")
    shared = [
        len({a.track_id for a in exact.nearest(point, 10)} & {b.track_id for b in cells.nearest(point, 10)})
        for point in exact.place(known.vectors[:60])
    ]
    assert np.mean(shared) > 9.5


@pytest.mark.parametrize("ears", [BOTH, WIDE], ids=str)
def test_copies_of_one_recording_have_equal_points_wherever_they_stand(tmp_path: Path, ears: Ears) -> None:
    n = BLOCK + 3
    known, copies = heard(n, ears), [3, n // 2, BLOCK - 1, BLOCK, n - 1]  # in two blocks, and where they end
    known.vectors[copies] = known.vectors[3]
    stored = built(tmp_path, known, ears).segments[0].vectors
    assert (stored[copies] == stored[3]).all()


def test_the_size_of_a_block_changes_no_point(tmp_path: Path) -> None:
    known = heard(1_000, WIDE)
    space = built(tmp_path, known, WIDE).space
    whole = space.place(known.vectors)
    for size in (1, 7, 64, 999):
        pieces = [space.place(known.vectors[start : start + size]) for start in range(0, 1_000, size)]
        np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_what_came_since_the_build_is_found(store: FeatureStore, tmp_path: Path) -> None:
    everything = heard(50)
    for start, end in pairwise((0, 40, 50)):
        tracks = [song(n, id=id_) for n, id_ in enumerate(ids(50)[start:end], start)]
        fill(store, tracks, everything.vectors[start:end, : HIGH.dim], model=HIGH)
        fill(store, tracks, everything.vectors[start:end, HIGH.dim :], model=LOW)
        if start == 0:
            with store.catalogue.snapshot(BOTH) as catalogue:
                build(tmp_path / "index", BOTH, catalogue, progress=Silent())
    index = with_changes(load(tmp_path / "index", BOTH), embeddings_by(store, HIGH, LOW))
    assert len(index) == 50
    (near,) = index.nearest(index.place(everything.vectors[45:46])[0], 1)
    assert near.track_id == ids(50)[45]
    assert near.similarity == pytest.approx(1, abs=1e-5)


def test_a_track_that_one_model_has_not_heard_is_left_out_and_counted(store: FeatureStore, tmp_path: Path) -> None:
    everything = heard(50)
    tracks = [song(n, id=id_) for n, id_ in enumerate(ids(50))]
    fill(store, tracks[:48], everything.vectors[:48, : HIGH.dim], model=HIGH)
    fill(store, tracks[5:], everything.vectors[5:, HIGH.dim :], model=LOW)
    store.tracks.add_seed(song(99))
    fill(store, [song(98)], np.ones(3), model=ModelId("another", 1, 3))  # heard by none of the two
    with store.catalogue.snapshot(BOTH) as catalogue:
        assert (len(catalogue), catalogue.n_partly_heard) == (43, 7)
        index = build(tmp_path, BOTH, catalogue, progress=Silent())
    assert (len(index), index.manifest.partly_heard) == (43, 7)
    point = index.place(everything.vectors[10:11])[0]
    assert {near.track_id for near in index.nearest(point, 50)} == set(ids(50)[5:48])
    fill(store, tracks[48:], everything.vectors[48:, : HIGH.dim], model=HIGH)
    with store.catalogue.snapshot(BOTH) as catalogue:
        assert build(tmp_path, BOTH, catalogue, progress=Silent()).manifest.partly_heard == 5


def test_an_index_that_stays_says_how_many_are_partly_heard_by_now(store: FeatureStore, tmp_path: Path) -> None:
    everything = heard(20)
    tracks = [song(n, id=id_) for n, id_ in enumerate(ids(20))]
    for model, columns in ((HIGH, slice(HIGH.dim)), (LOW, slice(HIGH.dim, None))):
        fill(store, tracks, everything.vectors[:, columns], model=model)
    folders = []
    for n_more in (0, 2):
        fill(store, [song(50 + i) for i in range(n_more)], np.ones(HIGH.dim), model=HIGH)
        with store.catalogue.snapshot(BOTH) as catalogue:
            index = build(tmp_path, BOTH, catalogue, progress=Silent())
        assert index.manifest.partly_heard == n_more
        folders.append(index.folder)
    assert folders[0] == folders[1]


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> tuple[JointSpace, Path]:
    space = built(tmp_path / "index", heard(200)).space
    space.save(tmp_path / "space.npz")
    return space, tmp_path / "space.npz"


@pytest.mark.parametrize("ears", [Ears.of(HIGH), BOTH, WIDE], ids=str)
def test_a_space_survives_saving(tmp_path: Path, ears: Ears) -> None:
    known = heard(200, ears)
    space = built(tmp_path / "index", known, ears).space
    space.save(tmp_path / "space.npz")
    again = JointSpace.load(tmp_path / "space.npz", ears)
    assert (again.axes is None) == (space.axes is None) == (len(ears.models) == 1)
    assert again.n_axes == space.n_axes
    np.testing.assert_array_equal(again.weights, space.weights)
    np.testing.assert_array_equal(again.place(known.vectors), space.place(known.vectors))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("weights", lambda _: np.ones(1)),
        ("weights", lambda _: np.full(3, 1 / 3)),
        ("weights", lambda was: was[:, None]),
        ("weights", lambda _: np.array([1.5, -0.5])),
        ("weights", lambda _: np.array([1.0, 0.0])),
        ("weights", lambda _: np.array([0.6, 0.6])),
        ("weights", lambda _: np.array([np.nan, 1.0])),
        ("weights", lambda was: was.astype(np.float32)),
        ("weights", lambda was: was.astype(str)),
        ("axes", lambda was: was[:-1]),
        ("axes", lambda was: was[:, :0]),
        ("axes", lambda was: was.ravel()),
        ("axes", lambda was: np.tile(was, 10)),
        ("axes", lambda was: np.full_like(was, np.nan)),
        ("axes", lambda was: was.astype(complex)),
        ("mean_1", lambda was: was[:-1]),
        ("mean_1", lambda was: was.astype(object)),
        ("scale_0", lambda was: np.full_like(was, np.inf)),
        ("projection_1", lambda was: was[:, 1:]),
        ("projection_1", lambda was: was.astype(int)),
    ],
)
def test_a_space_that_is_none_of_these_models_is_refused(
    saved: tuple[JointSpace, Path], name: str, made: Callable[[np.ndarray], np.ndarray]
) -> None:
    _, path = saved
    was = dict(np.load(path))
    np.savez(path, **{**was, name: made(was[name])})
    with pytest.raises((ValueError, KeyError, OSError)):
        JointSpace.load(path, BOTH)


@pytest.mark.parametrize("name", ["weights", "axes", "mean_1", "projection_0"])
def test_a_space_that_lacks_something_is_refused(saved: tuple[JointSpace, Path], name: str) -> None:
    _, path = saved
    was = dict(np.load(path))
    del was[name]
    np.savez(path, **was)
    with pytest.raises((ValueError, KeyError)):
        JointSpace.load(path, BOTH)


def test_the_space_of_other_models_is_refused(saved: tuple[JointSpace, Path]) -> None:
    for ears in (Ears.of(HIGH), Ears.of(LOW), Ears.of(HIGH, ModelId("low", 1, 7)), WIDE):
        with pytest.raises((ValueError, KeyError)):
            JointSpace.load(saved[1], ears)
