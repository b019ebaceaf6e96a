"""Basic tools for vectors: array types, even samples, unit lengths, dot products, means and covariances."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_HEADERS = threading.Lock()
"""NumPy reads a file's header with `ast`, which sometimes fails if several threads use it (CPython issue 106905)."""

_PIECE_NUMBERS = 9_000
"""Below 9,216 numbers OpenBLAS multiplies a matrix by a vector on one thread."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, shape (dim,), and covariance, shape (dim, dim), of `n` vectors.

    `within` is the covariance, of the same shape, of excerpts about the mean of their recording, if it is known.
    """

    n: int
    mean: DoubleArray
    covariance: DoubleArray
    within: DoubleArray | None = None


def evenly(n: int, most: int) -> Positions:
    """Return at most `most` of the positions 0 to n - 1, ascending, evenly spaced, with the first and the last."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64)) if n else np.zeros(0, np.int64)


def mapped(path: Path) -> npt.NDArray[Any]:
    """Memory-map an array of a .npy file. Threads may read at once.

    Raises:
        ValueError, OSError: the file is missing, or not an array.
    """
    with _HEADERS:
        found: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return np.asarray(found)  # the map is slower to index than a plain array over it


def read_arrays(path: Path, names: Iterable[str]) -> list[npt.NDArray[Any]]:
    """Return these arrays of a .npz file, in order. Threads may read at once.

    Raises:
        ValueError, KeyError, OSError: the file or an array is missing, or the file does not contain arrays.
    """
    with _HEADERS, np.load(path, allow_pickle=False) as arrays:
        return [arrays[name] for name in names]


def unit(vectors: FloatArray) -> FloatArray:
    """Divide each vector, shape (n, dim), by its length; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatArray = (vectors / np.maximum(length, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled


def products(rows: FloatArray, vector: FloatArray, spans: Iterable[tuple[int, int]] | None = None) -> FloatArray:
    """Return the dot products of rows, shape (n, dim), with a vector, shape (dim,): shape (n,), on the calling thread.

    NumPy hands large products to BLAS, which spreads them over threads that wait for each other by spinning: for many
    short searches that takes several times as long as the work, and tens of times as long on busy cores. A limit of one
    thread would change BLAS for the whole process, so BLAS gets pieces that are too small to spread.

    Args:
        spans: use only these rows, each span from a start to an end.
    """
    dim = rows.shape[1]
    most = max(1, _PIECE_NUMBERS // max(dim, 1))
    spans = [(0, len(rows))] if spans is None else list(spans)
    found = np.empty(sum(end - start for start, end in spans), np.float32)
    at = 0
    for start, end in spans:
        row = start
        while (n := end - row) > most:  # pieces of one size need one call; the remaining rows come next
            n_pieces = -(-n // most)
            size = n // n_pieces
            n = n_pieces * size
            pieces = rows[row : row + n].reshape(n_pieces, size, dim)
            np.matmul(pieces, vector, out=found[at : at + n].reshape(n_pieces, size))
            row, at = row + n, at + n
        if n:
            np.dot(rows[row:end], vector, out=found[at : at + n])
            at += n
    return found
