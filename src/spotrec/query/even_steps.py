"""Choosing one track for each point of a way, so that no step is much longer than the others.

The track nearest to each point makes a jerky way: catalogues are sparse, two tracks that are both near to the way may
lie on opposite sides of it, and around most points those are nearest that are like an end. So the tracks are chosen
together. Of all choices that go forward only it is the one of least

    Σ (1 − similarity to the one before)³ + ½ Σ (1 − similarity to its point) + Σ (share of the way − its point's)²

The third power makes one long step dearer than several short ones. docs/quality.md has what was tried.
"""

import numpy as np

from spotrec.query.arc import Arc
from spotrec.vectors import DoubleArray, Positions

POWER = 3
TO_THE_POINT = 0.5
PROGRESS = 1.0
_DECIMALS = 6
"""What agrees so far is equal: a product of matrices differs in what lies behind, with a row's place."""


def choose_steps(arc: Arc, ends: DoubleArray, candidates: DoubleArray, n: int) -> list[int]:
    """`n` of the candidates to go by, in their order along the way; no candidate twice.

    Args:
        ends: where the way starts and ends, shape (2, dim).
        candidates: shape (n_candidates, dim), unit length; at least `n`. Of equals, the first comes first.

    Returns:
        positions among the candidates.
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
    beside = TO_THE_POINT * (1 - np.round(arc.at(goals) @ points.T, _DECIMALS))
    beside += PROGRESS * (along - goals[:, None]) ** 2
    dearness = _cost(points @ ends[0]) + beside[0]
    before: list[Positions] = []
    for i in range(1, n):
        through = dearness[:, None] + step
        best = through.argmin(axis=0)
        dearness = through[best, np.arange(len(points))] + beside[i]
        before.append(best)
    chosen = [int((dearness + _cost(points @ ends[1])).argmin())]
    for best in reversed(before):
        chosen.append(int(best[chosen[-1]]))
    return [int(forwards[one]) for one in reversed(chosen)]


def _cost(similarity: DoubleArray) -> DoubleArray:
    near = np.round(np.clip(similarity, -1, 1).astype(np.float64), _DECIMALS)
    return np.asarray((1 - near) ** POWER, np.float64)
