"""How similar the least similar step of a way can be, if the way may repeat points: a bound for those that may not."""

import numpy as np

from spotrec.vectors import DoubleArray, Positions

DECIMALS = 6
"""Similarities that are equal to this many decimals are equal: a matrix product rounds each row differently."""


def steps_between(points: DoubleArray) -> DoubleArray:
    """Return the similarity of the step from each point to each, -inf where a way has none.

    Args:
        points: shape (n_points, dim), unit length; ways lead from the first to the last one, by at least one other.

    Returns:
        Shape (n_points, n_points), from row to column.
    """
    near = np.asarray(np.round(np.clip(points @ points.T, -1, 1), DECIMALS), np.float64)
    np.fill_diagonal(near, -np.inf)
    near[:, 0] = near[-1] = near[0, -1] = -np.inf
    return near


def widest(near: DoubleArray, n: int) -> float:
    """Return a bound of the worst step of ways of `n` points: no way without repeats is better.

    It is that of the best way with repeats, or if that is less, the similarity at which `n` points hang together.
    """
    return min(float(_reached(near, n)[-1][-1]), _hang_together(near, n))


def ways_by_each(near: DoubleArray, n: int) -> tuple[DoubleArray, Positions]:
    """Return the worst step of the best way of `n` points by each, with repeats, and how few steps such a way can have.

    Both have shape (n_points,); the ends count as being by no way.
    """
    there, back = np.stack(_reached(near, n)[:-1]), np.stack(_reached(near[::-1, ::-1].T, n)[:-1])[:, ::-1]
    worst: DoubleArray = np.minimum(there, back[::-1]).max(axis=0)
    steps = (there >= worst).argmax(axis=0) + (back >= worst).argmax(axis=0) + 2
    return worst, steps


def _hang_together(near: DoubleArray, n: int) -> float:
    """Return the largest similarity so that steps of it or better lead from the first point to the last, and to `n`."""
    left = np.arange(len(near)) > 0
    best = near[0].copy()
    lowest = np.inf
    for n_points in range(2, len(near) + 1):
        nearest = int(np.where(left, best, -np.inf).argmax())
        lowest = min(lowest, float(best[nearest]))
        left[nearest] = False
        if n_points >= n and not left[-1]:
            break
        np.maximum(best, near[nearest], out=best)
    return lowest


def _reached(near: DoubleArray, n: int) -> list[DoubleArray]:
    """Return the worst step of the best way from the first point to each, for each number of steps from 1 to n - 1."""
    reached = [near[0]]
    while len(reached) < n - 1:
        onward = np.minimum(reached[-1][:, None], near).max(axis=0)
        if len(reached) > 1 and (onward == reached[-2]).all():  # more steps go back and forth
            both = (onward, reached[-1])
            return [*reached, *(both[i % 2] for i in range(n - 1 - len(reached)))]
        reached.append(onward)
    return reached
