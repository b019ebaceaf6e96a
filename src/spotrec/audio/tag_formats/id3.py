"""ID3 tags, versions 1, 2.2, 2.3 and 2.4. Only short texts are read: a frame can unpack to gigabytes.

What programs write and the standard does not allow is read as mutagen reads it: plain sizes in version 2.4 (iTunes),
unsynchronisation of a whole 2.4 tag, an extended header that is not there, 2.2 names in 2.3.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from spotrec.audio.tag_formats.texts import LONGEST_BYTES, MOST_VALUES, TagTexts, decode, utf_16_of
from spotrec.names.artists import split_at_slashes

V1_BYTES = 128
_HEADER_BYTES = 10
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_MOST_FRAMES, _MOST_TEXTS = 2_000, 100
_VERSIONS = (2, 3, 4)
_LONGEST_LAST_TAG, _MOST_LAST_TAGS = 1 << 18, 100
_FRAME_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9\0]?")
_ENCODINGS = {0: "", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_V1_FIELDS = {"TIT2": (3, 33), "TPE1": (33, 63), "TALB": (63, 93), "TDRC": (93, 97)}
_V22_NAMES = {"TT2": "TIT2", "TP1": "TPE1", "TAL": "TALB", "TRC": "TSRC", "TYE": "TYER", "TDA": "TDAT", "TCO": "TCON"}
_V22_NAMES |= {"TBP": "TBPM", "TKE": "TKEY", "TOR": "TORY"}
_V22_NAMES |= {"TXX": "TXXX"}
_OWN = "TXXX"
_TEXTS = frozenset({*_V22_NAMES.values(), "TDRC", "TDRL", "TDOR", "TMOO"} - {_OWN})


@dataclass(frozen=True, slots=True)
class _Layout:
    """The layout of frames in one version of ID3: sizes in version 4 have seven bits a byte, or eight by iTunes."""

    version: int
    size_bits: int

    @property
    def name_bytes(self) -> int:
        return 3 if self.version == 2 else 4

    @property
    def header_bytes(self) -> int:
        return 6 if self.version == 2 else 10


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame as it is stored; `flags` are those of its format."""

    name: str
    flags: int
    content: bytes


def tag_bytes(audio: bytes, at: int = 0) -> int:
    """Return the size of the ID3v2 tag that begins at `at`, or 0 if there is no tag."""
    header = audio[at : at + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES or header[:3] != b"ID3" or max(header[6:]) > 127:
        return 0
    footer = header[5] & 0x10
    return _number(header[6:], 7) + _HEADER_BYTES * (2 if footer else 1)


def appended_at(audio: bytes) -> int:
    """Return where an ID3v2 tag behind the audio begins; the size of the file if there is none.

    In version 2.4 it has a footer; some programs write it without.
    """
    end = len(audio) - (V1_BYTES if audio[-V1_BYTES:][:3] == b"TAG" else 0)
    footer = audio[max(0, end - _HEADER_BYTES) : end]
    if footer[:3] == b"3DI":
        return max(0, end - 2 * _HEADER_BYTES - _number(footer[6:], 7))
    at = end
    for _ in range(_MOST_LAST_TAGS):
        at = audio.rfind(b"ID3", max(0, end - _LONGEST_LAST_TAG), at)
        if at < 0:
            break
        if tag_bytes(audio, at) == end - at:
            return at
    return len(audio)


def first_within(audio: bytes, at: int, end: int) -> int | None:
    """Return where a whole ID3v2 tag begins between `at` and `end`, where other bytes are too; None if none does."""
    for _ in range(_MOST_LAST_TAGS):
        at = audio.find(b"ID3", at, end)
        if at < 0:
            break
        if 0 < tag_bytes(audio, at) <= end - at and audio[at + 3] in _VERSIONS:
            return at
        at += 1
    return None


def read(audio: bytes, at: int = 0) -> TagTexts:
    """Return the texts of the ID3v2 tag that begins at `at`, by the names of frames in version 2.4.

    What programs name themselves has the key `TXXX:` and that name.
    """
    texts = TagTexts()
    size = tag_bytes(audio, at)
    if not size or (version := audio[at + 3]) not in _VERSIONS:
        return texts
    is_unsynchronised = bool(audio[at + 5] & _UNSYNCHRONISED)
    body = audio[at + _HEADER_BYTES : at + size]
    plain = body.replace(b"\xff\0", b"\xff") if is_unsynchronised else body
    # in version 4 sizes count the bytes that are stored; some programs write it as they write version 3
    bodies = (body, plain) if version == 4 and is_unsynchronised else (plain,)
    layouts = [_Layout(version, 7), _Layout(version, 8)] if version == 4 else [_Layout(version, 8)]
    ways = [
        [*_frames(each[_extended_bytes(each, layout, audio[at + 5]) :], layout)]
        for each in bodies
        for layout in layouts
    ]
    n_best = max(range(len(ways)), key=lambda i: len(ways[i]))  # of equals, the standard's
    unpack_all = is_unsynchronised and version == 4 and n_best < len(layouts)
    named = [(_V22_NAMES.get(frame.name.rstrip("\0"), frame.name), frame) for frame in ways[n_best]]
    for wanted in (_TEXTS, {_OWN}):
        for name, frame in [(name, frame) for name, frame in named if name in wanted][:_MOST_TEXTS]:
            _add(texts, name, _decoded(_unpacked(frame, version, unpack_all)), version)
    _join_dates(texts)
    return texts


def read_v1(tag: bytes) -> TagTexts:
    """Return the texts of an ID3v1 tag of 128 bytes, by the names of frames in version 2.4."""
    texts = TagTexts()
    if len(tag) == V1_BYTES and tag[:3] == b"TAG":
        for name, (start, end) in _V1_FIELDS.items():
            texts.add(name, decode(tag[start:end].partition(b"\0")[0]).strip())
        _add(texts, "TCON", str(tag[-1]), 1)
    return texts


def genre_names(text: str) -> list[str]:
    """Return the genres in a text, in which ID3 may number them: `17`, `(17)(131)`, `(17)Rock`."""
    from mutagen.id3 import TCON

    names: list[str] = TCON(encoding=3, text=[text]).genres
    return names


def _extended_bytes(body: bytes, layout: _Layout, flags: int) -> int:
    """Return the size of the extended header. Some programs announce one and do not write it."""
    if not flags & _EXTENDED or layout.version == 2 or _FRAME_NAME.fullmatch(body[:4]):
        return 0
    return _number(body[:4], 7) if layout.version == 4 else _number(body[:4], 8) + 4


def _frames(body: bytes, layout: _Layout) -> Iterator[_Frame]:
    """Yield frames up to padding, or up to a name that no frame has."""
    at = 0
    for _ in range(_MOST_FRAMES):
        header = body[at : at + layout.header_bytes]
        name = header[: layout.name_bytes]
        if len(header) < layout.header_bytes or not _FRAME_NAME.fullmatch(name):
            return
        start = at + layout.header_bytes
        at = start + _number(header[layout.name_bytes : 2 * layout.name_bytes], layout.size_bits)
        content = body[start:at] if at - start <= LONGEST_BYTES else b""
        yield _Frame(name.decode("ascii"), header[-1] if layout.version > 2 else 0, content)


def _unpacked(frame: _Frame, version: int, is_unsynchronised: bool) -> bytes:
    """Return the content of a frame, without what flags put before it; nothing of an encrypted one."""
    has_group, is_encrypted, is_compressed = (0x40, 0x04, 0x08) if version == 4 else (0x20, 0x40, 0x80)
    has_size = frame.flags & (is_compressed | (1 if version == 4 else 0))
    if version == 2 or frame.flags & is_encrypted:
        return frame.content if version == 2 else b""
    content = frame.content[(1 if frame.flags & has_group else 0) + (4 if has_size else 0) :]
    if is_unsynchronised or (version == 4 and frame.flags & 2):
        content = content.replace(b"\xff\0", b"\xff")
    if frame.flags & is_compressed:
        try:
            content = zlib.decompressobj().decompress(content, LONGEST_BYTES)
        except zlib.error:
            return b""
    return content


def _decoded(content: bytes) -> str:
    """Decode the text of a frame; NUL characters separate several. What claims to be Latin-1 may be something else."""
    encoding = _ENCODINGS.get(content[0], "") if content else ""
    raw = content[1:] if content[:1] <= b"\3" else content
    if not encoding:
        return decode(raw)
    if "16" not in encoding:
        return decode(raw).replace("\ufeff", "")
    whole = raw[: len(raw) // 2 * 2]
    return whole.decode(utf_16_of(whole) or encoding, "replace").replace("\ufeff", "")


def _add(texts: TagTexts, name: str, text: str, version: int) -> None:
    if name == _OWN:
        name, _, text = text.partition("\0")
        name = f"{_OWN}:{name}"
    for value in text.split("\0", MOST_VALUES):
        if name == "TCON":
            texts.add(name, *genre_names(value))
        elif name == "TPE1" and version < 4:
            texts.add(name, *split_at_slashes(value))
        else:
            texts.add(name, value)


def _join_dates(texts: TagTexts) -> None:
    """Make one date of the year and the day (DDMM) of older versions."""
    year, day = (next(iter(texts.get(key)), "") for key in ("tyer", "tdat"))
    if re.fullmatch(r"[0-9]{4}", year):
        is_day = re.fullmatch(r"[0-3][0-9][01][0-9]", day)
        texts.add("TDRC", f"{year}-{day[2:]}-{day[:2]}" if is_day else year)
    elif year:
        texts.add("TDRC", year)


def _number(digits: bytes, bits: int) -> int:
    """Read a big-endian number with this many bits a byte."""
    number = 0
    for digit in digits:
        number = number << bits | digit
    return number
