"""Several indexes as one: the sum of what each says, over what all of them know, and nothing lost on the way."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from spotrec.index.fusion import FusedIndex

from spotrec.index.build import build
from spotrec.progress import Silent
from spotrec.store import Catalogue, FeatureStore
from spotrec.track import ModelId, TrackId
from support.catalogue import fill, song

HIGH, LOW = ModelId("high", 1, 12), ModelId("low", 1, 6)
N = 3_000


def ids(numbers: range) -> list[TrackId]:
    return [TrackId(f"file:{i:032x}") for i in numbers]


def heard(model: ModelId, numbers: range) -> Catalogue:
    """What two ears hear has something in common."""
    common = np.random.default_rng(0).standard_normal((N, 4))
    own = np.random.default_rng(model.dim).standard_normal((N, model.dim))
    mixed = own + common @ np.random.default_rng(model.dim + 1).standard_normal((4, model.dim))
    tags = np.random.default_rng(model.dim).random((N, 3))
    rows = slice(numbers.start, numbers.stop)
    return Catalogue(ids(numbers), mixed[rows].astype(np.float32), tags[rows].astype(np.float32))


def fused(folder: Path, weights: tuple[float, float] = (0.5, 0.5), backend: str = "exact") -> FusedIndex:
    """The first 2,900 tracks as one hears them, the last 2,800 as the other does."""
    catalogues = [(HIGH, heard(HIGH, range(2_900))), (LOW, heard(LOW, range(200, N)))]
    indexes = [build(folder, model, known, progress=Silent(), backend=backend) for model, known in catalogues]
    return FusedIndex(tuple(indexes), weights, (0, 1))


def side_by_side(numbers: range) -> np.ndarray:
    return np.concatenate([heard(HIGH, numbers).vectors, heard(LOW, numbers).vectors], axis=1)


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.9, 0.1), (0.0, 1.0)])
def test_the_nearest_are_those_of_the_weighted_sum_of_cosines(tmp_path: Path, weights: tuple[float, float]) -> None:
    index = fused(tmp_path, weights)
    both = range(200, 2_900)
    cosines = [
        one.place(heard(model, both).vectors) @ one.place(heard(model, both).vectors[:40]).T
        for one, model in zip(index.indexes, (HIGH, LOW), strict=True)
    ]
    summed = weights[0] * cosines[0] + weights[1] * cosines[1]
    points = index.place(side_by_side(both)[:40])
    for query, point in enumerate(points):
        found = index.nearest(point, 15)
        best = np.argsort(-summed[:, query], kind="stable")[:15]
        assert [near.track_id for near in found] == [ids(both)[i] for i in best]
        np.testing.assert_allclose([near.similarity for near in found], summed[best, query], atol=1e-5)


def test_what_only_one_of_them_heard_is_nowhere(tmp_path: Path) -> None:
    index = fused(tmp_path)
    everything = index.nearest(index.place(side_by_side(range(200, 201)))[0], N)
    assert {near.track_id for near in everything} == set(ids(range(200, 2_900)))
    blocks = list(index.blocks())
    assert [TrackId(id_.decode()) for block in blocks for id_ in block.ids] == ids(range(200, 2_900))
    assert len(index) == 2_800
    chosen = index.among(ids(range(190, 210)))
    assert {near.track_id for near in chosen.nearest(index.place(side_by_side(range(5)))[0], 50)} == set(
        ids(range(200, 210))
    )


def test_a_place_is_of_unit_length_and_the_sum_of_what_each_adds(tmp_path: Path) -> None:
    index = fused(tmp_path, (0.3, 0.7))
    placed = index.place(side_by_side(range(200, 260)))
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-6)
    parts = index.parts_of(side_by_side(range(200, 260)), 2)
    np.testing.assert_allclose(parts.sum(axis=1), placed, atol=1e-7)
    np.testing.assert_allclose((parts**2).sum(axis=2)[:, 0], 0.3, atol=1e-6)
    vectors = next(iter(index.blocks())).vectors
    np.testing.assert_allclose(vectors[:60], placed, atol=1e-6)


def test_tags_are_the_mean_of_what_they_tell(tmp_path: Path) -> None:
    index = fused(tmp_path)
    expected = (heard(HIGH, range(200, 2_900)).tags + heard(LOW, range(200, 2_900)).tags) / 2
    told = np.concatenate([block.tags for block in index.blocks() if block.tags is not None])
    np.testing.assert_allclose(told, expected, atol=1e-6)
    assert index.tag_means.shape == (3,)


def test_equals_are_in_order_of_id_and_a_point_in_one_ear_only_is_answered(tmp_path: Path) -> None:
    same = Catalogue(ids(range(30)), np.ones((30, HIGH.dim), np.float32), np.zeros((30, 3), np.float32))
    low = Catalogue(ids(range(30)), np.ones((30, LOW.dim), np.float32), np.zeros((30, 3), np.float32))
    index = FusedIndex(
        tuple(build(tmp_path, m, known, progress=Silent()) for m, known in ((HIGH, same), (LOW, low))), (0.5, 0.5)
    )
    point = index.place(np.concatenate([same.vectors[:1], low.vectors[:1]], axis=1))[0]
    found = index.nearest(point, 30)
    assert [near.track_id for near in found] == ids(range(30))
    assert np.isfinite([near.similarity for near in found]).all()
    assert len(index.nearest(np.zeros_like(point), 7)) == 7


def test_through_cells_it_finds_what_they_find(tmp_path: Path) -> None:
    exact, cells = fused(tmp_path / "exact"), fused(tmp_path / "cells", backend="cells")
    points = exact.place(side_by_side(range(200, 260)))
    shared = [
        len({a.track_id for a in exact.nearest(point, 10)} & {b.track_id for b in cells.nearest(point, 10)})
        for point in points
    ]
    assert np.mean(shared) > 9.5


def test_what_came_since_the_build_is_among_them(tmp_path: Path) -> None:
    from spotrec.index.changes import with_changes

    with FeatureStore(tmp_path / "spotrec.db") as store:
        for start, end in pairwise((0, 40, 50)):
            tracks = [song(n, id=id_) for n, id_ in zip(range(start, end), ids(range(start, end)), strict=True)]
            for model in (HIGH, LOW):
                fill(store, tracks, heard(model, range(start, end)).vectors, model=model)
                if start == 0:
                    with store.catalogue.snapshot(model) as catalogue:
                        build(tmp_path / "index", model, catalogue, progress=Silent())
        from spotrec.index.index import load

        index = FusedIndex(
            tuple(with_changes(load(tmp_path / "index", model), store, model) for model in (HIGH, LOW)), (0.5, 0.5)
        )
        (near,) = index.nearest(index.place(side_by_side(range(45, 46)))[0], 1)
        assert near.track_id == ids(range(45, 46))[0]
        assert near.similarity == pytest.approx(1, abs=1e-5)
