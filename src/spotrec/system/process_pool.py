"""A pool of processes: one that crashes or hangs is replaced, and only its job fails."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import LifoQueue
from typing import Generic, TypeVar

from spotrec.errors import SpotrecError
from spotrec.system.child_python import python_command, python_environment

_Job = TypeVar("_Job")
_Answer = TypeVar("_Answer")

_START_TIMEOUT_S = 60.0
_ATTEMPTS = 2
_ONE_THREAD_EACH = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # the pool has a process for every core
_RUN_WORKER = "from spotrec.system.worker_process import main; main()"


class JobCrashed(Exception):
    """The process ended, twice, while it worked on this job."""


class JobTooSlow(Exception):
    """The job took longer than the time limit; its process was ended."""


class ProcessPool(Generic[_Job, _Answer]):
    """One process for each core, started when a job first needs it. Threads may share the pool.

    It does not use multiprocessing, whose processes run the caller's main module again: a script without a
    `__main__` guard would start itself for ever.

    Args:
        work: makes the answer to a job. Other processes import it by name; jobs and answers are pickled. What it raises
            ends its process.
        kind: the kind of work, as messages name it: "decoding".
        timeout_s: how long a job may take.
    """

    def __init__(self, work: Callable[[_Job], _Answer], kind: str, timeout_s: float, n: int | None = None) -> None:
        self._workers = [_Worker(work, kind, timeout_s) for _ in range(n or os.cpu_count() or 1)]
        self._idle: LifoQueue[_Worker[_Job, _Answer]] = (
            LifoQueue()
        )  # a caller that has one job after another needs only one process
        for worker in self._workers:
            self._idle.put(worker)

    def __len__(self) -> int:
        return len(self._workers)

    def start(self, n: int) -> None:
        """Start `n` processes without waiting for them, so that the caller can load something else at the same time."""
        for worker in self._workers[-n:]:  # `run` uses these first
            worker.start()

    def run(self, job: _Job) -> _Answer:
        """Return the answer to a job. Waits for an idle process.

        Raises:
            JobCrashed, JobTooSlow: the job has no answer.
            SpotrecError: no process can be started, or the pool is closed.
        """
        worker = self._idle.get()
        try:
            return worker.run(job)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """Take no more jobs and end the processes: idle ones at once, others after their job."""
        for worker in self._workers:
            worker.close()


class _Worker(Generic[_Job, _Answer]):
    """One process, started when needed and restarted after it ends. One thread at a time may use it."""

    def __init__(self, work: Callable[[_Job], _Answer], kind: str, timeout_s: float) -> None:
        self._work = work
        self._kind = kind
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._is_busy = False
        """Whether a thread uses the process: then no other may, even without the lock."""
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False

    def start(self) -> None:
        with self._lock, suppress(OSError):  # `run` tries again, and reports the error
            if not (self._process or self._is_busy or self._is_closed):
                self._start()

    def run(self, job: _Job) -> _Answer:
        with self._lock:
            if self._is_closed:
                raise SpotrecError(f"{self._kind} was closed before this audio was reached", "start the work again")
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

    def _answer_with_retry(self, job: _Job) -> _Answer:
        has_started = False
        for _ in range(_ATTEMPTS):
            try:
                self._wait_until_ready()
                has_started = True
                return self._answer(job)
            except (EOFError, OSError):  # the process ended: if it ends again, the job is at fault
                self._kill()
        if has_started:
            raise JobCrashed
        raise SpotrecError(f"no {self._kind} process can be started", "`spotrec doctor` checks what it needs")

    def _answer(self, job: _Job) -> _Answer:
        self._connection.send(job)
        if not self._connection.poll(self._timeout_s):
            self._kill()
            raise JobTooSlow
        answer: _Answer = self._connection.recv()
        return answer

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
        self._connection.send(self._work)

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
