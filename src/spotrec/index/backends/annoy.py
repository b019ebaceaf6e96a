"""Annoy's trees give candidates, which are ranked by their exact cosines. Only this backend needs the package annoy.

Annoy loads a file of another metric without an error, and crashes on another dimension, so `trees.ann` is opened only
after it was checked against the manifest.
"""

import os
from contextlib import suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index.arrays import SealedFiles
from spotrec.index.manifest import SEED
from spotrec.index.neighbours import ranked
from spotrec.progress import Progress
from spotrec.system.installation import install_command
from spotrec.vectors import FloatArray, Positions, mapped

FILES: tuple[str, ...] = ("trees.ann",)
EARLIER_FILES: tuple[str, ...] = ()
AUTO_FROM: int | None = None
HAS_TREES = True
TREES = 50
SEARCH_K = 33_000
SEARCH_SHARE = 0.09
"""How many vectors the trees must inspect: this number, or this share of all. docs/performance.md has the costs."""
_BLOCK = 65_536


class AnnoySearch:
    """Collects candidates from Annoy's trees and ranks them by their exact cosines. Threads may share it.

    The caller must have checked `trees`.

    Raises:
        ValueError: the trees do not contain the same number of items as `vectors`, shape (n_vectors, dim).
    """

    def __init__(self, trees: Path, vectors: FloatArray) -> None:
        self._vectors = vectors
        self._annoy = _annoy(vectors.shape[1])
        self._annoy.load(str(trees))
        if self._annoy.get_n_items() != len(vectors):
            raise ValueError(f"{self._annoy.get_n_items()} items in the trees, {len(vectors)} vectors")

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """See `NeighbourSearch.nearest`."""
        found = self._annoy.get_nns_by_vector(
            vector,
            min(max(10 * n, 200), len(self._vectors)),
            max(SEARCH_K, int(SEARCH_SHARE * len(self._vectors)), 20 * n),
        )
        # in order of position, so that memory is read forwards and ties are ordered as in the exact search
        return ranked(self._vectors, np.sort(np.asarray(found, np.int64)), vector, n)


def is_installed() -> bool:
    """Return whether Annoy is installed. No other backend needs it."""
    return find_spec("annoy") is not None


def versions() -> dict[str, str]:
    """Return the version of Annoy.

    Raises:
        IndexFault: it is not installed.
    """
    if not is_installed():
        raise _not_installed()
    return {"annoy": version("annoy")}


def write(folder: Path, trees: int, progress: Progress) -> None:
    """Write `trees.ann`.

    Raises:
        IndexFault: Annoy is not installed, or this build of it finds nothing.
    """
    if not annoy_works():
        raise IndexFault(
            "this build of Annoy does not find neighbours",
            "build Annoy with another compiler, or use `backend=cells`",
        )
    with progress.meter("plant the trees", trees, "trees") as meter:
        build_trees(mapped(folder / "vectors.npy"), folder / "trees.ann", trees)
        meter.advance(trees)


def load(files: SealedFiles, vectors: FloatArray) -> AnnoySearch:
    """Open the search through `trees.ann`."""
    return AnnoySearch(files.path("trees.ann"), vectors)


def check(files: SealedFiles, vectors: FloatArray) -> None:
    """Check every node of the trees: Annoy follows it to any place in memory, and in circles.

    A node has the number of its tracks, two children or that norm, and a vector. A node with few tracks lists them in
    place of children and vector; the first nodes are the tracks themselves, and children come before their parents.
    """
    n, dim = vectors.shape
    nodes = np.memmap(files.path("trees.ann"), np.int32, "r").reshape(-1, dim + 3)
    most_listed = dim + 2
    for start in range(0, len(nodes), _BLOCK):
        block = np.asarray(nodes[start : start + _BLOCK])
        position = np.arange(start, start + len(block))
        is_track, n_below = position < n, block[:, 0]
        is_list = ~is_track & (n_below <= most_listed)
        is_split = ~is_track & ~is_list
        children = block[is_split, 1:3]
        listed = block[is_list, 1:][np.arange(most_listed) < n_below[is_list, None]]
        sound = (
            (n_below[is_track] == 1).all()
            and (n_below[~is_track] >= 1).all()
            and (n_below <= n).all()
            and ((listed >= 0) & (listed < n)).all()
            and ((children >= 0) & (children < position[is_split, None])).all()
            and (nodes[children, 0].sum(axis=1, dtype=np.int64) == n_below[is_split]).all()
        )
        if not sound:
            raise IndexFault("its trees are damaged")


def build_trees(vectors: FloatArray, path: Path, n_trees: int = TREES) -> None:
    """Write Annoy's trees over unit vectors, shape (n_vectors, dim). One thread and a fixed seed: always the same.

    Raises:
        OSError: the file cannot be written.
    """
    annoy = _annoy(vectors.shape[1])
    annoy.set_seed(SEED)
    for start in range(0, len(vectors), _BLOCK):
        for position, vector in enumerate(vectors[start : start + _BLOCK].tolist(), start):
            annoy.add_item(position, vector)
    annoy.build(n_trees, n_jobs=1)
    try:
        annoy.save(str(path))
    except OSError:
        with suppress(OSError):
            os.truncate(path, 0)  # Annoy keeps the file open, so its space would not be free even without its name
        raise


def annoy_works() -> bool:
    """Return whether this build of Annoy finds neighbours: with some ARM compilers it finds only one, without error."""
    vectors = np.random.default_rng(0).standard_normal((200, 16)).astype(np.float32)
    annoy = _annoy(16)
    annoy.set_seed(SEED)
    for position, vector in enumerate(vectors):
        annoy.add_item(position, vector)
    annoy.build(10, n_jobs=1)
    found = annoy.get_nns_by_item(7, 10, 1_000)
    return len(found) == 10 and found[0] == 7


def _annoy(dim: int) -> Any:
    try:
        from annoy import AnnoyIndex
    except ModuleNotFoundError as exc:
        raise _not_installed() from exc
    return AnnoyIndex(dim, "angular")


def _not_installed() -> IndexFault:
    return IndexFault(
        "an index with Annoy's trees needs Annoy, which is not installed",
        f"install it: {install_command('annoy')}\nor build an index without trees: `spotrec index`",
    )
