"""Threads for what takes a moment, so that the event loop can answer others: so many at once, and in bounded time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from spotrec.serve.problems import busy, too_slow

_Found = TypeVar("_Found")


class Work:
    """Some threads, and a line of limited length before them.

    Args:
        n_threads: how much is done at the same time.
        most_waiting: how many requests may wait; more are told that the server is busy.
        timeout_s: how long a request waits for its answer. What it started runs to its end, and keeps its thread.
    """

    def __init__(self, name: str, n_threads: int, most_waiting: int, timeout_s: float) -> None:
        self._threads = ThreadPoolExecutor(n_threads, name)
        self._most = n_threads + most_waiting
        self._n = 0
        self._timeout_s = timeout_s

    async def run(self, do: Callable[[], _Found]) -> _Found:
        """Return what `do` returns.

        Raises:
            Problem: the line is full, or the answer takes too long.
        """
        if self._n >= self._most:
            raise busy()
        self._n += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, do)
        done.add_done_callback(self._leave)
        in_time, _ = await asyncio.wait((done,), timeout=self._timeout_s)  # who asked may be gone: the work goes on
        if not in_time:
            raise too_slow()
        return done.result()

    def close(self) -> None:
        """Begin nothing new."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _leave(self, done: "asyncio.Future[Any]") -> None:
        self._n -= 1
        if not done.cancelled():
            done.exception()  # read it: who asked may be gone
