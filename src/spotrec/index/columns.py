"""An upper bound of a cosine from small integers, which are read in a quarter of the time of short forms (`bounds.py`).

A search reads all bounds, so it takes as long as they have bytes. Here the last numbers of each vector are rounded to
integers of eight bits, and two lengths are added: of the other numbers, and of what rounding left out. With these the
sum of products is at least the cosine (Cauchy-Schwarz), so the search stays exact. The numbers of one axis lie side by
side, because NumPy adds products of integers fast only along such columns.

The sums are integers of sixteen bits. `_UNIT` and `_UNIT_OF_POINT` are such that no sum of up to `MOST_AXES` products
is larger.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.vectors import DoubleArray, FloatArray, evenly

MOST_AXES = 160
AXES = (64, 80, 96, 112, 128, 144, MOST_AXES)
"""The numbers of axes that columns may have."""
LEADING_SHARE = 0.92
"""The columns contain this share of the squared length. With less, too many vectors reach the bound."""
BLOCK = 4_096
"""Vectors in a block: a column of it stays in the nearest cache while it is added."""
_LENGTHS = 2
_UNIT = 127
_UNIT_OF_POINT = 224
_FINER = 16
"""What rounding left out is short, so its unit is this many times smaller."""
_SAMPLE = 4_096
_ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Upper bounds of cosines as integers.

    Attributes:
        numbers: shape (n,); larger ones allow larger cosines.
        per_unit, error: a cosine is at most numbers / per_unit + error.
    """

    numbers: npt.NDArray[np.int16]
    per_unit: float
    error: float

    def least(self, cosine: float) -> float:
        """Return the least number that allows this cosine."""
        return (cosine - self.error) * self.per_unit


class Columns:
    """The columns of `n` vectors.

    Args:
        blocks: shape (n_blocks, n_axes + 2, BLOCK), as `blocks_of` returns them.

    Raises:
        ValueError: `blocks` cannot be columns of `n` vectors of length `dim`.
    """

    def __init__(self, blocks: npt.NDArray[Any], n: int, dim: int) -> None:
        if blocks.dtype != np.int8 or blocks.ndim != 3 or blocks.shape[::2] != (-(-n // BLOCK), BLOCK):
            raise ValueError("its columns have the wrong shape or type")
        self._n_axes = blocks.shape[1] - _LENGTHS
        if not 0 < self._n_axes <= min(dim, MOST_AXES):
            raise ValueError("its columns have the wrong number of axes")
        self._blocks = blocks
        self._n = n

    def ceilings(self, vector: FloatArray) -> Ceilings:
        """Return upper bounds of the cosines with `vector`, shape (dim,); a vector of another length is allowed too."""
        length = float(np.linalg.norm(vector))
        point = vector.astype(np.float64) / max(length, float(np.finfo(np.float32).tiny))
        rest, leading = np.split(point, [len(point) - self._n_axes])
        length_of_leading = float(np.linalg.norm(leading))
        numbers = np.rint(leading * _UNIT_OF_POINT)
        factors = np.array([np.linalg.norm(rest), length_of_leading / _FINER]) * _UNIT_OF_POINT
        whole = np.concatenate([numbers, _up(factors)]).astype(np.int16)
        sums = np.einsum("bji,j->bi", self._blocks, whole).reshape(-1)[: self._n]
        left_out = float(np.linalg.norm(leading - numbers / _UNIT_OF_POINT))
        longest = 1 + 0.5 * self._n_axes**0.5 / _UNIT  # a rounded vector
        per_unit = _UNIT * _UNIT_OF_POINT
        return Ceilings(sums, per_unit / max(length, 1e-30), length * (longest * left_out + _ROUNDING))


def n_axes(vectors: FloatArray) -> int:
    """Return the best number of axes for unit vectors, shape (n, dim): one of `AXES`, or dim."""
    most = min(vectors.shape[1], MOST_AXES)
    sample = np.asarray(vectors[evenly(len(vectors), _SAMPLE)], np.float32)
    shares = np.cumsum((sample[:, ::-1] ** 2).mean(axis=0)) if len(sample) else np.ones(vectors.shape[1])
    return next((n for n in AXES if n <= most and shares[n - 1] >= LEADING_SHARE), most)


def write(path: Path, vectors: FloatArray) -> None:
    """Write the columns of unit vectors, shape (n, dim), block by block."""
    axes = n_axes(vectors)
    shape = (-(-len(vectors) // BLOCK), axes + _LENGTHS, BLOCK)
    with path.open("wb") as file:
        header = {"descr": "|i1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(vectors), BLOCK):
            file.write(_block(vectors[start : start + BLOCK], axes).data)


def blocks_of(vectors: FloatArray, axes: int) -> npt.NDArray[np.int8]:
    """Return the columns of unit vectors, shape (n, dim), in memory."""
    blocks = [_block(vectors[start : start + BLOCK], axes) for start in range(0, len(vectors), BLOCK)]
    return np.stack(blocks) if blocks else np.zeros((0, axes + _LENGTHS, BLOCK), np.int8)


def check(blocks: npt.NDArray[Any], vectors: FloatArray) -> None:
    """Check that `blocks` are columns of the vectors.

    Raises:
        IndexFault: they are not; a search would miss tracks.
    """
    axes = blocks.shape[1] - _LENGTHS
    for i, block in enumerate(blocks):
        expected = _block(vectors[i * BLOCK : (i + 1) * BLOCK], axes)
        # another processor may round a length up to the next integer
        if (block[:axes] != expected[:axes]).any() or (
            np.abs(block[axes:].astype(np.int16) - expected[axes:]) > 1
        ).any():
            raise IndexFault("its columns do not belong to its vectors")


def _block(vectors: FloatArray, axes: int) -> npt.NDArray[np.int8]:
    """Return the columns of at most `BLOCK` vectors; the others of the block are zero."""
    rest, leading = np.split(vectors.astype(np.float64), [vectors.shape[1] - axes], axis=1)
    numbers = np.rint(leading * _UNIT)
    lengths = [np.linalg.norm(rest, axis=1) * _UNIT, np.linalg.norm(leading - numbers / _UNIT, axis=1) * _UNIT * _FINER]
    block = np.zeros((axes + _LENGTHS, BLOCK), np.int8)
    block[:axes, : len(vectors)] = numbers.T
    block[axes:, : len(vectors)] = _up(np.array(lengths))
    return block


def _up(values: DoubleArray) -> DoubleArray:
    """Round up; a length of 1 may be a little more, which `_ROUNDING` allows for."""
    whole: DoubleArray = np.ceil(values - 1e-3)
    return whole
