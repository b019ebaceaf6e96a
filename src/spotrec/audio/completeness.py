"""Whether an audio file is cut off: its headers state more than it holds. Nothing is decoded."""

from collections.abc import Iterator

from spotrec.audio.mpeg import read_frames, without_tags
from spotrec.audio.tags import AudioTags

TRUNCATED_BELOW = 0.9
"""A file that holds a smaller part than this of what it states is cut off."""
_BOX_HEADER_BYTES, _LONG_BOX_HEADER_BYTES = 8, 16
_MOST_BOXES = 10_000


def is_cut_off(audio: bytes, tags: AudioTags) -> bool:
    """Whether a file ends too early: an MP3 with fewer frames than it states, an MP4 or a WAV with fewer bytes.

    Other formats state nothing that can be checked without decoding them.

    Args:
        tags: as `read_tags` returns them for `audio`.
    """
    match tags.content_type:
        case "audio/mpeg":
            mp3 = read_frames(without_tags(audio))
            return mp3 is not None and mp3.duration_s < TRUNCATED_BELOW * (tags.stated_s or 0.0)
        case "audio/mp4":
            boxes = list(_boxes(audio))
            lacks_index = not any(kind == b"moov" and end <= len(audio) for kind, end in boxes)
            return lacks_index or len(audio) < TRUNCATED_BELOW * max(end for _, end in boxes)
        case "audio/wav":
            n_stated = int.from_bytes(audio[4:8], "little")
            return audio[:4] == b"RIFF" and n_stated < 0xFFFFFFFF and len(audio) < TRUNCATED_BELOW * n_stated
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
