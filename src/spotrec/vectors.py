"""Basic tools for vectors: array types, even samples, unit lengths, dot products, means and covariances."""

import io
import math
import os
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from spotrec.system.files import open_regular

if TYPE_CHECKING:
    from zipfile import ZipFile

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
_Floats = TypeVar("_Floats", FloatArray, DoubleArray)
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Fingerprint = npt.NDArray[np.uint32]
"""Shape (n_words,): 32 bits of a recording for each step of time, as `audio.fingerprint` makes them."""

_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '([<>|=][a-zA-Z][0-9]{1,9})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:[0-9]{1,19}, ?)*(?:[0-9]{1,19})?)\),? ?\} *\n"
)
_DEFLATED_OR_STORED = (0, 8)
_MOST_BYTES = 64_000_000
_OVERHEAD_BYTES = 100_000
"""The names and headers in a file of arrays, and the tables of its archive."""

_PIECE_NUMBERS = 9_000
"""Below 9,216 numbers OpenBLAS multiplies a matrix by a vector on one thread."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, shape (dim,), and covariance, shape (dim, dim), of `n` vectors.

    `within` is the covariance, of the same shape, of excerpts about the mean of their recording, if it is known.
    `whitening`: spaces of these vectors divide each principal axis by its variance to this power.
    """

    n: int
    mean: DoubleArray
    covariance: DoubleArray
    within: DoubleArray | None = None
    whitening: float = 0.25


def evenly(n: int, most: int) -> Positions:
    """Return at most `most` of the positions 0 to n - 1, ascending, evenly spaced, with the first and the last."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64)) if n else np.zeros(0, np.int64)


def mapped(path: Path) -> npt.NDArray[Any]:
    """Memory-map an array of a .npy file as `np.save` writes it.

    Raises:
        ValueError, OSError: the file is missing, cut off, or not an array of numbers or bytes.
    """
    with open_regular(path) as file:
        form = _form(file, os.fstat(file.fileno()).st_size)
        found = np.memmap(file, form.dtype, "r", file.tell(), form.shape, form.order)
    return np.asarray(found)  # the map is slower to index than a plain array over it


def read_arrays(path: Path, names: Iterable[str], max_bytes: int = _MOST_BYTES) -> list[npt.NDArray[Any]]:
    """Return these arrays of a .npz file, in order. They cannot be written to.

    Args:
        max_bytes: the largest array. No more is unpacked, whatever the file says of itself.

    Raises:
        ValueError, OSError: the file or an array is missing, too large, or does not contain numbers.
    """
    import zlib
    from zipfile import BadZipFile, ZipFile

    names = tuple(names)
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > len(names) * max_bytes + _OVERHEAD_BYTES:
            raise ValueError(f"{path.name} is too large")
        try:
            with ZipFile(file) as archive:
                return [_unpacked(archive, f"{name}.npy", max_bytes) for name in names]
        except (BadZipFile, zlib.error, KeyError, RuntimeError, EOFError, OverflowError, struct.error) as exc:
            raise ValueError(f"{path.name} is not an archive of arrays: {exc}") from exc


@dataclass(frozen=True, slots=True)
class _Form:
    """What the header of an array says: it was written with `np.save`."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Literal["C", "F"]


def _form(file: BinaryIO, n_bytes: int) -> _Form:
    """Read the header of an array, up to its first number. `n_bytes` is the size of the file.

    NumPy evaluates headers as Python, which strange ones exhaust, and reserves memory for any size that they state.
    """
    start = file.read(len(_MAGIC) + 2)
    header = file.read(int.from_bytes(start[-2:], "little")) if start.startswith(_MAGIC) else b""
    found = _HEADER.fullmatch(header)
    if not found:
        raise ValueError("it is not an array")
    code, is_fortran, lengths = found.groups()
    try:
        form = _Form(
            np.dtype(code.decode()),
            tuple(int(length) for length in re.findall(rb"[0-9]+", lengths)),
            "F" if is_fortran == b"True" else "C",
        )
    except (TypeError, ValueError) as exc:
        raise ValueError("it is not an array of numbers or bytes") from exc
    if form.dtype.kind not in "biufSU" or not form.dtype.itemsize or not form.dtype.isnative:
        raise ValueError("it is not an array of numbers or bytes")
    if math.prod(form.shape) * form.dtype.itemsize > n_bytes - len(start) - len(header):
        raise ValueError("it is an array that is cut off")
    return form


def _unpacked(archive: "ZipFile", name: str, max_bytes: int) -> npt.NDArray[Any]:
    if archive.getinfo(name).compress_type not in _DEFLATED_OR_STORED:
        raise ValueError(f"{name} is compressed in an unknown way")
    with archive.open(name) as member:
        content = member.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"{name} is too large")
    form = _form(file := io.BytesIO(content), len(content))
    n, start = math.prod(form.shape), file.tell()
    numbers = np.frombuffer(content, form.dtype, n, start) if n else np.zeros(0, form.dtype)
    return numbers.reshape(form.shape, order=form.order)


def unit(vectors: FloatArray) -> FloatArray:
    """Divide each vector, shape (n, dim), by its length; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: FloatArray = (vectors / np.maximum(length, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled


def turned(vectors: DoubleArray, axes: DoubleArray) -> DoubleArray:
    """Return the dot products of vectors, shape (n, dim), with axes, shape (n_axes, dim): shape (n, n_axes).

    A single vector is multiplied on the calling thread, as by `products`. It is fastest if each axis is contiguous.
    """
    if len(vectors) == 1:
        one: DoubleArray = products(axes, vectors[0])[None]
        return one
    return vectors @ axes.T


def products(rows: _Floats, vector: _Floats, spans: Iterable[tuple[int, int]] | None = None) -> _Floats:
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
    found = np.empty(sum(end - start for start, end in spans), np.result_type(rows, vector))
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
