"""The choice of one track for each point of an arc, so that no step is much longer than the others.

To take the track nearest to each point gives uneven steps: catalogues are sparse, two tracks that are near the arc may
lie on opposite sides of it, and the tracks nearest to most points are similar to one of the ends. So all tracks are
chosen together. Of all sequences that only go forward, it is the one with the least

    Σ (1 − similarity to the track before)³ + ½ Σ (1 − similarity to its point) + Σ (position − its point's position)²

A position is the fraction of the arc, 0 to 1. The third power makes one long step cost more than several short ones.
docs/quality.md compares other choices.
"""

import numpy as np

from spotrec.query.arc import Arc
from spotrec.vectors import DoubleArray, Positions

POWER = 3
TO_THE_POINT = 0.5
PROGRESS = 1.0
_DECIMALS = 6
"""Values that are equal to this many decimals count as equal: a matrix product rounds each row differently."""


def choose_steps(arc: Arc, ends: DoubleArray, candidates: DoubleArray, n: int) -> list[int]:
    """Choose `n` candidates, in order along the arc; no candidate twice.

    Args:
        ends: the start and the end, shape (2, dim).
        candidates: shape (n_candidates, dim), unit length; at least `n`. Of equal ones, the first is preferred.

    Returns:
        Positions among the candidates.
    """
    if n == 0:
        return []
    shares = np.round(arc.shares_of(candidates), _DECIMALS)
    along = np.clip(shares, 0, 1)
    forwards = np.lexsort((np.arange(len(shares)), shares, along))
    points, along = candidates[forwards], along[forwards]
    step = _cost(points @ points.T)
    step[np.tril_indices(len(points))] = np.inf  # forward only
    goals = np.arange(1, n + 1) / (n + 1)
    off_point = TO_THE_POINT * (1 - np.round(arc.at(goals) @ points.T, _DECIMALS))
    off_point += PROGRESS * (along - goals[:, None]) ** 2
    cost = _cost(points @ ends[0]) + off_point[0]
    before: list[Positions] = []
    for i in range(1, n):
        through = cost[:, None] + step
        best = through.argmin(axis=0)
        cost = through[best, np.arange(len(points))] + off_point[i]
        before.append(best)
    chosen = [int((cost + _cost(points @ ends[1])).argmin())]
    for best in reversed(before):
        chosen.append(int(best[chosen[-1]]))
    return [int(forwards[one]) for one in reversed(chosen)]


def _cost(similarity: DoubleArray) -> DoubleArray:
    near = np.round(np.clip(similarity, -1, 1).astype(np.float64), _DECIMALS)
    return np.asarray((1 - near) ** POWER, np.float64)
