"""Exact search. The short forms of the vectors (`bounds.py`) save most of the work, and nothing is missed."""

from pathlib import Path

import numpy as np

from spotrec.index import bounds
from spotrec.index.arrays import RowsFile, SealedFiles
from spotrec.index.neighbours import best_rows, ranked
from spotrec.progress import Progress
from spotrec.vectors import FloatArray, Positions, mapped, products

FILES: tuple[str, ...] = ("bounds.npy",)
AUTO_FROM: int | None = 0
HAS_TREES = False
IN_BRIEF_FROM = 5_000
"""Smaller catalogues are searched as fast without short forms."""
_BLOCK = 16_384


class ExactSearch:
    """Compares with every vector, shape (n_vectors, dim).

    Args:
        in_brief: the short forms of the same vectors (`bounds.py`), so that most need not be compared in full.
    """

    def __init__(self, vectors: FloatArray, in_brief: FloatArray | None = None) -> None:
        self._vectors = vectors
        self._in_brief = in_brief

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """See `NeighbourSearch.nearest`."""
        if self._in_brief is None:
            return ranked(self._vectors, np.arange(len(self._vectors)), vector, n)
        at_most = products(self._in_brief, bounds.in_brief(vector[None, :], self._in_brief.shape[1])[0])
        candidates = best_rows(self._vectors, lambda rows: rows, at_most, vector, n)
        return ranked(self._vectors, candidates, vector, n)


def versions() -> dict[str, str]:
    """Return no package: its files depend on NumPy alone, as every index does."""
    return {}


def write(folder: Path, trees: int, progress: Progress) -> None:  # noqa: ARG001 - the signature of `Backend`
    """Write `bounds.npy`, the short forms of the vectors, if they save time."""
    vectors: FloatArray = mapped(folder / "vectors.npy")
    n, dim = vectors.shape
    if n < IN_BRIEF_FROM or (width := bounds.width(vectors)) > dim:
        return
    with RowsFile(folder / "bounds.npy", n, width) as rows:
        for start in range(0, n, _BLOCK):
            rows.write(bounds.in_brief(vectors[start : start + _BLOCK], width))


def check(files: SealedFiles, vectors: FloatArray) -> None:
    """Check that the short forms are those of the vectors."""
    if "bounds.npy" in files:
        bounds.check(files.array("bounds.npy"), vectors, np.arange(len(vectors)))


def load(files: SealedFiles, vectors: FloatArray) -> ExactSearch:
    """Open the search, with short forms if the index has them."""
    if "bounds.npy" not in files:
        return ExactSearch(vectors)
    in_brief = files.array("bounds.npy")
    bounds.check_width(in_brief, vectors)
    return ExactSearch(vectors, in_brief)
