"""The chunks of a DSDIFF file (DFF)."""

from collections.abc import Iterable, Iterator

FIRST_CHUNK_AT, _HEADER_BYTES = 16, 12


def chunks(
    data: bytes | memoryview, steps: Iterable[object], at: int = FIRST_CHUNK_AT, end: int | None = None
) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk between `at` and `end`."""
    end = len(data) if end is None else end
    for _ in steps:
        start = at + _HEADER_BYTES
        if start > end:
            return
        stop = start + int.from_bytes(data[at + 4 : start], "big")
        yield bytes(data[at : at + 4]), start, stop
        at = stop + (stop - start) % 2
