"""A TensorFlow checkpoint → its arrays, with only NumPy.

A weights file may come from anywhere, and TensorFlow's own reader ends the process on a malicious index: a negative
dimension, or an unknown type. The format: `….index` is a sorted table as LevelDB writes it, from a variable's name to
its type, shape, position and checksum as protocol buffers; `….data-00000-of-00001` contains the numbers.
"""

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spotrec.system.files import read_regular
from spotrec.vectors import FloatArray

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]

MAX_INDEX_BYTES, MAX_DATA_BYTES = 1_000_000, 256_000_000
_MAX_NAME_BYTES, _MAX_DIMS = 1_000, 8
_FOOTER_BYTES, _MAGIC = 48, struct.pack("<Q", 0xDB4775248B80FB57)
_TRAILER = struct.Struct("<BI")  # after each block: its compression and its checksum
_FLOAT32 = 1
_LANES = 2048


class BadCheckpoint(ValueError):
    """The files are not a checkpoint, are damaged, or contain other variables."""


@dataclass(frozen=True, slots=True)
class _Entry:
    dtype: int
    shape: tuple[int, ...]
    offset: int
    n_bytes: int
    checksum: int


def data_path(index: Path) -> Path:
    """Return the path of the file with the numbers, next to the index."""
    return index.with_name(index.name.removesuffix(".index") + ".data-00000-of-00001")


def read_tensors(index: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, FloatArray]:
    """Read the variables named in `shapes`, float32. Each must exist, have its shape, and match its checksum.

    Raises:
        BadCheckpoint: a file is not a checkpoint or is damaged, or a variable is missing or has another type or shape.
        OSError: a file cannot be read.
    """
    entries = dict(_entries(_content(index, MAX_INDEX_BYTES)))
    for name, shape in shapes.items():
        if name not in entries:
            raise BadCheckpoint(f"{name} is missing")
        if entries[name].shape != shape:
            raise BadCheckpoint(f"{name} has shape {entries[name].shape}, not {shape}")
        if entries[name].dtype != _FLOAT32 or entries[name].n_bytes != 4 * math.prod(shape):
            raise BadCheckpoint(f"{name} does not consist of 32-bit floats")
    data = _content(data_path(index), MAX_DATA_BYTES)
    return {name: _tensor(name, entries[name], data) for name in shapes}


def _content(path: Path, max_bytes: int) -> bytes:
    content = read_regular(path, max_bytes)
    if len(content) > max_bytes:
        raise BadCheckpoint(f"{path.name} is too large")
    return content


def _tensor(name: str, entry: _Entry, data: bytes) -> FloatArray:
    content = data[entry.offset : entry.offset + entry.n_bytes]
    if len(content) < entry.n_bytes:
        raise BadCheckpoint(f"the file of numbers ends within {name}")
    if _masked(crc32c(content)) != entry.checksum:
        raise BadCheckpoint(f"the numbers of {name} are damaged")
    numbers = np.frombuffer(content, "<f4").astype(np.float32).reshape(entry.shape)
    if not np.isfinite(numbers).all():
        raise BadCheckpoint(f"{name} contains NaN or infinity")
    return numbers


def _entries(table: bytes) -> Iterator[tuple[str, _Entry]]:
    footer = table[-_FOOTER_BYTES:]
    if len(footer) < _FOOTER_BYTES or not footer.endswith(_MAGIC):
        raise BadCheckpoint("it is not the index of a checkpoint")
    (_, _, offset, size), _ = _varints(footer, 0, 4)
    unread = len(table)
    for _, place in _pairs(_block(table, offset, size)):
        (offset, size), _ = _varints(place, 0, 2)
        unread -= size
        if unread < 0:  # the same block repeated
            raise BadCheckpoint("its index is damaged")
        for key, value in _pairs(_block(table, offset, size)):
            if key:
                yield key.decode(errors="replace"), _entry(value)
            elif (_number(value, 1), _number(value, 2)) != (1, 0):
                raise BadCheckpoint("its numbers are not in one little-endian file")


def _block(table: bytes, offset: int, size: int) -> bytes:
    """Check a block and return its pairs, without the list of positions where keys restart."""
    end = offset + size
    trailer = table[end : end + _TRAILER.size]
    if len(trailer) < _TRAILER.size or size < 4:
        raise BadCheckpoint("its index ends too early")
    compression, checksum = _TRAILER.unpack(trailer)
    if compression or _masked(crc32c(table[offset : end + 1])) != checksum:
        raise BadCheckpoint("its index is damaged")
    (n_restarts,) = struct.unpack_from("<I", table, end - 4)
    return table[offset : max(offset, end - 4 - 4 * n_restarts)]


def _pairs(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values; the table stores only the part of a key that differs from the key before."""
    at, key = 0, b""
    while at < len(block):
        (n_shared, n_own, n_value), at = _varints(block, at, 3)
        key = key[:n_shared] + block[at : at + n_own]
        at += n_own
        value = block[at : at + n_value]
        at += n_value
        if at > len(block) or len(key) > _MAX_NAME_BYTES:
            raise BadCheckpoint("its index is damaged")
        yield key, value


def _entry(message: bytes) -> _Entry:
    """Read one variable's `BundleEntryProto`."""
    if _number(message, 3):
        raise BadCheckpoint("its numbers are not in one file")
    dims = [value for field, value in _fields(_message(message, 2)) if field == 2]
    if len(dims) > _MAX_DIMS:
        raise BadCheckpoint("its index is damaged")
    shape = tuple(_number(dim, 1) for dim in dims if isinstance(dim, bytes))
    dtype, offset, n_bytes, checksum = (_number(message, field) for field in (1, 4, 5, 6))
    return _Entry(dtype, shape, offset, n_bytes, checksum)


def _number(message: bytes, field: int) -> int:
    """Return a number of a protocol buffer, 0 if the field is missing, because writers omit 0."""
    found = dict(_fields(message)).get(field, 0)
    if isinstance(found, bytes):
        raise BadCheckpoint("its index is damaged")
    return found


def _message(message: bytes, field: int) -> bytes:
    """Return a message within a protocol buffer, empty if the field is missing."""
    found = dict(_fields(message)).get(field, b"")
    if isinstance(found, int):
        raise BadCheckpoint("its index is damaged")
    return found


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a protocol buffer."""
    at = 0
    while at < len(message):
        (tag,), at = _varints(message, at, 1)
        kind = tag & 7
        if kind == 0:
            (number,), at = _varints(message, at, 1)
            yield tag >> 3, number
            continue
        size = {1: 8, 5: 4}.get(kind)
        if kind == 2:
            (size,), at = _varints(message, at, 1)
        if size is None or at + size > len(message):
            raise BadCheckpoint("its index is damaged")
        value = message[at : at + size]
        at += size
        yield tag >> 3, value if kind == 2 else int.from_bytes(value, "little")


def _varints(content: bytes, at: int, n: int) -> tuple[list[int], int]:
    """Read `n` numbers with seven bits a byte; return them and the position after them."""
    numbers = []
    for _ in range(n):
        number = shift = 0
        while True:
            if at >= len(content) or shift > 63:
                raise BadCheckpoint("its index is damaged")
            byte = content[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        numbers.append(number)
    return numbers, at


def _masked(checksum: int) -> int:
    """Return a checksum in its stored form, which differs from checksums inside the content."""
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(content: bytes) -> int:
    """Compute Castagnoli's checksum. Long content is cut into parallel pieces: a loop over bytes takes 1 s for 3 MB."""
    length = len(content) // _LANES
    head = len(content) - length * _LANES
    state = 0xFFFFFFFF
    for byte in content[:head]:
        state = int(_table()[(state ^ byte) & 255]) ^ state >> 8
    if length:
        body = np.frombuffer(content, np.uint8, offset=head).copy()
        body[:4] ^= np.frombuffer(struct.pack("<I", state), np.uint8)  # so that every piece starts from zero
        state = _joined(_over(np.zeros(_LANES, np.uint32), body.reshape(_LANES, length).T), length)
    return state ^ 0xFFFFFFFF


def _over(state: Words, columns: Iterable[Bytes]) -> Words:
    """Advance parallel checksums, each over one byte of each column."""
    for column in columns:
        state = _table()[(state ^ column) & np.uint32(255)] ^ state >> np.uint32(8)
    return state


def _joined(pieces: Words, length: int) -> int:
    """Join the checksums of consecutive pieces of `length` bytes: a checksum is linear in its bits."""
    bits = _over(np.uint32(1) << np.arange(32, dtype=np.uint32), np.zeros((length, 1), np.uint8))
    while len(pieces) > 1:
        pieces = _moved(pieces[::2], bits) ^ pieces[1::2]
        bits = _moved(bits, bits)
    return int(pieces[0])


def _moved(state: Words, bits: Words) -> Words:
    """Advance `state` over as many zeros as `bits`, the 32 numbers with one bit set, were advanced."""
    is_set = state[:, None] >> np.arange(32, dtype=np.uint32) & np.uint32(1)
    moved: Words = np.bitwise_xor.reduce(is_set * bits, axis=1)
    return moved


@cache
def _table() -> Words:
    words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        words = np.where(words & 1, words >> np.uint32(1) ^ np.uint32(0x82F63B78), words >> np.uint32(1))
    return words
