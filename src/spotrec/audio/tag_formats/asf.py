"""Tags in Windows Media files (ASF): attributes in the objects of the header."""

from collections.abc import Iterator
from uuid import UUID

from spotrec.audio.numbers import little
from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts

_PROPERTIES = UUID("8CABDCA1-A947-11CF-8EE4-00C00C205365").bytes_le
_DESCRIPTION = UUID("75B22633-668E-11CF-A6D9-00AA0062CE6C").bytes_le
_ATTRIBUTES = UUID("D2D0A440-E307-11D2-97F0-00A0C95EA850").bytes_le
_EXTENSION = UUID("5FBF03B5-A92E-11CF-8EE3-00C00C205365").bytes_le
_METADATA = UUID("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA").bytes_le
_LIBRARY = UUID("44231C94-9498-49D1-A141-1D134E457054").bytes_le
_IN_ORDER = (_DESCRIPTION, _ATTRIBUTES, _METADATA, _LIBRARY)
"""Of several values of one name, programs put the first into the first of these objects, the second into the next."""
_OBJECT_BYTES, _HEADER_BYTES, _EXTENSION_BYTES = 24, 30, 22
_PROPERTIES_BYTES = 64
_TEXT, _NUMBERS = 0, frozenset({2, 3, 4, 5})


def read(audio: bytes) -> tuple[TagTexts, float | None]:
    """Return the attributes by their names, and the duration in seconds, if it is stated."""
    texts, duration_s = TagTexts(), None
    header_end = min(len(audio), int.from_bytes(audio[16:_OBJECT_BYTES], "little"))
    parts: list[tuple[bytes, int, int]] = []
    for kind, start, end in _objects(audio, _HEADER_BYTES, header_end, texts):
        if kind == _PROPERTIES and end - start >= _PROPERTIES_BYTES:
            played, before = little(audio, start + 40, 8) / 1e7, little(audio, start + 56, 8) / 1e3
            duration_s = max(0.0, played - before) or None
        elif kind == _EXTENSION:
            parts += _objects(audio, start + _EXTENSION_BYTES, end, texts)
        else:
            parts.append((kind, start, end))
    for wanted in _IN_ORDER:
        for start, end in [(start, end) for kind, start, end in parts if kind == wanted]:
            if wanted == _DESCRIPTION:
                _read_description(audio, start, end, texts)
            else:
                _read_attributes(audio, start, end, texts, is_library=wanted != _ATTRIBUTES)
    return texts, duration_s


def _objects(audio: bytes, at: int, end: int, texts: TagTexts) -> Iterator[tuple[bytes, int, int]]:
    for _ in texts.steps():
        size = little(audio, at + 16, 8)
        if at + _OBJECT_BYTES > end or size < _OBJECT_BYTES:
            return
        yield audio[at : at + 16], at + _OBJECT_BYTES, min(end, at + size)
        at += size


def _read_description(audio: bytes, at: int, end: int, texts: TagTexts) -> None:
    sizes = [little(audio, at + 2 * i, 2) for i in range(5)]
    at += 10
    for key, size in zip(("Title", "Author"), sizes, strict=False):
        if at + size <= end and size <= LONGEST_BYTES:
            texts.add(key, _text(audio, at, size))
        at += size


def _read_attributes(audio: bytes, at: int, end: int, texts: TagTexts, *, is_library: bool) -> None:
    """Read attributes, each with a name, a type and a value; in a library also with a language and a stream."""
    n, at = little(audio, at, 2), at + 2
    for _ in zip(range(n), texts.steps(), strict=False):
        if is_library:
            name_bytes, kind, size = (little(audio, at + i, k) for i, k in ((4, 2), (6, 2), (8, 4)))
            name_at = at + 12
            value_at = name_at + name_bytes
        else:
            name_bytes, name_at = little(audio, at, 2), at + 2
            value_at = name_at + name_bytes + 4
            kind, size = little(audio, value_at - 4, 2), little(audio, value_at - 2, 2)
        if value_at + size > end:
            break
        if name_bytes + size <= LONGEST_BYTES and (kind == _TEXT or (kind in _NUMBERS and size <= 8)):
            value = _text(audio, value_at, size) if kind == _TEXT else str(little(audio, value_at, size))
            texts.add(_text(audio, name_at, name_bytes), value)
        at = value_at + size


def _text(audio: bytes, at: int, size: int) -> str:
    return audio[at : at + size].decode("utf-16-le", "replace").rstrip("\0")
