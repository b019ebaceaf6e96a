"""A file that was put together from several: its parts, each a whole file with a true header."""

import re
from itertools import pairwise

from spotrec.audio.chunks import wav_starts, with_true_sizes
from spotrec.audio.containers.ogg import pages
from spotrec.audio.flac import with_true_total
from spotrec.audio.mpeg import Mp3, read_parts

_MOST_PARTS = 1_000
_FLAC_START = re.compile(rb"fLaC[\x00\x80]\0\0\x22")
_OGG_START = re.compile(rb"OggS\0[\x02\x03\x06\x07]")  # the first page of a stream


def split(audio: bytes, content_type: str) -> list[bytes | Mp3]:
    """Return the parts of `audio`, most often one: MP3s, WAVs or FLACs one after another, the links of an Ogg chain."""
    match content_type:
        case "audio/mpeg":
            return [*read_parts(audio)] or [audio]
        case "audio/wav":
            return [with_true_sizes(part) for part in _cut(audio, wav_starts(audio))]
        case "audio/aiff":
            return [with_true_sizes(audio)]
        case "audio/flac":
            starts = [found.start() for found in _FLAC_START.finditer(audio)]
            return [with_true_total(part) for part in _cut(audio, starts)]
        case "audio/ogg":
            return [*_cut(audio, _ogg_starts(audio))]
        case _:
            return [audio]


def _cut(audio: bytes, starts: list[int]) -> list[bytes]:
    if len(starts) < 2 or len(starts) > _MOST_PARTS or starts[0]:
        return [audio]
    return [audio[start:end] for start, end in pairwise([*starts, len(audio)])]


def _ogg_starts(audio: bytes) -> list[int]:
    """Return where the links of an Ogg chain start; streams that run side by side begin with adjacent pages."""
    starts, end = [], -1
    for found in _OGG_START.finditer(audio):
        at = found.start()
        if at != end:
            starts.append(at)
        end = next((page.end for page in pages(audio, range(1), at)), -1)
    return starts
