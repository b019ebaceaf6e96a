"""The choice of the tracks of a journey: first the best worst step, then even steps that lead on.

What a listener notices first is the one step between two tracks that have nothing in common. So of all journeys of
`n` tracks, each once, one is chosen whose least similar step is as similar as possible; and of all those that have no
worse step, one with a small

    Σ (1 − similarity to the track before)³ + 100 Σ (position − position of the track before)²

where the position of a track is its angle from the start, as a fraction of its angles from the start and from the end.
The first sum prefers steps of one length, the second those that lead on evenly: of two steps back and forth it counts
both. Nothing forbids a step back, as every rule about the positions would make the worst step worse.

`simple_path.py` looks for journeys without a step below some similarity, and the highest such similarity is looked for.
It is not above that of a journey that may repeat tracks, which is easily computed.
"""

from itertools import pairwise

import numpy as np

from spotrec.query.simple_path import Graph, Quota, any_path, cheap_path
from spotrec.query.worst_step import DECIMALS, steps_between, widest
from spotrec.vectors import DoubleArray

LEAD_ON = 100.0
_ORDER = 1e-6
"""The cost of a step to a track that is earlier in the order of positions and ids: equal tracks come in their order."""
_FIRST_FALL = 0.005
_WORK = 20_000_000
"""How many edges may be followed, over all layers, until the search for a still better worst step ends."""
_FAN_AT_LEAST = 32
_SEARCHED_IN_FULL = 1_000_000
"""The largest number of edges, over all layers, of graphs in which every way may be tried: of larger ones, too few."""


def choose_steps(points: DoubleArray, n: int, quota: Quota) -> list[int] | None:
    """Choose `n` points, the first and the last given one included; None if the quota has no room for so many.

    Args:
        points: the start, the candidates in order of id, and the end, shape (n_points, dim), unit length.
        quota: of these.

    Returns:
        Positions among the points.
    """
    if n == 2:
        return [0, len(points) - 1]
    position = positions(points)
    order = np.array([0, *(1 + np.argsort(position[1:-1], kind="stable")), len(points) - 1])
    sorted_quota = Quota(quota.group[order], quota.most)
    way = _Choice(steps_between(points[order]), position[order], n, sorted_quota).made()
    return None if way is None else [int(order[one]) for one in way]


def positions(points: DoubleArray) -> DoubleArray:
    """Return where points are between the first, 0, and the last, 1."""
    from_start, from_end = np.arccos(np.clip(points @ points[[0, -1]].T, -1, 1).round(DECIMALS)).T
    both = from_start + from_end
    found = np.where(both > 0, from_start / np.where(both > 0, both, 1), 0.5).round(DECIMALS)
    found[0], found[-1] = 0, 1
    return found


class _Choice:
    """The choice among points sorted by position, of which each may follow each except the start and the end."""

    def __init__(self, near: DoubleArray, position: DoubleArray, n: int, quota: Quota) -> None:
        m = len(near)
        self._near = near
        unlike, on = 1 - near, position[None, :] - position[:, None]
        self._costs = unlike * unlike * unlike + LEAD_ON * on * on
        self._costs[np.tril_indices(m)] += _ORDER
        self._n, self._quota = n, quota
        self._fan = max(_FAN_AT_LEAST, _WORK // (4 * n * m))
        self._followed = 0

    def made(self) -> list[int] | None:
        """Make the choice: try the bound, then ever lower similarities, then between the last two."""
        if self._quota.room < self._n:
            return None
        too_high = bound = widest(self._near, self._n)
        found, fall = self._without_steps_below(bound), _FIRST_FALL
        if found is not None:
            return found
        while (found := self._without_steps_below(bound - fall)) is None:
            too_high, fall = bound - fall, 2 * fall
        worst = self._worst(found)
        while self._followed < _WORK:
            between = np.unique(self._near[(self._near > worst) & (self._near < too_high)])
            if not len(between):
                break
            tried = float(between[len(between) // 2])
            better = self._without_steps_below(tried)
            if better is None:
                too_high = tried
            else:
                found, worst = better, self._worst(better)
        return found

    def _without_steps_below(self, similarity: float) -> list[int] | None:
        if similarity < -1:  # all steps are allowed: then the quickest search always finds a way
            graph = Graph.of(np.isfinite(self._near), self._costs, self._quota)
            return cheap_path(graph, self._n, len(graph))
        graph = Graph.of(self._near >= similarity, self._costs, self._quota)
        self._followed += self._n * min(len(graph.sources), self._fan * len(graph))
        found = cheap_path(graph, self._n, self._fan)
        if found is None and self._n * len(graph.sources) <= _SEARCHED_IN_FULL:
            found = any_path(graph, self._n)
        return found

    def _worst(self, way: list[int]) -> float:
        return float(min(self._near[one, two] for one, two in pairwise(way)))
