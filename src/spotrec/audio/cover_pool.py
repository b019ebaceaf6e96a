"""Pictures of covers that audio files contain, read and made small in processes of their own (PyAV)."""

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotrec.audio.files import read_file
from spotrec.audio.kinds import kind_with
from spotrec.audio.tags import read_content
from spotrec.errors import TrackError
from spotrec.system.process_pool import JobCrashed, JobTooSlow, ProcessPool

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_TIMEOUT_S = 15.0
_MOST_PIXELS = 50_000_000
_MOST_PACKETS = 4
_CODECS = frozenset({"mjpeg", "png", "gif", "bmp", "webp", "tiff"})


@dataclass(frozen=True, slots=True)
class CoverJob:
    """A file, and the longest side of its picture in pixels."""

    path: Path
    max_bytes: int
    side: int


class CoverPool:
    """Processes that read covers. One that crashes or hangs over a file is replaced. Threads may share the pool."""

    def __init__(self, max_bytes: int, n: int | None = None) -> None:
        self._max_bytes = max_bytes
        self._processes: ProcessPool[CoverJob, bytes | None] = ProcessPool(cover, "reading covers", _TIMEOUT_S, n)

    def read(self, path: Path, side: int) -> bytes | None:
        """Return the cover in a file as a JPEG with sides of at most `side` pixels; None if the file has no cover.

        Raises:
            SpotrecError: no process can be started, or the pool is closed.
        """
        try:
            return self._processes.run(CoverJob(path, self._max_bytes, side))
        except (JobCrashed, JobTooSlow):
            return None

    def close(self) -> None:
        """Read no more covers, and end the processes."""
        self._processes.close()


def cover(job: CoverJob) -> bytes | None:
    """In a process of the pool: return the cover of a file, or None."""
    import av

    try:
        audio = read_file(job.path, job.max_bytes)
        return _cover_in(audio, kind_with(read_content(audio, "").content_type, audio).demuxer, job.side)
    except (TrackError, av.FFmpegError, ValueError, MemoryError, OverflowError):
        return None


def _cover_in(audio: bytes, kind: str, side: int) -> bytes | None:
    import av

    lenient: Any = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
    with av.open(io.BytesIO(audio), mode="r", format=kind, **lenient) as container:
        for stream in container.streams.video:
            context = stream.codec_context
            if context is None or context.name not in _CODECS or context.width * context.height > _MOST_PIXELS:
                continue
            for _, packet in zip(range(_MOST_PACKETS), container.demux(stream), strict=False):
                for frame in packet.decode():
                    if 0 < frame.width * frame.height <= _MOST_PIXELS:
                        return _as_jpeg(frame, side)
    return None


def _as_jpeg(frame: "VideoFrame", side: int) -> bytes:
    from av import CodecContext

    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(2, round(length * scale / 2) * 2) for length in (frame.width, frame.height))
    small = frame.reformat(width, height, "yuvj420p")
    encoder: Any = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 1)
    encoder.options = {"qmin": "3", "qmax": "5"}
    small.pts = 0
    small.time_base = Fraction(1, 1)
    return b"".join(bytes(packet) for packet in [*encoder.encode(small), *encoder.encode(None)])
