"""Tags in Matroska and WebM: the elements `Info` and `Tags` (RFC 9559)."""

import struct
from collections.abc import Iterator

from spotrec.audio.containers.ebml import elements
from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode

_SEGMENT, _INFO, _TAGS = 0x18538067, 0x1549A966, 0x1254C367
_TITLE, _SCALE, _DURATION = 0x7BA9, 0x2AD7B1, 0x4489
_TAG, _TARGETS, _SIMPLE_TAG, _NAME, _STRING = 0x7373, 0x63C0, 0x67C8, 0x45A3, 0x4487
_LEVEL = 0x68CA
_OTHER_TARGETS = frozenset({0x63C9, 0x63C4, 0x63C6})  # editions, chapters and attachments
_ALBUM_LEVEL = 50
_NS_PER_TICK = 1_000_000
_LARGEST_ID = (1 << 32) - 1


def read(audio: bytes) -> tuple[TagTexts, float | None]:
    """Return the texts by their names, and the duration in seconds, if it is stated.

    The title of the segment has the key `segment title`. What is said of the whole album, not of the track, has the
    key `album` and the name: `album title`, `album artist`.
    """
    texts, duration_s = TagTexts(), None
    for id_, start, end in _elements(audio, 0, len(audio), texts):
        if id_ == _SEGMENT:
            for part, part_at, part_end in _elements(audio, start, end, texts):
                if part == _INFO:
                    duration_s = _read_info(audio, part_at, part_end, texts) or duration_s
                elif part == _TAGS:
                    _read_tags(audio, part_at, part_end, texts)
    return texts, duration_s


def _read_info(audio: bytes, at: int, end: int, texts: TagTexts) -> float | None:
    scale, ticks = _NS_PER_TICK, 0.0
    for id_, start, stop in _elements(audio, at, end, texts):
        if id_ == _TITLE and stop - start <= LONGEST_BYTES:
            texts.add("segment title", _text(audio, start, stop))
        elif id_ == _SCALE:
            scale = int.from_bytes(audio[start:stop][:8], "big")
        elif id_ == _DURATION and stop - start in (4, 8):
            (ticks,) = struct.unpack(">f" if stop - start == 4 else ">d", audio[start:stop])
    return ticks * scale / 1e9 or None


def _read_tags(audio: bytes, at: int, end: int, texts: TagTexts) -> None:
    for id_, start, stop in _elements(audio, at, end, texts):
        if id_ != _TAG:
            continue
        parts = list(_elements(audio, start, stop, texts))
        targets = [target for part, i, j in parts if part == _TARGETS for target in _elements(audio, i, j, texts)]
        if any(target in _OTHER_TARGETS for target, _, _ in targets):
            continue
        level = max((int.from_bytes(audio[i:j][:8], "big") for target, i, j in targets if target == _LEVEL), default=0)
        for part, i, j in parts:
            if part == _SIMPLE_TAG and j - i <= LONGEST_BYTES:
                fields = {field: _text(audio, k, m) for field, k, m in _elements(audio, i, j, texts)}
                name = fields.get(_NAME, "")
                texts.add(f"album {name}" if level >= _ALBUM_LEVEL else name, fields.get(_STRING, ""))


def _elements(audio: bytes, at: int, end: int, texts: TagTexts) -> Iterator[tuple[int, int, int]]:
    """Yield id, start and end of each element, up to one whose id is too long. One of unknown size goes to the end."""
    for id_, start, stop in elements(audio, texts.steps(), at, end):
        if id_ > _LARGEST_ID:
            return
        yield id_, start, min(stop, end)


def _text(audio: bytes, start: int, end: int) -> str:
    return decode(audio[start:end].rstrip(b"\0"))
