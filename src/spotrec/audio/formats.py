"""The format of an audio file, read from a few of its bytes: its name, its sample rate, and whether it loses nothing.

Files come from anywhere: whatever they contain, reading takes no longer than the bytes that are given.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from spotrec.audio.tag_formats.id3 import tag_bytes
from spotrec.system.files import open_regular

_HEAD_BYTES = 1 << 16
_LONGEST_TAG_BYTES = 1 << 28
_MOST_BOXES = 64
_LARGEST_FILE_BYTES = 1 << 50
_RATES_HZ = range(1_000, 768_001)
_MPEG_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_ADTS_RATES_HZ = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_SYNC = re.compile(rb"\xff[\xe2-\xff]")
_LAYERS = {1: "MP3", 2: "MP2", 3: "MP1"}  # by the two bits in a header
_OGG = {b"\x01vorbis": ("Vorbis", 12, 4), b"OpusHead": ("Opus", 12, 4), b"Speex   ": ("Speex", 36, 4)}
_OF_MP4 = {b"alac": ("ALAC", True), b"mp4a": ("AAC", False), b"fLaC": ("FLAC", True), b"Opus": ("Opus", False)}
_EXTENDED = 10
"""The bytes of a number of 80 bits, as AIFF has the sample rate."""


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A format by name, as people write it; `sample_rate_hz` is None if the first bytes do not say it."""

    name: str
    is_lossless: bool = False
    sample_rate_hz: int | None = None


def format_of_file(path: Path) -> AudioFormat | None:
    """Return the format of a file; None if it is none that is known.

    Raises:
        OSError: the file cannot be read, or is not a regular file.
    """
    with open_regular(path) as file:
        head, start = file.read(_HEAD_BYTES), 0
        if 0 < (size := tag_bytes(head, 0)) < _LONGEST_TAG_BYTES:  # a tag may hold pictures
            start = file.seek(size)
            head = file.read(_HEAD_BYTES)
        if head[4:8] == b"ftyp" and _mp4_codec(head) is None:
            head = head[:8] + _movie_box(file, start)  # many programs write the description behind the audio
    return format_of(head)


def format_of(head: bytes) -> AudioFormat | None:
    """Return the format of audio that begins with `head`, without a tag before it; None if it is none that is known."""
    for reader in (_flac, _wav, _aiff, _ogg, _mp4, _others, _mpeg):
        if found := reader(head):
            return found
    return None


def _checked(name: str, rate_hz: int, *, is_lossless: bool = False) -> AudioFormat:
    return AudioFormat(name, is_lossless, rate_hz if rate_hz in _RATES_HZ else None)


def _number(head: bytes, at: int, size: int, order: str = "little") -> int:
    return int.from_bytes(head[at : at + size], "big" if order == "big" else "little")


def _flac(head: bytes) -> AudioFormat | None:
    if head[:4] != b"fLaC":
        return None
    return _checked("FLAC", _number(head, 18, 3, "big") >> 4, is_lossless=True)


def _wav(head: bytes) -> AudioFormat | None:
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        return None
    at = head.find(b"fmt ", 12)
    return _checked("WAV", _number(head, at + 12, 4) if at >= 0 else 0, is_lossless=True)


def _aiff(head: bytes) -> AudioFormat | None:
    if head[:4] != b"FORM" or head[8:12] not in (b"AIFF", b"AIFC"):
        return None
    at = head.find(b"COMM", 12)
    number = head[at + 16 : at + 16 + _EXTENDED] if at >= 0 else b""
    exponent = 16_383 + 63 - (_number(number, 0, 2, "big") & 0x7FFF)
    rate_hz = _number(number, 2, 8, "big") >> exponent if 0 <= exponent < 64 and len(number) == _EXTENDED else 0
    return _checked("AIFF", rate_hz, is_lossless=True)


def _ogg(head: bytes) -> AudioFormat | None:
    if head[:4] != b"OggS":
        return None
    for mark, (name, offset, size) in _OGG.items():
        if (at := head.find(mark, 0, 4_096)) >= 0:
            return _checked(name, _number(head, at + offset, size))
    if (at := head.find(b"\x7fFLAC", 0, 4_096)) >= 0:
        return _flac(head[at + 9 :])
    return AudioFormat("Ogg")


def _mp4(head: bytes) -> AudioFormat | None:
    if head[4:8] != b"ftyp":
        return None
    if (found := _mp4_codec(head)) is None:
        return AudioFormat("M4A")
    at, mark = found
    name, is_lossless = _OF_MP4[mark]
    return _checked(name, _number(head, at + 28, 2, "big"), is_lossless=is_lossless)


def _mp4_codec(head: bytes) -> tuple[int, bytes] | None:
    """Return where the first description of an audio stream begins, and its codec."""
    found = [(at, mark) for mark in _OF_MP4 if (at := head.find(mark, 8)) >= 0 and head[at + 4 : at + 10] == bytes(6)]
    return min(found, default=None)


def _movie_box(file: BinaryIO, at: int) -> bytes:
    """Return the first bytes of the box that describes the streams of the MP4 that begins at `at`, if it is found."""
    for _ in range(_MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        n_bytes = _number(header, 0, 4, "big")
        if n_bytes == 1:  # the size is too large for four bytes
            n_bytes = _number(header, 8, 8, "big")
        if header[4:8] == b"moov":
            return header + file.read(_HEAD_BYTES)
        if n_bytes < 8 or at + n_bytes > _LARGEST_FILE_BYTES:
            break
        at += n_bytes
    return b""


def _others(head: bytes) -> AudioFormat | None:
    for mark, name, is_lossless in (
        (b"MAC ", "APE", True),
        (b"wvpk", "WavPack", True),
        (b"\x30\x26\xb2\x75", "WMA", False),
        (b"\x1a\x45\xdf\xa3", "Matroska", False),
        (b"caff", "CAF", False),
    ):
        if head.startswith(mark):
            return AudioFormat(name, is_lossless)
    return None


def _mpeg(head: bytes) -> AudioFormat | None:
    """Return MPEG audio, or AAC with ADTS headers, at the first of its headers that are possible."""
    for found in _SYNC.finditer(head):
        at = found.start()
        if at + 4 > len(head):
            break
        second, third = head[at + 1], head[at + 2]
        if second & 0xF6 == 0xF0:  # ADTS
            if (i := third >> 2 & 15) < len(_ADTS_RATES_HZ):
                return AudioFormat("AAC", sample_rate_hz=_ADTS_RATES_HZ[i])
            continue
        version, layer, rate = second >> 3 & 3, second >> 1 & 3, third >> 2 & 3
        if version in _MPEG_RATES_HZ and layer in _LAYERS and rate < 3 and third >> 4 != 15:
            return AudioFormat(_LAYERS[layer], sample_rate_hz=_MPEG_RATES_HZ[version][rate])
    return None
