"""The requests that run now, so that nothing is closed while one of them uses it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class RunningRequests:
    """Counts them by thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._by_thread: dict[int, int] = {}
        self._is_closing = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count a request of this thread. It waits while `pause` is active."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closing or me in self._by_thread)
            self._by_thread[me] = self._by_thread.get(me, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._by_thread[me] -= 1
                if not self._by_thread[me]:
                    del self._by_thread[me]
                self._changed.notify_all()

    @contextmanager
    def pause(self, timeout_s: float) -> Iterator[None]:
        """Wait until no other thread has a request, for at most `timeout_s`, and let no new request begin."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closing)
            self._is_closing = True
            self._changed.wait_for(lambda: not self._by_thread.keys() - {me}, timeout_s)
        try:
            yield
        finally:
            with self._changed:
                self._is_closing = False
                self._changed.notify_all()
