"""Exact search. Upper bounds of the cosines (`columns.py`) save most of the work, and nothing is missed."""

from pathlib import Path

import numpy as np

from spotrec.index import bounds, columns
from spotrec.index.arrays import SealedFiles
from spotrec.index.columns import Columns
from spotrec.index.neighbours import best_rows, ranked
from spotrec.progress import Progress
from spotrec.vectors import FloatArray, Positions, mapped, products

FILES: tuple[str, ...] = ("columns.npy",)
EARLIER_FILES: tuple[str, ...] = ("bounds.npy",)
AUTO_FROM: int | None = 0
HAS_TREES = False
BOUNDED_FROM = 5_000
"""Smaller catalogues are searched as fast without bounds."""


class ExactSearch:
    """Compares with every vector, shape (n_vectors, dim).

    Args:
        in_brief: the short forms of the same vectors (`bounds.py`), so that most need not be compared in full.
        columns: their columns (`columns.py`), for the same purpose.
    """

    def __init__(self, vectors: FloatArray, in_brief: FloatArray | None = None, columns: Columns | None = None) -> None:
        self._vectors = vectors
        self._in_brief = in_brief
        self._columns = columns

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """See `NeighbourSearch.nearest`."""
        return ranked(self._vectors, self._candidates(vector, n), vector, n)

    def _candidates(self, vector: FloatArray, n: int) -> Positions:
        """Return the positions that can be among the `n` nearest, ascending."""
        if self._columns:
            at_most = self._columns.ceilings(vector)
            return best_rows(self._vectors, lambda rows: rows, at_most.numbers, vector, n, at_most.least)
        if self._in_brief is not None:
            numbers = products(self._in_brief, bounds.in_brief(vector[None, :], self._in_brief.shape[1])[0])
            return best_rows(self._vectors, lambda rows: rows, numbers, vector, n)
        return np.arange(len(self._vectors))


def versions() -> dict[str, str]:
    """Return no package: its files depend on NumPy alone, as every index does."""
    return {}


def write(folder: Path, trees: int, progress: Progress) -> None:  # noqa: ARG001 - the signature of `Backend`
    """Write `columns.npy`, the columns of the vectors, if they save time."""
    vectors: FloatArray = mapped(folder / "vectors.npy")
    if len(vectors) >= BOUNDED_FROM:
        columns.write(folder / "columns.npy", vectors)


def check(files: SealedFiles, vectors: FloatArray) -> None:
    """Check that the bounds are those of the vectors."""
    if "columns.npy" in files:
        columns.check(files.array("columns.npy"), vectors)
    if "bounds.npy" in files:
        bounds.check(files.array("bounds.npy"), vectors, np.arange(len(vectors)))


def load(files: SealedFiles, vectors: FloatArray) -> ExactSearch:
    """Open the search, with bounds if the index has them: columns, or the short forms of an earlier version."""
    if "columns.npy" in files:
        return ExactSearch(vectors, columns=Columns(files.array("columns.npy"), *vectors.shape))
    if "bounds.npy" not in files:
        return ExactSearch(vectors)
    in_brief = files.array("bounds.npy")
    bounds.check_width(in_brief, vectors)
    return ExactSearch(vectors, in_brief)
