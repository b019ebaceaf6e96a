"""Each track's true neighbours in the space, found exactly."""

import numpy as np

from spotrec.progress import Progress
from spotrec.vectors import FloatArray, Positions

_ROWS = 256


def nearest(points: FloatArray, k: int, *, progress: Progress) -> tuple[Positions, FloatArray]:
    """Return the `k` nearest other points of every point, by cosine, best first; equal ones in order of position.

    Args:
        points: shape (n, dim), unit length.
        k: at most n - 1.

    Returns:
        Positions and cosines, each of shape (n, k).
    """
    n = len(points)
    positions = np.empty((n, k), np.int64)
    cosines = np.empty((n, k), np.float32)
    with progress.meter("compare", n) as meter:
        for start in range(0, n if k else 0, _ROWS):
            rows = np.arange(start, min(start + _ROWS, n))
            found = points[rows] @ points.T
            found[np.arange(len(rows)), rows] = -np.inf
            near = np.sort(np.argpartition(-found, k - 1, axis=1)[:, :k], axis=1)
            values = np.take_along_axis(found, near, axis=1)
            order = np.argsort(-values, axis=1, kind="stable")
            positions[rows] = np.take_along_axis(near, order, axis=1)
            cosines[rows] = np.take_along_axis(values, order, axis=1)
            meter.advance(len(rows))
    return positions, cosines
