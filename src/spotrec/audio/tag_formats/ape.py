"""APEv2 tags, at the end of a file: in Monkey's Audio, WavPack, MP3 and AAC."""

from spotrec.audio.tag_formats.texts import LONGEST_BYTES, MOST_VALUES, TagTexts, decode

_FOOTER_BYTES = 32
_ID3V1_BYTES, _LYRICS_END = 128, b"LYRICS200"
_ITEM_HEADER_BYTES, _LONGEST_KEY_BYTES = 8, 255
_HAS_HEADER = 0x80
_IS_TEXT = 0


def tags_at(audio: bytes | memoryview, start: int = 0) -> int:
    """Return where the APEv2 and ID3v1 tags at the end of `audio` begin; 0 if they claim more than there is.

    Args:
        start: where the audio begins.
    """
    end = len(audio)
    if audio[max(0, end - _ID3V1_BYTES) :][:3] == b"TAG":
        end -= _ID3V1_BYTES
    return max(0, end - _tag_bytes(bytes(audio[max(start, end - _FOOTER_BYTES) : end])))


def read(audio: bytes) -> TagTexts:
    """Return the texts of the tag at the end of `audio`, before any ID3v1 and Lyrics3 tags; by its keys."""
    texts, end = TagTexts(), _end(audio)
    footer = audio[max(0, end - _FOOTER_BYTES) : end]
    if not _tag_bytes(footer):
        return texts
    at = max(0, end - int.from_bytes(footer[12:16], "little"))
    end -= _FOOTER_BYTES
    for _ in texts.steps():
        size, flags = (int.from_bytes(audio[at + i : at + i + 4], "little") for i in (0, 4))
        at += _ITEM_HEADER_BYTES
        key_end = audio.find(b"\0", at, min(end, at + _LONGEST_KEY_BYTES + 1))
        if at >= end or key_end < 0:
            break
        value_end = key_end + 1 + size
        if flags >> 1 & 3 == _IS_TEXT and size <= LONGEST_BYTES and value_end <= end:
            values = decode(audio[key_end + 1 : value_end]).split("\0", MOST_VALUES)
            texts.add(decode(audio[at:key_end]), *values)
        at = value_end
    return texts


def _end(audio: bytes) -> int:
    """Return where an APEv2 tag would end."""
    end = len(audio)
    if audio[end - _ID3V1_BYTES :][:3] != b"TAG":
        return end
    end -= _ID3V1_BYTES
    if audio[end - len(_LYRICS_END) : end] == _LYRICS_END and (digits := audio[end - 15 : end - 9]).isdigit():
        end -= int(digits) + 15
    return max(0, end)


def _tag_bytes(footer: bytes) -> int:
    """Return the size of the tag with this footer of 32 bytes, or 0 if this is not one."""
    if len(footer) < _FOOTER_BYTES or footer[:8] != b"APETAGEX":
        return 0
    return int.from_bytes(footer[12:16], "little") + (_FOOTER_BYTES if footer[23] & _HAS_HEADER else 0)
