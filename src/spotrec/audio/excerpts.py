"""Excerpts of audio, and what every decoder does with them: the channels as one, and what is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from spotrec.audio.bitstreams import is_dts
from spotrec.audio.channels import Levels, Mix, average, is_quiet, one_channel
from spotrec.errors import Reason, TrackError, first_line
from spotrec.vectors import FloatArray

MAX_CHANNELS = 16
SAMPLE_RATES_HZ = (4_000, 384_000)
PIECE_S = 3.0


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Decoded audio: `samples`, shape (n_samples,), mono, at `sample_rate_hz`."""

    samples: FloatArray
    sample_rate_hz: int

    def at(self, sample_rate_hz: int) -> FloatArray:
        """Return the samples at another rate, shape (n_samples,)."""
        if self.sample_rate_hz == sample_rate_hz:
            return self.samples
        import soxr

        samples: FloatArray = soxr.resample(self.samples, self.sample_rate_hz, sample_rate_hz, quality="HQ")
        return samples

    @property
    def duration_s(self) -> float:
        return self.samples.size / self.sample_rate_hz


class Channels(Protocol):
    """Audio that is open, with its channels."""

    @property
    def present_s(self) -> float: ...

    @property
    def n_channels(self) -> int: ...

    def read(self, start_s: float, length_s: float, mix: Mix) -> Excerpt:
        """Decode to mono with `mix`."""

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        """See `Source.hear`."""


def audible(source: Channels, start_s: float, length_s: float) -> Excerpt:
    excerpt = source.read(start_s, length_s, average)
    if source.n_channels == 1 or not is_quiet(excerpt.samples):
        return excerpt
    return not_cancelled(start_s, length_s, excerpt, source)


def not_cancelled(start_s: float, length_s: float, mean: Excerpt, source: Channels) -> Excerpt:
    """Return the loudest channel if channels cancel each other, else `mean`."""
    for cut in (_middle(start_s, length_s, source.present_s), (start_s, length_s)):  # a piece tells it of most
        levels = Levels()
        source.read(*cut, levels.measure)
        if not levels.may_be_cancelled():
            return mean
    return source.read(start_s, length_s, partial(one_channel, levels.loudest())) if levels.is_cancelled() else mean


def _middle(start_s: float, length_s: float, duration_s: float) -> tuple[float, float]:
    """Return start and length of a piece of a few seconds from the middle of an excerpt."""
    there_s = max(0.0, min(length_s, duration_s - start_s))
    return start_s + max(0.0, there_s - PIECE_S) / 2, PIECE_S


@contextmanager
def undamaged(name: str, *errors: type[Exception]) -> Iterator[None]:
    """Raise TrackError for a decoder's errors."""
    try:
        yield
    except errors as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def refuse_dts(frames: FloatArray, name: str) -> None:
    if is_dts(frames):
        raise TrackError(
            Reason.UNSUPPORTED, f"{name} is DTS, stored as if it were samples", "decode it with a DTS decoder to FLAC"
        )


def refuse_format(channels: int, rate: int, name: str, high: int = SAMPLE_RATES_HZ[1]) -> None:
    low = SAMPLE_RATES_HZ[0]
    if not (1 <= channels <= MAX_CHANNELS and low <= rate <= high):
        raise TrackError(
            Reason.UNSUPPORTED,
            f"{name} has {channels} channels at {rate} Hz",
            f"spotrec takes 1 to {MAX_CHANNELS} channels at {low} to {high} Hz",
        )


def _why(exc: Exception) -> str:
    """Return the decoder's reason, without FFmpeg's error numbers."""
    return getattr(exc, "strerror", None) or first_line(exc)
