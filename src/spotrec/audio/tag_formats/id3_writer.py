"""Short texts added to an ID3v2 tag. Its other frames stay as they are, byte for byte, whatever they hold."""

import re
from collections.abc import Mapping

from spotrec.audio.tag_formats import id3

_HEADER_BYTES = 10
_FOOTER, _EXTENDED, _UNSYNCHRONISED = 0x10, 0x40, 0x80
_LARGEST = 1 << 28
_NAME = re.compile(rb"[A-Z0-9]{4}")


def with_texts(audio: bytes, texts: Mapping[str, str], says_nothing: re.Pattern[str]) -> bytes:
    """Return a file with these ASCII texts, by names of frames, in its first ID3v2 tag; without one it gets one.

    Args:
        says_nothing: a frame whose whole text matches is replaced; one that says something else stays as it is.

    Raises:
        ValueError: the tag is of version 2.2, or of an unusual form.
    """
    size = id3.tag_bytes(audio)
    if not size:
        body = b"".join(map(_frame, texts, texts.values()))
        return _header(3, 0, len(body)) + body + audio
    version, flags, body = audio[3], audio[5], audio[_HEADER_BYTES:size]
    if version not in (3, 4) or flags & (_FOOTER | _EXTENDED):
        raise ValueError("a tag of an unusual form")
    present = id3.read(audio)
    added = dict(texts)
    for name in texts:
        if not (found := present.get(name.lower())):
            continue
        if not all(says_nothing.fullmatch(text) for text in found):
            del added[name]
        elif flags & _UNSYNCHRONISED:
            raise ValueError("a frame that cannot be replaced")
        else:
            body = _without(body, name.encode(), version)
    frames = b"".join(map(_frame, added, added.values()))
    _, end = _followed(body, version)
    padding = len(body) - end if end is not None and not body[end:].strip(b"\0") else 0
    body = frames + body[: len(body) - min(padding, len(frames))]  # with padding, the audio need not move
    return _header(version, flags, len(body), audio[4]) + body + audio[size:]


def _without(body: bytes, name: bytes, version: int) -> bytes:
    """Return the frames without the ones of this name."""
    frames, end = _followed(body, version)
    if end is None:
        raise ValueError("frames that cannot be followed")
    return b"".join(body[span] for span in frames if body[span][:4] != name) + body[end:]


def _followed(body: bytes, version: int) -> tuple[list[slice], int | None]:
    """Return the frames, and where they end; None if they do not end in padding or with the tag."""
    frames: list[slice] = []
    at, bits = 0, 7 if version == 4 else 8
    while at < len(body) and body[at]:
        digits = body[at + 4 : at + 8]
        end = at + _HEADER_BYTES + sum(digit << bits * place for place, digit in enumerate(reversed(digits)))
        if end > len(body) or max(digits, default=128) >= 1 << bits or not _NAME.fullmatch(body[at : at + 4]):
            return frames, None
        frames.append(slice(at, end))
        at = end
    return frames, at


def _frame(name: str, text: str) -> bytes:
    content = b"\0" + text.encode("ascii")
    return name.encode("ascii") + len(content).to_bytes(4, "big") + b"\0\0" + content


def _header(version: int, flags: int, size: int, revision: int = 0) -> bytes:
    if size >= _LARGEST:
        raise ValueError("a tag that is too large")
    digits = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, revision, flags]) + digits
