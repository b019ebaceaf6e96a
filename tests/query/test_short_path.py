"""Short orders of tracks: never longer than what is simpler, the shortest where it can be known."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.query.path_bound import least_length
from spotrec.query.short_path import EXACT, exact_path, length_of, nearest_next, short_path
from spotrec.vectors import DoubleArray
from support.catalogue import unit_points

ENDS = [(None, None), (3, None), (None, 0), (4, 1)]


def distances(n: int, seed: int = 0, dim: int = 20) -> DoubleArray:
    points = unit_points(n, dim, seed).astype(np.float64)
    found = np.clip(1 - points @ points.T, 0, 2)
    np.fill_diagonal(found, 0)
    return np.asarray((found + found.T) / 2)


def is_order(order: list[int], n: int, first: int | None, last: int | None) -> bool:
    ends = (first is None or order[0] == first) and (last is None or order[-1] == last)
    return sorted(order) == list(range(n)) and ends


@pytest.mark.parametrize(("first", "last"), ENDS)
@pytest.mark.parametrize("n", [5, 7])
def test_a_few_tracks_are_in_the_shortest_order_of_all(n: int, first: int | None, last: int | None) -> None:
    away = distances(n)
    every = (list(order) for order in permutations(range(n)) if is_order(list(order), n, first, last))
    found = short_path(away, first, last)
    assert is_order(found.order, n, first, last)
    assert found.length == pytest.approx(min(length_of(order, away) for order in every))
    assert found.bound == found.length


@pytest.mark.parametrize(("first", "last"), ENDS)
def test_the_search_finds_what_the_exact_way_finds(first: int | None, last: int | None) -> None:
    for seed in range(5):
        away = distances(EXACT + 1, seed)
        found = short_path(away, first, last)
        assert is_order(found.order, EXACT + 1, first, last)
        assert found.length == pytest.approx(length_of(exact_path(away, first, last), away), rel=0.005)


@pytest.mark.parametrize(("first", "last"), ENDS)
@pytest.mark.parametrize("n", [20, 60])
def test_an_order_is_within_two_percent_of_its_bound(n: int, first: int | None, last: int | None) -> None:
    away = distances(n)
    found = short_path(away, first, last)
    assert is_order(found.order, n, first, last)
    assert found.length == pytest.approx(length_of(found.order, away))
    assert found.bound <= found.length <= 1.02 * found.bound
    if last is None:
        assert found.length <= length_of(nearest_next(away, first or 0), away)


@pytest.mark.parametrize(("first", "last"), ENDS)
def test_no_order_is_shorter_than_the_bound(first: int | None, last: int | None) -> None:
    for seed in range(10):
        away = distances(8, seed, dim=3)
        best = exact_path(away, first, last)
        bound = least_length(away, length_of(best, away) * (1 + seed % 3), first, last)
        assert 0.8 * length_of(best, away) < bound <= length_of(best, away) + 1e-9


@given(st.integers(0, 40), st.integers(0, 1000), st.integers(1, 4))
@settings(max_examples=30)
def test_any_tracks_have_an_order_also_where_many_are_the_same(n: int, seed: int, dim: int) -> None:
    points = np.random.default_rng(seed).integers(0, 3, (n, dim)).astype(np.float64)
    away = np.abs(points[:, None] - points[None]).sum(axis=2)
    found = short_path(away)
    assert is_order(found.order, n, None, None)
    assert -1e-9 <= found.bound <= found.length + 1e-9


def test_the_same_tracks_are_always_in_the_same_order() -> None:
    away = distances(50)
    assert short_path(away).order == short_path(away.copy()).order


def test_of_both_directions_the_one_is_taken_that_begins_with_the_earlier_track() -> None:
    found = short_path(distances(30))
    assert found.order[0] < found.order[-1]
