"""Maximal marginal relevance against its definition."""

import numpy as np
import pytest

from spotrec.index.build import build
from spotrec.index.index import Index
from spotrec.progress import Silent
from spotrec.query.copies import ScoredTrack
from spotrec.query.diversity import POOL_AT_LEAST, POOL_AT_MOST, diverse, pool_size
from spotrec.store import Catalogue
from spotrec.track import Ears, ModelId, Track, TrackId
from spotrec.vectors import FloatArray


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    vectors = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    catalogue = Catalogue([TrackId(f"t{i:02d}") for i in range(40)], vectors, np.ones((40, 1), np.float32))
    return build(tmp_path_factory.mktemp("index"), Ears.of(ModelId("any", 1, 8)), catalogue, progress=Silent())


@pytest.fixture
def pool(index: Index) -> list[ScoredTrack]:
    near = index.nearest(np.asarray(index.segments[0].vectors[0]), 40)
    return [ScoredTrack(Track(one.track_id, one.track_id), one.similarity) for one in near[1:]]


def by_definition(pool: list[ScoredTrack], n: int, diversity: float, vectors: FloatArray) -> list[ScoredTrack]:
    def worth(one: ScoredTrack) -> float:
        at = vectors[int(one.track.id[1:])]
        nearest = max(float(at @ vectors[int(other.track.id[1:])]) for other in chosen)
        return (1 - diversity) * one.similarity - diversity * nearest

    chosen = pool[:1]
    while len(chosen) < n:
        chosen.append(max((one for one in pool if one not in chosen), key=worth))
    return chosen


@pytest.mark.parametrize("diversity", [0.1, 0.5, 0.9, 1.0])
def test_each_next_track_is_the_one_of_the_largest_marginal_relevance(
    index: Index, pool: list[ScoredTrack], diversity: float
) -> None:
    vectors = np.asarray(index.segments[0].vectors)
    assert diverse(pool, 12, diversity, index) == by_definition(pool, 12, diversity, vectors)


def test_without_diversity_the_pool_is_left_as_it_is(index: Index, pool: list[ScoredTrack]) -> None:
    assert diverse(pool, 12, 0, index) == pool[:12]
    assert diverse([], 12, 0.5, index) == []
    assert len(diverse(pool[:3], 12, 0.5, index)) == 3


def test_the_pool_is_bounded_and_none_is_taken_without_need() -> None:
    assert pool_size(10, 0) == 10
    assert pool_size(1, 0.1) == POOL_AT_LEAST
    assert pool_size(50, 0.1) == 500
    assert pool_size(1_000, 0.1) == POOL_AT_MOST
