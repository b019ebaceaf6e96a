"""The chunks of a Core Audio file."""

from collections.abc import Iterable, Iterator

_FIRST_CHUNK_AT, _HEADER_BYTES = 8, 12


def chunks(data: bytes | memoryview, steps: Iterable[object]) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk. One of unknown size ends before it starts, and is the last."""
    at = _FIRST_CHUNK_AT
    for _ in steps:
        start = at + _HEADER_BYTES
        if start > len(data):
            return
        stop = start + int.from_bytes(data[at + 4 : start], "big", signed=True)
        yield bytes(data[at : at + 4]), start, stop
        if stop < start:
            return
        at = stop
