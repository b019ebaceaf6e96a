"""An upper bound of a cosine from few numbers, so that most vectors need not be compared in full.

The last axes of the space contain most of the length of its unit vectors. The short form of a vector is its last 63
numbers and the length of the rest. The dot product of two short forms is at least the cosine (Cauchy-Schwarz), so the
search stays exact if it compares only vectors whose bound reaches the n-th best cosine so far: about a thousand of
100,000 tracks. It reads two fifths of the numbers.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.vectors import FloatArray

NUMBERS = 64
SMALLEST_DIM = 2 * NUMBERS
"""Shorter vectors are read as fast as their short forms."""
_BLOCK = 16_384
_ROUNDING = 1e-4


def width(dim: int) -> int:
    """Return the length of the short form of a vector of `dim` numbers."""
    return min(NUMBERS, dim + 1)


def in_brief(vectors: FloatArray) -> FloatArray:
    """Return the short forms of unit vectors, shape (n, dim) → (n, width(dim))."""
    rest, leading = vectors[:, : 1 - NUMBERS], vectors[:, 1 - NUMBERS :]
    return np.hstack([np.linalg.norm(rest, axis=1, keepdims=True), leading]).astype(np.float32)


def check(forms: FloatArray, vectors: FloatArray, order: npt.NDArray[Any]) -> None:
    """Check that `forms` are the short forms of the vectors in this order.

    Raises:
        IndexFault: they are not; a search would miss tracks.
    """
    for start in range(0, len(order), _BLOCK):
        expected = in_brief(vectors[order[start : start + _BLOCK]])
        if not np.allclose(forms[start : start + _BLOCK], expected, atol=_ROUNDING):
            raise IndexFault("its short forms do not belong to its vectors")
