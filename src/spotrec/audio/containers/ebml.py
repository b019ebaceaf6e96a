"""The elements of a Matroska or WebM file (EBML, RFC 8794)."""

from collections.abc import Iterable, Iterator, Set

UNKNOWN_END = 1 << 63
"""Where an element of unknown size ends."""
_LONGEST_NUMBER_BYTES = 8


def elements(
    data: bytes | memoryview,
    steps: Iterable[object],
    at: int = 0,
    end: int | None = None,
    into: Set[int] = frozenset(),
) -> Iterator[tuple[int, int, int]]:
    """Yield name, start and end of each element between `at` and `end`; behind one named in `into`, what it holds.

    An element whose size is cut off starts beyond the data.
    """
    end = len(data) if end is None else end
    for _ in steps:
        size_at = at + number_bytes(data, at)
        if size_at >= end:
            return
        start = size_at + number_bytes(data, size_at)
        if max(size_at - at, start - size_at) > _LONGEST_NUMBER_BYTES:
            return
        name = int.from_bytes(data[at:size_at], "big")
        all_ones = (1 << 7 * (start - size_at)) - 1
        size = int.from_bytes(data[size_at:start], "big") & all_ones
        stop = UNKNOWN_END if size == all_ones else start + size
        yield name, start, stop
        at = start if name in into else stop


def number_bytes(data: bytes | memoryview, at: int) -> int:
    """Return how many bytes the number at `at` takes, one more than the zeros that begin it: 9 if it is no number."""
    return 9 - data[at].bit_length() if at < len(data) else 1
