"""Whether an audio file is cut off: its headers state more than it holds. Nothing is decoded."""

from collections.abc import Iterator

from spotrec.audio.chunks import read_wav
from spotrec.audio.mpeg import Mp3
from spotrec.audio.tags import Content

TRUNCATED_BELOW = 0.9
"""A file that holds a smaller part than this of what it states is cut off."""
_BOX_HEADER_BYTES, _LONG_BOX_HEADER_BYTES = 8, 16
_MOST_BOXES = 10_000


def is_cut_off(content: Content) -> bool:
    """Whether a file ends too early: an MP3 with fewer frames than it states, an MP4 or a WAV with fewer bytes.

    Other formats state nothing that can be checked without decoding them.
    """
    last = content.parts[-1]
    if isinstance(last, Mp3):
        held_s = sum(part.duration_s for part in content.parts if isinstance(part, Mp3))
        return held_s < TRUNCATED_BELOW * (content.length.stated_s or 0.0)
    match content.content_type:
        case "audio/mp4":
            boxes = list(_boxes(last))
            lacks_index = not any(kind == b"moov" and end <= len(last) for kind, end in boxes)
            return lacks_index or len(last) < TRUNCATED_BELOW * max(end for _, end in boxes)
        case "audio/wav":
            wav = read_wav(last)
            return wav is not None and wav.n_bytes < TRUNCATED_BELOW * wav.n_stated
    return False


def _boxes(audio: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield the kind of each box of an MP4, and where it ends, which may be after the end of the file."""
    start = 0
    for _ in range(_MOST_BOXES):
        if start + _BOX_HEADER_BYTES > len(audio):
            return
        size, kind = int.from_bytes(audio[start : start + 4], "big"), audio[start + 4 : start + 8]
        if size == 1:
            size = max(int.from_bytes(audio[start + 8 : start + 16], "big"), _LONG_BOX_HEADER_BYTES)
        elif size == 0:  # to the end of the file
            size = len(audio) - start
        start += max(size, _BOX_HEADER_BYTES)
        yield kind, start
