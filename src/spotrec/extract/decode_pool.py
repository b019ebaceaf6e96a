"""A pool of decoding processes: one that crashes or hangs is replaced, and only its clip fails."""

import os
import socket
import subprocess
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import LifoQueue

import numpy as np

from spotrec.errors import CacheError, Reason, SpotrecError, TrackError
from spotrec.extract.decode_worker import CacheFault, Clip, DecodeJob, Fault
from spotrec.extract.front_end import FrontEnd
from spotrec.system.child_python import python_command, python_environment
from spotrec.vectors import FloatArray

DECODE_TIMEOUT_S = 60.0
_START_TIMEOUT_S = 60.0
_ATTEMPTS = 2
_ONE_THREAD_EACH = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # the pool has a process for every core
_RUN_WORKER = "from spotrec.extract.decode_worker import main; main()"


class DecodePool:
    """One process for each core, started when a clip first needs it. Threads may share the pool.

    It does not use multiprocessing, whose processes run the caller's main module again: a script without a
    `__main__` guard would start itself for ever.
    """

    def __init__(self, front_end: FrontEnd, n: int | None = None, timeout_s: float = DECODE_TIMEOUT_S) -> None:
        self._workers = [_Worker(front_end, timeout_s) for _ in range(n or os.cpu_count() or 1)]
        self._idle: LifoQueue[_Worker] = (
            LifoQueue()
        )  # a caller that decodes one clip after another needs only one process
        for worker in self._workers:
            self._idle.put(worker)

    def __len__(self) -> int:
        return len(self._workers)

    def start(self, n: int) -> None:
        """Start `n` processes without waiting for them, so that the caller can load something else at the same time."""
        for worker in self._workers[-n:]:  # `prepare` uses these first
            worker.start()

    def prepare(self, job: DecodeJob) -> FloatArray:
        """Make the network's input from a track's audio. Waits for an idle process.

        Raises:
            TrackError: the file is gone, is not audio, is unsuitable, crashes the decoder or takes too long.
            CacheError: the cache cannot be read.
            SpotrecError: no process can be started, or the pool is closed.
        """
        worker = self._idle.get()
        try:
            return worker.prepare(job)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Take no more clips and end the processes: idle ones at once, others after their clip."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, started when needed and restarted after it ends. One thread at a time may use it."""

    def __init__(self, front_end: FrontEnd, timeout_s: float) -> None:
        self._front_end = front_end
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._is_busy = False
        """Whether a thread uses the process: then no other may, even without the lock."""
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False

    def start(self) -> None:
        with self._lock, suppress(OSError):  # `prepare` tries again, and reports the error
            if not (self._process or self._is_busy or self._is_closed):
                self._start()

    def prepare(self, job: DecodeJob) -> FloatArray:
        with self._lock:
            if self._is_closed:
                raise SpotrecError("the decoder was closed before this audio was decoded", "start the work again")
            self._is_busy = True
        try:
            return self._answer_with_retry(job)
        finally:
            with self._lock:
                self._is_busy = False
                if self._is_closed:
                    self._kill()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            if not self._is_busy:
                self._kill()

    def _answer_with_retry(self, job: DecodeJob) -> FloatArray:
        has_started = False
        for _ in range(_ATTEMPTS):
            try:
                self._wait_until_ready()
                has_started = True
                return self._answer(job)
            except (EOFError, OSError):  # the process ended: if it ends again, the clip is at fault
                self._kill()
        if has_started:
            raise TrackError(Reason.CRASHED, f"{job.audio.address} crashes the decoder")
        raise SpotrecError("no decoding process can be started", "`spotrec doctor` checks what it needs")

    def _answer(self, job: DecodeJob) -> FloatArray:
        self._connection.send(job)
        if not self._connection.poll(self._timeout_s):
            self._kill()
            raise TrackError(Reason.TOO_SLOW, f"{job.audio.address} was not decoded within {self._timeout_s:.0f} s")
        answer = self._connection.recv()
        if isinstance(answer, Clip):
            return np.frombuffer(self._connection.recv_bytes(), answer.dtype).reshape(answer.shape)
        if isinstance(answer, CacheFault):
            raise CacheError(answer.message, answer.hint)
        assert isinstance(answer, Fault)
        raise TrackError(answer.reason, answer.message, answer.hint)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._connection = Connection(ours.detach())
        self._is_ready = False
        with theirs:
            command = python_command(_RUN_WORKER, str(theirs.fileno()), str(self._timeout_s))
            nowhere = subprocess.DEVNULL
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                command,
                pass_fds=[theirs.fileno()],
                stdin=nowhere,
                stdout=nowhere,
                stderr=nowhere,
                env=python_environment(**_ONE_THREAD_EACH),
            )
        self._connection.send(self._front_end)

    def _wait_until_ready(self) -> None:
        """Start the process if there is none, and wait until its imports are done.

        Raises:
            EOFError, OSError: the process cannot be started, has ended, or takes too long.
        """
        if self._process is None:
            self._start()
        if not self._is_ready:
            if not self._connection.poll(_START_TIMEOUT_S):
                raise TimeoutError
            self._is_ready = self._connection.recv() == "ready"

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._connection.close()
            self._process = None
