"""The bound of the worst step, against all ways."""

from itertools import pairwise, permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.query.worst_step import steps_between, ways_by_each, widest
from spotrec.vectors import DoubleArray
from support.catalogue import unit_points

N = 7


def points_of(dim: int, seed: int) -> DoubleArray:
    return unit_points(N, dim, seed).astype(np.float64)


def worst(near: np.ndarray, way: tuple[int, ...]) -> float:
    return min(float(near[pair]) for pair in pairwise(way))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(3, N))
def test_no_way_without_repeats_is_better(seed: int, n: int) -> None:
    near = steps_between(points_of(3, seed))
    ways = [(0, *between, N - 1) for between in permutations(range(1, N - 1), n - 2)]
    best = max(worst(near, way) for way in ways)
    assert widest(near, n) >= best
    if n <= 4:  # too short to repeat a track usefully, except back and forth
        assert widest(near, 3) == max(worst(near, (0, i, N - 1)) for i in range(1, N - 1))
    by_each, _ = ways_by_each(near, n)
    for i in range(1, N - 1):
        assert by_each[i] >= max(worst(near, way) for way in ways if i in way)


def test_how_few_steps_a_way_by_a_track_can_have_is_known() -> None:
    turns = np.linspace(0, 1.5, 6)
    near = steps_between(np.stack([np.cos(turns), np.sin(turns)], axis=1))
    worst_by_each, steps = ways_by_each(near, 6)
    np.testing.assert_allclose(worst_by_each[1:-1], np.cos(0.3), atol=1e-6)
    assert steps[1:-1].tolist() == [5, 5, 5, 5]


def test_a_long_way_is_bound_by_where_enough_tracks_hang_together() -> None:
    turns = np.array([0, 0.1, 0.2, 0.9, 1.0, 0.3])  # the end is beside the third
    near = steps_between(np.stack([np.cos(turns), np.sin(turns)], axis=1))
    assert widest(near, 4) == np.cos(0.1).round(6)
    assert widest(near, 6) == np.cos(0.7).round(6)
