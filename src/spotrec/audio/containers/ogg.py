"""The pages of an Ogg file (RFC 3533)."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

BEGINS = 2
"""The flag of the first page of a stream."""
PAGE_HEADER = struct.Struct("<4sBBq4sIIB")


class Page(NamedTuple):
    """A page of the stream `serial`, whose packets are cut into segments of these `sizes` from `start` on.

    `position` is 0 or -1 in a page without audio that ends there.
    """

    serial: bytes
    flags: int
    position: int
    sizes: bytes
    start: int
    end: int


def pages(data: bytes | memoryview, steps: Iterable[object], at: int = 0) -> Iterator[Page]:
    """Yield each page from `at` on, up to other bytes than a page."""
    for _ in steps:
        if at + PAGE_HEADER.size > len(data):
            return
        magic, _, flags, position, serial, _, _, n_segments = PAGE_HEADER.unpack_from(data, at)
        if magic != b"OggS":
            return
        start = at + PAGE_HEADER.size + n_segments
        sizes = bytes(data[at + PAGE_HEADER.size : start])
        at = start + sum(sizes)
        yield Page(serial, flags, position, sizes, start, at)
