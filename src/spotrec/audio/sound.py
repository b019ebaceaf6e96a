"""The sound of a file as a digest: the same before and after its tags, pictures or padding are edited.

Everything is hashed except the parts that are known to hold words, pictures, padding or places of other parts. Nothing
is decoded, so two encodings of a recording differ. A file of an unknown format, or with a damaged structure, is hashed
as a whole: then it is equal only to itself.
"""

import struct
from collections.abc import Callable, Iterator

from spotrec.audio.containers import dsdiff, ebml, flac, mp4, ogg, riff
from spotrec.audio.mpeg import without_tags
from spotrec.audio.tag_formats import ape
from spotrec.system.digests import sha256_of

_MOST_PARTS = 1 << 20
_LEAST_BYTES = 1 << 10  # less is no audio, and may be equal in different files
_ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_RIFF_WORDS = frozenset({b"LIST", b"id3 ", b"ID3 ", b"JUNK", b"PAD ", b"bext", b"iXML", b"_PMX", b"cart", b"DISP"})
_AIFF_WORDS = frozenset({b"NAME", b"AUTH", b"(c) ", b"ANNO", b"COMT", b"ID3 ", b"id3 ", b"APPL"})
_DSDIFF_WORDS = frozenset({b"ID3 ", b"DIIN", b"COMT", b"MANF"})
_DSF_FORM_AT = 28
_MP4_WORDS = frozenset({b"ftyp", b"moov", b"free", b"skip", b"wide", b"meta", b"uuid", b"udta"})
_SEGMENT = 0x18538067
# seek head, info, tracks, cues, attachments, chapters, tags, void, checksum
_MATROSKA_WORDS = frozenset(
    {0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1941A469, 0x1043A770, 0x1254C367, 0xEC, 0xBF, 0x1A45DFA3}
)

_Parts = Iterator[memoryview]


def sound_digest(audio: bytes) -> str:
    """Return the digest of the audio in a file, 64 hex digits."""
    stream = memoryview(without_tags(audio))
    stream = stream[: ape.tags_at(stream)] or stream  # files of any format have these tags
    for is_format, parts in _FORMATS:
        if is_format(stream):
            try:
                found = list(parts(stream))
            except (ValueError, struct.error):
                break
            if sum(map(len, found)) >= _LEAST_BYTES:
                return sha256_of(found)
    return sha256_of([stream])


def _flac(stream: memoryview) -> _Parts:
    kind = None
    for kind, start, end in flac.blocks(stream, range(_MOST_PARTS)):
        if kind in (flac.STREAM_INFO, flac.FRAMES):
            yield stream[start:end]
    if kind != flac.FRAMES:
        raise ValueError("no last block")


def _ogg(stream: memoryview) -> _Parts:
    """Yield the pages after the headers: a header's page has the position 0, or none."""
    end, is_audio = 0, False
    for page in ogg.pages(stream, range(_MOST_PARTS)):
        end, is_audio = page.end, is_audio or page.position not in (0, -1)
        if is_audio:
            yield stream[page.start : end]
    if len(stream) - end >= ogg.PAGE_HEADER.size:
        if bytes(stream[end : end + 4]) != b"OggS":
            raise ValueError("no page")
        yield stream[end:]


def _chunks(order: riff.Order, words: frozenset[bytes]) -> Callable[[memoryview], _Parts]:
    """Return the reader of a RIFF (little) or AIFF (big) file's chunks without the ones with these names."""

    def read(stream: memoryview) -> _Parts:
        for name, start, end in riff.chunks(stream, range(_MOST_PARTS), order):
            if name in (b"data", b"SSND") and start == end:  # written to a pipe
                yield stream[start:]
                return
            if name not in words:
                yield stream[start:end]

    return read


def _dsf(stream: memoryview) -> _Parts:
    form_bytes = struct.unpack_from("<Q", stream, _DSF_FORM_AT + 4)[0]
    data_at = _DSF_FORM_AT + form_bytes
    data_bytes = struct.unpack_from("<Q", stream, data_at + 4)[0]
    yield stream[_DSF_FORM_AT : data_at + data_bytes]


def _dsdiff(stream: memoryview) -> _Parts:
    for name, start, end in dsdiff.chunks(stream, range(_MOST_PARTS)):
        if name not in _DSDIFF_WORDS:
            yield stream[start:end]


def _mp4(stream: memoryview) -> _Parts:
    for name, start, end in mp4.boxes(stream, range(_MOST_PARTS)):
        if end < start or start > len(stream):
            raise ValueError("a damaged box")
        if name not in _MP4_WORDS:
            yield stream[start:end]


def _asf(stream: memoryview) -> _Parts:
    yield stream[struct.unpack_from("<Q", stream, 16)[0] :]


def _matroska(stream: memoryview) -> _Parts:
    """Yield the elements of segments; from one of unknown size on, the rest of the file."""
    at = 0
    for name, start, end in ebml.elements(stream, range(_MOST_PARTS), into={_SEGMENT}):
        if start > len(stream):
            raise ValueError("a number that is cut off")
        if name == _SEGMENT:
            at = start
            continue
        at = end
        if name not in _MATROSKA_WORDS or end == ebml.UNKNOWN_END:
            yield stream[start:end]
    if at < len(stream):
        raise ValueError("no element")


def _begins(magic: bytes, at: int = 0) -> Callable[[memoryview], bool]:
    return lambda stream: stream[at : at + len(magic)] == magic


_FORMATS: tuple[tuple[Callable[[memoryview], bool], Callable[[memoryview], _Parts]], ...] = (
    (_begins(b"fLaC"), _flac),
    (_begins(b"OggS"), _ogg),
    (_begins(b"RIFF"), _chunks("little", _RIFF_WORDS)),
    (_begins(b"FORM"), _chunks("big", _AIFF_WORDS)),
    (_begins(b"ftyp", 4), _mp4),
    (_begins(_ASF_HEADER), _asf),
    (_begins(b"DSD "), _dsf),
    (_begins(b"FRM8"), _dsdiff),
    (_begins(b"\x1a\x45\xdf\xa3"), _matroska),
)
