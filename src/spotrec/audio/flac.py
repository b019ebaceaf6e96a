"""FLAC files: the number of samples, from the last frame, where the header does not state it, or lies.

An encoder that writes to a pipe states 0; a program that cuts files may leave the old number.
Format: RFC 9639.
"""

import re
from functools import cache
from itertools import islice

from spotrec.audio.containers.flac import FRAMES, blocks
from spotrec.audio.numbers import big
from spotrec.audio.tag_formats import ape

_TOTAL_AT, _STREAM_INFO_END = 21, 42
_TOTAL_BITS = (1 << 36) - 1
_MOST_TRIES, _MOST_BLOCKS = 2_000, 10_000
_FRAMES_CHECKED = 3
_LAST_FRAME_WITHIN = 1 << 21
_FRAME = re.compile(rb"\xff[\xf8\xf9]")
_ONE_SIZE = 0


def with_true_total(audio: bytes) -> bytes:
    """Return a FLAC file with the number of its samples in its header. A true number stays, and that of a cut file.

    The last frame tells the number, if it is whole. If the file ends within it, a larger number in the header counts.
    """
    if len(audio) < _STREAM_INFO_END or audio[:4] != b"fLaC" or audio[4] & 0x7F:
        return audio
    stated = big(audio, _TOTAL_AT, 5) & _TOTAL_BITS
    total = _last_sample(audio, stated)
    if not total or total > _TOTAL_BITS or total == stated:
        return audio
    changed = bytearray(audio)
    changed[_TOTAL_AT : _TOTAL_AT + 5] = (changed[_TOTAL_AT] >> 4 << 36 | total).to_bytes(5, "big")
    return bytes(changed)


def _last_sample(audio: bytes, stated: int) -> int | None:
    """Return the number of the sample behind the last frame, or None if no frame is found near the end.

    Args:
        stated: by the header; it is returned where frames do not contradict it.
    """
    largest_block = big(audio, 10, 2)
    end = ape.tags_at(audio) or len(audio)
    start = max(_STREAM_INFO_END, end - _LAST_FRAME_WITHIN)
    places = [found.start() for found in _FRAME.finditer(audio, start, end)]
    spans = ((at, _frame_span(audio[at : at + 16], largest_block)) for at in reversed(places[-_MOST_TRIES:]))
    last = [(at, span) for at, span in islice(((at, span) for at, span in spans if span), _FRAMES_CHECKED)]
    if stated and (any(span[1] == stated for _, span in last) or not _begins_with_0(audio, largest_block)):
        return stated  # most files: no checksum is needed
    whole = (span[1] for at, span in last if not _crc16(audio[at:end]))  # a checksum over itself is 0
    if total := next(whole, None):
        return total
    if not last or not stated:
        return last[0][1][1] if last else None
    followed = {begin for _, (_, begin) in last}
    return max([stated, *(last_sample for _, (begins, last_sample) in last if begins in followed)])


def _begins_with_0(audio: bytes, largest_block: int) -> bool:
    """Return whether the first frame has the first sample. Of a stream that was joined late, it does not."""
    for kind, start, _ in blocks(audio, range(_MOST_BLOCKS)):
        if kind == FRAMES:
            span = _frame_span(audio[start : start + 16], largest_block)
            return span is not None and span[0] == 0
    return False


def _frame_span(header: bytes, largest_block: int) -> tuple[int, int] | None:
    """Return the numbers of a frame's first sample and of the one behind it, or None if this is no header."""
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
    first = number * largest_block if has_one_size else number
    return first, first + n_samples


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
