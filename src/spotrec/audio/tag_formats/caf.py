"""Tags in a Core Audio file: the strings of its `info` chunk."""

from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode

_HEADER_BYTES, _CHUNK_HEADER_BYTES = 8, 12


def read(audio: bytes) -> TagTexts:
    """Return the strings of the file by their keys."""
    texts, at = TagTexts(), _HEADER_BYTES
    for _ in texts.steps():
        size = int.from_bytes(audio[at + 4 : at + _CHUNK_HEADER_BYTES], "big", signed=True)
        start = at + _CHUNK_HEADER_BYTES
        if audio[at : at + 4] == b"info":
            _read_strings(audio, start + 4, min(len(audio), start + size), texts)  # first their number
            break
        if size < 0 or start >= len(audio):  # audio of unknown size goes to the end
            break
        at = start + size
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
