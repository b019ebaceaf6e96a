"""Every kind of audio file that spotrec hears: how it begins, its name, and FFmpeg's demuxer for it.

A new kind is a row here, its suffixes in `links/parser.py`, and its length, if its header states one, in `tags.py`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from spotrec.audio.frames import DTS_SYNCS, is_ac3, is_dts, is_e_ac3, is_loas

_HEAD_BYTES = 16
_DSD_HIGHEST_HZ = 5_644_800
"""An eighth of 45 MHz: decoders make a sample of 8 bits of DSD."""


class Times(Enum):
    """How FFmpeg finds a time in a file: STATED by it, with its length; COUNTED, packet by packet; WALKED to.

    COUNTED: the length, if it is stated at all, is an estimate. WALKED: seeking leads elsewhere.
    """

    STATED = auto()
    COUNTED = auto()
    WALKED = auto()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        content_type: its MIME type, by which the rest of the code knows it.
        name: as people write it.
        demuxer: FFmpeg's. If FFmpeg guessed, it might read a playlist, and contact its hosts.
        begins: matches the first 16 bytes.
        confirms: tells whether the whole file is of this kind, where the first bytes are not enough.
        times: how FFmpeg finds a time in it.
        with_ffmpeg: whether FFmpeg decodes it, also where libsndfile would.
        highest_hz: the highest sample rate, after decoding, that is not refused as nonsense.
    """

    content_type: str
    name: str
    demuxer: str
    begins: re.Pattern[bytes]
    is_lossless: bool = False
    confirms: Callable[[bytes], bool] | None = None
    times: Times = Times.STATED
    with_ffmpeg: bool = False
    highest_hz: int = 384_000


def _any(*magics: bytes) -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(re.escape, magics)))


def _pattern(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.DOTALL)


KINDS = (
    Kind("audio/wav", "WAV", "wav", _pattern(rb"(?:RIFF|RF64|BW64)....WAVE"), is_lossless=True),
    Kind("audio/aiff", "AIFF", "aiff", _pattern(rb"FORM....AIF[FC]"), is_lossless=True),
    Kind("audio/mp4", "M4A", "mp4", _pattern(rb"....ftyp")),
    Kind("audio/mpeg", "MP3", "mp3", _any(b"ID3")),
    Kind("audio/flac", "FLAC", "flac", _any(b"fLaC"), is_lossless=True),
    Kind("audio/ogg", "Ogg", "ogg", _any(b"OggS")),
    Kind("audio/webm", "Matroska", "matroska", _any(b"\x1a\x45\xdf\xa3")),
    Kind("audio/x-caf", "CAF", "caf", _any(b"caff")),
    Kind("audio/x-wavpack", "WavPack", "wv", _any(b"wvpk"), is_lossless=True),
    Kind("audio/x-ape", "APE", "ape", _any(b"MAC "), is_lossless=True),
    Kind("audio/x-ms-wma", "WMA", "asf", _any(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")),
    Kind("audio/x-musepack", "Musepack", "mpc8", _any(b"MPCK"), times=Times.WALKED),
    Kind("audio/x-musepack", "Musepack", "mpc", _pattern(rb"MP\+[\x07\x17\x27]"), times=Times.WALKED),  # SV7
    Kind("audio/x-tta", "True Audio", "tta", _any(b"TTA1"), is_lossless=True),
    Kind("audio/x-tak", "TAK", "tak", _any(b"tBaK"), is_lossless=True),
    Kind("audio/x-shorten", "Shorten", "shn", _any(b"ajkg"), is_lossless=True, times=Times.WALKED),
    Kind("audio/x-dsf", "DSD", "dsf", _pattern(rb"DSD \x1c\0{7}"), is_lossless=True, times=Times.COUNTED,
         highest_hz=_DSD_HIGHEST_HZ),
    Kind("audio/x-dff", "DSD", "iff", _pattern(rb"FRM8.{8}DSD "), is_lossless=True, times=Times.COUNTED,
         highest_hz=_DSD_HIGHEST_HZ),
    Kind("audio/eac3", "E-AC-3", "eac3", _any(b"\x0b\x77"), times=Times.COUNTED,
         confirms=lambda audio: is_e_ac3(audio) and is_ac3(audio)),
    Kind("audio/ac3", "AC-3", "ac3", _any(b"\x0b\x77"), confirms=is_ac3, times=Times.COUNTED),
    Kind("audio/vnd.dts", "DTS", "dts", _any(*DTS_SYNCS), confirms=is_dts, times=Times.COUNTED),
    Kind("audio/vnd.dts.hd", "DTS-HD", "dtshd", _any(b"DTSHDHDR"), times=Times.COUNTED),
    Kind("audio/x-truehd", "TrueHD", "truehd", _pattern(rb"....\xf8\x72\x6f\xba"), is_lossless=True,
         times=Times.COUNTED),
    Kind("audio/x-mlp", "MLP", "mlp", _pattern(rb"....\xf8\x72\x6f\xbb"), is_lossless=True, times=Times.COUNTED),
    Kind("audio/aac-loas", "AAC", "loas", _pattern(rb"\x56[\xe0-\xff]"), confirms=is_loas, times=Times.COUNTED),
    Kind("audio/amr", "AMR", "amr", _any(b"#!AMR\n", b"#!AMR-WB\n"), times=Times.COUNTED),
    Kind("audio/vnd.rn-realaudio", "RealAudio", "rm", _any(b".RMF", b".ra\xfd"), times=Times.WALKED),
    Kind("audio/x-oma", "ATRAC", "oma", _any(b"ea3\3", b"EA3\1")),
    Kind("audio/x-flv", "Flash video", "flv", _any(b"FLV\1"), times=Times.COUNTED),
    Kind("audio/basic", "AU", "au", _any(b".snd", b"dns."), is_lossless=True),
    Kind("audio/x-w64", "Wave64", "w64", _any(b"riff\x2e\x91\xcf\x11"), is_lossless=True,
         with_ffmpeg=True),
    Kind("audio/x-rifx", "WAV", "wav", _pattern(rb"RIFX....WAVE"), is_lossless=True),
    Kind("audio/x-voc", "VOC", "voc", _any(b"Creative Voice F"), times=Times.COUNTED, with_ffmpeg=True),
    Kind("audio/x-8svx", "8SVX", "iff", _pattern(rb"FORM....(?:8|16)SV"), is_lossless=True),
    Kind("audio/x-nist", "NIST SPHERE", "nistsphere", _any(b"NIST_1A\n"), is_lossless=True),
    Kind("audio/x-ircam", "IRCAM", "ircam",
         _pattern(rb"(?:\x64\xa3[\1-\4]\0|\0[\1-\4]\xa3\x64)"), is_lossless=True),
    Kind("audio/x-paf", "PAF", "paf", _any(b" paf\0\0\0\0", b"fap \0\0\0\0"), is_lossless=True),
    Kind("audio/x-avr", "AVR", "avr", _any(b"2BIT"), is_lossless=True),
    Kind("audio/x-pvf", "PVF", "pvf", _any(b"PVF1\n"), is_lossless=True),
    Kind("audio/x-sox", "SoX", "sox", _any(b".SoX", b"XoS."), is_lossless=True),
)  # fmt: skip
_RAW_AAC = Kind("audio/aac", "AAC", "aac", _pattern(rb"\xff[\xf0\xf1\xf8\xf9]"))
_MPEG = Kind("audio/mpeg", "MP3", "mp3", _pattern(rb"\xff[\xe2-\xff]"))


def kind_of(audio: bytes) -> Kind | None:
    """Return the kind by the first bytes, or None if spotrec does not decode this content."""
    head = audio[:_HEAD_BYTES]
    for kind in KINDS:
        if kind.begins.match(head) and (kind.confirms is None or kind.confirms(audio)):
            return kind
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        if head[1] & 0xF6 == 0xF0:
            return _RAW_AAC
        layer = head[1] >> 1 & 3
        return _MPEG if layer in (1, 2) else None  # III and II; layer I would match every UTF-16 text
    return None


def kind_with(content_type: str, audio: bytes = b"") -> Kind:
    """Return the kind that has this content type; where several have it, that of `audio`."""
    kinds = [kind for kind in (*KINDS, _RAW_AAC) if kind.content_type == content_type]
    return next((kind for kind in kinds if kind.begins.match(audio[:_HEAD_BYTES])), kinds[0])
