"""Searching unit vectors: exactly, or through Annoy with exact re-ranking. One protocol, one contract test."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]

EXACT_BELOW = 5_000
"""Catalogues smaller than this are searched exactly: it takes a millisecond there, and misses nothing."""
TREES = 50
SEED = 20_170_327
SEARCH_SHARE = 0.03
SEARCH_AT_LEAST = 5_000


class NeighbourSearch(Protocol):
    """Finds the nearest of many unit vectors."""

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """The `n` vectors of largest cosine with `vector`, shape (dim,), unit length.

        Returns:
            positions and cosines, each shape (min(n, n_vectors),), best first; equals in order of position.
        """


class ExactSearch:
    """Compares with every vector, shape (n_vectors, dim)."""

    def __init__(self, vectors: FloatArray) -> None:
        self._vectors = vectors

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        return _ranked(np.arange(len(self._vectors)), self._vectors @ vector, n)


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
        search_k = max(SEARCH_AT_LEAST, int(SEARCH_SHARE * len(self._vectors)), 20 * n)
        found = self._annoy.get_nns_by_vector(vector, min(max(10 * n, 200), len(self._vectors)), search_k)
        # in order of position, so that memory is read forwards and ties end as in the exact search
        candidates = np.sort(np.asarray(found, np.int64))
        return _ranked(candidates, self._vectors[candidates] @ vector, n)


def build_trees(vectors: FloatArray, path: Path, n_trees: int = TREES) -> None:
    """Write Annoy's trees over unit vectors, shape (n_vectors, dim). One thread and a fixed seed: the same every time.

    Raises:
        OSError: the file cannot be written.
    """
    annoy = _annoy(vectors.shape[1])
    annoy.set_seed(SEED)
    for position, vector in enumerate(vectors):
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


def _ranked(positions: Positions, cosines: FloatArray, n: int) -> tuple[Positions, FloatArray]:
    if n < len(cosines):
        # all that tie with the n-th stay in, so that equals are ordered by position, not by the partition's whim
        threshold = np.partition(cosines, len(cosines) - n)[len(cosines) - n]
        kept = np.flatnonzero(cosines >= threshold)
        positions, cosines = positions[kept], cosines[kept]
    order = np.argsort(-cosines, kind="stable")[:n]
    return positions[order], cosines[order]
