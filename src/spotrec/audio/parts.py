"""A file that was put together from several: its parts, each a whole file with a true header."""

import re
from itertools import pairwise

from spotrec.audio.chunks import starts, with_true_sizes
from spotrec.audio.containers.mp4 import boxes
from spotrec.audio.containers.ogg import pages
from spotrec.audio.flac import with_true_total
from spotrec.audio.mpeg import Mp3, read_parts

_MOST_PARTS = 1_000
_MOST_BOXES = 100_000
_BOX_HEADER_BYTES = 8
_FLAC_START = re.compile(rb"fLaC[\x00\x80]\0\0\x22")
_ASF_START = re.compile(rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c")
_MATROSKA_START = re.compile(rb"\x1a\x45\xdf\xa3.{1,64}?\x42\x82.(?:matroska|webm)", re.DOTALL)
_OGG_START = re.compile(rb"OggS\0[\x02\x03\x06\x07]")  # the first page of a stream


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
