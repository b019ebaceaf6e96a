"""What is heard of an audio file: one excerpt or several. Audio without music is refused.

Of audio longer than a minute the middle 30 s are decoded, as in the previews that stores offer: beginnings are
often silence, applause or a fade-in. Shorter audio is decoded from its start. Of audio longer than 90 s several such
excerpts can be decoded, spread over it.
"""

from dataclasses import dataclass

from spotrec.audio.completeness import TRUNCATED_BELOW
from spotrec.audio.excerpts import Excerpt
from spotrec.audio.sources import WHOLE_UP_TO_S, Source, with_source
from spotrec.audio.tags import read_content
from spotrec.audio.unreadable_formats import refuse_encrypted
from spotrec.errors import Reason, TrackError
from spotrec.vectors import FloatArray

EXCERPT_S = 30.0
SEVERAL_FROM_S = 90.0
MIN_S = 3.0
SILENCE = 10 ** (-70 / 20)  # peak amplitude, -70 dBFS: anything quieter is dither, not music
LOUDEST = 1e12  # peak amplitude: above it, the power of a spectrum would not fit into float32
_SHORTEST_GAP_S = 3.0  # between excerpts that may move
_SOUNDS_FROM = 0.5  # of its seconds
_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Heard:
    """The excerpts of a file, in the order of its time.

    `has_more` tells whether more of them could be heard: not of audio that is short, or silent elsewhere.
    """

    excerpts: tuple[Excerpt, ...]
    has_more: bool


def decode(audio: bytes, sample_rate_hz: int, name: str = "the file") -> FloatArray:
    """Return the one excerpt of `audio`, at a sample rate, shape (n_samples,). See `decode_excerpts`."""
    (excerpt,) = decode_excerpts(audio, name).excerpts
    return excerpt.at(sample_rate_hz)


def decode_excerpts(audio: bytes, name: str = "the file", n: int = 1) -> Heard:
    """Decode the excerpts of `audio` that networks analyse. Between them it is not decoded.

    Args:
        audio: a whole audio file of any format that libsndfile or FFmpeg reads.
        name: what to call it in errors.
        n: how many excerpts to hear of audio that is longer than 90 s, as far as they fit. Silent ones are moved, or
            left out.

    Returns:
        Mono samples (the channels' mean, or one channel if they cancel each other), finite: of up to a minute all, of
        longer audio excerpts of 30 s.

    Raises:
        TrackError: the content is not audio, is damaged or truncated, has under 3 s, is silent, or contains NaN.
    """
    content = read_content(audio, name)
    refuse_encrypted(audio, content.content_type, name)
    stated_s = content.length.stated_s or 0.0

    def choose(source: Source) -> Heard:
        if n > 1 and source.present_s > SEVERAL_FROM_S:
            return _hear_several(source, n, stated_s, name)
        start_s, length_s = window(source.present_s)
        excerpt = source.hear(start_s, length_s)
        whole_s = source.present_s or stated_s
        _refuse(excerpt, (start_s, min(window(whole_s)[1], whole_s)), source.present_s, stated_s, name)
        return Heard((excerpt,), has_more=source.present_s > SEVERAL_FROM_S)

    return with_source(content.parts, content.content_type, name, choose)


def window(duration_s: float) -> tuple[float, float]:
    """Return start and length, in seconds, of the one excerpt of audio of this duration."""
    if duration_s <= WHOLE_UP_TO_S:
        return 0.0, WHOLE_UP_TO_S
    return (duration_s - EXCERPT_S) / 2, EXCERPT_S


def spread(duration_s: float, n: int) -> list[list[float]]:
    """Return where excerpts of audio of this duration may start, in seconds: for each the best place first.

    There are `n`, or as many as fit, with equal gaps before, between and after them. An excerpt that is silent may move
    by a gap, or half of one.
    """
    n = max(1, min(n, int(duration_s / EXCERPT_S)))
    gap_s = (duration_s - n * EXCERPT_S) / (n + 1)
    moves = (0.0, 0.5, -0.5, 1.0, -1.0) if gap_s >= _SHORTEST_GAP_S else (0.0,)
    starts = [gap_s + i * (gap_s + EXCERPT_S) for i in range(n)]
    return [[start_s + move * gap_s for move in moves] for start_s in starts]


def _hear_several(source: Source, n: int, stated_s: float, name: str) -> Heard:
    """Hear up to `n` excerpts. What is wrong with one of them matters only if there is no other."""
    found: list[Excerpt] = []
    soft: list[Excerpt] = []
    faults: list[TrackError] = []
    heard_to_s = 0.0
    for starts in spread(source.present_s, n):
        for start_s in starts:
            if start_s < heard_to_s - _ROUNDING_S:
                continue
            try:
                excerpt = source.hear(start_s, EXCERPT_S)
                _refuse(excerpt, (start_s, EXCERPT_S), source.present_s, stated_s, name)
            except TrackError as error:
                faults.append(error)
                continue
            if sounding(excerpt) >= _SOUNDS_FROM:
                found.append(excerpt)
                heard_to_s = start_s + EXCERPT_S
                break
            soft.append(excerpt)
    if not found and soft:
        found = [max(soft, key=sounding)]
    if not found:  # another decoder is tried for a damaged file
        raise min(faults, key=lambda error: error.reason is not Reason.DAMAGED)
    return Heard(tuple(found), has_more=len(found) == n)


def sounding(excerpt: Excerpt) -> float:
    """Return which part of an excerpt's whole seconds is not silent, from 0 to 1."""
    rate = excerpt.sample_rate_hz
    seconds = excerpt.samples[: excerpt.samples.size // rate * rate].reshape(-1, rate)
    if not len(seconds):
        return 0.0
    return float((seconds.max(axis=1) - seconds.min(axis=1) >= 2 * SILENCE).mean())


def _refuse(excerpt: Excerpt, cut: tuple[float, float], present_s: float, stated_s: float, name: str) -> None:
    """Raise TrackError for audio that is no music, or is cut off.

    Args:
        cut: where the excerpt starts in the file, and the length that it must have, in seconds.
        present_s: of the whole file, as the decoder sees it.
        stated_s: of the whole file, as its headers state it.
    """
    samples, heard_s = excerpt.samples, excerpt.duration_s
    start_s, wanted_s = cut
    stated_s = max(stated_s, present_s)
    ends = f"ends after {start_s + heard_s:.1f} s" if heard_s or not start_s else f"ends before {start_s:.1f} s"
    for found_s, promised_s, how, whole_s in (
        (heard_s, wanted_s, ends, stated_s or wanted_s),
        (present_s or stated_s, stated_s, f"ends after {present_s:.1f} s", stated_s),
    ):
        if found_s < TRUNCATED_BELOW * promised_s:
            raise TrackError(Reason.TRUNCATED, f"{name} {how} of {whole_s:.1f} s", "get a complete copy of it")
    if heard_s < MIN_S:
        raise TrackError(
            Reason.TOO_SHORT,
            f"{name} has {heard_s:.1f} s of audio",
            f"spotrec needs at least {MIN_S:.0f} s",
        )
    peak = max(float(samples.max()), -float(samples.min()))  # NaN if any sample is
    if not peak <= LOUDEST:
        raise TrackError(Reason.NOT_FINITE, f"{name} contains samples that are not numbers, or too large")
    if float(samples.max()) - float(samples.min()) < 2 * SILENCE:  # a constant offset is no sound
        raise TrackError(Reason.SILENT, f"{name} is silent")
