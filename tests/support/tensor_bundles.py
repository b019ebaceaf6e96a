"""The index of a TensorFlow checkpoint, taken apart and put together again with other entries."""

import struct
from collections.abc import Callable
from pathlib import Path

from spotrec.extract.models.musicnn.tensor_bundle import crc32c

Entries = dict[bytes, bytes]
_MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)


def with_entries(source: Path, target: Path, change: Callable[[Entries], Entries]) -> Path:
    """A checkpoint as sound in all its checksums as the source, whatever its entries say; the same numbers."""
    target.write_bytes(_table(change(_entries(source.read_bytes()))))
    numbers = [Path(str(path).removesuffix(".index") + ".data-00000-of-00001") for path in (source, target)]
    numbers[1].write_bytes(numbers[0].read_bytes())
    return target


def entry(kind: int, dims: tuple[int, ...], offset: int, n_bytes: int) -> bytes:
    """What an index says of a variable; negative numbers as protocol buffers write them."""
    shape = b"".join(b"\x12" + _with_length(b"\x08" + varint(dim)) for dim in dims)
    place = b"\x20" + varint(offset) + b"\x28" + varint(n_bytes)
    return b"\x08" + varint(kind) + b"\x12" + _with_length(shape) + place + b"\x35" + bytes(4)


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    found = b""
    while number > 127:
        found += bytes([number & 127 | 128])
        number >>= 7
    return found + bytes([number])


def _with_length(message: bytes) -> bytes:
    return varint(len(message)) + message


def _entries(table: bytes) -> Entries:
    """Of a table with one block, as a checkpoint of this size has it: the block starts it."""
    entries, key, at = {}, b"", 0
    index_offset, index_size = _numbers(table[-48:], 0, 4)[0][2:]
    _, value_at = _numbers(table, index_offset, 3)
    n_shared, n_own, _ = _numbers(table, index_offset, 3)[0]
    assert n_shared == 0
    assert index_size > 0
    (offset, size), _ = _numbers(table, value_at + n_own, 2)
    end = offset + size - 4
    end -= 4 * int.from_bytes(table[end : end + 4], "little")
    while at < end:
        (n_shared, n_own, n_value), at = _numbers(table, at, 3)
        key = key[:n_shared] + table[at : at + n_own]
        entries[key] = table[at + n_own : at + n_own + n_value]
        at += n_own + n_value
    return entries


def _numbers(content: bytes, at: int, n: int) -> tuple[list[int], int]:
    numbers = []
    for _ in range(n):
        number = shift = 0
        while content[at] > 127:
            number |= (content[at] & 127) << shift
            shift, at = shift + 7, at + 1
        numbers.append(number | content[at] << shift)
        at += 1
    return numbers, at


def _table(entries: Entries) -> bytes:
    data, nothing = _block(entries), _block({})
    index = _block({b"\xff": varint(0) + varint(len(data))})
    parts = [_trailed(data), _trailed(nothing), _trailed(index)]
    places = varint(len(parts[0])) + varint(len(nothing)) + varint(len(parts[0] + parts[1])) + varint(len(index))
    return b"".join(parts) + places.ljust(40, b"\0") + _MAGIC


def _block(entries: Entries) -> bytes:
    pairs = [varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in entries.items()]
    starts = [len(b"".join(pairs[:i])) for i in range(max(1, len(pairs)))]
    return b"".join(pairs) + struct.pack(f"<{len(starts) + 1}I", *starts, len(starts))


def _trailed(block: bytes) -> bytes:
    checksum = crc32c(block + b"\0")
    masked = ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return block + b"\0" + struct.pack("<I", masked)
