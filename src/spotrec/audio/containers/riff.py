"""The chunks of a WAV or AIFF file (RIFF, IFF)."""

from collections.abc import Iterable, Iterator
from typing import Literal

Order = Literal["little", "big"]

FIRST_CHUNK_AT = 12
_HEADER_BYTES = 8


def chunks(
    data: bytes | memoryview,
    steps: Iterable[object],
    order: Order,
    at: int = FIRST_CHUNK_AT,
    end: int | None = None,
    *,
    may_lack_padding: bool = False,
) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk between `at` and `end`.

    Args:
        order: the order of bytes: little in RIFF, big in AIFF.
        may_lack_padding: whether a chunk of an odd size may be followed by the next one without a byte between them,
            as some programs write it.
    """
    end = len(data) if end is None else end
    for _ in steps:
        start = at + _HEADER_BYTES
        if start > end:
            return
        stop = start + int.from_bytes(data[at + 4 : start], order)
        yield bytes(data[at : at + 4]), start, stop
        at = stop + (stop - start) % 2
        if may_lack_padding and at > stop and bytes(data[stop : at + 3]).isalnum():
            at = stop
