"""Threads that wait for servers. The program does not wait for them when it ends."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

_T = TypeVar("_T")


def begin(work: Callable[[], _T], name: str) -> "Future[_T]":
    """Start work in a thread of its own, which the program does not wait for when it ends."""
    outcome: Future[_T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as exc:  # noqa: BLE001 - raised in the thread that waits
            outcome.set_exception(exc)

    threading.Thread(target=run, name=name, daemon=True).start()
    return outcome


def call_within(timeout_s: float, work: Callable[[], _T]) -> _T:
    """Return the result of `work`, a call without a time limit of its own. Late work goes on, and nobody waits for it.

    Raises:
        TimeoutError: it is not done after `timeout_s`.
    """
    return begin(work, "limited").result(timeout_s)


class Workers:
    """Up to `n` threads, which start when there is work.

    Python waits for the standard library's pool at its exit, so Ctrl-C would take as long as the slowest server. Work
    consists of functions that report their own results and raise nothing.
    """

    def __init__(self, n: int, name: str) -> None:
        self._n = n
        self._name = name
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._turn = threading.Lock()

    def submit(self, work: Callable[[], None]) -> None:
        self._work.put(work)
        with self._turn:
            if len(self._threads) < self._n:
                name = f"{self._name}-{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._run, name=name, daemon=True))
                self._threads[-1].start()

    def close(self) -> None:
        """Let the threads end after their current work. Work that has not started is dropped."""
        with suppress(Empty):
            while True:
                self._work.get_nowait()
        with self._turn:
            for _ in self._threads:
                self._work.put(None)

    def _run(self) -> None:
        while work := self._work.get():
            work()


class WorkInProgress:
    """Work that must not break off: before the program ends, it waits a moment for it, and no new work starts."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._n = 0
        self._is_closed = False

    def __enter__(self) -> None:
        """Start a piece of work.

        Raises:
            InterruptedError: no more work may start.
        """
        with self._changed:
            if self._is_closed:
                raise InterruptedError
            self._n += 1

    def __exit__(self, *error: object) -> None:
        with self._changed:
            self._n -= 1
            self._changed.notify_all()

    def close(self, timeout_s: float) -> None:
        """Let no more work start, and wait up to `timeout_s` for the work in progress."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: not self._n, timeout_s)
