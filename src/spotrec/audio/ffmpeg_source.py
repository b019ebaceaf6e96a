"""Files that FFmpeg decodes, through PyAV."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np

from spotrec.audio.channels import Mix
from spotrec.audio.clusters import states_duration
from spotrec.audio.excerpts import SAMPLE_RATES_HZ, Excerpt, audible, refuse_dts, refuse_format, undamaged
from spotrec.audio.kinds import Kind, Times
from spotrec.errors import Reason, TrackError
from spotrec.vectors import FloatArray

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

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


@contextmanager
def open_ffmpeg(audio: bytes, kind: Kind, name: str) -> "Iterator[_Container | _Walk]":
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
        undamaged(name, av.FFmpegError, ValueError),
        av.open(io.BytesIO(audio), mode="r", format=kind.demuxer, **lenient) as container,
    ):
        if not container.streams.audio:
            raise TrackError(Reason.NO_AUDIO_STREAM, f"{name} contains no audio stream")
        stream = container.streams.audio[0]
        if getattr(stream, "codec_context", None) is None:
            raise TrackError(Reason.UNSUPPORTED, f"{name} has a codec that FFmpeg does not know")
        refuse_format(stream.channels, stream.rate or 0, name, kind.highest_hz)
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
        return audible(self, start_s, length_s)


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

        with undamaged(self.name, av.FFmpegError, ValueError):
            begins_s = (self.container.start_time or 0) / av.time_base
            from_s = begins_s + start_s
            frames = self._frames_from(begins_s, from_s)
            return Excerpt(*_read_frames(frames, self.stream.rate, (from_s, length_s), self.name, mix, self.highest_hz))

    def hear(self, start_s: float, length_s: float) -> Excerpt:
        return audible(self, start_s, length_s)

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
            refuse_format(len(frame.layout.channels), rate, name, highest_hz)
            # packed: with planar samples, PyAV reads past the end if there are eight channels or more
            to_float = av.AudioResampler(format="flt", layout=frame.layout, rate=rate)
            early_s = from_s - frame.time if frame.time is not None else 0.0
            n_early = round(early_s * rate) if 0 < early_s <= _EARLY_UP_TO_S else 0
            fewer = _FewerSamples.of(rate) if rate > SAMPLE_RATES_HZ[1] else None
        for converted in to_float.resample(frame):
            packed = converted.to_ndarray().astype(np.float32, copy=False)
            samples = packed.reshape(-1, len(converted.layout.channels))
            if not n_samples:
                refuse_dts(samples, name)
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
