"""A length that no order of tracks can go below: how good a path is can be told without knowing the best one.

Every path is a spanning tree in which no track has more than two neighbours. So the shortest spanning tree is never
longer than the shortest path, and much of the difference goes away if tracks with too many neighbours are moved away
from all others, and tracks with too few towards them: what a path loses by that is known, because it passes each track
once (Held and Karp, 1970). The amounts are found by subgradient steps (Polyak). Both hold for any distances.
"""

import numpy as np

from spotrec.vectors import DoubleArray, Positions

_WORK = 100_000
"""Tracks times steps: each step looks at all distances once."""
_FEWEST_STEPS, _MOST_STEPS = 60, 400
_PATIENCE = 8
"""Steps without progress after which they become half as long."""
_SHORTEST_STEP = 1e-3
_EPSILON = 1e-9


def least_length(distances: DoubleArray, reached: float, first: int | None = None, last: int | None = None) -> float:
    """Return a lower bound for the length of every order.

    Args:
        distances: shape (n, n), symmetric; not negative.
        reached: the length of some order: the bound is never above it.
        first, last: the track that every order begins and ends with, if given.
    """
    n = len(distances)
    if n < 2:
        return 0.0
    moved, best, factor, since = np.zeros(n), 0.0, 2.0, 0
    for _ in range(min(max(_WORK // n, _FEWEST_STEPS), _MOST_STEPS)):
        length, neighbours = _shortest_tree(distances, moved, first, last)
        bound = length - 2 * float(moved.sum())
        if bound > best + _EPSILON:
            best, since = bound, 0
        else:
            since += 1
        if since >= _PATIENCE:
            factor, since = factor / 2, 0
        off = (neighbours - 2).astype(np.float64)
        square = float(off @ off)
        if not square or best >= reached - _EPSILON or factor < _SHORTEST_STEP:
            break  # the tree is a path, or the order that is known is the best
        moved = moved + factor * max(reached - bound, _EPSILON) / square * off
    return min(best, reached)


def _shortest_tree(
    distances: DoubleArray, moved: DoubleArray, first: int | None, last: int | None
) -> tuple[float, Positions]:
    """Return the length of the shortest spanning tree, and each track's number of neighbours, after the moves.

    Both ends of the path have one neighbour more, which stands for the silence before and after; it is at no distance.
    """
    n = len(distances)
    neighbours = np.zeros(n, np.int64)
    nearest = np.zeros(n, np.int64)
    away = distances[0] + moved[0] + moved
    away[0] = np.inf
    is_in = np.zeros(n, bool)
    is_in[0] = True
    length = 0.0
    for _ in range(n - 1):
        one = int(away.argmin())
        length += float(away[one])
        neighbours[one] += 1
        neighbours[nearest[one]] += 1
        is_in[one] = True
        through = distances[one] + (moved[one] + moved)
        closer = through < away
        closer &= ~is_in
        away[closer] = through[closer]
        nearest[closer] = one
        away[one] = np.inf
    for end in _ends(moved, first, last):
        neighbours[end] += 1
        length += float(moved[end])
    return length, neighbours


def _ends(moved: DoubleArray, first: int | None, last: int | None) -> list[int]:
    """Return the ends of the path: the given ones, and else the tracks where the move costs least."""
    given = [end for end in (first, last) if end is not None]
    others = [int(one) for one in np.argsort(moved, kind="stable")[:3] if int(one) not in given]
    return [*given, *others[: 2 - len(given)]]
