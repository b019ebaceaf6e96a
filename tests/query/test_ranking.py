"""Scores and the order that they give, over an index as it is built."""

import numpy as np
import pytest

from spotrec.index.build import build
from spotrec.index.index import Index
from spotrec.progress import Silent
from spotrec.query import ranking
from spotrec.query.agreement import Affinity
from spotrec.query.neighbourhood import Block, Neighbourhood
from spotrec.query.ranking import BestAround, BestFirst, NearestFirst, Weighted, ranked
from spotrec.query.taste_score import Opinion, TasteScore
from spotrec.store import Catalogue
from spotrec.track import Ears, ModelId, TrackId
from spotrec.vectors import FloatArray

DIM = 24


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((12, DIM))
    vectors = (centres[rng.integers(12, size=2_000)] + 0.7 * rng.standard_normal((2_000, DIM))).astype(np.float32)
    tags = rng.random((2_000, 3), np.float32)
    ids = [TrackId(f"t{i:05d}") for i in range(2_000)]
    folder = tmp_path_factory.mktemp("index")
    return build(
        folder, Ears.of(ModelId("any", 1, DIM)), Catalogue(ids, vectors, tags), progress=Silent(), backend="annoy"
    )


def points(index: Index, *positions: int) -> list[FloatArray]:
    return [np.asarray(index.segments[0].vectors[[position]]) for position in positions]


def test_an_index_is_a_neighbourhood(index: Index) -> None:
    neighbourhood: Neighbourhood = index
    assert len(neighbourhood) == 2_000


def test_one_point_is_searched_and_scored_alike(index: Index) -> None:
    affinity = Affinity(points(index, 5))
    searched = NearestFirst(index, affinity.points[0]).first(20)
    assert searched == BestFirst(index, affinity).first(20)
    assert isinstance(ranked(index, affinity), NearestFirst)


def test_in_a_large_catalogue_the_neighbours_of_seeds_give_what_all_tracks_give(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    affinity = Affinity(points(index, 5, 700, 1_300), points(index, 9))
    assert isinstance(ranked(index, affinity), BestFirst)
    monkeypatch.setattr(ranking, "SCORED_WHOLE_UP_TO", 1_000)  # else a large catalogue has 50,000
    around = ranked(index, affinity)
    assert isinstance(around, BestAround)
    assert len(around) == 2_000
    assert around.first(20) == BestFirst(index, affinity).first(20)
    assert len(around.first(1_500)) == 1_500, "as many as are asked for"


def test_equals_are_in_order_of_id_across_blocks(index: Index) -> None:
    nowhere = Affinity([np.zeros((1, DIM), np.float32)] * 2)
    ids = [hit.track_id for hit in BestFirst(index, nowhere).first(2_000)]
    assert ids == sorted(ids)


class FirstTag:
    def of(self, block: Block) -> FloatArray:
        assert block.tags is not None
        first: FloatArray = block.tags[:, 0]
        return first


def test_another_score_counts_with_its_weight(index: Index) -> None:
    affinity = Affinity(points(index, 5, 700))
    seeds = {hit.track_id: hit.similarity for hit in ranked(index, affinity).first(2_000)}
    tags = {hit.track_id: hit.similarity for hit in ranked(index, None, [Weighted(FirstTag(), 1.0)]).first(2_000)}
    mixed = ranked(index, affinity, [Weighted(FirstTag(), 0.25)]).first(2_000)
    assert list(tags.values()) == sorted(tags.values(), reverse=True)
    for hit in mixed:
        assert hit.similarity == pytest.approx(0.75 * seeds[hit.track_id] + 0.25 * tags[hit.track_id], abs=2e-6)
    alone = ranked(index, Affinity(points(index, 5)), [Weighted(FirstTag(), 0.0)])
    assert [hit.track_id for hit in alone.first(10)] == [
        hit.track_id for hit in ranked(index, Affinity(points(index, 5))).first(10)
    ]


def test_a_choice_of_no_tracks_has_no_first(index: Index) -> None:
    nobody = index.among(set())
    assert ranked(nobody, Affinity(points(index, 5))).first(5) == []
    assert ranked(nobody, Affinity(points(index, 5, 6))).first(5) == []


def test_a_local_score_orders_the_tracks_around_the_seeds(index: Index) -> None:
    """However much it prefers others."""
    affinity = Affinity(points(index, 5))
    leaning = Weighted(TasteScore([Opinion(points(index, 900)[0])]), 0.9, is_local=True)
    around = ranked(index, affinity, [leaning])
    assert isinstance(around, BestAround)
    near = {hit.track_id for hit in NearestFirst(index, affinity.points[0]).first(2_000)}
    assert around.first(20)[0].track_id in near
    assert isinstance(ranked(index, affinity, [Weighted(leaning.score, 0.5)]), BestFirst)
    assert isinstance(ranked(index, None, [Weighted(leaning.score, 1.0, is_local=True)]), BestFirst)


def test_a_local_score_brings_no_track_from_elsewhere(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "NEIGHBOURS_OF_ALL", 200)  # fewer than the catalogue has
    affinity = Affinity(points(index, 5))
    leaning = Weighted(TasteScore([Opinion(points(index, 900)[0])]), 0.9, is_local=True)
    near = {hit.track_id for hit in NearestFirst(index, affinity.points[0]).first(200)}
    assert {hit.track_id for hit in ranked(index, affinity, [leaning]).first(50)} <= near
