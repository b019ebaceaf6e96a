"""Bytes → mono samples (libmpg123, libsndfile, else FFmpeg through PyAV; soxr HQ). Audio without music is refused.

Of audio longer than a minute the middle 30 s are decoded, as in the previews that stores offer: beginnings are
often silence, applause or a fade-in. Shorter audio is decoded from its start. A file that was put together from several
is decoded as one: its length is the sum of theirs.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import numpy as np

from spotrec.audio import mpg123
from spotrec.audio.channels import Levels, Mix, average, is_quiet, one_channel
from spotrec.audio.completeness import TRUNCATED_BELOW
from spotrec.audio.mpeg import Mp3, read_adts
from spotrec.audio.tags import read_content
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
_PIECE_S = 3.0
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

Cut = Callable[[float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Decoded audio: `samples`, shape (n_samples,), mono, at `sample_rate_hz`.

    `present_s` is the duration of the whole file as the decoder sees it, 0 if it does not know.
    """

    samples: FloatArray
    sample_rate_hz: int
    present_s: float
    n_channels: int

    def at(self, sample_rate_hz: int) -> FloatArray:
        """Return the samples at another rate, shape (n_samples,)."""
        if self.sample_rate_hz == sample_rate_hz:
            return self.samples
        import soxr

        samples: FloatArray = soxr.resample(self.samples, self.sample_rate_hz, sample_rate_hz, quality="HQ")
        return samples


def decode(audio: bytes, sample_rate_hz: int, name: str = "the file") -> FloatArray:
    """Return `decode_excerpt` at one sample rate, shape (n_samples,)."""
    return decode_excerpt(audio, name).at(sample_rate_hz)


def decode_excerpt(audio: bytes, name: str = "the file") -> Excerpt:
    """Decode the excerpt of `audio` that networks analyse.

    Args:
        audio: a whole audio file of any format that libsndfile or FFmpeg reads.
        name: what to call it in errors.

    Returns:
        Mono samples (the channels' mean, or one channel if they cancel each other), at most 30 or 60 s, finite.

    Raises:
        TrackError: the content is not audio, is damaged or truncated, has under 3 s, is silent, or contains NaN.
    """
    content = read_content(audio, name)
    excerpt = _excerpt(content.parts, content.content_type, name)
    _refuse(excerpt, max(content.length.stated_s or 0.0, excerpt.present_s), name)
    return excerpt


def window(duration_s: float) -> tuple[float, float]:
    """Return start and length, in seconds, of the excerpt of audio of this duration."""
    if duration_s <= WHOLE_UP_TO_S:
        return 0.0, WHOLE_UP_TO_S
    return (duration_s - EXCERPT_S) / 2, EXCERPT_S


def _excerpt(parts: Sequence[bytes | Mp3], content_type: str, name: str) -> Excerpt:
    """Decode the window of a file of these parts, at the sample rate of its first."""
    if len(parts) == 1:
        return _audible(_Decoder(parts[0], content_type, name, window))
    lengths = [_Decoder(part, content_type, name, partial(_fixed, 0.0, 0.0)).present_s() for part in parts]
    total_s = sum(lengths)
    start_s, length_s = window(total_s)
    heard: list[Excerpt] = []
    for part, starts_s, part_s in zip(parts, accumulate(lengths, initial=0.0), lengths, strict=False):
        from_s, to_s = max(0.0, start_s - starts_s), min(part_s, start_s + length_s - starts_s)
        if to_s > from_s:
            heard.append(_audible(_Decoder(part, content_type, name, partial(_fixed, from_s, to_s - from_s))))
    if not heard:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: none of its {len(parts)} parts can")
    rate_hz = heard[0].sample_rate_hz
    return Excerpt(np.concatenate([one.at(rate_hz) for one in heard]), rate_hz, total_s, heard[0].n_channels)


def _fixed(start_s: float, length_s: float, _: float) -> tuple[float, float]:
    return start_s, length_s


def _audible(decoder: "_Decoder") -> Excerpt:
    """Decode the mean of the channels, or, where they cancel each other, the loudest channel."""
    excerpt = decoder.decode(average)
    if excerpt.n_channels == 1 or not is_quiet(excerpt.samples):
        return excerpt
    for cut in (partial(_middle, decoder.cut), decoder.cut):  # a piece tells it of most
        levels = Levels()
        replace(decoder, cut=cut).decode(levels.measure)
        if not levels.may_be_cancelled():
            return excerpt
    return decoder.decode(partial(one_channel, levels.loudest())) if levels.is_cancelled() else excerpt


def _middle(cut: Cut, duration_s: float) -> tuple[float, float]:
    """Return a piece of a few seconds from the middle of what `cut` wants."""
    start_s, length_s = cut(duration_s)
    there_s = max(0.0, min(length_s, duration_s - start_s))
    return start_s + max(0.0, there_s - _PIECE_S) / 2, _PIECE_S


@dataclass(frozen=True, slots=True)
class _Decoder:
    """Decodes a part of a file: with libmpg123 a short MP3, else with libsndfile, or with FFmpeg if libsndfile cannot.

    `cut` returns start and length of what is wanted of a duration, all in seconds.
    """

    part: bytes | Mp3
    content_type: str
    name: str
    cut: Cut

    def decode(self, mix: Mix) -> Excerpt:
        """Decode to mono with `mix`."""
        if isinstance(self.part, Mp3) and mix is average and self.part.duration_s <= WHOLE_UP_TO_S:
            rate_hz = self.part.sample_rate_hz
            if heard := mpg123.decode_mono(self.part):
                start_s, length_s = self.cut(heard.n_stated / rate_hz)
                wanted = heard.samples[int(start_s * rate_hz) :][: int(length_s * rate_hz)]
                return Excerpt(wanted, rate_hz, heard.n_stated / rate_hz, self.part.n_channels)
        if self.content_type == "audio/aac" and isinstance(self.part, bytes) and (adts := read_adts(self.part)):
            start_s, length_s = self.cut(adts.duration_s)
            part, cut = adts.since(start_s), partial(_fixed, 0.0, length_s)
            return replace(replace(self, part=part, cut=cut)._by_seeking(mix), present_s=adts.duration_s)
        return self._by_seeking(mix)

    def present_s(self) -> float:
        """Return the duration of the part, 0 if it is damaged: a recording of a stream may begin and end anywhere."""
        try:
            return self._by_seeking(average).present_s
        except TrackError as error:
            if error.reason is not Reason.DAMAGED:
                raise
            return 0.0

    def _by_seeking(self, mix: Mix) -> Excerpt:
        audio = self.part.stream if isinstance(self.part, Mp3) else self.part
        try:
            return _soundfile(audio, self.name, self.cut, mix)
        except TrackError as error:
            if error.reason is not Reason.DAMAGED:
                raise
        return _pyav(audio, self.content_type, self.name, self.cut, mix)


class _Seekable(io.BytesIO):
    """Bytes for libsndfile, which seeks to any position that a damaged file names, and cannot handle an exception."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except (ValueError, OverflowError):
            return self.tell()


def _soundfile(audio: bytes, name: str, cut: Cut, mix: Mix) -> Excerpt:
    import soundfile

    try:
        with soundfile.SoundFile(_Seekable(audio)) as file:
            _refuse_format(file.channels, file.samplerate, name)
            rate = file.samplerate
            start_s, length_s = cut(file.frames / rate)
            if start_s:
                file.seek(int(start_s * rate))
            return Excerpt(
                _read_blocks(file, int(length_s * rate), mix), rate, max(0, file.frames) / rate, file.channels
            )
    except soundfile.SoundFileError as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def _read_blocks(file: "SoundFile", n_wanted: int, mix: Mix) -> FloatArray:
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
        samples[n_read : n_read + len(frames)] = mix(frames)
        n_read += len(frames)
    return samples[:n_read]


def _pyav(audio: bytes, content_type: str, name: str, cut: Cut, mix: Mix) -> Excerpt:
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
            present_s = container.duration / av.time_base if container.duration else _last_packet_s(container, stream)
            start_s, length_s = cut(present_s)
            if start_s or not container.duration:
                container.seek(int(start_s * av.time_base))
            samples, rate = _read_frames(container, stream, length_s, name, mix)
            return Excerpt(samples, rate, present_s, stream.channels)
    except (av.FFmpegError, ValueError) as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def _last_packet_s(container: "InputContainer", stream: "AudioStream") -> float:
    """Return when the last packet ends, for a file that a browser or a pipe wrote and that states no duration."""
    end_s = 0.0
    for packet in container.demux(stream):
        if packet.pts is not None and packet.time_base is not None:
            end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return end_s


def _read_frames(
    container: "InputContainer", stream: "AudioStream", length_s: float, name: str, mix: Mix
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
            parts.append(mix(packed.reshape(-1, len(converted.layout.channels))))
            n_samples += parts[-1].size
        if n_samples >= length_s * rate:
            break
    return np.concatenate(parts)[: int(length_s * rate)] if parts else np.zeros(0, np.float32), rate


def _refuse_format(channels: int, rate: int, name: str) -> None:
    low, high = SAMPLE_RATES_HZ
    if not (1 <= channels <= MAX_CHANNELS and low <= rate <= high):
        raise TrackError(
            Reason.UNSUPPORTED,
            f"{name} has {channels} channels at {rate} Hz",
            f"spotrec takes 1 to {MAX_CHANNELS} channels at {low} to {high} Hz",
        )


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
    if float(samples.max()) - float(samples.min()) < 2 * SILENCE:  # a constant offset is no sound
        raise TrackError(Reason.SILENT, f"{name} is silent")


def _why(exc: Exception) -> str:
    """Return the decoder's reason, without FFmpeg's error numbers."""
    return getattr(exc, "strerror", None) or first_line(exc)
