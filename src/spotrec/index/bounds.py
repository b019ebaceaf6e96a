"""An upper bound of a cosine from few numbers, so that most vectors need not be compared in full.

The last axes of the space contain most of the length of its unit vectors. The short form of a vector is its last
numbers and the length of the rest. The dot product of two short forms is at least the cosine (Cauchy-Schwarz), so the
search stays exact if it compares only vectors whose bound reaches the n-th best cosine so far: about a thousand of
100,000 tracks. How many numbers that takes depends on the space: an index measures it when it is built.

Cells have such short forms, and exact indexes of earlier versions; newer ones have columns (`columns.py`).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.vectors import FloatArray, evenly

WIDTHS = (64, 96, 128)
"""The lengths that a short form may have; shorter vectors are read as fast as their short forms."""
LEADING_SHARE = 0.85
"""The last numbers contain this share of the squared length. With less, too many vectors reach the bound."""
_SAMPLE = 4_096
_BLOCK = 16_384
_ROUNDING = 1e-4


def width(vectors: FloatArray) -> int:
    """Return the best length of the short forms of unit vectors, shape (n, dim): one of `WIDTHS`, or dim + 1."""
    dim = vectors.shape[1]
    sample = np.asarray(vectors[evenly(len(vectors), _SAMPLE)], np.float32)
    shares = np.cumsum((sample[:, ::-1] ** 2).mean(axis=0)) if len(sample) else np.zeros(dim)
    return next((n for n in WIDTHS if n <= dim and shares[n - 2] >= LEADING_SHARE), dim + 1)


def in_brief(vectors: FloatArray, width: int) -> FloatArray:
    """Return the short forms of unit vectors, shape (n, dim) → (n, width)."""
    n_rest = vectors.shape[1] + 1 - width
    rest, leading = vectors[:, :n_rest], vectors[:, n_rest:]
    return np.hstack([np.linalg.norm(rest, axis=1, keepdims=True), leading]).astype(np.float32)


def check_width(forms: FloatArray, vectors: FloatArray) -> None:
    """Check that `forms` can be short forms of the vectors.

    Raises:
        ValueError: their number or length is not possible.
    """
    n, dim = vectors.shape
    if forms.ndim != 2 or len(forms) != n or not 1 < forms.shape[1] <= dim + 1 or forms.dtype != np.float32:
        raise ValueError("its short forms have the wrong shape or type")


def check(forms: FloatArray, vectors: FloatArray, order: npt.NDArray[Any]) -> None:
    """Check that `forms` are the short forms of the vectors in this order.

    Raises:
        IndexFault: they are not; a search would miss tracks.
    """
    for start in range(0, len(order), _BLOCK):
        expected = in_brief(vectors[order[start : start + _BLOCK]], forms.shape[1])
        if not np.allclose(forms[start : start + _BLOCK], expected, atol=_ROUNDING):
            raise IndexFault("its short forms do not belong to its vectors")
