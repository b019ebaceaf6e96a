"""How similar the least similar step of a way can be, if the way may repeat points: a bound for those that may not."""

import numpy as np

from spotrec.vectors import DoubleArray

DECIMALS = 6
"""Similarities that are equal to this many decimals are equal: a matrix product rounds each row differently."""


def steps_between(points: DoubleArray) -> DoubleArray:
    """Return the similarity of the step from each point to each, -inf where a way has none.

    Args:
        points: shape (n_points, dim), unit length; ways lead from the first to the last one, by at least one other.

    Returns:
        Shape (n_points, n_points), from row to column.
    """
    near = np.round(np.clip(points @ points.T, -1, 1), DECIMALS)
    np.fill_diagonal(near, -np.inf)
    near[:, 0] = near[-1] = near[0, -1] = -np.inf
    return near


def widest(near: DoubleArray, n: int) -> float:
    """Return the similarity of the worst step of the best way of `n` points."""
    return float(_reached(near, n)[-1][-1])


def widest_by_each(near: DoubleArray, n: int) -> DoubleArray:
    """Do the same for the ways of `n` points by each point, shape (n_points,); both ends have -inf."""
    there = _reached(near, n)
    back = _reached(near[::-1, ::-1].T, n)
    through = [np.minimum(one, other[::-1]) for one, other in zip(there[:-1], reversed(back[:-1]), strict=True)]
    found: DoubleArray = np.max(through, axis=0)
    return found


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
