"""Processes that decode audio: a clip that crashes or hangs one fails alone."""

from functools import partial

from spotrec.errors import CacheError, Reason, TrackError
from spotrec.extract.decode_worker import Clip, DecodeJob, FrontEnds, answer
from spotrec.system.process_pool import JobCrashed, JobTooSlow, ProcessPool

DECODE_TIMEOUT_S = 60.0


class DecodePool:
    """One process for each core, started when a clip first needs it. Threads may share the pool."""

    def __init__(self, front_ends: FrontEnds, n: int | None = None, timeout_s: float = DECODE_TIMEOUT_S) -> None:
        self._processes = ProcessPool(partial(answer, front_ends), "decoding", timeout_s, n)
        self._timeout_s = timeout_s

    def __len__(self) -> int:
        return len(self._processes)

    def start(self, n: int) -> None:
        """Start `n` processes without waiting for them, so that the caller can load something else at the same time."""
        self._processes.start(n)

    def prepare(self, job: DecodeJob) -> Clip:
        """Make the networks' inputs from a track's audio. Waits for an idle process.

        Raises:
            TrackError: the file is gone, is not audio, is unsuitable, crashes the decoder or takes too long.
            CacheError: the cache cannot be read.
            SpotrecError: no process can be started, or the pool is closed.
        """
        try:
            clip = self._processes.run(job)
        except JobCrashed:
            raise TrackError(Reason.CRASHED, f"{job.audio.address} crashes the decoder") from None
        except JobTooSlow:
            slow = f"{job.audio.address} was not decoded within {self._timeout_s:.0f} s"
            raise TrackError(Reason.TOO_SLOW, slow) from None
        if isinstance(clip, TrackError | CacheError):
            raise clip
        return clip

    def close(self) -> None:
        """Take no more clips and end the processes: idle ones at once, others after their clip."""
        self._processes.close()
