"""Mean and covariance of vectors: what a space is made of, and what a model knows of its own vectors."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MomentArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, shape (dim,), and covariance, shape (dim, dim), of `n` vectors.

    `within` is the covariance, of the same shape, of excerpts about the mean of their recording, where that is known.
    """

    n: int
    mean: MomentArray
    covariance: MomentArray
    within: MomentArray | None = None
