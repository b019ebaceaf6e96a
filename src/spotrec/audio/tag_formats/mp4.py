"""Tags in MP4: the atoms of `moov.udta.meta.ilst`, as iTunes writes them."""

from collections.abc import Iterator

from spotrec.audio.containers.mp4 import boxes
from spotrec.audio.tag_formats.id3 import genre_names
from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode

_UTF_16 = 2


def read(audio: bytes) -> tuple[TagTexts, float | None]:
    """Return the texts by the names of their atoms (`©nam`, `----:com.apple.iTunes:ISRC`), and the duration in seconds.

    An ISRC in the seller's id of a song (`Label:isrc:GBBBM9700006`) has the key `xid isrc`.
    """
    texts, duration_s = TagTexts(), None
    for moov in _named(audio, (0, len(audio)), b"moov", texts):
        for track in _named(audio, moov, b"trak", texts):
            duration_s = duration_s or _duration_s(audio, track, texts)
        for user_data in _named(audio, moov, b"udta", texts):
            for meta in _named(audio, user_data, b"meta", texts):
                for items in _named(audio, _content(audio, *meta), b"ilst", texts):
                    _read_items(audio, *items, texts)
    return texts, duration_s


def _duration_s(audio: bytes, track: tuple[int, int], texts: TagTexts) -> float | None:
    """Return the duration of a track if it is one of sound."""
    for media in _named(audio, track, b"mdia", texts):
        if not any(audio[at + 8 : at + 12] == b"soun" for at, _ in _named(audio, media, b"hdlr", texts)):
            continue
        for header, _ in _named(audio, media, b"mdhd", texts):
            is_long = audio[header : header + 1] == b"\1"
            scale_at, size = (header + 20, 8) if is_long else (header + 12, 4)
            scale = int.from_bytes(audio[scale_at : scale_at + 4], "big")
            return int.from_bytes(audio[scale_at + 4 : scale_at + 4 + size], "big") / scale if scale else None
    return None


def _read_items(audio: bytes, start: int, end: int, texts: TagTexts) -> None:
    for name, at, stop in _atoms(audio, start, end, texts):
        key = name.decode("latin-1")
        names: list[str] = []
        for part, part_at, part_end in _atoms(audio, at, stop, texts):
            if part_end - part_at > LONGEST_BYTES:
                continue
            if part in (b"mean", b"name"):
                names.append(decode(audio[part_at + 4 : part_end]))
            elif part == b"data":
                _add(texts, key, names, audio[part_at:part_end])


def _add(texts: TagTexts, key: str, names: list[str], data: bytes) -> None:
    """Add the value in an atom `data`, which begins with its type and its language."""
    kind, content = int.from_bytes(data[1:4], "big"), data[8:]
    if key == "tmpo":
        texts.add(key, str(int.from_bytes(content[:8], "big")))
    elif key == "gnre":  # one more than in ID3
        texts.add(key, *genre_names(str(int.from_bytes(content[:8], "big") - 1)))
    else:
        text = content.decode("utf-16-be", "replace") if kind == _UTF_16 else decode(content)
        if key == "xid ":
            key, text = "xid isrc", text.partition(":isrc:")[2]
        texts.add(":".join((key, *names)), text)


def _content(audio: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the atoms in `meta` begin and end: after four bytes of version and flags, which QuickTime omits."""
    return (start if audio[start + 4 : start + 8] == b"hdlr" else start + 4), end


def _named(audio: bytes, part: tuple[int, int], wanted: bytes, texts: TagTexts) -> Iterator[tuple[int, int]]:
    """Yield start and end of each atom of this name in a part of the file."""
    return ((start, end) for name, start, end in _atoms(audio, *part, texts) if name == wanted)


def _atoms(audio: bytes, at: int, end: int, texts: TagTexts) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, start and end of each atom, up to one that ends before it begins."""
    for name, start, stop in boxes(audio, texts.steps(), at, end):
        if stop < start:
            return
        yield name, start, min(end, stop)
