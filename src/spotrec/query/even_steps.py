"""Choosing one track for each step of a way, so that no step is much longer than the others.

The track nearest to each point of the way makes a jerky way: catalogues are sparse, and two tracks that are both near
to the way may lie on opposite sides of it. So the tracks are chosen together: of all choices that go forward only, the
one of least Σ (1 − similarity to the one before)³ + Σ (1 − similarity to the point). The third power makes one long
step dearer than several short ones. docs/quality.md has what was tried.
"""

import numpy as np
import numpy.typing as npt

from spotrec.query.arc import Arc

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_POWER = 3


def choose_steps(arc: Arc, ends: FloatArray, candidates: FloatArray, n: int) -> list[int]:
    """`n` of the candidates to go by, in their order along the way; no candidate twice.

    Args:
        ends: where the way starts and ends, shape (2, dim).
        candidates: shape (n_candidates, dim), unit length; at least `n`. Of equals, the first comes first.

    Returns:
        positions among the candidates.
    """
    if n == 0:
        return []
    shares = arc.shares_of(candidates)
    forwards = np.lexsort((np.arange(len(shares)), shares, np.clip(shares, 0, 1)))
    points = candidates[forwards]
    step = _cost(points @ points.T)
    step[np.tril_indices(len(points))] = np.inf  # forward only
    beside = 1 - arc.at(np.arange(1, n + 1) / (n + 1)) @ points.T
    dearness = _cost(points @ ends[0]) + beside[0]
    before: list[IntArray] = []
    for i in range(1, n):
        through = dearness[:, None] + step
        best = through.argmin(axis=0)
        dearness = through[best, np.arange(len(points))] + beside[i]
        before.append(best)
    last = int((dearness + _cost(points @ ends[1])).argmin())
    chosen = [last]
    for best in reversed(before):
        chosen.append(int(best[chosen[-1]]))
    return [int(forwards[one]) for one in reversed(chosen)]


def _cost(similarity: FloatArray) -> FloatArray:
    cost: FloatArray = (1 - np.clip(similarity, -1, 1)) ** _POWER
    return cost
