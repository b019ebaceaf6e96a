"""Bytes → mono samples (libmpg123, libsndfile, else FFmpeg through PyAV; soxr HQ). Audio without music is refused.

Of audio longer than a minute the middle 30 s are decoded, as in the previews that stores offer: beginnings are
often silence, applause or a fade-in. Shorter audio is decoded from its start. Of audio longer than 90 s several such
excerpts can be decoded, spread over it. A file that was put together from several is decoded as one: its length is the
sum of theirs.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from spotrec.audio import mpg123
from spotrec.audio.channels import Levels, Mix, average, is_quiet, one_channel
from spotrec.audio.completeness import TRUNCATED_BELOW
from spotrec.audio.mpeg import Adts, Mp3, read_adts
from spotrec.audio.tags import read_content
from spotrec.errors import Reason, TrackError, first_line
from spotrec.vectors import FloatArray

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer
    from soundfile import SoundFile


EXCERPT_S = 30.0
WHOLE_UP_TO_S = 60.0
SEVERAL_FROM_S = 90.0
MIN_S = 3.0
SILENCE = 10 ** (-70 / 20)  # peak amplitude, -70 dBFS: anything quieter is dither, not music
MAX_CHANNELS = 16
SAMPLE_RATES_HZ = (4_000, 384_000)
LOUDEST = 1e12  # peak amplitude: above it, the power of a spectrum would not fit into float32
_PIECE_S = 3.0
_SOUNDS_FROM = 0.5  # of its seconds
_ROUNDING_S = 1e-6
_BLOCK_SAMPLES = (
    1 << 22
)  # of all channels, decoded at a time: more than a preview has, because soundfile seeks after each block
FFMPEG_FORMATS = {
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
"""FFmpeg's demuxer of each content type. If FFmpeg guessed, it might read a playlist, and contact its hosts."""

_T = TypeVar("_T")


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

    @property
    def sounding(self) -> float:
        """Which part of its whole seconds is not silent, from 0 to 1."""
        whole = self.samples[: self.samples.size // self.sample_rate_hz * self.sample_rate_hz]
        seconds = whole.reshape(-1, self.sample_rate_hz)
        if not len(seconds):
            return 0.0
        return float((seconds.max(axis=1) - seconds.min(axis=1) >= 2 * SILENCE).mean())


@dataclass(frozen=True, slots=True)
class Heard:
    """The excerpts of a file, in the order of its time.

    `has_more` tells whether more of them could be heard: not of audio that is short, or silent elsewhere.
    """

    excerpts: tuple[Excerpt, ...]
    has_more: bool


class Source(Protocol):
    """A file, or a part of one, that is open for any number of excerpts."""

    @property
    def present_s(self) -> float:
        """Its duration as the decoder sees it, 0 if it does not know."""

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        """Decode an excerpt: the mean of the channels, or, where they cancel each other, the loudest channel.

        Raises:
            TrackError: it is damaged.
        """


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
    stated_s = content.length.stated_s or 0.0

    def choose(source: Source) -> Heard:
        if n > 1 and source.present_s > SEVERAL_FROM_S:
            return _hear_several(source, n, stated_s, name)
        excerpt = source.hear(*window(source.present_s))
        whole_s = source.present_s or stated_s
        _refuse(excerpt, min(window(whole_s)[1], whole_s), source.present_s, stated_s, name)
        return Heard((excerpt,), has_more=source.present_s > SEVERAL_FROM_S)

    if len(content.parts) == 1:
        return _with_part(content.parts[0], content.content_type, name, choose)
    return choose(_Chain.of(content.parts, content.content_type, name))


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
    moves = (0.0, 0.5, -0.5, 1.0, -1.0) if gap_s >= _PIECE_S else (0.0,)
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
                _refuse(excerpt, EXCERPT_S, source.present_s, stated_s, name)
            except TrackError as error:
                faults.append(error)
                continue
            if excerpt.sounding >= _SOUNDS_FROM:
                found.append(excerpt)
                heard_to_s = start_s + EXCERPT_S
                break
            soft.append(excerpt)
    if not found and soft:
        found = [max(soft, key=lambda one: one.sounding)]
    if not found:  # another decoder is tried for a damaged file
        raise min(faults, key=lambda error: error.reason is not Reason.DAMAGED)
    return Heard(tuple(found), has_more=len(found) == n)


# -- sources ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Chain:
    """A file of several parts, heard as one."""

    parts: Sequence[bytes | Mp3]
    lengths: Sequence[float]
    content_type: str
    name: str

    @classmethod
    def of(cls, parts: Sequence[bytes | Mp3], content_type: str, name: str) -> "_Chain":
        """Measure the parts. One that is damaged has length 0: a recording of a stream may begin and end anywhere."""

        def length_s(part: bytes | Mp3) -> float:
            try:
                return _by_seeking(part, content_type, name, lambda source: source.present_s)
            except TrackError as error:
                if error.reason is not Reason.DAMAGED:
                    raise
                return 0.0

        return cls(parts, [length_s(part) for part in parts], content_type, name)

    @property
    def present_s(self) -> float:
        return sum(self.lengths)

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        """Decode an excerpt, at the sample rate of the first part that it touches."""
        heard: list[Excerpt] = []
        starts = accumulate(self.lengths, initial=0.0)
        for part, starts_s, part_s in zip(self.parts, starts, self.lengths, strict=False):
            from_s, to_s = max(0.0, start_s - starts_s), min(part_s, start_s + length_s - starts_s)
            if to_s > from_s:
                hear = partial(_hear_in, from_s, to_s - from_s)
                heard.append(_with_part(part, self.content_type, self.name, hear))
        if not heard:
            raise TrackError(Reason.DAMAGED, f"{self.name} cannot be decoded: none of its {len(self.parts)} parts can")
        rate_hz = heard[0].sample_rate_hz
        return Excerpt(np.concatenate([one.at(rate_hz) for one in heard]), rate_hz)


def _hear_in(start_s: float, length_s: float, source: Source) -> Excerpt:
    return source.hear(start_s, length_s)


def _with_part(part: bytes | Mp3, content_type: str, name: str, work: Callable[[Source], _T]) -> _T:
    """Open a part of a file for `work`: with libmpg123 a short MP3, else as `_by_seeking`."""
    if isinstance(part, Mp3) and part.duration_s <= WHOLE_UP_TO_S and (heard := mpg123.decode_mono(part)):
        return work(_ShortMp3(part, heard, content_type, name))
    if content_type == "audio/aac" and isinstance(part, bytes) and (adts := read_adts(part)):
        return work(_Adts(adts, name))
    return _by_seeking(part, content_type, name, work)


@dataclass(frozen=True, slots=True)
class _ShortMp3:
    """An MP3 that libmpg123 has decoded."""

    mp3: Mp3
    heard: mpg123.DecodedMp3
    content_type: str
    name: str

    @property
    def present_s(self) -> float:
        return self.heard.n_stated / self.mp3.sample_rate_hz

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        rate_hz = self.mp3.sample_rate_hz
        wanted = self.heard.samples[int(start_s * rate_hz) :][: int(length_s * rate_hz)]
        excerpt = Excerpt(wanted, rate_hz)
        if self.mp3.n_channels == 1 or not is_quiet(wanted):
            return excerpt
        hear = partial(_not_cancelled, start_s, length_s, excerpt)
        return _by_seeking(self.mp3, self.content_type, self.name, hear)


@dataclass(frozen=True, slots=True)
class _Adts:
    """Raw AAC, which decoders cannot seek in: it is cut where an excerpt starts."""

    frames: Adts
    name: str

    @property
    def present_s(self) -> float:
        return self.frames.duration_s

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        hear = partial(_hear_in, 0.0, length_s)
        return _by_seeking(self.frames.between(start_s, start_s + length_s + _PIECE_S), "audio/aac", self.name, hear)


class _Channels(Protocol):
    """Audio that is open, with its channels."""

    @property
    def present_s(self) -> float: ...

    @property
    def n_channels(self) -> int: ...

    def read(self, start_s: float, length_s: float, mix: Mix) -> Excerpt:
        """Decode to mono with `mix`."""

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        """See `Source.hear`."""


def _audible(source: _Channels, start_s: float, length_s: float) -> Excerpt:
    excerpt = source.read(start_s, length_s, average)
    if source.n_channels == 1 or not is_quiet(excerpt.samples):
        return excerpt
    return _not_cancelled(start_s, length_s, excerpt, source)


def _not_cancelled(start_s: float, length_s: float, mean: Excerpt, source: _Channels) -> Excerpt:
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
    return start_s + max(0.0, there_s - _PIECE_S) / 2, _PIECE_S


def _by_seeking(part: bytes | Mp3, content_type: str, name: str, work: Callable[[_Channels], _T]) -> _T:
    """Open a part with libsndfile for `work`, or with FFmpeg if libsndfile cannot decode it."""
    audio = part.stream if isinstance(part, Mp3) else part
    try:
        with _open_soundfile(audio, name) as source:
            return work(source)
    except TrackError as error:
        if error.reason is not Reason.DAMAGED:
            raise
    with _open_pyav(audio, content_type, name) as container:
        return work(container)


class _Seekable(io.BytesIO):
    """Bytes for libsndfile, which seeks to any position that a damaged file names, and cannot handle an exception."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except (ValueError, OverflowError):
            return self.tell()


@contextmanager
def _open_soundfile(audio: bytes, name: str) -> "Iterator[_SoundFile]":
    import soundfile

    with _undamaged(name, soundfile.SoundFileError), soundfile.SoundFile(_Seekable(audio)) as file:
        _refuse_format(file.channels, file.samplerate, name)
        yield _SoundFile(file, name)


@dataclass(frozen=True, slots=True)
class _SoundFile:
    """A file that libsndfile has opened."""

    file: "SoundFile"
    name: str

    @property
    def present_s(self) -> float:
        return float(max(0, self.file.frames) / self.file.samplerate)

    @property
    def n_channels(self) -> int:
        return int(self.file.channels)

    def read(self, start_s: float, length_s: float, mix: Mix) -> Excerpt:
        import soundfile

        rate_hz = self.file.samplerate
        with _undamaged(self.name, soundfile.SoundFileError):
            if (start := int(start_s * rate_hz)) != self.file.tell():
                self.file.seek(start)
            return Excerpt(_read_blocks(self.file, int(length_s * rate_hz), mix), rate_hz)

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        return _audible(self, start_s, length_s)


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


@contextmanager
def _open_pyav(audio: bytes, content_type: str, name: str) -> "Iterator[_Container]":
    import av

    # up to PyAV 18, a file with a title that is not UTF-8 cannot be opened otherwise
    lenient: Any = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
    # if FFmpeg guessed the format, it would take a playlist behind an ID3 tag for audio, and contact its hosts
    kind = FFMPEG_FORMATS[content_type]
    with (
        _undamaged(name, av.FFmpegError, ValueError),
        av.open(io.BytesIO(audio), mode="r", format=kind, **lenient) as container,
    ):
        if not container.streams.audio:
            raise TrackError(Reason.NO_AUDIO_STREAM, f"{name} contains no audio stream")
        stream = container.streams.audio[0]
        if getattr(stream, "codec_context", None) is None:
            raise TrackError(Reason.UNSUPPORTED, f"{name} has a codec that FFmpeg does not know")
        _refuse_format(stream.channels, stream.rate or 0, name)
        if container.duration:
            yield _Container(container, stream, name, container.duration / av.time_base)
        else:
            yield _Container(container, stream, name, _last_packet_s(container, stream), has_moved=True)


@dataclass(slots=True)
class _Container:
    """A file that FFmpeg has opened. `has_moved`: it is not at its start any more."""

    container: "InputContainer"
    stream: "AudioStream"
    name: str
    present_s: float
    has_moved: bool = False

    @property
    def n_channels(self) -> int:
        return self.stream.channels

    def read(self, start_s: float, length_s: float, mix: Mix) -> Excerpt:
        import av

        with _undamaged(self.name, av.FFmpegError, ValueError):
            if start_s or self.has_moved:
                self.container.seek(int(start_s * av.time_base))
            self.has_moved = True
            return Excerpt(*_read_frames(self.container, self.stream, length_s, self.name, mix))

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        return _audible(self, start_s, length_s)


@contextmanager
def _undamaged(name: str, *errors: type[Exception]) -> Iterator[None]:
    """Raise TrackError for a decoder's errors."""
    try:
        yield
    except errors as exc:
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


def _refuse(excerpt: Excerpt, wanted_s: float, present_s: float, stated_s: float, name: str) -> None:
    """Raise TrackError for audio that is no music, or is cut off.

    Args:
        wanted_s: the length that the excerpt must have.
        present_s: of the whole file, as the decoder sees it.
        stated_s: of the whole file, as its headers state it.
    """
    samples, heard_s = excerpt.samples, excerpt.duration_s
    stated_s = max(stated_s, present_s)
    for found_s, promised_s in ((heard_s, wanted_s), (present_s or stated_s, stated_s)):
        if found_s < TRUNCATED_BELOW * promised_s:
            raise TrackError(
                Reason.TRUNCATED,
                f"{name} ends after {found_s:.1f} s of {promised_s:.1f} s",
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
