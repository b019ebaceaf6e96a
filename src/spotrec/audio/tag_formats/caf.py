"""Tags in a Core Audio file: the strings of its `info` chunk."""

from spotrec.audio.containers import caf
from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode


def read(audio: bytes) -> TagTexts:
    """Return the strings of the file by their keys."""
    texts = TagTexts()
    for name, start, end in caf.chunks(audio, texts.steps()):
        if name == b"info":
            _read_strings(audio, start + 4, min(len(audio), end), texts)  # first their number
            break
    return texts


def _read_strings(audio: bytes, at: int, end: int, texts: TagTexts) -> None:
    for _ in texts.steps():
        key_end = audio.find(b"\0", at, end)
        text_end = audio.find(b"\0", key_end + 1, end)
        if key_end < 0 or text_end < 0:
            break
        if text_end - at <= LONGEST_BYTES:
            texts.add(decode(audio[at:key_end]), decode(audio[key_end + 1 : text_end]))
        at = text_end + 1
