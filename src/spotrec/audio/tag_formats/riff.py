"""Tags in chunks: `LIST INFO` in WAV, `NAME` and `AUTH` in AIFF, and ID3 in both."""

from collections.abc import Iterator

from spotrec.audio.containers.riff import FIRST_CHUNK_AT, Order, chunks
from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode, utf_16_of

_FORMS = frozenset({b"WAVE", b"AIFF", b"AIFC"})
_AIFF_TEXTS = frozenset({b"NAME", b"AUTH"})


def read(audio: bytes) -> TagTexts:
    """Return the texts of a WAV or AIFF file by the names of their chunks."""
    texts = TagTexts()
    for name, start, end in _chunks(audio, FIRST_CHUNK_AT, len(audio), _order(audio), texts):
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
    found = _chunks(audio, FIRST_CHUNK_AT, len(audio), _order(audio), TagTexts())
    tags = (at for name, at, _ in found if name.upper() == b"ID3 " and audio[at : at + 3] == b"ID3")
    return next(tags, None)


def _order(audio: bytes) -> Order:
    return "big" if audio[:4] == b"FORM" else "little"


def _add(texts: TagTexts, name: bytes, audio: bytes, start: int, end: int) -> None:
    if end - start <= LONGEST_BYTES:
        raw = audio[start:end]
        text = decode(raw) if utf_16_of(raw) else decode(raw.partition(b"\0")[0])
        texts.add(name.decode("latin-1"), text.partition("\0")[0])


def _chunks(audio: bytes, at: int, end: int, order: Order, texts: TagTexts) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each chunk. A chunk that claims more than there is ends with the file."""
    for name, start, stop in chunks(audio, texts.steps(), order, at, end, may_lack_padding=True):
        yield name, start, min(end, stop)
