"""A file that was put together from several: its parts, each a whole file with a true header.

They may be of several kinds, such as an MP3 with a WAV behind it.
"""

import re
from itertools import pairwise

from spotrec.audio.chunks import caf_starts, ends_at, starts, with_true_sizes
from spotrec.audio.containers.mp4 import boxes
from spotrec.audio.containers.ogg import pages
from spotrec.audio.flac import with_true_total
from spotrec.audio.kinds import kind_of
from spotrec.audio.mpeg import Mp3, frames_at, read_frames, read_parts
from spotrec.audio.tag_formats.id3 import tag_bytes

_MOST_PARTS = 1_000
_MARKS = (
    (b"WAVEfmt ", 8), (b"AIFFCOMM", 8), (b"AIFCFVER", 8), (b"fLaC\0\0\0\x22", 0), (b"OggS\0\2\0\0", 0),
    (b"caff\0\1\0\0desc", 0), (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9", 0), (b"ftypM4A ", 4),
)  # fmt: skip
"""Bytes that only the start of a file has, and how many bytes stand before them there."""
_REST_BYTES = 1 << 12
_MOST_BOXES = 100_000
_BOX_HEADER_BYTES = 8
_FLAC_START = re.compile(rb"fLaC[\x00\x80]\0\0\x22")
_ASF_START = re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c")
_MATROSKA_START = re.compile(rb"\x1a\x45\xdf\xa3.{1,64}?\x42\x82.(?:matroska|webm)", re.DOTALL)
_OGG_START = re.compile(rb"OggS\0[\x02\x03\x06\x07]")  # the first page of a stream


def runs_of_a_kind(audio: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """Return the runs of files of one kind in `audio`, each with its content type; most often one."""
    runs: list[tuple[str, bytes]] = []
    for _ in range(_MOST_PARTS):
        at = _next_kind_at(audio, content_type)
        kind = kind_of(audio[at:]) if at else None
        if not at or kind is None:
            break
        runs.append((content_type, audio[:at]))
        audio, content_type = audio[at:], kind.content_type
    return [*runs, (content_type, audio)]


def _next_kind_at(audio: bytes, content_type: str) -> int | None:
    """Return where a file of another kind begins behind the one, or the ones of its kind, that `audio` begins with."""
    match content_type:
        case "audio/mpeg":
            if read_frames(audio):
                return None
            found = [at - offset for mark, offset in _MARKS if (at := audio.find(mark, 1)) > offset]
            return min(found, default=None)
        case "audio/wav" | "audio/aiff":
            at = ends_at(audio, "little" if content_type == "audio/wav" else "big")
        case "audio/x-caf":
            at = caf_starts(audio)[-1][1]
        case _:
            return None
    rest = audio[at : at + _REST_BYTES]
    at += len(rest) - len(rest.lstrip(b"\0"))
    return at if _begins_another(audio, at) else None


def _begins_another(audio: bytes, at: int) -> bool:
    """Return whether a file begins at `at`: not a tag, which ends many files."""
    if at >= len(audio):
        return False
    kind = kind_of(audio[at : at + _REST_BYTES])
    if kind and kind.content_type not in ("audio/mpeg", "audio/aac"):
        return True
    behind_tag = at + tag_bytes(audio, at)
    return frames_at(audio, behind_tag) == behind_tag


def split(audio: bytes, content_type: str) -> list[bytes | Mp3]:
    """Return the parts of `audio`, most often one: whole files one after another, the links of an Ogg chain."""
    match content_type:
        case "audio/mpeg":
            return [*read_parts(audio)] or [audio]
        case "audio/wav":
            return [with_true_sizes(part) for part in _cut(audio, starts(audio, "little"))]
        case "audio/aiff":
            return [with_true_sizes(part) for part in _cut(audio, starts(audio, "big"))]
        case "audio/mp4":
            return [*_cut(audio, _mp4_starts(audio))]
        case "audio/flac":
            places = [found.start() for found in _FLAC_START.finditer(audio)]
            return [with_true_total(part) for part in _cut(audio, places)]
        case "audio/x-caf":
            return [*_cut(audio, [start for start, _ in caf_starts(audio)])]
        case "audio/x-ms-wma":
            return [*_cut(audio, [found.start() for found in _ASF_START.finditer(audio)])]
        case "audio/webm":
            return [*_cut(audio, [found.start() for found in _MATROSKA_START.finditer(audio)])]
        case "audio/ogg":
            return [*_cut(audio, _ogg_starts(audio))]
        case _:
            return [audio]


def _cut(audio: bytes, places: list[int]) -> list[bytes]:
    if len(places) < 2 or len(places) > _MOST_PARTS or places[0]:
        return [audio]
    return [audio[start:end] for start, end in pairwise([*places, len(audio)])]


def _mp4_starts(audio: bytes) -> list[int]:
    """Return where MP4 files start, each with a box `moov`."""
    places: list[int] = []
    has_moov = True
    for name, start, _ in boxes(audio, range(_MOST_BOXES)):
        if name == b"ftyp" and has_moov:
            places.append(start - _BOX_HEADER_BYTES)
            has_moov = False
        has_moov = has_moov or name == b"moov"
    return places if has_moov else []


def _ogg_starts(audio: bytes) -> list[int]:
    """Return where the links of an Ogg chain start; streams that run side by side begin with adjacent pages."""
    starts, end = [], -1
    for found in _OGG_START.finditer(audio):
        at = found.start()
        if at != end:
            starts.append(at)
        end = next((page.end for page in pages(audio, range(1), at)), -1)
    return starts
