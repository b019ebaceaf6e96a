"""Tags in chunks: `LIST INFO` in WAV, `NAME` and `AUTH` in AIFF, and ID3 in both."""

from collections.abc import Iterator
from typing import Literal

from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode

_HEADER_BYTES = 8
_Order = Literal["big", "little"]

_FORMS = frozenset({b"WAVE", b"AIFF", b"AIFC"})
_AIFF_TEXTS = frozenset({b"NAME", b"AUTH"})


def read(audio: bytes) -> TagTexts:
    """Return the texts of a WAV or AIFF file by the names of their chunks."""
    texts = TagTexts()
    for name, start, end in _chunks(audio, 12, len(audio), _order(audio), texts):
        if name == b"LIST" and audio[start : start + 4] == b"INFO":
            for key, text_at, text_end in _chunks(audio, start + 4, end, "little", texts):
                _add(texts, key, audio, text_at, text_end)
        elif name in _AIFF_TEXTS:
            _add(texts, name, audio, start, end)
    return texts


def id3_at(audio: bytes) -> int | None:
    """Return where the ID3 tag of a WAV or AIFF file begins; None if it has none, or is another file."""
    if audio[8:12] not in _FORMS:
        return None
    chunks = _chunks(audio, 12, len(audio), _order(audio), TagTexts())
    tags = (at for name, at, _ in chunks if name.upper() == b"ID3 " and audio[at : at + 3] == b"ID3")
    return next(tags, None)


def _order(audio: bytes) -> _Order:
    return "big" if audio[:4] == b"FORM" else "little"


def _add(texts: TagTexts, name: bytes, audio: bytes, start: int, end: int) -> None:
    if end - start <= LONGEST_BYTES:
        texts.add(name.decode("latin-1"), decode(audio[start:end].partition(b"\0")[0]))


def _chunks(audio: bytes, at: int, end: int, order: _Order, texts: TagTexts) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk. A chunk that claims more than there is ends with the file."""
    for _ in texts.steps():
        if at + _HEADER_BYTES > end:
            return
        size = int.from_bytes(audio[at + 4 : at + _HEADER_BYTES], order)
        start = at + _HEADER_BYTES
        yield audio[at : at + 4], start, min(end, start + size)
        at = start + size + size % 2
        if size % 2 and audio[at - 1 : at] not in (b"\0", b"") and audio[at - 1 : at + 3].isalnum():
            at -= 1  # some programs write no byte of padding
