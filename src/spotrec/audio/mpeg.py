"""MP3 files: the tags around the audio, where it begins, and its frames, counted without decoding.

Decoders estimate the length of an MP3 without a Xing header from its size and its first frame: half of a file with a
variable bit rate could be lost, and a file with a picture in its tags would seem cut off. So the frames are counted,
and a Xing header with their number is put in front, also in place of one that states another number. A file that was
put together from several MP3s is read as its parts.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

from spotrec.audio.tag_formats import ape
from spotrec.audio.tag_formats.id3 import tag_bytes

_MOST_TAGS = 8  # one after another
_WITH_APE = (b"wvpk", b"MAC ")
_MPEG_1, _LAYER_III, _LAYER_II, _ADTS = 3, 1, 2, 0
_MONO = 0xC0
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_ADTS_RATES_HZ = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_ADTS_FRAME_SAMPLES = 1024
_MOST_ADTS_FRAMES = 5_000_000  # a day at 48 kHz
_KBIT_S = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBIT_S_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG-2 and 2.5
_KBIT_S_II = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_HIGH_BIT_RATE = 0xA0  # a frame of this bit rate has room for a Xing header
_SYNC = re.compile(rb"\xff[\xe2\xe3\xf0-\xf5\xf8-\xfd]")
_XING, _VBRI, _VBRI_AT = (b"Xing", b"Info"), b"VBRI", 36
_LENGTH_HEADER_BYTES = 60
_LENGTH_HEADERS = frozenset((*_XING, _VBRI))
_FRAMES_IN_A_ROW = 3  # that chance does not make: together they state some 50 bits
_FIRST_FRAME_WITHIN = 1 << 20
_TAGS_OF_ANY_SIZE = (b"ID3", b"APETAGEX", bytes(64))
"""What begins so may be a tag with a picture that is larger than it states, or a download whose start is missing."""
_COUNT_DIFFERS_BY = 2  # an encoder may count the header's frame, and the last frame may be cut off
_MOST_PARTS = 1_000
_MOST_GAPS = 2_000
_MOST_FALSE_SYNCS = 5_000  # in a row; noise has so many in 50 MB
_FREE_FRAME_BYTES = (96, 8_192)
_OTHER_FILES = (b"PK", b"%PDF", b"\x7fELF", b"\x1f\x8b", b"Rar!", b"7z", b"RIFF", b"FORM", b"FLV", b"\0\0\1\xba")


@dataclass(frozen=True, slots=True)
class Mp3:
    """Whole frames of one kind in `stream`, without tags; a Xing header states their number.

    `states_length` is true if the file itself had that header.
    """

    stream: bytes
    sample_rate_hz: int
    n_samples: int
    states_length: bool = False

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate_hz

    @property
    def n_channels(self) -> int:
        return 1 if self.stream[3] & _MONO == _MONO else 2


@dataclass(frozen=True, slots=True)
class Adts:
    """ADTS frames, which begin at `starts` in `stream`."""

    stream: bytes
    starts: "array[int]"
    duration_s: float

    def between(self, start_s: float, end_s: float) -> bytes:
        """Return the frames of this time."""
        first, end = (int(time_s / self.duration_s * len(self.starts)) for time_s in (start_s, end_s))
        return self.stream[self.starts[first] : self.starts[end] if end < len(self.starts) else None]


@dataclass(frozen=True, slots=True)
class _LengthHeader:
    """A Xing, Info or VBRI header; None where it states no number."""

    n_frames: int | None
    n_bytes: int | None

    def is_true(self, n_frames: int, n_bytes: int) -> bool:
        """Return whether a stream with this header has as many frames as it states, or had them before it was cut."""
        if self.n_frames is None or self.n_frames < n_frames - _COUNT_DIFFERS_BY:
            return False
        if self.n_frames <= n_frames + _COUNT_DIFFERS_BY:
            return True
        return not self.n_bytes or self.n_bytes > n_bytes  # else all its bytes are there, but not its frames


@dataclass(frozen=True, slots=True)
class _Run:
    """Frames of one kind without a gap between `start` and `end`. `last` is where the last one begins."""

    start: int
    last: int
    end: int
    n_frames: int
    is_last: bool


def without_tags(audio: bytes) -> bytes:
    """Cut off ID3v2 tags at the start and ID3v1 or APEv2 tags at the end, which MP3 and other files have."""
    if audio[:3] != b"ID3" and audio[:4] not in _WITH_APE and not _is_layer_iii(audio):
        return audio
    start = 0
    for _ in range(_MOST_TAGS):
        size = tag_bytes(audio, start)
        if not size or start + size >= len(audio):
            break
        start += size
    end = ape.tags_at(audio, start)
    return audio[start:end] if start < end else audio


def from_first_frame(audio: bytes, *, has_tag: bool = False) -> bytes:
    """Cut off zeros, text, half a frame or other bytes before the first MPEG or ADTS frame.

    Returns `audio` itself if frames do not begin within its first megabyte, or anywhere behind a tag that lies about
    its size, or if it is a file of another kind.

    Args:
        has_tag: whether a tag was cut off before `audio`.
    """
    if audio.startswith(_OTHER_FILES) or is_free_format(audio):
        return audio
    is_anywhere = has_tag or audio.startswith(_TAGS_OF_ANY_SIZE)
    at = _next_frames(audio, 0, len(audio) if is_anywhere else _FIRST_FRAME_WITHIN)
    return without_tags(audio[at:]) if at else audio


def frames_at(audio: bytes, start: int) -> int | None:
    """Return where MPEG or ADTS frames begin, at `start` or within a megabyte behind it; None if nowhere."""
    return _next_frames(audio, start, _FIRST_FRAME_WITHIN)


def is_free_format(stream: bytes) -> bool:
    """Return whether `stream` begins with frames of a "free" bit rate, whose headers do not state their size."""
    return _free_frame_bytes(stream) is not None


def read_frames(stream: bytes) -> Mp3 | None:
    """Read the frames of `stream`, without a last frame that is cut off.

    Returns None if it is anything except layer III frames of one sample rate, all mono or all not, with no gaps.
    """
    run = _follow(stream, 0)
    return _mp3(stream[: run.end], run.n_frames) if run and run.is_last else None


def read_parts(stream: bytes) -> list[Mp3]:
    """Read all frames of `stream`: a part for each MP3 that it was put together from, in their order.

    What lies between frames is left out: tags, half a frame, noise. Where it interrupts frames of the same kind, and
    no length header follows, they stay one part. Returns an empty list if `stream` has no frames of layer III, or more
    than 1,000 parts or 2,000 gaps.
    """
    if whole := read_frames(stream) or _read_free_frames(stream):
        return [whole]
    parts: list[list[_Run]] = []
    for n_gaps, run in enumerate(_runs(stream)):
        is_new = not parts or _read_length_header(stream[run.start : run.start + _LENGTH_HEADER_BYTES]) is not None
        if is_new or _kind(stream, run.start) != _kind(stream, parts[-1][-1].start):
            parts.append([])
        parts[-1].append(run)
        if len(parts) > _MOST_PARTS or n_gaps > _MOST_GAPS:
            return []
    found = (
        _mp3(b"".join(stream[run.start : run.end] for run in part), sum(run.n_frames for run in part)) for part in parts
    )
    return [mp3 for mp3 in found if mp3]


def read_adts(stream: bytes) -> Adts | None:
    """Find the ADTS frames (raw AAC) in `stream`, also behind gaps; None if it begins with another frame."""
    starts = array("Q")
    at: int | None = 0
    rate_hz = n_samples = 0
    while at is not None and len(starts) < _MOST_ADTS_FRAMES:
        size = _adts_frame_bytes(stream, at)
        if not size:
            at = _next_frames(stream, at + 1, len(stream)) if starts else None
            continue
        if at + size > len(stream):
            break
        rate_hz = rate_hz or _ADTS_RATES_HZ[stream[at + 2] >> 2 & 15]
        n_samples += _ADTS_FRAME_SAMPLES * ((stream[at + 6] & 3) + 1)
        starts.append(at)
        at += size
    return Adts(stream, starts, n_samples / rate_hz) if rate_hz else None


def _runs(stream: bytes) -> Iterator[_Run]:
    at: int | None = _next_frames(stream, 0, len(stream))
    while at is not None:
        run = _follow(stream, at)
        if run is None:  # frames of another layer
            at = _next_frames(stream, at + 1, len(stream))
            continue
        if run.is_last:
            yield run
            return
        at = _next_frames(stream, run.last + 1, len(stream))
        if at is not None and at < run.end:  # the last frame was cut off by what follows
            run = _Run(run.start, run.last, run.last, run.n_frames - 1, is_last=False)
        if run.n_frames:
            yield run


def _follow(stream: bytes, start: int) -> _Run | None:
    """Follow frames of one kind, until the end, a gap, frames of another kind or a header that states a new length."""
    if len(stream) < start + 4 or not _is_layer_iii(stream, start):
        return None
    version, rate_index = stream[start + 1] >> 3 & 3, stream[start + 2] >> 2 & 3
    if version not in _RATES_HZ or rate_index == 3:
        return None
    is_mono = stream[start + 3] & _MONO == _MONO
    sizes, xing_at = _frame_bytes(stream[start + 1], rate_index), _xing_at(stream[start : start + 4])
    at = last = start
    n_frames, is_last, whole = 0, True, len(stream)
    while at + 4 <= whole:
        size = sizes.get(stream[at : at + 3])
        if size is None or (stream[at + 3] & _MONO == _MONO) != is_mono:
            is_last = False
            break
        if at + size > whole:
            break
        if n_frames and stream[at + xing_at : at + xing_at + 4] in _LENGTH_HEADERS:
            is_last = False
            break
        last = at
        at += size
        n_frames += 1
    return _Run(start, last, at, n_frames, is_last) if n_frames else None


def _mp3(frames: bytes, n_frames: int) -> Mp3 | None:
    """Make the `Mp3` of these frames of one kind, with a length header that is true."""
    version, rate_hz = frames[1] >> 3 & 3, _RATES_HZ[frames[1] >> 3 & 3][frames[2] >> 2 & 3]
    header = _read_length_header(frames)
    if header is not None:
        n_frames -= 1
    states_length = header is not None and header.is_true(n_frames, len(frames))
    if not states_length:
        first = frames[:4]
        if header is not None:
            frames = frames[_frame_bytes(frames[1], frames[2] >> 2 & 3)[frames[:3]] :]
        frames = _xing_frame(first, n_frames) + frames
    n_samples = n_frames * (1152 if version == _MPEG_1 else 576)
    return Mp3(frames, rate_hz, n_samples, states_length) if n_frames > 0 else None


def _next_frames(audio: bytes, start: int, within: int) -> int | None:
    """Return where several frames of one kind follow each other, at `start` or behind it."""
    for found in islice(_SYNC.finditer(audio, start, start + within), _MOST_FALSE_SYNCS):
        at = found.start()
        if _are_frames(audio, at):
            return at
    return None


def _are_frames(audio: bytes, start: int) -> bool:
    """Return whether three frames of one kind begin at `start`, or fewer that end where the audio ends."""
    at, kind = start, _kind(audio, start)
    for n_frames in range(_FRAMES_IN_A_ROW):
        if at == len(audio):
            return n_frames > 1
        size = _any_frame_bytes(audio, at)
        if not size or _kind(audio, at) != kind:
            return False
        at += size
    return at <= len(audio)


def _any_frame_bytes(audio: bytes, at: int) -> int | None:
    if len(audio) < at + 4:
        return None
    second, version, rate_index = audio[at + 1], audio[at + 1] >> 3 & 3, audio[at + 2] >> 2 & 3
    layer, bit_rate = second >> 1 & 3, audio[at + 2] >> 4
    if audio[at] != 0xFF or second & 0xE0 != 0xE0:
        return None
    if layer == _ADTS:
        return _adts_frame_bytes(audio, at)
    if version not in _RATES_HZ or rate_index == 3 or not 1 <= bit_rate <= 14:
        return None
    if layer == _LAYER_III:
        return _frame_bytes(second, rate_index).get(audio[at : at + 3])
    if layer == _LAYER_II:
        kbit_s = (_KBIT_S_II if version == _MPEG_1 else _KBIT_S_LOW)[bit_rate - 1]
        return 144_000 * kbit_s // _RATES_HZ[version][rate_index] + (audio[at + 2] >> 1 & 1)
    return None


def _adts_frame_bytes(audio: bytes, at: int) -> int | None:
    header = audio[at : at + 7]
    if len(header) < 7 or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return None
    size = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > 7 and header[2] >> 2 & 15 < len(_ADTS_RATES_HZ) else None


def _kind(audio: bytes, at: int) -> tuple[int, ...]:
    """Return what frames of one kind have in common: version, layer, sample rate; mono or not."""
    header = audio[at : at + 4]
    if len(header) < 4:
        return ()
    with_or_without_checksum = header[1] | 1
    if header[1] >> 1 & 3 == _ADTS:
        return (with_or_without_checksum, header[2] & 0x3C)
    return (with_or_without_checksum, header[2] & 0x0C, header[3] & _MONO == _MONO)


def _is_layer_iii(audio: bytes, at: int = 0) -> bool:
    return (
        len(audio) > at + 1
        and audio[at] == 0xFF
        and audio[at + 1] & 0xE0 == 0xE0
        and audio[at + 1] >> 1 & 3 == _LAYER_III
    )


def _read_free_frames(stream: bytes) -> Mp3 | None:
    """Read frames of a "free" bit rate: none states its size, all have the same, up to one byte of padding."""
    unpadded = _free_frame_bytes(stream)
    if not unpadded:
        return None
    first, at, n_frames = stream[:4], 0, 0
    while stream[at : at + 2] == first[:2] and (stream[at + 2] ^ first[2]) & 0xFC == 0:
        size = unpadded + (stream[at + 2] >> 1 & 1)
        if at + size > len(stream):
            break
        at += size
        n_frames += 1
    version = first[1] >> 3 & 3
    rate_hz = _RATES_HZ[version][first[2] >> 2 & 3]
    return Mp3(stream[:at], rate_hz, n_frames * (1152 if version == _MPEG_1 else 576))


def _free_frame_bytes(stream: bytes) -> int | None:
    """Return the size, without padding, of the frames of a free bit rate at the start of `stream`; None without any."""
    if len(stream) < 4 or not _is_layer_iii(stream) or stream[2] >> 4:
        return None
    if stream[1] >> 3 & 3 not in _RATES_HZ or stream[2] >> 2 & 3 == 3:
        return None
    low, high = _FREE_FRAME_BYTES
    sync, padding = re.escape(stream[:2]), stream[2] >> 1 & 1
    for found in re.finditer(sync, stream[:high]):
        size = found.start()
        if size < low:
            continue
        if _are_free_frames(stream, size - padding):
            return size - padding
    return None


def _are_free_frames(stream: bytes, unpadded: int) -> bool:
    """Return whether frames of this size, each with or without a byte of padding, follow each other."""
    at = 0
    for _ in range(_FRAMES_IN_A_ROW):
        at += unpadded + (stream[at + 2] >> 1 & 1)
        header = stream[at : at + 3]
        if len(header) < 3 or header[:2] != stream[:2] or (header[2] ^ stream[2]) & 0xFC:
            return False
    return True


@cache
def _frame_bytes(second_byte: int, rate_index: int) -> dict[bytes, int]:
    """Map the first three bytes of a frame to its size, for frames of this version and sample rate."""
    version = second_byte >> 3 & 3
    slots, kbit_s = (144, _KBIT_S) if version == _MPEG_1 else (72, _KBIT_S_LOW)
    return {
        bytes((0xFF, second_byte, bit_rate << 4 | rate_index << 2 | padding << 1 | private)): (
            slots * 1000 * kbit_s[bit_rate - 1] // _RATES_HZ[version][rate_index] + padding
        )
        for bit_rate in range(1, 15)
        for padding in (0, 1)
        for private in (0, 1)
    }


def _xing_at(header: bytes) -> int:
    """Return where a Xing header starts in a frame: after the side information."""
    mono = header[3] & _MONO == _MONO
    if header[1] >> 3 & 3 == _MPEG_1:
        return 4 + (17 if mono else 32)
    return 4 + (9 if mono else 17)


def _read_length_header(stream: bytes) -> _LengthHeader | None:
    """Read the length header in the first frame. Its frame is not counted in its number of frames."""
    if len(stream) < 4:
        return None
    if stream[_VBRI_AT : _VBRI_AT + 4] == _VBRI:
        return _LengthHeader(int.from_bytes(stream[50:54], "big"), int.from_bytes(stream[46:50], "big"))
    at = _xing_at(stream)
    if stream[at : at + 4] not in _XING:
        return None
    states, numbers = stream[at + 7], stream[at + 8 : at + 16]
    n_frames = int.from_bytes(numbers[:4], "big") if states & 1 else None
    n_bytes = int.from_bytes(numbers[4:] if states & 1 else numbers[:4], "big") if states & 2 else None
    return _LengthHeader(n_frames, n_bytes)


def _xing_frame(header: bytes, n_frames: int) -> bytes:
    """Make a silent frame that states how many frames follow it."""
    second = header[1] | 1  # without a checksum
    third = header[2] & 0x0C | _HIGH_BIT_RATE
    frame = bytearray(_frame_bytes(second, header[2] >> 2 & 3)[bytes((0xFF, second, third))])
    frame[:4] = bytes((0xFF, second, third, header[3]))
    at = _xing_at(header)
    frame[at : at + 12] = b"Xing\0\0\0\1" + n_frames.to_bytes(4, "big")
    return bytes(frame)
