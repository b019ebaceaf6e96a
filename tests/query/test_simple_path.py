"""Paths of an exact number of nodes, against all that there are."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.query.simple_path import Graph, Quota, any_path, cheap_path

N = 7


def graph(seed: int, share: float, most: int = N) -> tuple[np.ndarray, np.ndarray, Graph]:
    rng = np.random.default_rng(seed)
    edges = rng.random((N, N)) < share
    edges[np.arange(N), np.arange(N)] = edges[:, 0] = edges[-1] = False
    costs = rng.random((N, N)).round(2)
    quota = Quota(np.array([0, *rng.integers(1, 3, N - 2), 0]), np.array([2, most, most]))
    return edges, costs, Graph.of(edges, costs, quota)


def ways(edges: np.ndarray, quota: Quota, n: int) -> list[tuple[int, ...]]:
    there_are = ((0, *between, N - 1) for between in permutations(range(1, N - 1), n - 2))
    return [
        way
        for way in there_are
        if all(edges[pair] for pair in pairwise(way))
        and (np.bincount(quota.group[list(way)], minlength=3) <= quota.most).all()
    ]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.integers(3, N), st.sampled_from([0.2, 0.4, 0.7]), st.sampled_from([1, 2, N]))
def test_a_path_is_found_where_there_is_one(seed: int, n: int, share: float, most: int) -> None:
    edges, _, made = graph(seed, share, most)
    there_are = ways(edges, made.quota, n)
    found = any_path(made, n)
    assert (found is None) == (not there_are)
    assert found is None or tuple(found) in there_are


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10_000), st.integers(3, N), st.sampled_from([0.4, 0.7]), st.sampled_from([2, N]))
def test_a_cheap_path_is_a_path(seed: int, n: int, share: float, most: int) -> None:
    edges, _, made = graph(seed, share, most)
    found = cheap_path(made, n, N)
    assert found is None or tuple(found) in ways(edges, made.quota, n)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from([3, 4]))
def test_a_short_path_is_the_cheapest(seed: int, n: int) -> None:
    edges, costs, made = graph(seed, 0.6)

    def cost(way: tuple[int, ...]) -> float:
        return float(sum(costs[pair] for pair in pairwise(way)))

    found, there_are = cheap_path(made, n, N), ways(edges, made.quota, n)
    assert (found is None) == (not there_are)
    assert found is None or cost(tuple(found)) == pytest.approx(min(map(cost, there_are)))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(3, N), st.sampled_from([1, 2, N]))
def test_with_all_edges_a_path_is_found_at_once_if_the_quota_has_room(seed: int, n: int, most: int) -> None:
    _, _, made = graph(seed, 1.0, most)
    found = cheap_path(made, n, N)
    assert (found is not None) == (made.quota.room >= n)


def test_without_edges_there_is_no_path() -> None:
    _, _, made = graph(0, 0.0)
    assert cheap_path(made, 4, N) is None
    assert any_path(made, 4) is None
