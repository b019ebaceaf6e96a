"""How long a file plays, counted from what it holds; and what its headers state, to see whether it is cut off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spotrec.audio.chunks import MPEG_IN_WAV, caf_duration_s, read_wav
from spotrec.audio.clusters import clusters_end_s
from spotrec.audio.fragments import fragments_end_s
from spotrec.audio.mpeg import Mp3, read_adts, read_parts

LONGEST_S = 1e6


@dataclass(frozen=True, slots=True)
class Stated:
    """A length in seconds from a header, or an estimate from size and bit rate."""

    seconds: float
    is_estimate: bool


@dataclass(frozen=True, slots=True)
class Length:
    """The duration of a file, and the duration that its headers state, each None if unknown."""

    duration_s: float | None = None
    stated_s: float | None = None


def measure(
    parts: Sequence[bytes | Mp3], kind: str, first: Stated | None, length_of: Callable[[bytes], float]
) -> Length:
    """Measure a file of these parts.

    Args:
        parts: from `parts.split`.
        kind: the content type.
        first: the length that the first part states.
        length_of: returns the stated length of another part in seconds, 0 if it is unknown.
    """
    mp3s = [part for part in parts if isinstance(part, Mp3)]
    contents = [part for part in parts if isinstance(part, bytes)]
    is_one = len(parts) == 1
    if mp3s and not (first and is_one and mp3s[0].states_length):
        return _within_bounds(sum(mp3.duration_s for mp3 in mp3s))
    if kind == "audio/wav":
        last = read_wav(contents[-1])
        is_cut = last is not None and last.n_stated > last.n_bytes
        return _within_bounds(sum(map(_wav_duration_s, contents)), is_stated=is_cut)
    if kind == "audio/aac":
        adts = read_adts(contents[0])
        return _within_bounds(adts.duration_s if adts else 0.0)
    if kind == "audio/x-caf":
        return _within_bounds(sum(caf_duration_s(content) or 0.0 for content in contents))
    if kind == "audio/webm" and first is None:
        return _within_bounds(clusters_end_s(contents[0]) or 0.0)
    if kind == "audio/mp4" and (end_s := fragments_end_s(contents[0]) or 0.0) > (first.seconds if first else 0.0):
        return _within_bounds(end_s)
    if not is_one:
        return _within_bounds((first.seconds if first else 0.0) + sum(map(length_of, contents[1:])))
    return _within_bounds(first.seconds, is_stated=not first.is_estimate) if first else Length()


def _within_bounds(seconds: float, *, is_stated: bool = False) -> Length:
    duration_s = seconds if 0 < seconds < LONGEST_S else None
    return Length(duration_s, duration_s if is_stated else None)


def _wav_duration_s(audio: bytes) -> float:
    wav = read_wav(audio)
    if wav is None:
        return 0.0
    if wav.codec not in MPEG_IN_WAV:
        return wav.duration_s() or 0.0
    return wav.duration_s(sum(mp3.duration_s for mp3 in read_parts(audio[wav.data_at :][: wav.n_bytes]))) or 0.0
