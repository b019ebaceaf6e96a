"""Manners towards each host: how often, how many at once, and when to leave it alone for a while."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory

from spotrec.errors import RateLimited, ServiceUnavailable, UsageError
from spotrec.settings import Settings

FAILURES_IN_A_ROW = 5
BLOCK_S = 60.0
_SHORTEST_WAIT_S = 0.5
_MARGIN = 1.05
"""Some requests arrive faster than others: a window is a little longer where they leave than it must be there."""


@dataclass(slots=True)
class _Host:
    """What is known of one host. A circuit breaker of our own: the libraries' hold a lock while a request lasts."""

    slots: threading.BoundedSemaphore
    limiter: "_Limiter | None" = None
    block_s: float = BLOCK_S
    failures: int = 0
    blocked_until: float = 0.0
    quiet_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note_failure(self) -> None:
        with self.lock:
            self.failures += 1
            if self.failures >= FAILURES_IN_A_ROW:
                self.blocked_until = time.monotonic() + self.block_s

    def note_answer(self) -> None:
        with self.lock:
            self.failures, self.blocked_until = 0, 0.0


class _Limiter:
    """At most so many requests in any window."""

    def __init__(self, rate: Rate) -> None:
        self._bucket = InMemoryBucket([rate])
        # not leaked by a thread of the library's, which would outlive us
        self._limiter = Limiter(SingleBucketFactory(self._bucket, schedule_leak=False))

    def wait(self) -> None:
        self._bucket.leak(self._bucket.now())  # type: ignore[no-untyped-call]  # the library's own
        self._limiter.try_acquire("request")


class Patience:
    """How long one request may be made to wait in all."""

    def __init__(self, max_wait_s: float) -> None:
        self._left_s = max_wait_s

    def wait_s(self, limit: RateLimited) -> float:
        """How long to wait before the next attempt.

        Raises:
            RateLimited: the host does not say, or asks for more than is left.
        """
        if limit.retry_after_s is None or limit.retry_after_s > self._left_s:
            raise limit
        wait_s = max(limit.retry_after_s, _SHORTEST_WAIT_S)
        self._left_s -= wait_s
        return wait_s


class HostPacer:
    """Lets requests to a host begin when its limits allow it. Safe to share between threads.

    The limits of a service hold wherever the settings say that it is; other hosts (which send files) have none but
    the number of requests at once.

    Args:
        block_s: how long a host that keeps failing is not asked.

    Raises:
        UsageError: a limit in the settings makes no sense.
    """

    def __init__(self, settings: Settings, *, block_s: float = BLOCK_S) -> None:
        self._at_once = settings.connections_per_host
        self._block_s = block_s
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        for url, limit in settings.limits.items():
            self._host(url).limiter = _Limiter(_rate(limit))

    @contextmanager
    def request(self, url: str) -> Iterator[None]:
        """Wait until a request to `url` may begin; it is under way as long as the context lasts.

        Raises:
            ServiceUnavailable: the host has failed five times in a row and is left alone for a minute.
        """
        host = self._host(url)
        _refuse_failing(host, url)
        with host.slots:
            while (quiet_s := host.quiet_until - time.monotonic()) > 0:
                time.sleep(quiet_s)
            if host.limiter:
                host.limiter.wait()
            _refuse_failing(host, url)  # it may have come to that while we waited
            yield

    def pause(self, url: str, seconds: float) -> None:
        """The host asked us to wait: no request to it begins before then."""
        host = self._host(url)
        with host.lock:
            host.quiet_until = max(host.quiet_until, time.monotonic() + seconds)

    def note_failure(self, url: str) -> None:
        """A request to `url` was not answered, or answered by a fault of the server."""
        self._host(url).note_failure()

    def note_answer(self, url: str) -> None:
        """A request to `url` was answered, be it with a refusal."""
        self._host(url).note_answer()

    def _host(self, url: str) -> _Host:
        with self._lock:
            name = host_of(url)
            if name not in self._hosts:
                slots = threading.BoundedSemaphore(self._at_once)
                self._hosts[name] = _Host(slots, block_s=self._block_s)
            return self._hosts[name]


def _refuse_failing(host: _Host, url: str) -> None:
    if time.monotonic() < host.blocked_until:
        raise ServiceUnavailable(f"{host_of(url)} keeps failing and is left alone for a while", "try again later")


def host_of(url: str) -> str:
    """Host and port, as limits are counted by."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _rate(limit: str) -> Rate:
    """`"40/5"` → forty requests in any five seconds."""
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6}(?:\.\d{1,3})?)", limit.strip())
    requests, window_ms = (int(match[1]), int(float(match[2]) * 1000)) if match else (0, 0)
    if not requests or not window_ms:
        raise UsageError(f"“{limit}” is no limit", "it looks like 40/5: requests per seconds")
    return Rate(requests, int(window_ms * _MARGIN))
