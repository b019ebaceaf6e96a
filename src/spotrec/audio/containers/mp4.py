"""The boxes of an MP4 file (ISO 14496-12), in QuickTime's words its atoms."""

from collections.abc import Iterable, Iterator

_HEADER_BYTES = 8


def boxes(
    data: bytes | memoryview, steps: Iterable[object], at: int = 0, end: int | None = None
) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each box between `at` and `end`. One of size 0 goes to `end`.

    A box whose header is cut off starts beyond the data.
    """
    end = len(data) if end is None else end
    for _ in steps:
        if at + _HEADER_BYTES > end:
            return
        size, start = int.from_bytes(data[at : at + 4], "big"), at + _HEADER_BYTES
        if size == 1:
            size, start = int.from_bytes(data[start : start + 8], "big"), start + 8
        stop = at + size if size else end
        yield bytes(data[at + 4 : at + _HEADER_BYTES]), start, stop
        at = max(start, stop)
