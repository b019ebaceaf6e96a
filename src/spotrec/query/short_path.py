"""The shortest order of tracks, one after the other: an open path through all of them.

Up to `EXACT` tracks are ordered exactly, by dynamic programming over the sets of tracks that came before (Held and
Karp, 1962). More are ordered by local search (Lin and Kernighan, 1973): the path is cut, one part is turned around and
joined again, and from there the next, as long as the sum of what was cut is larger than the sum of what was joined.
Where nothing is gained any more, two neighbouring pieces change places at random, and what got shorter stays. The same
distances always give the same order. How far from the shortest it can be, `path_bound` says.

A cycle is easier to search than a path: one more node, at no distance from all others, or only from the ends that are
given, makes a cycle of a path, and is taken out again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.query.path_bound import least_length
from spotrec.vectors import DoubleArray, Positions

EXACT = 12
"""Up to so many tracks the order is the shortest one."""
_NEAR = 10
"""Neighbours of a track to which the search joins it."""
_BREADTH = (5, 3, 1)
"""How many joints are followed at each depth of the search."""
_KICKS, _MOST_KICKS = 4, 300
"""Exchanges of two pieces, for each track and altogether."""
_WINDOW = 50
_HELD = -1_000.0
"""The distance of the additional node to a given end: shorter than anything that could be gained."""
_CLOSE = 5e-4
"""The share by which a path may be longer than its bound to be good enough."""
_EPSILON = 1e-10


@dataclass(frozen=True, slots=True)
class ShortPath:
    """Positions of all tracks in order, the sum of the distances between them, and what no order can go below."""

    order: list[int]
    length: float
    bound: float


def short_path(distances: DoubleArray, first: int | None = None, last: int | None = None) -> ShortPath:
    """Return a short order of all tracks: the shortest, if `bound` is its length.

    Args:
        distances: shape (n, n), symmetric, not negative.
        first, last: the track to begin and to end with; they differ.
    """
    n = len(distances)
    if n <= EXACT:
        order = exact_path(distances, first, last)
        length = length_of(order, distances)
        return ShortPath(order, length, length)
    greedy = nearest_next(distances, 0 if first is None else first)
    if last is not None:
        greedy.remove(last)
        greedy.append(last)
    cycle = _Cycle(with_joint(distances, first, last), [n, *greedy])
    cycle.shorten()
    length = length_of(cycle.path(), distances)
    bound = least_length(distances, length, first, last)
    cycle.shorten_at_random(lambda gained: length - gained <= bound * (1 + _CLOSE))
    order = cycle.path()
    is_free = first is None and last is None
    if order[-1] == first or order[0] == last or (is_free and order[0] > order[-1]):
        order.reverse()
    length = length_of(order, distances)
    return ShortPath(order, length, min(bound, length))


def length_of(order: Sequence[int], distances: DoubleArray) -> float:
    """Return the sum of the distances from each to the next."""
    return float(distances[order[:-1], order[1:]].sum()) if len(order) > 1 else 0.0


def nearest_next(distances: DoubleArray, first: int = 0) -> list[int]:
    """Return the order in which the nearest track that is left always comes next."""
    n, order = len(distances), [first]
    left = np.ones(n, bool)
    left[first] = False
    while len(order) < n:
        order.append(int(np.where(left, distances[order[-1]], np.inf).argmin()))
        left[order[-1]] = False
    return order


def exact_path(distances: DoubleArray, first: int | None = None, last: int | None = None) -> list[int]:
    """Return the shortest order of at most some `EXACT` tracks; time and memory double with each."""
    n = len(distances)
    if n == 0:
        return []
    at = np.zeros((n, n))
    for place, track in ((0, first), (n - 1, last)):
        if track is not None:
            at[place, np.arange(n) != track] = np.inf
    bits = 1 << np.arange(n)
    least = np.full((1 << n, n), np.inf)  # [tracks so far, the last of them]
    before = np.zeros((1 << n, n), np.int8)
    least[bits, np.arange(n)] = at[0]
    for tracks in range(1, 1 << n):
        members = np.flatnonzero(bits & tracks)
        if len(members) < 2:
            continue
        through = least[tracks ^ bits[members]][:, members] + distances[np.ix_(members, members)]
        best = through.argmin(axis=1)  # of a row: the track before it
        least[tracks, members] = through[np.arange(len(members)), best] + at[len(members) - 1, members]
        before[tracks, members] = members[best]
    tracks, order = (1 << n) - 1, [int(least[-1].argmin())]
    while len(order) < n:
        one = order[-1]
        order.append(int(before[tracks, one]))
        tracks ^= 1 << one
    return order[::-1]


def with_joint(distances: DoubleArray, first: int | None, last: int | None) -> DoubleArray:
    """Return distances with one more node that makes a cycle of the path."""
    n = len(distances)
    joined = np.zeros((n + 1, n + 1))
    joined[:n, :n] = distances
    for end in (first, last):
        if end is not None:
            joined[n, end] = joined[end, n] = _HELD
    return joined


class _Cycle:
    """A cycle through all nodes, which is made shorter. It is a path whose end is joined to its start."""

    def __init__(self, distances: DoubleArray, start: Sequence[int]) -> None:
        self._n = n = len(distances)
        self._flat = np.ascontiguousarray(distances).ravel().data
        self._near = _near(distances)
        self._order = np.array(start, np.int64)
        self._numbers = np.arange(n)
        self._places = np.empty(n, np.int64)
        self._number()
        self._node_at, self._place_of = self._order.data, self._places.data

    def path(self) -> list[int]:
        """Return the order of the others, from the joint to the joint."""
        order = [int(node) for node in self._order]
        at = order.index(self._n - 1)
        return order[at + 1 :] + order[:at]

    def shorten(self) -> None:
        """Shorten the cycle until nothing is gained anywhere."""
        self._improve(list(range(self._n)))

    def shorten_at_random(self, is_enough: Callable[[float], bool]) -> None:
        """Exchange pieces at random and shorten again, until what was gained in all `is_enough`."""
        random = np.random.default_rng(self._n)
        began = length = self._length()
        for _ in range(min(_KICKS * self._n, _MOST_KICKS)):
            if is_enough(began - length):
                return
            kept = self._order.copy()
            self._improve(self._kick(random))
            now = self._length()
            if now < length - _EPSILON:
                length = now
            else:
                self._order[:] = kept
                self._number()

    def _length(self) -> float:
        order, n, flat = self._order, self._n, np.asarray(self._flat)
        return float(flat[order * n + np.roll(order, -1)].sum())

    def _number(self) -> None:
        self._places[self._order] = self._numbers

    def _kick(self, random: np.random.Generator) -> list[int]:
        """Exchange two neighbouring pieces; return the nodes at their ends."""
        n = self._n
        self._order[:] = np.roll(self._order, -int(random.integers(n)))
        cuts = np.sort(random.choice(np.arange(1, min(n, _WINDOW)), 3, replace=False)).tolist()
        a, b, c = cuts
        ends = [self._node_at[at % n] for cut in cuts for at in (cut - 1, cut)]
        self._order[a:c] = np.concatenate([self._order[b:c], self._order[a:b]])
        self._number()
        return [*dict.fromkeys(ends)]

    def _improve(self, nodes: list[int]) -> None:
        """Shorten the cycle around these nodes, and around all that changes with it."""
        waiting, is_waiting = nodes[::-1], bytearray(self._n)
        for node in nodes:
            is_waiting[node] = 1
        while waiting:
            node = waiting.pop()
            is_waiting[node] = 0
            if changed := self._shorten_at(node):
                for one in (*changed, node):
                    if not is_waiting[one]:
                        is_waiting[one] = 1
                        waiting.append(one)

    def _shorten_at(self, node: int) -> list[int] | None:
        """Cut the cycle on either side of a node; return the nodes whose neighbours changed if it got shorter."""
        for _ in range(2):
            self._begin_after(node)
            touched: list[int] = []
            removed = self._flat[node * self._n + self._node_at[0]]
            if self._deeper(node, removed, 0, touched):
                return touched
            self._order[:] = self._order[::-1].copy()
            self._number()
        return None

    def _begin_after(self, node: int) -> None:
        """Turn the list so that the node is its last."""
        shift = self._place_of[node] + 1
        if shift != self._n:
            self._order[:] = np.concatenate([self._order[shift:], self._order[:shift]])
            self._number()

    def _deeper(self, end: int, gained: float, depth: int, touched: list[int]) -> bool:
        """Join the start of the path to a near node, and cut before that one, as long as something is gained.

        The path is open between its last node `end` and its first. It stays changed only if the cycle got shorter.
        """
        flat, n, place_of, node_at = self._flat, self._n, self._place_of, self._node_at
        start = node_at[0]
        choices = []
        for near in self._near[start]:
            left = gained - flat[start * n + near]
            if left <= _EPSILON:
                break
            place = place_of[near]
            if place > 1:
                before = node_at[place - 1]
                choices.append((-left - flat[before * n + near], place, before))
        choices.sort()
        for with_cut, place, before in choices:
            if -with_cut - flat[before * n + end] > _EPSILON:
                touched += (start, before, node_at[place])
                self._reverse(place)
                return True
        for with_cut, place, before in choices[: _BREADTH[depth] if depth < len(_BREADTH) else 0]:
            self._reverse(place)
            if self._deeper(end, -with_cut, depth + 1, touched):
                touched += (start, before)
                return True
            self._reverse(place)
        return False

    def _reverse(self, n: int) -> None:
        """Turn the first `n` nodes around."""
        turned = self._order[:n][::-1].copy()
        self._order[:n] = turned
        self._places[turned] = self._numbers[:n]


def _near(distances: DoubleArray) -> list[list[int]]:
    """Return the nearest nodes of each, nearest first, and for all the node that joins the ends."""
    n, joint = len(distances), len(distances) - 1
    away = distances.copy()
    np.fill_diagonal(away, np.inf)
    k = min(_NEAR, n - 2)
    near: list[list[int]] = []
    for i in range(n):
        if i == joint:
            far = np.sort(away[:joint, :joint], axis=1)[:, min(1, joint - 1)]
            order: Positions = np.lexsort((np.arange(joint), -far, away[joint, :joint]))[: 2 * _NEAR]
            near.append(order.tolist())
            continue
        some = np.argpartition(away[i, :joint], k - 1)[:k]
        some = some[np.argsort(away[i, some], kind="stable")]
        near.append([joint, *some.tolist()])
    return near
