"""MP3 files: the tags around the audio, and its frames, counted without decoding.

Decoders estimate the length of an MP3 without a Xing header from its size and its first frame: half of a file with a
variable bit rate could be lost, and a file with a picture in its tags would seem cut off. So the frames are counted,
and a Xing header with their number is put in front.
"""

from dataclasses import dataclass
from functools import cache

from spotrec.audio.tag_formats import ape
from spotrec.audio.tag_formats.id3 import V1_BYTES, tag_bytes

_MOST_TAGS = 8  # one after another
_WITH_APE = (b"wvpk", b"MAC ")
_MPEG_1, _LAYER_III = 3, 1
_MONO = 0xC0
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBIT_S = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBIT_S_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG-2 and 2.5
_HIGH_BIT_RATE = 0xA0  # a frame of this bit rate has room for a Xing header


@dataclass(frozen=True, slots=True)
class Mp3:
    """Whole frames of one kind in `stream`, without tags; a Xing header states their number."""

    stream: bytes
    sample_rate_hz: int
    n_samples: int

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate_hz


def without_tags(audio: bytes) -> bytes:
    """Cut off ID3v2 tags at the start and ID3v1 or APEv2 tags at the end, which MP3 and other files have."""
    if audio[:3] != b"ID3" and audio[:4] not in _WITH_APE and not _is_layer_iii(audio):
        return audio
    start, end = 0, len(audio)
    for _ in range(_MOST_TAGS):
        size = tag_bytes(audio, start)
        if not size or start + size >= end:
            break
        start += size
    if audio[end - V1_BYTES :][:3] == b"TAG":
        end -= V1_BYTES
    end -= ape.tag_bytes(audio[max(start, end - ape.FOOTER_BYTES) : end])
    return audio[start:end] if start < end else audio


def read_frames(stream: bytes) -> Mp3 | None:
    """Read the frames of `stream`, without a last frame that is cut off.

    Returns None if it is anything except layer III frames of one sample rate, all mono or all not, with no gaps.
    """
    if len(stream) < 4 or not _is_layer_iii(stream):
        return None
    version, rate_index, channels = stream[1] >> 3 & 3, stream[2] >> 2 & 3, stream[3] & _MONO
    if version not in _RATES_HZ or rate_index == 3:
        return None
    sizes = _frame_bytes(stream[1], rate_index)
    at = n_frames = 0
    while at + 4 <= len(stream):
        size = sizes.get(stream[at : at + 3])
        if size is None or (stream[at + 3] & _MONO == _MONO) != (channels == _MONO):
            return None
        if at + size > len(stream):
            break
        at += size
        n_frames += 1
    if not n_frames:
        return None
    samples_per_frame = 1152 if version == _MPEG_1 else 576
    rate_hz = _RATES_HZ[version][rate_index]
    whole = stream[:at]
    if _states_length(whole):
        n_frames -= 1
    else:
        whole = _xing_frame(whole[:4], n_frames) + whole
    return Mp3(whole, rate_hz, n_frames * samples_per_frame) if n_frames > 0 else None


def _is_layer_iii(audio: bytes) -> bool:
    return len(audio) > 1 and audio[0] == 0xFF and audio[1] & 0xE0 == 0xE0 and audio[1] >> 1 & 3 == _LAYER_III


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


def _states_length(stream: bytes) -> bool:
    if len(stream) < 4:
        return False
    at = _xing_at(stream)
    return stream[36:40] == b"VBRI" or (
        stream[at : at + 4] in (b"Xing", b"Info") and bool(stream[at + 7 : at + 8] > b"\0")
    )


def _xing_frame(header: bytes, n_frames: int) -> bytes:
    """Make a silent frame that states how many frames follow it."""
    second = header[1] | 1  # without a checksum
    third = header[2] & 0x0C | _HIGH_BIT_RATE
    frame = bytearray(_frame_bytes(second, header[2] >> 2 & 3)[bytes((0xFF, second, third))])
    frame[:4] = bytes((0xFF, second, third, header[3]))
    at = _xing_at(header)
    frame[at : at + 12] = b"Xing\0\0\0\1" + n_frames.to_bytes(4, "big")
    return bytes(frame)
