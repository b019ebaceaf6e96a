"""Searching unit vectors: exactly, or through Annoy with exact re-ranking; `cells.py` has a third way. One protocol."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from spotrec.index import bounds
from spotrec.index.one_thread import one_thread

FloatArray = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

EXACT_BELOW = 200_000
"""Catalogues smaller than this are searched exactly: it takes two milliseconds there, and misses nothing.
Larger ones are searched in cells."""
IN_BRIEF_FROM = 5_000
"""Catalogues of at least so many are told in brief as well (`bounds.py`)."""
TREES = 50
SEED = 20_170_327
SEARCH_K = 33_000
SEARCH_SHARE = 0.09
"""How many vectors Annoy's trees must give: so many, or this share of all. What it costs is in docs/performance.md."""
_LOOKED_AT_FIRST = 100
_ROUNDING = np.float32(1e-5)  # of a cosine in float32
DECIMALS = 6
"""Cosines that agree so far are equal: what lies behind is rounding, and another processor's is another."""
_BLOCK = 65_536


class NeighbourSearch(Protocol):
    """Finds the nearest of many unit vectors."""

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """The `n` vectors of largest cosine with `vector`, shape (dim,), unit length.

        Returns:
            positions and cosines, each shape (min(n, n_vectors),), best first; equals in order of position.
        """


class ExactSearch:
    """Compares with every vector, shape (n_vectors, dim).

    Args:
        in_brief: the same vectors told by fewer numbers (`bounds.py`), so that most need not be looked at.
    """

    def __init__(self, vectors: FloatArray, in_brief: FloatArray | None = None) -> None:
        self._vectors = vectors
        self._in_brief = in_brief

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        if self._in_brief is None:
            return ranked(self._vectors, np.arange(len(self._vectors)), vector, n)
        at_most: FloatArray = self._in_brief @ bounds.in_brief(vector[None, :])[0]
        with one_thread():
            candidates = best_rows(self._vectors, lambda rows: rows, at_most, vector, n)
            return ranked(self._vectors, candidates, vector, n)


class AnnoySearch:
    """Collects candidates from Annoy's trees and ranks them by their true cosines.

    The caller vouches for `trees`: Annoy loads a file of another metric silently and crashes on another dimension.
    """

    def __init__(self, trees: Path, vectors: FloatArray) -> None:
        self._vectors = vectors
        self._annoy = _annoy(vectors.shape[1])
        self._annoy.load(str(trees))
        if self._annoy.get_n_items() != len(vectors):
            raise ValueError(f"{self._annoy.get_n_items()} items in the trees, {len(vectors)} vectors")

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        found = self._annoy.get_nns_by_vector(
            vector,
            min(max(10 * n, 200), len(self._vectors)),
            max(SEARCH_K, int(SEARCH_SHARE * len(self._vectors)), 20 * n),
        )
        # in order of position, so that memory is read forwards and ties end as in the exact search
        return ranked(self._vectors, np.sort(np.asarray(found, np.int64)), vector, n)


def build_trees(vectors: FloatArray, path: Path, n_trees: int = TREES) -> None:
    """Write Annoy's trees over unit vectors, shape (n_vectors, dim). One thread and a fixed seed: the same every time.

    Raises:
        OSError: the file cannot be written.
    """
    annoy = _annoy(vectors.shape[1])
    annoy.set_seed(SEED)
    for start in range(0, len(vectors), _BLOCK):
        for position, vector in enumerate(vectors[start : start + _BLOCK].tolist(), start):
            annoy.add_item(position, vector)
    annoy.build(n_trees, n_jobs=1)
    annoy.save(str(path))


def annoy_works() -> bool:
    """Whether this build of Annoy finds neighbours at all: on some ARM compilers it returns one, and no error."""
    vectors = np.random.default_rng(0).standard_normal((200, 16)).astype(np.float32)
    annoy = _annoy(16)
    annoy.set_seed(SEED)
    for position, vector in enumerate(vectors):
        annoy.add_item(position, vector)
    annoy.build(10, n_jobs=1)
    found = annoy.get_nns_by_item(7, 10, 1_000)
    return len(found) == 10 and found[0] == 7


def _annoy(dim: int) -> Any:
    from annoy import AnnoyIndex

    return AnnoyIndex(dim, "angular")


def ranked(vectors: FloatArray, positions: Positions, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
    """The `n` of these positions that are nearest to `vector`, best first; equals in order of position."""
    whole = len(positions) == len(vectors)
    cosines = (vectors if whole else vectors[positions]) @ vector
    # all that tie with the n-th stay in, so that equals are ordered by position, not by the partition's whim
    kept = positions[cosines >= _nth_largest(cosines, n) - _ROUNDING]
    cosines = cosines_by_row(vectors, kept, vector).round(DECIMALS)
    order = np.argsort(-cosines, kind="stable")[:n]
    return kept[order], cosines[order]


def best_rows(
    vectors: FloatArray, positions: Callable[[Positions], Positions], at_most: FloatArray, vector: FloatArray, n: int
) -> Positions:
    """Every row that can be among the `n` nearest, ascending.

    Args:
        positions: where rows of `at_most` stand in `vectors`.
        at_most: an upper bound of each row's cosine with `vector`.
    """
    first = np.flatnonzero(at_most >= _nth_largest(at_most, n + _LOOKED_AT_FIRST))
    known: FloatArray = vectors[positions(first)] @ vector
    return np.flatnonzero(at_most >= _nth_largest(known, n) - _ROUNDING)


def cosines_by_row(vectors: FloatArray, positions: Positions, vector: FloatArray) -> FloatArray:
    """Each summed by itself: a matrix product rounds a row by where it stands, and copies of a track would differ."""
    blocks = [positions[start : start + _BLOCK] for start in range(0, len(positions), _BLOCK)]
    found = [(vectors[block] * vector).sum(axis=1) for block in blocks]
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def _nth_largest(values: FloatArray, n: int) -> np.float32:
    """The n-th largest; below all where there are fewer."""
    if n >= len(values):
        return np.float32(-np.inf)
    nth: np.float32 = np.partition(values, len(values) - n)[len(values) - n]
    return nth
