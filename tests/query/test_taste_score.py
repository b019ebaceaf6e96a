"""The score of a taste: near what is liked, far from what is disliked, and less for what is older."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from spotrec.query.agreement import SOFTNESS, UNLIKE_WEIGHT
from spotrec.query.taste_score import Opinion, TasteScore
from spotrec.vectors import FloatArray
from support.catalogue import unit_points

DIM = 8


@dataclass(frozen=True)
class Some:
    """Tracks as a block."""

    vectors: FloatArray
    ids: Any = None
    tags: Any = None


def unit(*values: float) -> FloatArray:
    vector = np.zeros((1, DIM), np.float32)
    vector[0, : len(values)] = values
    return (vector / np.linalg.norm(vector)).astype(np.float32)


EAST, NORTH, BETWEEN = unit(1), unit(0, 1), unit(1, 1)


def score(leaning: TasteScore, *vectors: FloatArray) -> list[float]:
    return [float(one) for one in leaning.of(Some(np.concatenate(vectors)))]


def test_one_like_is_the_cosine_with_it() -> None:
    assert score(TasteScore([Opinion(EAST)]), BETWEEN, NORTH) == pytest.approx([0.5**0.5, 0])


def test_a_liked_track_is_not_near_itself_and_a_disliked_one_is() -> None:
    assert (
        score(TasteScore([Opinion(EAST), Opinion(BETWEEN)]), EAST)[0] < score(TasteScore([Opinion(BETWEEN)]), EAST)[0]
    )
    assert score(TasteScore([Opinion(NORTH)], [Opinion(EAST)]), EAST)[0] == pytest.approx(-UNLIKE_WEIGHT)


def test_only_the_nearest_likes_count() -> None:
    near = [Opinion(unit(1, 0.1 * i)) for i in range(1, 6)]
    far = [Opinion(unit(-1, 0.1 * i)) for i in range(40)]
    assert score(TasteScore([*near, *far]), EAST) == score(TasteScore(near), EAST)


def test_a_dislike_that_is_far_away_changes_nothing() -> None:
    assert score(TasteScore([Opinion(BETWEEN)], [Opinion(-EAST)]), EAST) == score(TasteScore([Opinion(BETWEEN)]), EAST)


def test_a_liked_artist_counts_as_one_like() -> None:
    tracks = np.concatenate([unit(1, 0.1 * i) for i in range(1, 30)])
    as_artist = TasteScore([Opinion(tracks), Opinion(NORTH)])
    as_tracks = TasteScore([*map(Opinion, tracks[:, None]), Opinion(NORTH)])
    one, many = (score(leaning, EAST)[0] for leaning in (as_artist, as_tracks))
    assert one < many


def test_a_like_of_a_half_life_ago_counts_a_tenth_less() -> None:
    new, old = (score(TasteScore([Opinion(EAST, age)]), BETWEEN)[0] for age in (0, 1))
    assert new - old == pytest.approx(SOFTNESS * np.log(2), abs=1e-6)
    ancient, older = (score(TasteScore([Opinion(EAST, age)]), BETWEEN)[0] for age in (10, 10_000))
    assert ancient == older


def test_without_likes_or_dislikes_all_are_equal() -> None:
    assert score(TasteScore([]), EAST, NORTH) == [0, 0]
    assert score(TasteScore([], [Opinion(EAST)]), EAST, NORTH) == pytest.approx([-UNLIKE_WEIGHT, 0])


@pytest.mark.parametrize("n", [1, 4, 5, 6, 200])
def test_scores_are_finite_and_within_bounds(n: int) -> None:
    points = unit_points(2 * n, DIM)[:, None]
    opinions = [Opinion(one.astype(np.float32), i % 4) for i, one in enumerate(points)]
    likes, dislikes = opinions[:n], opinions[n:]
    found = score(TasteScore(likes, dislikes), unit_points(500, DIM, 1).astype(np.float32))
    assert np.isfinite(found).all()
    assert min(found) >= -1 - SOFTNESS * np.log(2) * 3 - UNLIKE_WEIGHT
    assert max(found) <= 1
