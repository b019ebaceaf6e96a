"""The format of an audio file, read from a few of its bytes: its name, its sample rate, and whether it loses nothing.

Files come from anywhere: whatever they contain, reading takes no longer than the bytes that are given.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from spotrec.audio.chunks import LOSSLESS_WAV_CODECS
from spotrec.audio.kinds import kind_of
from spotrec.audio.numbers import big, little
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
_EXTENSIBLE = 0xFFFE
_LOSSY_AIFC = frozenset({b"alaw", b"ALAW", b"ulaw", b"ULAW", b"ima4", b"MAC3", b"MAC6", b"GSM ", b"agsm"})
_LOSSLESS_MATROSKA = (b"A_FLAC", b"A_PCM/", b"A_ALAC", b"A_TTA1", b"A_WAVPACK4", b"A_TRUEHD", b"A_MLP")
_LOSSLESS_CAF = (b"lpcm", b"alac", b"flac")
_LOSSLESS_AU = range(2, 8)
_HYBRID = 8
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


def _flac(head: bytes) -> AudioFormat | None:
    if head[:4] != b"fLaC":
        return None
    return _checked("FLAC", big(head, 18, 3) >> 4, is_lossless=True)


def _wav(head: bytes) -> AudioFormat | None:
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:12] != b"WAVE":
        return None
    at = head.find(b"fmt ", 12)
    return _with_wav_codec("WAV", head[at + 8 : at + 48] if at >= 0 else b"")


def _with_wav_codec(name: str, form: bytes) -> AudioFormat:
    """Return the format of a file whose chunk `fmt ` begins with `form`; its name has a codec that loses something."""
    codec = little(form, 0, 2)
    if codec == _EXTENSIBLE and len(form) > 25:
        codec = little(form, 24, 2)
    return _checked(name, little(form, 4, 4), is_lossless=not form or codec in LOSSLESS_WAV_CODECS)


def _aiff(head: bytes) -> AudioFormat | None:
    if head[:4] != b"FORM" or head[8:12] not in (b"AIFF", b"AIFC"):
        return None
    at = head.find(b"COMM", 12)
    number = head[at + 16 : at + 16 + _EXTENDED] if at >= 0 else b""
    exponent = 16_383 + 63 - (big(number, 0, 2) & 0x7FFF)
    rate_hz = big(number, 2, 8) >> exponent if 0 <= exponent < 64 and len(number) == _EXTENDED else 0
    codec = head[at + 26 : at + 30] if at >= 0 and head[8:12] == b"AIFC" else b""
    return _checked("AIFF", rate_hz, is_lossless=codec not in _LOSSY_AIFC)


def _ogg(head: bytes) -> AudioFormat | None:
    if head[:4] != b"OggS":
        return None
    for mark, (name, offset, size) in _OGG.items():
        if (at := head.find(mark, 0, 4_096)) >= 0:
            return _checked(name, little(head, at + offset, size))
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
    return _checked(name, big(head, at + 28, 2), is_lossless=is_lossless)


def _mp4_codec(head: bytes) -> tuple[int, bytes] | None:
    """Return where the first description of an audio stream begins, and its codec."""
    found = [(at, mark) for mark in _OF_MP4 if (at := head.find(mark, 8)) >= 0 and head[at + 4 : at + 10] == bytes(6)]
    return min(found, default=None)


def _movie_box(file: BinaryIO, at: int) -> bytes:
    """Return the first bytes of the box that describes the streams of the MP4 that begins at `at`, if it is found."""
    for _ in range(_MOST_BOXES):
        file.seek(at)
        header = file.read(16)
        n_bytes = big(header, 0, 4)
        if n_bytes == 1:  # the size is too large for four bytes
            n_bytes = big(header, 8, 8)
        if header[4:8] == b"moov":
            return header + file.read(_HEAD_BYTES)
        if n_bytes < 8 or at + n_bytes > _LARGEST_FILE_BYTES:
            break
        at += n_bytes
    return b""


def _others(head: bytes) -> AudioFormat | None:
    kind = kind_of(head)
    if kind is None or kind.content_type in ("audio/mpeg", "audio/aac"):
        return None
    if kind.content_type in _BY_HEADER:
        return _BY_HEADER[kind.content_type](head)
    return AudioFormat(kind.name, kind.is_lossless)


def _au(head: bytes) -> AudioFormat:
    number = big if head[:1] == b"." else little
    return _checked("AU", number(head, 16, 4), is_lossless=number(head, 12, 4) in _LOSSLESS_AU)


def _w64(head: bytes) -> AudioFormat:
    at = head.find(b"fmt ", 40)
    return _with_wav_codec("Wave64", head[at + 24 : at + 64] if at >= 0 else b"")


def _dff(head: bytes) -> AudioFormat:
    at = head.find(b"FS  ", 16)
    return AudioFormat("DSD", is_lossless=True, sample_rate_hz=(big(head, at + 12, 4) or None) if at >= 0 else None)


def _rifx(head: bytes) -> AudioFormat:
    at = head.find(b"fmt ", 12)
    return _checked("WAV", big(head, at + 12, 4) if at >= 0 else 0, is_lossless=True)


_BY_HEADER: Mapping[str, Callable[[bytes], AudioFormat]] = {
    "audio/basic": _au,
    "audio/webm": lambda head: AudioFormat("Matroska", any(codec in head for codec in _LOSSLESS_MATROSKA)),
    "audio/x-caf": lambda head: AudioFormat("CAF", head[28:32] in _LOSSLESS_CAF),
    "audio/x-dff": _dff,
    "audio/x-dsf": lambda head: AudioFormat("DSD", is_lossless=True, sample_rate_hz=little(head, 56, 4) or None),
    "audio/x-rifx": _rifx,
    "audio/x-tta": lambda head: _checked("True Audio", little(head, 10, 4), is_lossless=True),
    "audio/x-w64": _w64,
    "audio/x-wavpack": lambda head: AudioFormat("WavPack", not little(head, 24, 4) & _HYBRID),
}
"""Readers of the kinds whose headers tell more than their name."""


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
