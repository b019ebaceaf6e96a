"""Threads that wait for servers, and that nobody waits for when the program ends."""

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue


class Workers:
    """Up to `n` threads; they begin when there is work.

    The standard library's pool is joined when Python exits, so that Ctrl-C would last as long as the slowest server.
    Work is given as functions that report for themselves and raise nothing.
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
        """Let the threads end when they are done; what nobody began is dropped."""
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
    """Work that is not broken off: whoever ends the program waits a moment for it, and no more of it begins."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._n = 0
        self._is_closed = False

    def __enter__(self) -> None:
        """Begin a piece.

        Raises:
            InterruptedError: no more may begin.
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
        """Let none begin any more, and wait for those in hand, but no longer than that."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: not self._n, timeout_s)
