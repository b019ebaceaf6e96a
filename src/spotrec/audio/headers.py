"""How long files of rarer formats play, in seconds, by what their headers state; None where they state nothing.

A size that is unknown, or larger than the file, is the size of the file.
"""

import re
import struct

from spotrec.audio.chunks import Wav
from spotrec.audio.containers import dsdiff, riff
from spotrec.audio.numbers import big, little

_UNKNOWN = 0xFFFF_FFFF
_MOST_CHUNKS = 10_000
_MOST_BLOCKS = 100_000
_W64_CHUNK_BYTES = 24
_AU_BITS = {1: 8, 2: 8, 3: 16, 4: 24, 5: 32, 6: 32, 7: 64, 23: 4, 24: 8, 25: 3, 26: 5, 27: 8}
_VOC_BITS = {0: 8, 1: 4, 2: 2.6, 3: 2, 4: 16, 6: 8, 7: 8}
_VOC_SOUND = (b"\1", b"\2", b"\x09")
_NIST_HEADER_BYTES = 1_024
_NIST_FIELD = re.compile(rb"(sample_count|sample_rate|channel_count|sample_n_bytes) -i ([0-9]{1,15})")
_IRCAM_HEADER_BYTES = 1_024
_IRCAM_SAMPLE_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 8: 8, 0x10001: 1, 0x20001: 1, 0x40004: 4}
_PAF_HEADER_BYTES = 2_048
_AVR_HEADER_BYTES = 128
_FASTEST_HZ = 1e9


def tta_s(stream: bytes) -> float | None:
    rate_hz, n_samples = struct.unpack_from("<II", stream, 10)
    return n_samples / rate_hz if rate_hz else None


def dsf_s(stream: bytes) -> float | None:
    rate_hz, _, n_samples = struct.unpack_from("<IIQ", stream, 56)
    return n_samples / rate_hz if rate_hz else None


def dff_s(stream: bytes) -> float | None:
    rate_hz = n_channels = 0
    steps = iter(range(_MOST_CHUNKS))
    for name, start, end in dsdiff.chunks(stream, steps):
        if name == b"PROP":
            for part, at, _ in dsdiff.chunks(stream, steps, start + 4, min(end, len(stream))):
                if part == b"FS  ":
                    rate_hz = big(stream, at, 4)
                elif part == b"CHNL":
                    n_channels = big(stream, at, 2)
        elif name == b"DSD " and rate_hz and n_channels:
            return (min(end, len(stream)) - start) * 8 / n_channels / rate_hz
        elif name == b"DST ":
            frte = stream[start : start + 18]  # its first chunk: the number of frames, and how many a second
            n_frames, per_s = struct.unpack_from(">IH", frte, 12)
            return n_frames / per_s if frte[:4] == b"FRTE" and per_s else None
    return None


def au_s(stream: bytes) -> float | None:
    number = big if stream[:1] == b"." else little
    data_at, n_bytes, encoding, rate_hz, n_channels = (number(stream, at, 4) for at in (4, 8, 12, 16, 20))
    there = max(0, len(stream) - data_at)
    n_bytes = there if n_bytes == _UNKNOWN else min(n_bytes, there)
    bits = _AU_BITS.get(encoding, 0) * n_channels
    return n_bytes * 8 // bits / rate_hz if bits and rate_hz else None


def w64_s(stream: bytes) -> float | None:
    at, form, n_samples = 40, b"", 0
    for _ in range(_MOST_CHUNKS):
        start = at + _W64_CHUNK_BYTES
        if start > len(stream):
            break
        name, size = stream[at : at + 4], little(stream, at + 16, 8)
        if name == b"fmt ":
            form = stream[start : start + 64]
        elif name == b"fact":
            n_samples = little(stream, start, 8)
        elif name == b"data":
            there = len(stream) - start
            n_bytes = min(size - _W64_CHUNK_BYTES, there) if size > _W64_CHUNK_BYTES else there
            return Wav(start - 4, start, n_bytes, n_bytes, form, n_samples).duration_s()
        if size < _W64_CHUNK_BYTES:
            break
        at += size + -size % 8
    return None


def rifx_s(stream: bytes) -> float | None:
    form = b""
    for name, start, end in riff.chunks(stream, range(_MOST_CHUNKS), "big"):
        if name == b"fmt ":
            form = stream[start:end]
        elif name == b"data" and len(form) >= 16:
            rate_hz, _, block_bytes = struct.unpack_from(">IIH", form, 4)
            return (min(end, len(stream)) - start) // block_bytes / rate_hz if block_bytes and rate_hz else None
    return None


def voc_s(stream: bytes) -> float | None:
    at, seconds, second_bytes, extended_hz = little(stream, 20, 2), 0.0, 0.0, 0.0
    for _ in range(_MOST_BLOCKS):
        kind, size, body = stream[at : at + 1], little(stream, at + 1, 3), at + 4
        n_bytes = min(size, len(stream) - body)
        if kind in (b"", b"\0") or n_bytes < 0:
            break
        if kind == b"\1":
            second_bytes = (extended_hz or 1_000_000 / (256 - stream[body])) * _VOC_BITS.get(stream[body + 1], 8) / 8
            n_bytes, extended_hz = n_bytes - 2, 0.0
        elif kind == b"\3":
            seconds += (little(stream, body, 2) + 1) * (256 - stream[body + 2]) / 1_000_000
        elif kind == b"\x08":  # twice as fast with two channels
            extended_hz = 256_000_000 / (65_536 - little(stream, body, 2))
        elif kind == b"\x09":
            second_bytes = little(stream, body, 4) * stream[body + 4] * stream[body + 5] / 8
            n_bytes -= 12
        if kind in _VOC_SOUND and second_bytes:
            seconds += n_bytes / second_bytes
        at = body + size
    return seconds or None


def flv_s(stream: bytes) -> float | None:
    at = stream.find(b"\0\x08duration\0", 0, 1 << 16)
    seconds: float = struct.unpack_from(">d", stream, at + 11)[0] if at >= 0 else 0.0
    return seconds if seconds > 0 else None


def rm_s(stream: bytes) -> float | None:
    at = stream.find(b"PROP", 0, 1 << 12)
    return (big(stream, at + 30, 4) / 1_000 or None) if at >= 0 else None


def nist_s(stream: bytes) -> float | None:
    stated = {name: int(digits) for name, digits in _NIST_FIELD.findall(stream[:_NIST_HEADER_BYTES])}
    rate_hz, n_samples = stated.get(b"sample_rate", 0), stated.get(b"sample_count", 0)
    return n_samples / rate_hz if rate_hz and n_samples else None


def svx_s(stream: bytes) -> float | None:
    at = stream.find(b"VHDR", 12, 1 << 16)
    if at < 0:
        return None
    n_once, n_repeated, _, rate_hz = struct.unpack_from(">IIIH", stream, at + 8)
    return (n_once + n_repeated) / rate_hz if rate_hz else None


def ircam_s(stream: bytes) -> float | None:
    order = "<" if stream[:1] == b"\x64" else ">"
    rate_hz, n_channels, encoding = struct.unpack_from(f"{order}fII", stream, 4)
    frame_bytes = n_channels * _IRCAM_SAMPLE_BYTES.get(encoding, 0)
    return (len(stream) - _IRCAM_HEADER_BYTES) / frame_bytes / rate_hz if frame_bytes and rate_hz >= 1 else None


def paf_s(stream: bytes) -> float | None:
    number = little if stream[:4] == b"fap " else big
    rate_hz, encoding, n_channels = (number(stream, at, 4) for at in (12, 16, 20))
    n_bytes = len(stream) - _PAF_HEADER_BYTES
    if not rate_hz or not n_channels:
        return None
    if encoding == 1:  # of 24 bits: 10 samples in 32 bytes
        return n_bytes // (32 * n_channels) * 10 / rate_hz
    return n_bytes / n_channels / {0: 2, 2: 1}.get(encoding, 2) / rate_hz


def avr_s(stream: bytes) -> float | None:
    is_stereo, bits = (big(stream, at, 2) for at in (12, 14))
    rate_hz, n_frames = (big(stream, at, 4) for at in (22, 26))
    rate_hz &= 0xFF_FFFF
    there = (len(stream) - _AVR_HEADER_BYTES) * 8 // (bits * (2 if is_stereo else 1)) if bits else 0
    return min(n_frames, there) / rate_hz if rate_hz and there > 0 else None


def pvf_s(stream: bytes) -> float | None:
    found = re.match(rb"PVF1\n([0-9]{1,4}) ([0-9]{1,8}) ([0-9]{1,3})\n", stream[:64])
    if not found:
        return None
    n_channels, rate_hz, bits = map(int, found.groups())
    frame_bits = n_channels * bits
    return (len(stream) - found.end()) * 8 // frame_bits / rate_hz if frame_bits and rate_hz else None


def sox_s(stream: bytes) -> float | None:
    order = "<" if stream[:4] == b".SoX" else ">"
    n_samples, rate_hz, n_channels = struct.unpack_from(f"{order}QdI", stream, 8)
    return n_samples / n_channels / rate_hz if n_channels and 1 <= rate_hz < _FASTEST_HZ else None
