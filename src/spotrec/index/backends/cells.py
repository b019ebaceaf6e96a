"""Vectors sorted into cells around centres; a query searches the nearest cells.

If a million vectors have few near neighbours, Annoy must read a tenth of them one by one, scattered in memory. Here a
thirteenth is read in contiguous blocks, as short forms (`bounds.py`), at the speed of memory. The cells are found by
spherical k-means over an even sample; the same vectors give the same cells.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.index import bounds
from spotrec.index.arrays import RowsFile, SealedFiles
from spotrec.index.neighbours import best_rows, ranked
from spotrec.progress import Progress
from spotrec.vectors import FloatArray, Positions, evenly, mapped, products

FILES: tuple[str, ...] = ("cells.npy", "centres.npy", "order.npy", "starts.npy")
EARLIER_FILES: tuple[str, ...] = ()
AUTO_FROM: int | None = 200_000
"""Smaller catalogues are searched exactly, which takes about two milliseconds and misses nothing."""
HAS_TREES = False
CELLS_PER_ROOT = 4
SEARCHED_SHARE = 0.075
SEARCHED_AT_LEAST = 5_000
SAMPLED_PER_CELL = 32
ROUNDS = 8
_BLOCK = 16_384


class CellSearch:
    """Searches the cells nearest to a point, together a thirteenth of all vectors, and ranks by exact cosines.

    Args:
        centres: shape (n_cells, dim), unit length.
        starts: shape (n_cells + 1,), the start of each cell in `order`.
        order: shape (n_vectors,), the positions of the vectors, cell by cell.
        in_brief: shape (n_vectors, width), the short forms of the vectors, in this order.

    Raises:
        ValueError: these do not belong together.
    """

    def __init__(
        self,
        vectors: FloatArray,
        centres: FloatArray,
        starts: npt.NDArray[np.int64],
        order: npt.NDArray[np.int32],
        in_brief: FloatArray,
    ) -> None:
        n, n_cells = len(vectors), len(centres)
        if starts.shape != (n_cells + 1,) or starts[0] != 0 or starts[-1] != n or (np.diff(starts) < 0).any():
            raise ValueError("the cells do not contain the vectors")
        if order.shape != (n,) or (n and not (order.min() == 0 and order.max() == n - 1)):
            raise ValueError("the order of the cells is not valid")
        self._vectors = vectors
        self._centres = centres
        self._starts = starts
        self._sizes = np.diff(starts)
        self._order = order
        self._in_brief = in_brief

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """See `NeighbourSearch.nearest`."""
        if not len(self._order):
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return ranked(self._vectors, self._candidates(vector, n), vector, n)

    def _candidates(self, vector: FloatArray, n: int) -> Positions:
        """Return the positions in the nearest cells that can be among the `n` nearest, ascending."""
        wanted = max(int(SEARCHED_SHARE * len(self._order)), SEARCHED_AT_LEAST, 20 * n)
        by_distance = np.argsort(-products(self._centres, vector), kind="stable")
        n_cells = int(np.searchsorted(np.cumsum(self._sizes[by_distance]), wanted)) + 1
        cells = np.sort(by_distance[:n_cells])
        sizes = self._sizes[cells]
        ends = np.cumsum(sizes)
        starts = self._starts[cells]
        spans = zip(starts.tolist(), (starts + sizes).tolist(), strict=True)
        at_most = products(self._in_brief, bounds.in_brief(vector[None, :], self._in_brief.shape[1])[0], spans)

        def positions(rows: Positions) -> Positions:
            cell = np.searchsorted(ends, rows, side="right")
            found: Positions = self._order[rows - (ends - sizes)[cell] + starts[cell]].astype(np.int64)
            return found

        return np.sort(positions(best_rows(self._vectors, positions, at_most, vector, n)))


def check(files: SealedFiles, vectors: FloatArray) -> None:
    """Check that every vector is in one cell, with its short form."""
    order = files.array("order.npy")
    if (np.bincount(order, minlength=len(vectors)) != 1).any() or not np.isfinite(files.array("centres.npy")).all():
        raise IndexFault("its cells do not contain the vectors")
    bounds.check(files.array("cells.npy"), vectors, order)


def load(files: SealedFiles, vectors: FloatArray) -> CellSearch:
    """Open the search in the cells that `write` made."""
    starts, order = files.array("starts.npy"), files.array("order.npy")
    if starts.dtype != np.int64 or order.dtype != np.int32:
        raise ValueError("the cells have the wrong type")
    centres = files.rows("centres.npy", (len(starts) - 1, vectors.shape[1]))
    in_brief = files.array("cells.npy")
    bounds.check_width(in_brief, vectors)
    return CellSearch(vectors, centres, starts, order, in_brief)


def versions() -> dict[str, str]:
    """Return no package: its files depend on NumPy alone, as every index does."""
    return {}


def write(folder: Path, trees: int, progress: Progress) -> None:  # noqa: ARG001 - the signature of `Backend`
    """Sort the vectors into cells: `centres.npy`, `starts.npy`, `order.npy`, `cells.npy`."""
    vectors: FloatArray = mapped(folder / "vectors.npy")
    n_cells = min(len(vectors), int(CELLS_PER_ROOT * len(vectors) ** 0.5))
    centres = _centres(vectors, n_cells, progress)
    cell_of = np.empty(len(vectors), np.int32)
    with progress.meter("sort into cells", 2 * len(vectors)) as meter:
        for start in range(0, len(vectors), _BLOCK):
            block = vectors[start : start + _BLOCK]
            cell_of[start : start + _BLOCK] = np.argmax(block @ centres.T, axis=1)
            meter.advance(len(block))
        order = np.argsort(cell_of, kind="stable").astype(np.int32)
        width = bounds.width(vectors)
        with RowsFile(folder / "cells.npy", len(vectors), width) as cells:
            for start in range(0, len(order), _BLOCK):
                rows = order[start : start + _BLOCK]
                cells.write(bounds.in_brief(vectors[rows], width))
                meter.advance(len(rows))
    np.save(folder / "centres.npy", centres)
    np.save(folder / "starts.npy", np.searchsorted(cell_of[order], np.arange(n_cells + 1)).astype(np.int64))
    np.save(folder / "order.npy", order)


def _centres(vectors: FloatArray, n_cells: int, progress: Progress) -> FloatArray:
    """Find the centres by spherical k-means over an even sample."""
    sample = vectors[evenly(len(vectors), SAMPLED_PER_CELL * n_cells)]
    centres = sample[evenly(len(sample), n_cells)]
    with progress.meter("find cells", ROUNDS * len(sample)) as meter:
        for _ in range(ROUNDS):
            sums = np.zeros_like(centres)
            for start in range(0, len(sample), _BLOCK):
                block = sample[start : start + _BLOCK]
                nearest = np.argmax(block @ centres.T, axis=1)
                order = np.argsort(nearest, kind="stable")
                cells, firsts = np.unique(nearest[order], return_index=True)
                sums[cells] += np.add.reduceat(block[order], firsts, axis=0)
                meter.advance(len(block))
            length = np.linalg.norm(sums, axis=1, keepdims=True)
            centres = np.where(length > 0, sums / np.maximum(length, np.finfo(np.float32).tiny), centres)
    return centres.astype(np.float32)
