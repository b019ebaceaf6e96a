"""Bytes → mono samples (libsndfile, else FFmpeg through PyAV; soxr HQ), and the refusal of what is no music.

Of audio longer than a minute the middle 30 s are heard, as in the previews that stores give: beginnings are
often silence, applause or a fade-in. Shorter audio is taken from its start.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotrec.audio.tags import read_tags
from spotrec.errors import Reason, TrackError, first_line

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer

FloatArray = npt.NDArray[np.float32]

EXCERPT_S = 30.0
WHOLE_UP_TO_S = 60.0
MIN_S = 3.0
SILENCE = 10 ** (-70 / 20)  # peak amplitude, -70 dBFS: below it there is dither, not music
MAX_CHANNELS = 16
SAMPLE_RATES_HZ = (4_000, 384_000)
TRUNCATED_BELOW = 0.9  # of the stated length
_RIFF_HEADER_BYTES, _UNKNOWN_RIFF_SIZE = 8, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Decoded audio: `samples`, shape (n_samples,), mono, at `sample_rate_hz`.

    `present_s` is how much audio the decoder takes the whole file to hold, 0 where it does not know.
    """

    samples: FloatArray
    sample_rate_hz: int
    present_s: float


def decode(audio: bytes, sample_rate_hz: int, name: str = "the file") -> FloatArray:
    """The excerpt of `audio` that is heard.

    Args:
        audio: a whole audio file of any kind that libsndfile or FFmpeg reads.
        sample_rate_hz: the rate wanted.
        name: what to call it in errors.

    Returns:
        shape (n_samples,), mono (the channels' mean), at most 30 or 60 s, finite.

    Raises:
        TrackError: it is no audio, is damaged or truncated, has under 3 s, is silent, or holds NaN.
    """
    tags = read_tags(audio, name)
    excerpt = _excerpt(audio, name)
    stated_s = _stated_s(audio, tags.stated_s, excerpt)
    _refuse(excerpt, stated_s, name)
    if excerpt.sample_rate_hz == sample_rate_hz:
        return excerpt.samples
    import soxr

    resampled: FloatArray = soxr.resample(excerpt.samples, excerpt.sample_rate_hz, sample_rate_hz, quality="HQ")
    return resampled


def window(duration_s: float) -> tuple[float, float]:
    """Start and length, in seconds, of what is heard of audio of this duration."""
    if duration_s <= WHOLE_UP_TO_S:
        return 0.0, WHOLE_UP_TO_S
    return (duration_s - EXCERPT_S) / 2, EXCERPT_S


def _excerpt(audio: bytes, name: str) -> Excerpt:
    """Decode with libsndfile, and with FFmpeg what libsndfile does not know."""
    failures = []
    decoders: tuple[Callable[[bytes, str], Excerpt], ...] = (_soundfile, _pyav)
    for read in decoders:
        try:
            return read(audio, name)
        except TrackError as error:
            if error.reason is not Reason.DAMAGED:
                raise
            failures.append(error)
    raise failures[-1]


class _Seekable(io.BytesIO):
    """Bytes for libsndfile, which asks for any place that a damaged file names, and cannot be answered by raising."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except (ValueError, OverflowError):
            return self.tell()


def _soundfile(audio: bytes, name: str) -> Excerpt:
    import soundfile

    try:
        with soundfile.SoundFile(_Seekable(audio)) as file:
            _refuse_format(file.channels, file.samplerate, name)
            rate = file.samplerate
            start_s, length_s = window(file.frames / rate)
            if start_s:
                file.seek(int(start_s * rate))
            frames = file.read(int(length_s * rate), dtype="float32", always_2d=True)
            return Excerpt(_mono(frames.T), rate, file.frames / rate)
    except soundfile.SoundFileError as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def _pyav(audio: bytes, name: str) -> Excerpt:
    import av

    try:
        # up to PyAV 18, a title that is not UTF-8 keeps a file from being opened
        lenient: Any = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
        with av.open(io.BytesIO(audio), mode="r", **lenient) as container:
            if not container.streams.audio:
                raise TrackError(Reason.NO_AUDIO_STREAM, f"{name} holds no audio stream")
            stream = container.streams.audio[0]
            if getattr(stream, "codec_context", None) is None:
                raise TrackError(Reason.UNSUPPORTED, f"{name} is of a codec that FFmpeg does not know")
            _refuse_format(stream.channels, stream.rate or 0, name)
            present_s = container.duration / av.time_base if container.duration else 0.0
            start_s, length_s = window(present_s)
            if start_s:
                container.seek(int(start_s * av.time_base))
            return Excerpt(_read_frames(container, stream, length_s), stream.rate, present_s)
    except (av.FFmpegError, ValueError) as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def _read_frames(container: "InputContainer", stream: "AudioStream", length_s: float) -> FloatArray:
    import av

    # packed: of planes, PyAV reads past the end where there are eight channels or more
    to_float = av.AudioResampler(format="flt", layout=stream.layout, rate=stream.rate)
    wanted = int(length_s * stream.rate)
    parts: list[FloatArray] = []
    n_samples = 0
    for frame in container.decode(stream):
        for converted in to_float.resample(frame):
            packed = converted.to_ndarray().astype(np.float32, copy=False)
            parts.append(_mono(packed.reshape(-1, len(converted.layout.channels)).T))
            n_samples += parts[-1].size
        if n_samples >= wanted:
            break
    return np.concatenate(parts)[:wanted] if parts else np.zeros(0, np.float32)


def _mono(channels: FloatArray) -> FloatArray:
    """The mean of `channels`, shape (n_channels, n_samples)."""
    if len(channels) == 1:
        return np.ascontiguousarray(channels[0])
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and inf are refused in a moment, with their reason
        mean: FloatArray = channels.mean(axis=0, dtype=np.float32)
    return mean


def _refuse_format(channels: int, rate: int, name: str) -> None:
    low, high = SAMPLE_RATES_HZ
    if not (1 <= channels <= MAX_CHANNELS and low <= rate <= high):
        raise TrackError(
            Reason.UNSUPPORTED,
            f"{name} has {channels} channels at {rate} Hz",
            f"spotrec hears up to {MAX_CHANNELS} channels at {low} to {high} Hz",
        )


def _stated_s(audio: bytes, tagged_s: float | None, excerpt: Excerpt) -> float:
    """How long the file says it is. libsndfile believes what is there of a cut WAV; its header says more."""
    if audio[:4] != b"RIFF":
        return max(tagged_s or 0.0, excerpt.present_s)
    promised = int.from_bytes(audio[4:8], "little")
    if promised in (0, _UNKNOWN_RIFF_SIZE):  # written to a pipe, by a program that could not know
        return excerpt.present_s
    return excerpt.present_s * max(1.0, (promised + _RIFF_HEADER_BYTES) / len(audio))


def _refuse(excerpt: Excerpt, stated_s: float, name: str) -> None:
    samples, heard_s = excerpt.samples, excerpt.samples.size / excerpt.sample_rate_hz
    promised_s = min(window(excerpt.present_s or stated_s)[1], excerpt.present_s or stated_s)
    for found_s, wanted_s in ((heard_s, promised_s), (excerpt.present_s or stated_s, stated_s)):
        if found_s < TRUNCATED_BELOW * wanted_s:
            raise TrackError(
                Reason.TRUNCATED,
                f"{name} ends after {found_s:.1f} s of {wanted_s:.1f} s",
                "get a complete copy of it",
            )
    if heard_s < MIN_S:
        raise TrackError(
            Reason.TOO_SHORT,
            f"{name} has {heard_s:.1f} s of audio",
            f"spotrec needs {MIN_S:.0f} s to judge a sound",
        )
    if not np.isfinite(samples).all():
        raise TrackError(Reason.NOT_FINITE, f"{name} holds samples that are no numbers")
    if np.abs(samples).max() < SILENCE:
        raise TrackError(Reason.SILENT, f"{name} is silent")


def _why(exc: Exception) -> str:
    """The decoder's reason; FFmpeg's comes wrapped in error numbers."""
    return getattr(exc, "strerror", None) or first_line(exc)
