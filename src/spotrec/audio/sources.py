"""Audio files as sources of excerpts: bytes → mono samples (libmpg123, libsndfile, else FFmpeg through PyAV; soxr HQ).

A source is open for any number of excerpts; between them it is not decoded. A file that was put together from several
is one source: its length is the sum of theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Protocol, TypeVar

import numpy as np

from spotrec.audio import mpg123
from spotrec.audio.channels import is_quiet
from spotrec.audio.excerpts import PIECE_S, Channels, Excerpt, not_cancelled
from spotrec.audio.ffmpeg_source import open_ffmpeg
from spotrec.audio.kinds import kind_of, kind_with
from spotrec.audio.mpeg import Adts, Mp3, read_adts
from spotrec.audio.soundfile_source import open_soundfile
from spotrec.errors import Reason, TrackError

WHOLE_UP_TO_S = 60.0
"""Audio of up to this length is decoded as a whole."""
_T = TypeVar("_T")


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
        hear = partial(not_cancelled, start_s, length_s, excerpt)
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
        return _by_seeking(self.frames.between(start_s, start_s + length_s + PIECE_S), "audio/aac", self.name, hear)


def _by_seeking(part: bytes | Mp3, content_type: str, name: str, work: Callable[[Channels], _T]) -> _T:
    """Open a part with libsndfile for `work`, or with FFmpeg if libsndfile cannot decode it."""
    audio = part.stream if isinstance(part, Mp3) else part
    kind = kind_with(content_type, audio)
    try:
        if not kind.with_ffmpeg:
            with open_soundfile(audio, name) as source:
                return work(source)
    except TrackError as error:
        if error.reason is not Reason.DAMAGED:
            raise
    with open_ffmpeg(audio, kind, name) as container:
        return work(container)
