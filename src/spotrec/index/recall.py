"""The recall of an index: how many of the true nearest tracks it finds."""

import numpy as np

from spotrec.index.index import Index
from spotrec.index.segment import Segment, check_numbers
from spotrec.progress import Progress
from spotrec.vectors import FloatArray, evenly

_SAME = 1e-5  # cosines that differ by less count as equal: each of the two tracks is a correct result


def recall_at(index: Index, n: int = 10, sample: int = 500, *, progress: Progress) -> float:
    """Return the share of the true `n` nearest that the index finds, over an even sample of its own tracks."""
    segment = index.segments[0]
    if not len(segment):
        return 1.0
    asked = evenly(len(segment), sample)
    points = segment.vectors[asked]
    best = true_cosines(segment, points, n, progress)
    found = wanted = 0
    with progress.meter("check", len(points), "queries") as meter:
        for point, truth in zip(points, best, strict=True):
            _, cosines = segment.search.nearest(point, n)
            found += int((cosines >= truth[0] - _SAME).sum())
            wanted += int(np.isfinite(truth).sum())
            meter.advance()
    check_numbers(best[:, -1])
    return found / wanted


def true_cosines(segment: Segment, points: FloatArray, n: int, progress: Progress) -> FloatArray:
    """Return the `n` largest cosines with each of these points, ascending; missing ones are -inf."""
    best = np.full((len(points), n), -np.inf, np.float32)
    with progress.meter("compare with all", len(segment)) as meter:
        for block in segment.blocks():
            best = _best(np.hstack([best, points @ block.vectors.T]), n)
            meter.advance(len(block))
    return best


def _best(cosines: FloatArray, n: int) -> FloatArray:
    """Return the `n` largest of each row, ascending."""
    best: FloatArray = np.sort(np.partition(cosines, cosines.shape[1] - n, axis=1)[:, -n:], axis=1)
    return best
