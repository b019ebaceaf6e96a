"""The choice of a journey's tracks, against all the choices that there are."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.query.even_steps import choose_steps, positions
from spotrec.query.simple_path import Quota
from spotrec.vectors import DoubleArray
from support.catalogue import unit_points


def points_of(n: int, dim: int, seed: int = 0) -> DoubleArray:
    return unit_points(n, dim, seed).astype(np.float64)


def free(n: int) -> Quota:
    return Quota(np.zeros(n, np.int64), np.array([n]))


def worst(points: np.ndarray, way: list[int] | tuple[int, ...]) -> float:
    return min(float(points[one] @ points[two]) for one, two in pairwise(way))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(2, 5))
def test_no_way_has_a_better_worst_step(seed: int, n: int, dim: int) -> None:
    points = points_of(8, dim, seed)
    way = choose_steps(points, n, free(8))
    assert way is not None
    assert (way[0], way[-1], len(set(way)), len(way)) == (0, 7, n, n)
    best = max(worst(points, (0, *between, 7)) for between in permutations(range(1, 7), n - 2))
    assert worst(points, way) == pytest.approx(best, abs=2e-6)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(3, 8), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_no_way_within_the_quota_has_a_better_worst_step(seed: int, n: int, groups: list[int]) -> None:
    points = points_of(8, 3, seed)
    quota = Quota(np.array([3, *groups, 3]), np.array([1, 2, 1, 2]))
    fitting = [
        way
        for between in permutations(range(1, 7), n - 2)
        if (np.bincount(quota.group[list(way := (0, *between, 7))], minlength=4) <= quota.most).all()
    ]
    found = choose_steps(points, n, quota)
    if not fitting:
        assert found is None
        return
    assert found is not None
    assert tuple(found) in fitting
    assert worst(points, found) == pytest.approx(max(worst(points, way) for way in fitting), abs=2e-6)


@pytest.mark.parametrize("n", [12, 40, 60])
def test_in_a_catalogue_of_which_a_journey_takes_much_it_still_goes_by_all_that_it_must(n: int) -> None:
    points = points_of(60, 8)
    way = choose_steps(points, n, free(60))
    assert way is not None
    assert len(set(way)) == n
    rng = np.random.default_rng(0)
    by_chance = [(0, *(1 + rng.permutation(58)[: n - 2]).tolist(), 59) for _ in range(200)]
    assert worst(points, way) > max(worst(points, one) for one in by_chance) + 0.1


def test_of_ways_without_a_worse_step_it_takes_the_one_that_leads_on_evenly() -> None:
    turns = np.array([0, 0.1, 0.5, 0.9, 1.4, 1.45, 1.5])  # radians
    points = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    shuffled = [0, 4, 2, 1, 5, 3, 6]
    way = choose_steps(points[shuffled], 4, free(7))
    assert way is not None
    assert [shuffled[one] for one in way] == [0, 2, 3, 6]
    assert choose_steps(points[shuffled], 7, free(7)) == [shuffled.index(i) for i in range(7)]


def test_equals_come_in_their_order() -> None:
    points = np.ones((9, 4)) / 2
    assert choose_steps(points, 6, free(9)) == [0, 1, 2, 3, 4, 8]


def test_noise_below_the_last_decimal_changes_nothing() -> None:
    points = np.repeat(points_of(12, 5), 4, axis=0)
    noise = 1e-9 * np.random.default_rng(1).standard_normal(points.shape)
    assert choose_steps(points, 15, free(48)) == choose_steps(points + noise, 15, free(48))


def test_positions_are_known_even_where_nothing_has_a_direction() -> None:
    found = positions(np.array([[1.0, 0], [1, 0], [0, 0], [0, 1], [0, 1]]))
    assert found.tolist() == [0, 0, 0.5, 1, 1]
    assert positions(np.ones((4, 1))).tolist() == [0, 0.5, 0.5, 1]
