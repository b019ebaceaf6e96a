"""The blocks of a FLAC file, and its frames (RFC 9639)."""

from collections.abc import Iterable, Iterator

STREAM_INFO, COMMENTS, FRAMES = 0, 4, -1
_FIRST_BLOCK_AT, _HEADER_BYTES, _IS_LAST = 4, 4, 0x80


def blocks(data: bytes | memoryview, steps: Iterable[object]) -> Iterator[tuple[int, int, int]]:
    """Yield kind, start and end of each block. Behind the last one come `FRAMES`, to the end of the file."""
    at = _FIRST_BLOCK_AT
    for _ in steps:
        start = at + _HEADER_BYTES
        if start > len(data):
            return
        stop = start + int.from_bytes(data[at + 1 : start], "big")
        yield data[at] & ~_IS_LAST, start, stop
        if data[at] & _IS_LAST:
            yield FRAMES, stop, len(data)
            return
        at = stop
