"""FLAC files: the number of samples, from the last frame, where the header does not state it.

An encoder that writes to a pipe states 0. Format: RFC 9639.
"""

import re
from functools import cache
from itertools import islice

_TOTAL_AT, _STREAM_INFO_END = 21, 42
_TOTAL_BITS = (1 << 36) - 1
_MOST_TRIES = 2_000
_FRAMES_CHECKED = 3
_LAST_FRAME_WITHIN = 1 << 21
_FRAME = re.compile(rb"\xff[\xf8\xf9]")
_ONE_SIZE = 0


def with_true_total(audio: bytes) -> bytes:
    """Return a FLAC file with the number of its samples in its header. A header that states a number stays as it is."""
    if len(audio) < _STREAM_INFO_END or audio[:4] != b"fLaC" or audio[4] & 0x7F or _stated_total(audio):
        return audio
    total = _last_sample(audio)
    if not total or total > _TOTAL_BITS:
        return audio
    changed = bytearray(audio)
    changed[_TOTAL_AT : _TOTAL_AT + 5] = (changed[_TOTAL_AT] << 32 | total).to_bytes(5, "big")
    return bytes(changed)


def _stated_total(audio: bytes) -> int:
    return int.from_bytes(audio[_TOTAL_AT : _TOTAL_AT + 5], "big") & _TOTAL_BITS


def _last_sample(audio: bytes) -> int | None:
    """Return the number of the sample behind the last frame, or None if no frame is found near the end."""
    largest_block = int.from_bytes(audio[10:12], "big")
    start = max(_STREAM_INFO_END, len(audio) - _LAST_FRAME_WITHIN)
    places = [found.start() for found in _FRAME.finditer(audio, start)]
    ends = ((at, _frame_end(audio[at : at + 16], largest_block)) for at in reversed(places[-_MOST_TRIES:]))
    last = [(at, end) for at, end in islice(((at, end) for at, end in ends if end), _FRAMES_CHECKED)]
    whole = (end for at, end in last if not _crc16(audio[at:]))  # a checksum over itself is 0
    return next(whole, last[0][1] if last else None)


def _frame_end(header: bytes, largest_block: int) -> int | None:
    """Return the number of the sample behind the frame with this header, or None if this is no header."""
    if len(header) < 16 or header[3] & 1:
        return None
    size_code, rate_code = header[2] >> 4, header[2] & 15
    coded = _coded_number(header[4:11])
    if coded is None or not size_code or rate_code == 15 or header[3] >> 4 > 10:
        return None
    number, at = coded[0], 4 + coded[1]
    if size_code in (6, 7):
        n_samples = int.from_bytes(header[at : at + size_code - 5], "big") + 1
        at += size_code - 5
    else:
        n_samples = 192 if size_code == 1 else 576 << size_code - 2 if size_code < 6 else 256 << size_code - 8
    at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if _crc8(header[:at]) != header[at] or n_samples > largest_block:
        return None
    has_one_size = header[1] & 1 == _ONE_SIZE
    return (number * largest_block if has_one_size else number) + n_samples


def _coded_number(coded: bytes) -> tuple[int, int] | None:
    """Return a number that is coded like a character of UTF-8, up to 36 bits, and how many bytes it takes."""
    first = coded[0]
    n_bytes = 8 - (first ^ 0xFF).bit_length() if first != 0xFF else 8
    if n_bytes in (1, 8) or any(byte >> 6 != 2 for byte in coded[1:n_bytes]):
        return None
    if not n_bytes:
        return first, 1
    number = first & 0x7F >> n_bytes
    for byte in coded[1:n_bytes]:
        number = number << 6 | byte & 0x3F
    return number, n_bytes


def _crc8(content: bytes) -> int:
    crc, table = 0, _table(0x07, 8)
    for byte in content:
        crc = table[crc ^ byte]
    return crc


def _crc16(content: bytes) -> int:
    crc, table = 0, _table(0x8005, 16)
    for byte in content:
        crc = (crc << 8 & 0xFFFF) ^ table[crc >> 8 ^ byte]
    return crc


@cache
def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte << bits - 8
        for _ in range(8):
            crc = (crc << 1 ^ (polynomial if crc >> bits - 1 else 0)) & (1 << bits) - 1
        table.append(crc)
    return tuple(table)
