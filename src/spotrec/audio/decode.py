"""Bytes → mono samples (libmpg123, libsndfile, else FFmpeg through PyAV; soxr HQ). Audio without music is refused.

Of audio longer than a minute the middle 30 s are decoded, as in the previews that stores offer: beginnings are
often silence, applause or a fade-in. Shorter audio is decoded from its start.
"""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spotrec.audio import mpg123
from spotrec.audio.completeness import TRUNCATED_BELOW
from spotrec.audio.mpeg import read_frames, without_tags
from spotrec.audio.tags import read_tags
from spotrec.errors import Reason, TrackError, first_line
from spotrec.vectors import FloatArray

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer
    from soundfile import SoundFile


EXCERPT_S = 30.0
WHOLE_UP_TO_S = 60.0
MIN_S = 3.0
SILENCE = 10 ** (-70 / 20)  # peak amplitude, -70 dBFS: anything quieter is dither, not music
MAX_CHANNELS = 16
SAMPLE_RATES_HZ = (4_000, 384_000)
LOUDEST = 1e12  # peak amplitude: above it, the power of a spectrum would not fit into float32
_BLOCK_SAMPLES = (
    1 << 22
)  # of all channels, decoded at a time: more than a preview has, because soundfile seeks after each block
_FFMPEG_FORMATS = {
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "audio/flac": "flac",
    "audio/mp4": "mp4",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/webm": "matroska",
    "audio/x-ape": "ape",
    "audio/x-caf": "caf",
    "audio/x-ms-wma": "asf",
    "audio/x-wavpack": "wv",
}
_RIFF_HEADER_BYTES, _UNKNOWN_RIFF_SIZE = 8, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Decoded audio: `samples`, shape (n_samples,), mono, at `sample_rate_hz`.

    `present_s` is the duration of the whole file as the decoder sees it, 0 if it does not know.
    """

    samples: FloatArray
    sample_rate_hz: int
    present_s: float


def decode(audio: bytes, sample_rate_hz: int, name: str = "the file") -> FloatArray:
    """Decode the excerpt of `audio` that a network analyses.

    Args:
        audio: a whole audio file of any format that libsndfile or FFmpeg reads.
        sample_rate_hz: the sample rate of the result.
        name: what to call it in errors.

    Returns:
        shape (n_samples,), mono (the channels' mean), at most 30 or 60 s, finite.

    Raises:
        TrackError: the content is not audio, is damaged or truncated, has under 3 s, is silent, or contains NaN.
    """
    audio = without_tags(audio)
    tags = read_tags(audio, name)
    excerpt = _excerpt(audio, tags.content_type, name)
    stated_s = _stated_s(audio, tags.stated_s, excerpt)
    _refuse(excerpt, stated_s, name)
    if excerpt.sample_rate_hz == sample_rate_hz:
        return excerpt.samples
    import soxr

    resampled: FloatArray = soxr.resample(excerpt.samples, excerpt.sample_rate_hz, sample_rate_hz, quality="HQ")
    return resampled


def window(duration_s: float) -> tuple[float, float]:
    """Return start and length, in seconds, of the excerpt of audio of this duration."""
    if duration_s <= WHOLE_UP_TO_S:
        return 0.0, WHOLE_UP_TO_S
    return (duration_s - EXCERPT_S) / 2, EXCERPT_S


def _excerpt(audio: bytes, content_type: str, name: str) -> Excerpt:
    """Decode a short MP3 with libmpg123, other audio with libsndfile, and what that cannot read with FFmpeg."""
    mp3 = read_frames(audio)
    if mp3 is not None:
        audio = mp3.stream
        if mp3.duration_s <= WHOLE_UP_TO_S and (heard := mpg123.decode_mono(mp3)):
            return Excerpt(heard.samples, mp3.sample_rate_hz, heard.n_stated / mp3.sample_rate_hz)
    try:
        return _soundfile(audio, name)
    except TrackError as error:
        if error.reason is not Reason.DAMAGED:
            raise
    return _pyav(audio, content_type, name)


class _Seekable(io.BytesIO):
    """Bytes for libsndfile, which seeks to any position that a damaged file names, and cannot handle an exception."""

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
            return Excerpt(_read_blocks(file, int(length_s * rate)), rate, max(0, file.frames) / rate)
    except soundfile.SoundFileError as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def _read_blocks(file: "SoundFile", n_wanted: int) -> FloatArray:
    """Read at most `n_wanted` samples and mix them to mono; at most one block of all channels is in memory."""
    samples = np.empty(
        max(0, min(n_wanted, file.frames - file.tell())), np.float32
    )  # a damaged header may give less than 0
    block = np.empty((_BLOCK_SAMPLES // file.channels, file.channels), np.float32)
    n_read = 0
    while n_read < samples.size:
        frames = file.read(out=block[: samples.size - n_read])
        if not len(frames):
            break
        samples[n_read : n_read + len(frames)] = _mono(frames)
        n_read += len(frames)
    return samples[:n_read]


def _pyav(audio: bytes, content_type: str, name: str) -> Excerpt:
    import av

    try:
        # up to PyAV 18, a file with a title that is not UTF-8 cannot be opened otherwise
        lenient: Any = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
        # if FFmpeg guessed the format, it would take a playlist behind an ID3 tag for audio, and contact its hosts
        kind = _FFMPEG_FORMATS[content_type]
        with av.open(io.BytesIO(audio), mode="r", format=kind, **lenient) as container:
            if not container.streams.audio:
                raise TrackError(Reason.NO_AUDIO_STREAM, f"{name} contains no audio stream")
            stream = container.streams.audio[0]
            if getattr(stream, "codec_context", None) is None:
                raise TrackError(Reason.UNSUPPORTED, f"{name} has a codec that FFmpeg does not know")
            _refuse_format(stream.channels, stream.rate or 0, name)
            present_s = container.duration / av.time_base if container.duration else 0.0
            start_s, length_s = window(present_s)
            if start_s:
                container.seek(int(start_s * av.time_base))
            samples, rate = _read_frames(container, stream, length_s, name)
            return Excerpt(samples, rate, present_s)
    except (av.FFmpegError, ValueError) as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def _read_frames(
    container: "InputContainer", stream: "AudioStream", length_s: float, name: str
) -> tuple[FloatArray, int]:
    """Return mono samples and the rate of the first frame. A frame of another rate or layout is an error."""
    import av

    to_float: av.AudioResampler | None = None
    rate, n_samples = stream.rate, 0
    parts: list[FloatArray] = []
    for frame in container.decode(stream):
        if to_float is None:
            rate = frame.sample_rate
            _refuse_format(len(frame.layout.channels), rate, name)
            # packed: with planar samples, PyAV reads past the end if there are eight channels or more
            to_float = av.AudioResampler(format="flt", layout=frame.layout, rate=rate)
        for converted in to_float.resample(frame):
            packed = converted.to_ndarray().astype(np.float32, copy=False)
            parts.append(_mono(packed.reshape(-1, len(converted.layout.channels))))
            n_samples += parts[-1].size
        if n_samples >= length_s * rate:
            break
    return np.concatenate(parts)[: int(length_s * rate)] if parts else np.zeros(0, np.float32), rate


def _mono(frames: FloatArray) -> FloatArray:
    """Average the channels of `frames`, shape (n_samples, n_channels), thirty times as fast as `numpy.mean`."""
    if frames.shape[1] == 1:
        return frames[:, 0].copy()
    with np.errstate(invalid="ignore", over="ignore"):  # `_refuse` reports NaN and inf
        mean: FloatArray = frames[:, 0] + frames[:, 1]
        for channel in range(2, frames.shape[1]):
            mean += frames[:, channel]
        mean /= np.float32(frames.shape[1])
    return mean


def _refuse_format(channels: int, rate: int, name: str) -> None:
    low, high = SAMPLE_RATES_HZ
    if not (1 <= channels <= MAX_CHANNELS and low <= rate <= high):
        raise TrackError(
            Reason.UNSUPPORTED,
            f"{name} has {channels} channels at {rate} Hz",
            f"spotrec takes 1 to {MAX_CHANNELS} channels at {low} to {high} Hz",
        )


def _stated_s(audio: bytes, tagged_s: float | None, excerpt: Excerpt) -> float:
    """Return the duration that the file states. Of a cut WAV libsndfile sees what is left; its header states more."""
    if audio[:4] != b"RIFF":
        return max(tagged_s or 0.0, excerpt.present_s)
    promised = int.from_bytes(audio[4:8], "little")
    if promised in (0, _UNKNOWN_RIFF_SIZE):  # written to a pipe, by a program that did not know the size
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
            f"spotrec needs at least {MIN_S:.0f} s",
        )
    peak = max(float(samples.max()), -float(samples.min()))  # NaN if any sample is
    if not peak <= LOUDEST:
        raise TrackError(Reason.NOT_FINITE, f"{name} contains samples that are not numbers, or too large")
    if peak < SILENCE:
        raise TrackError(Reason.SILENT, f"{name} is silent")


def _why(exc: Exception) -> str:
    """Return the decoder's reason, without FFmpeg's error numbers."""
    return getattr(exc, "strerror", None) or first_line(exc)
