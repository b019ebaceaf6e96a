"""Tags of DSD files: ID3 in DSF and DSDIFF, and the title and the artist that DSDIFF has itself."""

from spotrec.audio.containers.dsdiff import chunks
from spotrec.audio.numbers import big, little
from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode

_DSF_TAG_PLACE_AT = 20
_TEXTS = (b"DITI", b"DIAR")


def id3_at(audio: bytes) -> int | None:
    """Return where the ID3 tag of a DSF or DSDIFF file begins; None if it has none, or is another file."""
    if audio[:4] == b"DSD ":
        return little(audio, _DSF_TAG_PLACE_AT, 8) or None
    if audio[:4] == b"FRM8":
        found = chunks(audio, TagTexts().steps())
        return next((start for name, start, _ in found if name == b"ID3 "), None)
    return None


def read(audio: bytes) -> TagTexts:
    """Return the texts of a DSDIFF file by the names of their chunks."""
    texts = TagTexts()
    for name, start, stop in chunks(audio, texts.steps()):
        if name != b"DIIN":
            continue
        for key, at, _ in chunks(audio, texts.steps(), start, min(stop, len(audio))):
            size = big(audio, at, 4)
            if key in _TEXTS and size <= LONGEST_BYTES:
                texts.add(key.decode("ascii"), decode(audio[at + 4 : at + 4 + size]).partition("\0")[0])
    return texts
