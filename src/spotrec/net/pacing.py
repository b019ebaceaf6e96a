"""Limits for each host: requests in a time, simultaneous requests, and a pause after repeated failures."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from spotrec.errors import RateLimited, ServiceUnavailable, clock_time
from spotrec.net.hosts import host_of
from spotrec.net.limits import SharedLimit
from spotrec.net.services import ServiceNames
from spotrec.settings import Settings

FAILURES_IN_A_ROW = 5
BLOCK_S = 60.0
_SHORTEST_WAIT_S = 0.5
_USUAL_WINDOW_S = 5.0
_NOTABLE_PAUSE_S = 1.0


@dataclass(slots=True)
class _Host:
    """The state of one host. The circuit breaker is our own: a library's holds a lock during each request."""

    slots: threading.BoundedSemaphore
    limit: SharedLimit | None = None
    block_s: float = BLOCK_S
    failures: int = 0
    cause: str = ""
    blocked_until: float = 0.0
    quiet_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note_failure(self, cause: str) -> None:
        with self.lock:
            self.failures += 1
            self.cause = cause
            if self.failures >= FAILURES_IN_A_ROW:
                self.blocked_until = time.monotonic() + self.block_s

    def note_answer(self) -> None:
        with self.lock:
            self.failures, self.blocked_until = 0, 0.0


class NeverSent(Exception):
    """A request never reached its host."""


class Patience:
    """The time that one request may wait in total.

    Args:
        window_s: how long to wait if a host does not say how long; twice as long each next time.
    """

    def __init__(self, max_wait_s: float, window_s: float = _USUAL_WINDOW_S) -> None:
        self._left_s = max_wait_s
        self._window_s = window_s

    def wait_s(self, limit: RateLimited) -> float:
        """Return how long to wait before the next attempt.

        Raises:
            RateLimited: the wait is longer than the time that is left. It states how long the wait is.
        """
        asked_s = limit.retry_after_s
        if asked_s is None:
            asked_s, self._window_s = self._window_s, 2 * self._window_s
        if asked_s > self._left_s:
            raise limit if limit.retry_after_s is not None else RateLimited(limit.service, asked_s)
        wait_s = max(asked_s, _SHORTEST_WAIT_S)
        self._left_s -= wait_s
        return wait_s


class HostPacer:
    """Delays requests to a host until its limits allow them. Threads may share it.

    A service has its limits at the address that the settings give; all processes with one data folder share them. For
    other hosts, which send files, only the number of simultaneous requests is limited.

    Args:
        block_s: how long a host gets no requests after repeated failures.

    Raises:
        UsageError: a limit in the settings is not valid.
    """

    def __init__(self, settings: Settings, *, block_s: float = BLOCK_S) -> None:
        self._names = ServiceNames(settings)
        self._max_wait_s = settings.max_wait_s
        self._at_once = settings.connections_per_host
        self._block_s = block_s
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        self._listeners: list[Callable[[str], None]] = []
        for url, limit in settings.limits.items():
            self._host(url).limit = SharedLimit(host_of(url), limit, settings.data_path)

    def window_s(self, url: str) -> float:
        """Return the window of the host's limit, in seconds: how long to wait if the host does not say."""
        limit = self._host(url).limit
        return limit.window_s if limit else _USUAL_WINDOW_S

    @contextmanager
    def telling(self, tell: Callable[[str], None]) -> Iterator[None]:
        """Call `tell` with a message, in any thread, when a host gets no requests for more than a second."""
        self._listeners.append(tell)
        try:
            yield
        finally:
            self._listeners.remove(tell)

    @contextmanager
    def request(self, url: str) -> Iterator[None]:
        """Wait until a request to `url` may start. The request lasts as long as the context.

        A request that ends with `NeverSent` does not count for the limit of the host.

        Raises:
            ServiceUnavailable: the host has failed five times in a row, and gets no requests for a minute.
            RateLimited: the host has asked another process for a longer pause than `max_wait_s`.
        """
        host, name = self._host(url), ""
        self._refuse_failing(host, url)
        with host.slots:
            while (quiet_s := host.quiet_until - time.monotonic()) > 0:
                time.sleep(quiet_s)
            if host.limit:
                while (quiet_s := host.limit.pause_left_s()) > 0:
                    if quiet_s > self._max_wait_s:
                        raise RateLimited(self._names.of(url), quiet_s)
                    self._keep_quiet(host, self._names.of(url), quiet_s)  # another process was asked to wait
                    time.sleep(quiet_s)
                name = host.limit.wait()
            self._refuse_failing(host, url)  # it may have failed while this request waited
            try:
                yield
            except NeverSent:
                if host.limit:
                    host.limit.take_back(name)
                raise

    def pause(self, url: str, limit: RateLimited, patience: Patience) -> None:
        """Start no request to the host of `url` for as long as `limit` asks for.

        Raises:
            RateLimited: this is longer than `patience` allows.
        """
        seconds, host = patience.wait_s(limit), self._host(url)
        self._keep_quiet(host, limit.service, seconds)
        if host.limit:
            host.limit.pause(seconds)

    def close(self) -> None:
        for host in self._hosts.values():
            if host.limit:
                host.limit.close()

    def note_failure(self, url: str, cause: str = "") -> None:
        """Record that a request to `url` got no answer, or a server error. `cause` says what, without the service."""
        self._host(url).note_failure(cause)

    def note_answer(self, url: str) -> None:
        """Record that a request to `url` was answered, even with a refusal."""
        self._host(url).note_answer()

    def _host(self, url: str) -> _Host:
        with self._lock:
            name = host_of(url)
            if name not in self._hosts:
                slots = threading.BoundedSemaphore(self._at_once)
                self._hosts[name] = _Host(slots, block_s=self._block_s)
            return self._hosts[name]

    def _keep_quiet(self, host: _Host, service: str, seconds: float) -> None:
        until = time.monotonic() + seconds
        with host.lock:
            is_news = seconds > _NOTABLE_PAUSE_S and until > host.quiet_until + _NOTABLE_PAUSE_S
            host.quiet_until = max(host.quiet_until, until)
        for tell in list(self._listeners) if is_news else ():
            tell(f"{service} asks us to wait: spotrec asks it again at {clock_time(seconds)}")

    def _refuse_failing(self, host: _Host, url: str) -> None:
        left_s = host.blocked_until - time.monotonic()
        if left_s > 0:
            service, cause = self._names.of(url), f" ({host.cause})" if host.cause else ""
            raise ServiceUnavailable(
                f"{service} keeps failing{cause}, so spotrec sends it no requests for a minute",
                f"try again after {clock_time(left_s)}",
            )
