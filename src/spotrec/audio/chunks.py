"""WAV, AIFF and CAF files: how much audio their chunks really hold.

A program that writes to a pipe does not know the sizes when it writes them: it states 0, the largest number, or
nonsense. A recorder that crashes states an old size. Then what the file holds counts. A file whose sizes agree with
each other, but not with the file, is cut off.
"""

import struct
from dataclasses import dataclass
from math import ldexp

from spotrec.audio.containers import caf, riff
from spotrec.audio.numbers import big, little

_MOST_CHUNKS = 10_000
_MOST_CAFS, _CAF_MAGIC = 1_000, b"caff"
_NUMBER = {"big": big, "little": little}
_UNKNOWN_FROM = 0x7F00_0000  # of 32 bits; pipes get 0x7FFFF000, 0x80000000, 0xFFFFFFFF, … from different programs
_UNKNOWN_FROM_64 = 1 << 48
_IN_DS64 = 0xFFFF_FFFF
_CAF_EDIT_COUNT_BYTES = 4
_TAGS = (b"TAG", b"ID3", b"APET", b"LYRI")
_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_WITH_BLOCKS = (2, 0x11, 0x31)  # ADPCM of Microsoft and IMA, GSM: the format states the samples of a block
MPEG_IN_WAV = (0x50, 0x55)
_FLAC, _FLAC_TOTAL_BITS = 0xF1AC, (1 << 36) - 1
_OF_4_BITS = (0x20, 0x65, 0x28F)  # ADPCM of Yamaha, G.722
_SWF, _SWF_BLOCK_SAMPLES = 0x5346, 4_096
LOSSLESS_WAV_CODECS = (_PCM, _FLOAT, _FLAC)
_FACT_DIFFERS_BY = 0.1
_AIFC_SAMPLE_BYTES = {b"alaw": 1, b"ALAW": 1, b"ulaw": 1, b"ULAW": 1, b"fl32": 4, b"FL32": 4, b"fl64": 8, b"FL64": 8}
_AIFC_PACKET_SAMPLES = {b"ima4": 64, b"MAC3": 6, b"MAC6": 6, b"GSM ": 160, b"agsm": 160}
_AIFC_AS_BITS_SAY = (b"NONE", b"sowt", b"twos", b"raw ", b"in24", b"in32", b"42ni", b"23ni")


@dataclass(frozen=True, slots=True)
class Wav:
    """The audio of a WAV file: `n_bytes` from `data_at` on; the header states `n_stated` bytes, more if it is cut."""

    size_at: int
    data_at: int
    n_bytes: int
    n_stated: int
    form: bytes
    fact_samples: int

    @property
    def codec(self) -> int:
        """The format tag; that of the subformat in an extensible header."""
        tag = int.from_bytes(self.form[:2], "little")
        return int.from_bytes(self.form[24:26], "little") if tag == _EXTENSIBLE and len(self.form) > 25 else tag

    def duration_s(self, counted_s: float = 0.0) -> float | None:
        """Return the duration that the header states, or that is there if it states none; None if unknown.

        Args:
            counted_s: the duration of the data in a format whose frames were counted.
        """
        if len(self.form) < 16:
            return None
        _, channels, rate_hz, bytes_s, block_bytes, bits = struct.unpack("<HHIIHH", self.form[:16])
        if not rate_hz:
            return None
        if self.codec in (_PCM, _FLOAT, _ALAW, _ULAW):
            block_bytes = block_bytes or channels * bits // 8
            return self.n_stated // block_bytes / rate_hz if block_bytes else None
        fact_s = self.fact_samples / rate_hz
        if self.codec == _FLAC:
            return (self.fact_samples or int.from_bytes(self.form[31:36], "big") & _FLAC_TOTAL_BITS) / rate_hz or None
        by_rate_s = counted_s or (self.n_stated / bytes_s if bytes_s else 0.0)
        if self.codec in _OF_4_BITS and channels:  # bytes a second are often wrong
            by_rate_s = self.n_stated * 2 // channels / rate_hz
        elif self.codec == _SWF and block_bytes:
            by_rate_s = self.n_stated // block_bytes * _SWF_BLOCK_SAMPLES / rate_hz
        if self.codec in _WITH_BLOCKS and block_bytes and len(self.form) >= 20:
            by_rate_s = self.n_stated // block_bytes * int.from_bytes(self.form[18:20], "little") / rate_hz
        if not by_rate_s:
            return fact_s or None
        return fact_s if abs(fact_s - by_rate_s) <= _FACT_DIFFERS_BY * by_rate_s else by_rate_s


def read_wav(audio: bytes) -> Wav | None:
    """Read the chunks of a WAV or RF64 file; None if it is another file, or has no audio."""
    if audio[:4] not in (b"RIFF", b"RF64") or audio[8:12] != b"WAVE":
        return None
    whole, unknown_from = little(audio, 4, 4), _UNKNOWN_FROM
    form, fact_samples, data = b"", 0, None
    data_in_ds64 = 0
    for name, start, end in riff.chunks(audio, range(_MOST_CHUNKS), "little"):
        if name == b"ds64" and audio[:4] == b"RF64":
            whole, data_in_ds64 = (int.from_bytes(audio[start + at : start + at + 8], "little") for at in (0, 8))
            unknown_from = _UNKNOWN_FROM_64
        elif name == b"fmt ":
            form = audio[start : min(end, start + 64)]
        elif name == b"fact":
            fact_samples = little(audio, start, 4)
        elif name == b"data" and data is None:
            data = start, end - start
    if data is None:
        return None
    data_at, stated = data
    if unknown_from == _UNKNOWN_FROM_64 and stated == _IN_DS64:
        stated = data_in_ds64
    second_bytes = little(form, 8, 4) or 1
    n_bytes, is_cut = _true_bytes(audio, data_at, stated, whole + 8, "little", unknown_from, second_bytes)
    return Wav(data_at - 4, data_at, n_bytes, stated if is_cut else n_bytes, form, fact_samples)


def with_true_sizes(audio: bytes) -> bytes:
    """Return a WAV or AIFF file with true sizes in its header. A true header stays, and that of a cut file."""
    if audio[:4] == b"FORM":
        return _aiff_with_true_sizes(audio)
    wav = read_wav(audio)
    if wav is None or wav.n_stated != wav.n_bytes or little(audio, wav.size_at, 4) == wav.n_bytes:
        return audio
    if audio[:4] == b"RF64" and _in_ds64(audio) == wav.n_bytes:
        return audio
    changed = bytearray(audio)
    changed[:4] = b"RIFF"
    if changed[12:16] == b"ds64":
        changed[12:16] = b"JUNK"
    changed[4:8] = struct.pack("<I", len(audio) - 8)
    changed[wav.size_at : wav.data_at] = struct.pack("<I", wav.n_bytes)
    return bytes(changed)


def starts(audio: bytes, order: riff.Order) -> list[int]:
    """Return where the WAV (little) or AIFF (big) files start that were written one after another: the first is 0."""
    kinds = (b"AIFF", b"AIFC") if order == "big" else (b"WAVE",)
    found = [0]
    while (end := found[-1] + _NUMBER[order](audio, found[-1] + 4, 4) + 8) < len(audio):
        end += end & 1
        if end == found[-1] or audio[end : end + 4] != audio[:4] or audio[end + 8 : end + 12] not in kinds:
            break
        found.append(end)
    return found


def ends_at(audio: bytes, order: riff.Order) -> int:
    """Return where the last of the WAV (little) or AIFF (big) files ends that were written one after another."""
    last = starts(audio, order)[-1]
    end = last + _NUMBER[order](audio, last + 4, 4) + 8
    return min(len(audio), end + (end & 1))


def caf_starts(audio: bytes) -> list[tuple[int, int]]:
    """Return where each of the CAF files starts and ends that were written one after another."""
    places = [(0, len(audio))]
    for _ in range(_MOST_CAFS):
        start = places[-1][0]
        for name, at, end in caf.chunks(memoryview(audio)[start:], range(_MOST_CHUNKS)):
            if name == _CAF_MAGIC:
                places[-1:] = [(start, start + at - 12), (start + at - 12, len(audio))]
                break
            if at <= end < len(audio) - start and not audio[start + end : start + end + 4].isalpha():
                places[-1] = (start, start + end)
                return places
        else:
            break
    return places


def aiff_duration_s(audio: bytes) -> float | None:
    """Return the duration that an AIFF file states, or None if it states none. Some codecs count packets."""
    for name, start, end in riff.chunks(audio, range(_MOST_CHUNKS), "big"):
        if name == b"COMM":
            content, is_compressed = audio[start : min(end, start + 22)], audio[8:12] == b"AIFC"
            _, rate_hz = _aiff_format(content, is_compressed=is_compressed)
            packet_samples = _AIFC_PACKET_SAMPLES.get(content[18:22], 1) if is_compressed else 1
            n_frames = big(content, 2, 4)
            if n_frames > len(audio):  # no packet is so small: samples are counted
                packet_samples = 1
            return n_frames * packet_samples / rate_hz if rate_hz else None
    return None


def caf_duration_s(audio: bytes) -> float | None:
    """Return the duration of a CAF file, or None if its chunks do not tell it."""
    if audio[:4] != b"caff":
        return None
    rate_hz, packet_bytes, packet_samples, n_samples = 0.0, 0, 0, 0
    for name, start, end in caf.chunks(audio, range(_MOST_CHUNKS)):
        content = audio[start : start + 32]
        if name == b"desc" and len(content) == 32:
            rate_hz, packet_bytes, packet_samples = struct.unpack(">d8xII8x", content)
        elif name == b"pakt" and len(content) >= 16:
            n_samples = int.from_bytes(content[8:16], "big", signed=True)
        elif name == b"data" and packet_bytes and not n_samples:
            there = len(audio) if end < start else min(end, len(audio))
            n_bytes = there - start - _CAF_EDIT_COUNT_BYTES
            n_samples = n_bytes // packet_bytes * packet_samples
    return n_samples / rate_hz if n_samples > 0 and 0 < rate_hz < _UNKNOWN_FROM else None


def _aiff_with_true_sizes(audio: bytes) -> bytes:
    if audio[8:12] not in (b"AIFF", b"AIFC"):
        return audio
    comm_at = sound = None
    for name, start, end in riff.chunks(audio, range(_MOST_CHUNKS), "big"):
        if name == b"COMM" and comm_at is None:
            comm_at = start
        elif name == b"SSND" and sound is None:
            sound = start, end - start
    if comm_at is None or sound is None:
        return audio
    frame_bytes, rate_hz = _aiff_format(audio[comm_at : comm_at + 22], is_compressed=audio[8:12] == b"AIFC")
    if not frame_bytes:
        return audio
    sound_at, size = sound
    samples_at = sound_at + 8 + big(audio, sound_at, 4)
    head = samples_at - sound_at
    stated = max(0, size - head)
    n_stated_frames = big(audio, comm_at + 2, 4)
    n_bytes, is_cut = _true_bytes(
        audio,
        samples_at,
        stated if size < _UNKNOWN_FROM else size,
        big(audio, 4, 4) + 8,
        "big",
        _UNKNOWN_FROM,
        int(rate_hz * frame_bytes) or 1,
    )
    n_frames = n_bytes // frame_bytes
    if is_cut or n_frames <= 0 or (n_bytes == stated and n_frames == n_stated_frames):
        return audio
    changed = bytearray(audio)
    changed[4:8] = struct.pack(">I", len(audio) - 8)
    changed[comm_at + 2 : comm_at + 6] = struct.pack(">I", n_frames)
    changed[sound_at - 4 : sound_at] = struct.pack(">I", n_bytes + head)
    return bytes(changed)


def _aiff_format(content: bytes, *, is_compressed: bool) -> tuple[int, float]:
    """Return the bytes of one sample of all channels, 0 if they vary, and the sample rate in Hz, from a COMM chunk."""
    if len(content) < (22 if is_compressed else 18):
        return 0, 0.0
    channels, bits = int.from_bytes(content[:2], "big"), int.from_bytes(content[6:8], "big")
    exponent, mantissa = struct.unpack(">HQ", content[8:18])
    rate_hz = ldexp(mantissa, exponent - 16_383 - 63) if exponent < 16_383 + 32 else 0.0
    sample_bytes = (bits + 7) // 8
    if is_compressed and (codec := content[18:22]) not in _AIFC_AS_BITS_SAY:
        sample_bytes = _AIFC_SAMPLE_BYTES.get(codec, 0)
    return channels * sample_bytes, rate_hz


def _true_bytes(
    audio: bytes, at: int, stated: int, whole: int, order: riff.Order, unknown_from: int, second_bytes: int
) -> tuple[int, bool]:
    """Return how many bytes of audio begin at `at`, and whether the file is cut off.

    Args:
        stated: the size of the audio that the header states.
        whole: the size of the file that the header states; a size from `unknown_from` on is not one.
        second_bytes: the size of one second of audio.
    """
    there = max(0, len(audio) - at)
    if stated <= there:
        rest = there - stated
        is_old = not _is_chunk(audio, at + stated, order, whole) and (
            not stated
            or (rest >= second_bytes and any(audio[at + stated : at + stated + second_bytes]))
            or (rest > 1 and whole == len(audio) and any(audio[at + stated :]))
        )
        return (there if is_old else stated), False
    is_unknown = max(stated, whole) >= unknown_from or whole <= len(audio) + 1 or whole + 1 < at + stated
    return there, not is_unknown


def _is_chunk(audio: bytes, at: int, order: riff.Order, whole: int) -> bool:
    """Return whether a chunk or a tag begins at `at` or one byte later (places are even), or the file ends.

    A chunk fits into the file, or ends where the file of `whole` bytes would if it had not been cut.
    """
    for start in (at, at + 1):
        name = audio[start : start + 4]
        if len(name) < 4 or name.startswith(_TAGS):
            return True
        end = start + 8 + _NUMBER[order](audio, start + 4, 4)
        if all(32 <= letter < 127 for letter in name) and (end <= len(audio) + 1 or end in (whole - 1, whole)):
            return True
    return False


def _in_ds64(audio: bytes) -> int | None:
    return int.from_bytes(audio[28:36], "little") if audio[12:16] == b"ds64" else None
