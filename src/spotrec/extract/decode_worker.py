"""What a decoding process does: a `DecodeJob` is answered with the network's input, or an error."""

from dataclasses import dataclass
from pathlib import Path

from spotrec.audio.cache.disk import DiskAudioCache
from spotrec.audio.decode import decode
from spotrec.audio.files import check_content, read_file
from spotrec.errors import CacheError, Reason, TrackError, first_line
from spotrec.extract.front_end import FrontEnd
from spotrec.track import StoredAudio
from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """Audio to decode: `content`, or if that is None, the file at its address."""

    audio: StoredAudio
    content: bytes | None
    max_bytes: int


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


def answer(front_end: FrontEnd, job: DecodeJob) -> FloatArray | TrackError | CacheError:
    """Do the same as `prepare_clip`, but return errors."""
    try:
        return prepare_clip(job, front_end)
    except (CacheError, TrackError) as error:
        return error
    except MemoryError:
        return TrackError(Reason.TOO_LARGE, f"{job.audio.address} needs too much memory")
    except Exception as exc:  # noqa: BLE001 - any error fails this one clip only
        return TrackError(Reason.CRASHED, f"{job.audio.address} makes the decoder fail: {first_line(exc)}")
