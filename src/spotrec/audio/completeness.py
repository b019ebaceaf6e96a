"""Whether an audio file is cut off: its headers state more than it holds. Nothing is decoded."""

from spotrec.audio.chunks import read_wav
from spotrec.audio.containers.mp4 import boxes
from spotrec.audio.mpeg import Mp3
from spotrec.audio.tags import Content

TRUNCATED_BELOW = 0.9
"""A file that holds a smaller part than this of what it states is cut off."""
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
            ends = [(kind, max(start, end)) for kind, start, end in boxes(last, range(_MOST_BOXES))]
            lacks_index = not any(kind == b"moov" and end <= len(last) for kind, end in ends)
            return lacks_index or len(last) < TRUNCATED_BELOW * max(end for _, end in ends)
        case "audio/wav":
            wav = read_wav(last)
            return wav is not None and wav.n_bytes < TRUNCATED_BELOW * wav.n_stated
    return False
