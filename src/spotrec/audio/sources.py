"""Audio files as sources of excerpts: bytes → mono samples (libmpg123, libsndfile, else FFmpeg through PyAV; soxr HQ).

A source is open for any number of excerpts; between them it is not decoded. A file that was put together from several
is one source: its length is the sum of theirs.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import accumulate, chain, islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from spotrec.audio import mpg123
from spotrec.audio.bitstreams import is_dts
from spotrec.audio.channels import Levels, Mix, average, is_quiet, one_channel
from spotrec.audio.clusters import states_duration
from spotrec.audio.kinds import Kind, Times, kind_of, kind_with
from spotrec.audio.mpeg import Adts, Mp3, read_adts
from spotrec.errors import Reason, TrackError, first_line
from spotrec.vectors import FloatArray

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer
    from soundfile import SoundFile


WHOLE_UP_TO_S = 60.0
"""Audio of up to this length is decoded as a whole."""
MAX_CHANNELS = 16
SAMPLE_RATES_HZ = (4_000, 384_000)
_PIECE_S = 3.0
_EARLY_UP_TO_S = 60.0
"""A container that leads to a place further before the start than this has wrong times."""
_EARLIER_S, _LATE_UP_TO_S = (0.0, 2.0, 15.0), 0.05
"""How much earlier a place is looked for when a container leads to a later one than this."""
_FEWER_HZ = 96_000
_BY_BYTE_RATE, _OF_ANOTHER_RATE = ("wav", "w64"), ("adpcm_", "flac", "g722")
"""Demuxers that take a place from the bytes a second that a file states; codecs of which files state them wrongly."""
_MICROSECOND = Fraction(1, 1_000_000)
_MOST_BAD_PACKETS = 2_000
_MOST_PACKETS = 2_000_000
"""Half an hour of TrueHD, or eleven hours of AMR."""
_BLOCK_SAMPLES = (
    1 << 22
)  # of all channels, decoded at a time: more than a preview has, because soundfile seeks after each block
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


def with_source(parts: Sequence[bytes | Mp3], content_type: str, name: str, work: Callable[[Source], _T]) -> _T:
    """Open a file of one part or several for `work`, and return what it returns.

    Args:
        name: what to call the file in errors.

    Raises:
        TrackError: it is damaged, or of a format that no decoder reads.
    """
    if len(parts) == 1:
        return _with_part(parts[0], content_type, name, work)
    return work(_Chain.of(parts, content_type, name))


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
                return _by_seeking(part, _type_of(part, content_type), name, lambda source: source.present_s)
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
                heard.append(_with_part(part, _type_of(part, self.content_type), self.name, hear))
        if not heard:
            raise TrackError(Reason.DAMAGED, f"{self.name} cannot be decoded: none of its {len(self.parts)} parts can")
        rate_hz = heard[0].sample_rate_hz
        return Excerpt(np.concatenate([one.at(rate_hz) for one in heard]), rate_hz)


def _type_of(part: bytes | Mp3, content_type: str) -> str:
    """Return the content type of a part of a file: not all have that of the first."""
    kind = None if isinstance(part, Mp3) else kind_of(part)
    return "audio/mpeg" if isinstance(part, Mp3) else kind.content_type if kind else content_type


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
    kind = kind_with(content_type, audio)
    try:
        if not kind.with_ffmpeg:
            with _open_soundfile(audio, name) as source:
                return work(source)
    except TrackError as error:
        if error.reason is not Reason.DAMAGED:
            raise
    with _open_pyav(audio, kind, name) as container:
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
            return Excerpt(_read_blocks(self.file, int(length_s * rate_hz), mix, self.name), rate_hz)

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        return _audible(self, start_s, length_s)


def _read_blocks(file: "SoundFile", n_wanted: int, mix: Mix, name: str) -> FloatArray:
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
        if not n_read:
            _refuse_dts(frames[: file.samplerate], name)
        samples[n_read : n_read + len(frames)] = mix(frames)
        n_read += len(frames)
    return samples[:n_read]


@contextmanager
def _open_pyav(audio: bytes, kind: Kind, name: str) -> "Iterator[_Container | _Walk]":
    import av

    with _demuxed(audio, kind, name) as (container, stream):
        n_channels = stream.channels
        is_lost = kind.demuxer in _BY_BYTE_RATE and stream.codec_context.name.startswith(_OF_ANOTHER_RATE)
        is_lost |= kind.demuxer == "asf" and bool(container.streams.video)  # it leads to the start: to the cover
        if kind.times is not Times.WALKED and not is_lost:
            is_stated = kind.times is Times.STATED and (kind.demuxer != "matroska" or states_duration(audio))
            stated = (container.duration or 0) if is_stated else 0
            present_s = stated / av.time_base if stated else _last_packet_s(container, stream, name)
            yield _Container(container, stream, name, present_s, kind.highest_hz, has_moved=not stated)
            return
    with _demuxed(audio, kind, name) as (container, stream):
        frames = islice(container.decode(stream), _MOST_PACKETS)
        present_s = sum(frame.samples / frame.sample_rate for frame in frames)
    yield _Walk(audio, kind, name, present_s, n_channels)


@contextmanager
def _demuxed(audio: bytes, kind: Kind, name: str) -> "Iterator[tuple[InputContainer, AudioStream]]":
    """Open a file with FFmpeg, and find its first stream of audio."""
    import av

    # up to PyAV 18, a file with a title that is not UTF-8 cannot be opened otherwise
    lenient: Any = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
    with (
        _undamaged(name, av.FFmpegError, ValueError),
        av.open(io.BytesIO(audio), mode="r", format=kind.demuxer, **lenient) as container,
    ):
        if not container.streams.audio:
            raise TrackError(Reason.NO_AUDIO_STREAM, f"{name} contains no audio stream")
        stream = container.streams.audio[0]
        if getattr(stream, "codec_context", None) is None:
            raise TrackError(Reason.UNSUPPORTED, f"{name} has a codec that FFmpeg does not know")
        _refuse_format(stream.channels, stream.rate or 0, name, kind.highest_hz)
        yield container, stream


@dataclass(frozen=True, slots=True)
class _Walk:
    """A file in which FFmpeg cannot seek: for each excerpt it is decoded from its start."""

    audio: bytes
    kind: Kind
    name: str
    present_s: float
    n_channels: int

    def read(self, start_s: float, length_s: float, mix: Mix) -> Excerpt:
        with _demuxed(self.audio, self.kind, self.name) as (container, stream):
            frames = _from(start_s, container.decode(stream))
            return Excerpt(
                *_read_frames(frames, stream.rate, (start_s, length_s), self.name, mix, self.kind.highest_hz)
            )

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        return _audible(self, start_s, length_s)


def _from(start_s: float, frames: "Iterator[AudioFrame]") -> "Iterator[AudioFrame]":
    """Leave out the frames that end before a time, counted by their samples, and give the others this time."""
    ended_s = 0.0
    for frame in frames:
        begins_s, ended_s = ended_s, ended_s + frame.samples / frame.sample_rate
        if ended_s > start_s:
            frame.time_base, frame.pts = _MICROSECOND, round(begins_s * 1_000_000)
            yield frame


@dataclass(slots=True)
class _Container:
    """A file that FFmpeg has opened. `has_moved`: it is not at its start any more."""

    container: "InputContainer"
    stream: "AudioStream"
    name: str
    present_s: float
    highest_hz: int
    has_moved: bool = False

    @property
    def n_channels(self) -> int:
        return self.stream.channels

    def read(self, start_s: float, length_s: float, mix: Mix) -> Excerpt:
        import av

        with _undamaged(self.name, av.FFmpegError, ValueError):
            begins_s = (self.container.start_time or 0) / av.time_base
            from_s = begins_s + start_s
            frames = self._frames_from(begins_s, from_s)
            return Excerpt(*_read_frames(frames, self.stream.rate, (from_s, length_s), self.name, mix, self.highest_hz))

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        return _audible(self, start_s, length_s)

    def _frames_from(self, begins_s: float, from_s: float) -> "Iterator[AudioFrame]":
        """Decode from `from_s` on, or from an earlier place; some containers lead to a later one, or to none."""
        import av

        if from_s == begins_s and not self.has_moved:
            self.has_moved = True
            return _decoded(self.container, self.stream)
        self.has_moved = True
        for earlier_s in (*_EARLIER_S, from_s - begins_s, 0.0):
            place_s = max(begins_s, from_s - earlier_s)
            if self.container.streams.video and self.stream.time_base:  # else a cover would be looked for, at the start
                self.container.seek(int(place_s / self.stream.time_base), stream=self.stream)
            else:
                self.container.seek(int(place_s * av.time_base))
            frames = _decoded(self.container, self.stream)
            first = next(frames, None)
            if first is not None and (first.time is None or first.time <= from_s + _LATE_UP_TO_S):
                break
        return chain([first] if first else [], frames)


def _decoded(container: "InputContainer", stream: "AudioStream") -> "Iterator[AudioFrame]":
    """Decode from a place on. Some streams cannot be decoded before the next packet that begins anew."""
    import av

    n_bad, has_begun = 0, False
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.InvalidDataError:
            n_bad += 1
            if has_begun or n_bad > _MOST_BAD_PACKETS:
                raise
            continue
        has_begun = has_begun or bool(frames)
        yield from frames


@contextmanager
def _undamaged(name: str, *errors: type[Exception]) -> Iterator[None]:
    """Raise TrackError for a decoder's errors."""
    try:
        yield
    except errors as exc:
        raise TrackError(Reason.DAMAGED, f"{name} cannot be decoded: {_why(exc)}") from exc


def _last_packet_s(container: "InputContainer", stream: "AudioStream", name: str) -> float:
    """Return how long after the start the last packet ends, for a file that states no duration, or a wrong one."""
    import av

    begins_s = (container.start_time or 0) / av.time_base
    end_s = 0.0
    for n, packet in enumerate(container.demux(stream)):
        if n > _MOST_PACKETS:
            raise TrackError(Reason.UNSUPPORTED, f"{name} consists of more than {_MOST_PACKETS:,} packets")
        if packet.pts is not None and packet.time_base is not None:
            end_s = max(end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return max(0.0, end_s - begins_s)


def _read_frames(
    frames: "Iterator[AudioFrame]", rate: int, cut: tuple[float, float], name: str, mix: Mix, highest_hz: int
) -> tuple[FloatArray, int]:
    """Return mono samples and the rate of the first frame. A frame of another rate or layout is an error.

    Args:
        rate: to return if there are no frames.
        cut: start, on the clock of the stream, and length, in seconds. Where seeking led to an earlier place, what is
            before the start is left out.
        highest_hz: the highest rate that is not refused. Samples of more than 384 kHz are returned at a lower one.
    """
    import av

    from_s, length_s = cut
    to_float: av.AudioResampler | None = None
    n_samples, n_early = 0, 0
    fewer: _FewerSamples | None = None
    parts: list[FloatArray] = []
    for frame in frames:
        if to_float is None:
            rate = frame.sample_rate
            _refuse_format(len(frame.layout.channels), rate, name, highest_hz)
            # packed: with planar samples, PyAV reads past the end if there are eight channels or more
            to_float = av.AudioResampler(format="flt", layout=frame.layout, rate=rate)
            early_s = from_s - frame.time if frame.time is not None else 0.0
            n_early = round(early_s * rate) if 0 < early_s <= _EARLY_UP_TO_S else 0
            fewer = _FewerSamples.of(rate) if rate > SAMPLE_RATES_HZ[1] else None
        for converted in to_float.resample(frame):
            packed = converted.to_ndarray().astype(np.float32, copy=False)
            samples = packed.reshape(-1, len(converted.layout.channels))
            if not n_samples:
                _refuse_dts(samples, name)
            mono = mix(samples)[n_early:]
            n_early = max(0, n_early - len(samples))
            n_samples += mono.size
            parts.append(fewer.add(mono) if fewer else mono)
        if n_samples >= length_s * rate:
            break
    if fewer:
        parts, rate = [*parts, fewer.end()], fewer.rate_hz
    return np.concatenate(parts)[: int(length_s * rate)] if parts else np.zeros(0, np.float32), rate


@dataclass(frozen=True, slots=True)
class _FewerSamples:
    """Mono samples of a very high rate, made fewer piece by piece: a minute of them would take gigabytes."""

    rate_hz: int
    stream: Any

    @classmethod
    def of(cls, rate: int) -> "_FewerSamples":
        import soxr

        rate_hz = rate
        while rate_hz > _FEWER_HZ:
            rate_hz //= 2
        return cls(rate_hz, soxr.ResampleStream(rate, rate_hz, 1, dtype="float32", quality="HQ"))

    def add(self, mono: FloatArray) -> FloatArray:
        fewer: FloatArray = self.stream.resample_chunk(mono)
        return fewer

    def end(self) -> FloatArray:
        """Return the last samples."""
        fewer: FloatArray = self.stream.resample_chunk(np.zeros(0, np.float32), last=True)
        return fewer


def _refuse_dts(frames: FloatArray, name: str) -> None:
    if is_dts(frames):
        raise TrackError(
            Reason.UNSUPPORTED, f"{name} is DTS, stored as if it were samples", "decode it with a DTS decoder to FLAC"
        )


def _refuse_format(channels: int, rate: int, name: str, high: int = SAMPLE_RATES_HZ[1]) -> None:
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
