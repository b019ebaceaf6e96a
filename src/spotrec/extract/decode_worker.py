"""A process that decodes audio, so that a file that crashes the decoder ends only this process.

The first argument is the number of a socket. The parent sends the front end, then one `DecodeJob` after another; the
answer to each is a `Clip`, a `Fault` or a `CacheFault`. When the parent is gone, the worker ends: at once, or, if a
file hangs, shortly after the time limit (seconds, the second argument) at which the parent would have ended it.
"""

import resource
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from spotrec.audio.cache.disk import DiskAudioCache
from spotrec.audio.decode import decode
from spotrec.audio.files import check_content, read_file
from spotrec.errors import CacheError, Reason, TrackError, first_line
from spotrec.extract.front_end import FrontEnd
from spotrec.track import StoredAudio
from spotrec.vectors import FloatArray

MOST_MEMORY_BYTES = 4 << 30
_PARENT_FIRST_S = 5.0


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """Audio to decode: `content`, or if that is None, the file at its address."""

    audio: StoredAudio
    content: bytes | None
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Clip:
    """An answer: the network's input follows, as bytes."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer: a TrackError."""

    reason: Reason
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class CacheFault:
    """An answer: a CacheError."""

    message: str
    hint: str


def prepare_clip(job: DecodeJob, front_end: FrontEnd) -> FloatArray:
    """Make the network's input from a track's audio.

    Raises:
        TrackError: the file is gone, is not audio, or is unsuitable.
        CacheError: the cache's folder cannot be read.
    """
    content = job.content if job.content is not None else _read(job)
    samples = decode(check_content(job.audio, content), front_end.sample_rate_hz, job.audio.address)
    return front_end.prepare(samples)


def _read(job: DecodeJob) -> bytes | None:
    path = Path(job.audio.address)
    return DiskAudioCache(path.parent).get(path.name) if job.audio.owned else read_file(path, job.max_bytes)


def _answer(connection: Connection, job: DecodeJob, front_end: FrontEnd) -> None:
    try:
        clip = prepare_clip(job, front_end)
    except CacheError as error:
        connection.send(CacheFault(error.message, error.hint))
    except TrackError as error:
        connection.send(Fault(error.reason, error.message, error.hint))
    except MemoryError:
        connection.send(Fault(Reason.TOO_LARGE, f"{job.audio.address} needs too much memory"))
    except Exception as exc:  # noqa: BLE001 - any error fails this one clip only
        connection.send(Fault(Reason.CRASHED, f"{job.audio.address} makes the decoder fail: {first_line(exc)}"))
    else:
        connection.send(Clip(clip.shape, clip.dtype.str))
        connection.send_bytes(np.ascontiguousarray(clip).tobytes())


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent ends the work
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    connection, longest_s = Connection(int(sys.argv[1])), float(sys.argv[2]) + _PARENT_FIRST_S
    try:
        front_end = connection.recv()
        connection.send("ready")
        while True:
            job = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, longest_s)  # SIGALRM ends the process whatever it does
            _answer(connection, job, front_end)
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (EOFError, OSError):  # the parent is gone
        return
