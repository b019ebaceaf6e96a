"""Made-up points where tracks are compared."""

import numpy as np

from spotrec.vectors import FloatArray


def unit_points(n: int, dim: int = 20, seed: int = 0) -> FloatArray:
    """Shape (n, dim), unit length, in no order."""
    points = np.random.default_rng(seed).standard_normal((n, dim))
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / length, np.float32)
