"""The nearest of many unit vectors, ranked by their exact cosines; all backends use it."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spotrec.vectors import FloatArray, Positions, products

_LOOKED_AT_FIRST = 100
_ROUNDING = np.float32(1e-5)  # of a cosine in float32
DECIMALS = 6
"""Cosines that are equal to this many decimals count as equal: the rest is rounding, which depends on the processor."""
_BLOCK = 65_536


class NeighbourSearch(Protocol):
    """Finds the nearest of many unit vectors. It is immutable, and several threads may use it at the same time."""

    def nearest(self, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """Find the `n` vectors with the largest cosine with `vector`, shape (dim,), unit length.

        Returns:
            Positions and cosines, each shape (min(n, n_vectors),), best first; equal ones in order of position.
        """


def ranked(vectors: FloatArray, positions: Positions, vector: FloatArray, n: int) -> tuple[Positions, FloatArray]:
    """Return the `n` of these positions that are nearest to `vector`, best first; equal ones in order of position."""
    whole = len(positions) == len(vectors)
    cosines = products(vectors if whole else vectors[positions], vector)
    # keep all that tie with the n-th, so that ties are ordered by position and not by the partition
    kept = positions[cosines >= _nth_largest(cosines, n) - _ROUNDING]
    cosines = cosines_by_row(vectors, kept, vector).round(DECIMALS)
    order = np.argsort(-cosines, kind="stable")[:n]
    return kept[order], cosines[order]


def best_rows(
    vectors: FloatArray,
    positions: Callable[[Positions], Positions],
    at_most: FloatArray | npt.NDArray[np.int16],
    vector: FloatArray,
    n: int,
    least: Callable[[float], float] = float,
) -> Positions:
    """Return every row that can be among the `n` nearest, ascending.

    Args:
        positions: rows of `at_most` → their positions in `vectors`.
        at_most: an upper bound of each row's cosine with `vector`, as a number that grows with it.
        least: a cosine → the least of these numbers that allows it.
    """
    first = np.flatnonzero(at_most >= _nth_largest(at_most, n + _LOOKED_AT_FIRST))
    known = products(vectors[positions(first)], vector)
    return np.flatnonzero(at_most >= least(float(_nth_largest(known, n) - _ROUNDING)))


def cosines_by_row(vectors: FloatArray, positions: Positions, vector: FloatArray) -> FloatArray:
    """Return the cosines, each row summed alone: a matrix product could round copies of a track differently."""
    blocks = [positions[start : start + _BLOCK] for start in range(0, len(positions), _BLOCK)]
    found = [(vectors[block] * vector).sum(axis=1) for block in blocks]
    return np.concatenate(found) if found else np.zeros(0, np.float32)


def _nth_largest(values: FloatArray | npt.NDArray[np.int16], n: int) -> np.float32 | np.int16:
    """Return the n-th largest value; -inf if there are not more than `n`."""
    if n >= len(values):
        return np.float32(-np.inf)
    nth: np.float32 | np.int16 = np.partition(values, len(values) - n)[len(values) - n]
    return nth
