"""The HTTP client (httpx): limited in time and size, with retries, and with an honest user agent.

It is not part of `crawl/`, because it also downloads weights.
"""

import json
import logging
import math
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
import stamina

from spotrec.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    ServiceUnavailable,
    SignInNeeded,
    SpotrecError,
    first_line,
    quoted,
)
from spotrec.net.hosts import HostNotFound, is_allowed, refuse_host
from spotrec.net.pacing import HostPacer, Patience, host_of
from spotrec.settings import Settings

USER_AGENT = "spotrec (content-based music recommender)"
MAX_JSON_BYTES = 16_000_000
MAX_REDIRECTS = 5
SLOWEST_ANSWER = 6
"""The longest time for a whole body, in multiples of the setting `timeout_s`."""
_ATTEMPTS = 3
_LONGEST_RETRY_AFTER_S = 7 * 86_400.0


def _without_queries(record: logging.LogRecord) -> bool:
    """Remove the query from the addresses that httpx logs: it may contain a signature."""
    if isinstance(record.args, tuple):
        record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
    return True


logging.getLogger("httpx").addFilter(_without_queries)
logging.getLogger("stamina").addHandler(logging.NullHandler())  # no retries on stderr, which is for people


class _TransientFault(Exception):
    """An error that may be temporary: a 5xx, a broken connection."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A request and its limits."""

    url: str
    max_bytes: int
    allowed_hosts: tuple[str, ...] | None
    headers: dict[str, str]
    on_bytes: Callable[[int], None]
    is_elsewhere: bool = False
    """Whether a redirect has led to another host than the first."""


class HttpClient:
    """Sends requests within the limits of each host.

    Raises (every request):
        NotFound: 404 or 410.
        SignInNeeded: 401 (Forbidden: 403).
        RateLimited: 429, and the wait is longer than the setting `max_wait_s`.
        ServiceUnavailable: anything else, after three attempts.
    """

    errors: tuple[type[SpotrecError], ...] = (NotFound, SignInNeeded, RateLimited, ServiceUnavailable)

    def __init__(self, settings: Settings) -> None:
        self._max_wait_s = settings.max_wait_s
        self._timeout_s = settings.timeout_s
        self.pacer = HostPacer(settings)
        self._client = httpx.Client(
            timeout=settings.timeout_s,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def patience(self, url: str) -> Patience:
        """Return the waiting time of one request to `url`, with all its repetitions."""
        return Patience(self._max_wait_s, self.pacer.window_s(url))

    def json(self, url: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Return the JSON at `url`."""
        body = self.download(str(httpx.URL(url, params=params) if params else url), max_bytes=MAX_JSON_BYTES)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise ServiceUnavailable(f"{_host(url)} answered something that is not JSON", "try again later") from exc

    def download(
        self,
        url: str,
        *,
        max_bytes: int,
        allowed_hosts: tuple[str, ...] | None = None,
        headers: Mapping[str, str] | None = None,
        on_bytes: Callable[[int], None] = lambda _: None,
    ) -> bytes:
        """Return the content at `url`, after at most five redirects.

        Args:
            url: http or https.
            max_bytes: a larger answer is refused while it is read.
            allowed_hosts: hosts that may answer, also after redirects (a leading dot: any host below it; a host that
                resolves to a private address must be named in full). None: any host, but after a redirect to
                another host no private address.
            headers: sent in addition to spotrec's own.
            on_bytes: called with the size of each piece.
        """
        request = _Request(url, max_bytes, allowed_hosts, dict(headers or {}), on_bytes)
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._send(request)
            if isinstance(answer, bytes):
                return answer
            request = replace(request, url=answer, is_elsewhere=host_of(answer) != host_of(url))
        raise ServiceUnavailable(f"{_host(url)} redirects without end", "try again later")

    def resolve(self, url: str, allowed_hosts: tuple[str, ...]) -> str:
        """Return where a short link leads: the first address without a redirect, or on a host not in `allowed_hosts`.

        No request is sent to a host outside `allowed_hosts`.
        """
        for _ in range(MAX_REDIRECTS):
            if not is_allowed(url, allowed_hosts):
                return url
            answer = self._send(_Request(url, MAX_JSON_BYTES, allowed_hosts, {}, lambda _: None))
            if isinstance(answer, bytes):
                return url
            url = answer
        raise ServiceUnavailable(f"{_host(url)} redirects without end", "copy the long link instead")

    def _send(self, request: _Request) -> bytes | str:
        """Return a body, or the address of a redirect. Repeats the request after temporary errors."""
        try:
            for attempt in stamina.retry_context(
                on=_TransientFault, attempts=_ATTEMPTS, wait_initial=0.2, wait_max=2.0, timeout=self._max_wait_s
            ):
                with attempt:
                    return self._send_with_waits(request)
        except _TransientFault as exc:
            raise ServiceUnavailable(f"{_host(request.url)} {exc}", "try again later") from exc
        raise AssertionError("retry_context returns or raises")

    def _send_with_waits(self, request: _Request) -> bytes | str:
        """Return one answer. All requests to the host wait for a Retry-After of up to `max_wait_s`."""
        try:
            refuse_host(request.url, request.allowed_hosts, is_elsewhere=request.is_elsewhere)
        except HostNotFound as exc:
            raise _TransientFault(f"cannot be found: {exc}") from exc
        patience = self.patience(request.url)
        while True:
            with self.pacer.request(request.url):
                answer = self._send_once(request)
            if not isinstance(answer, float | None):
                return answer
            self.pacer.pause(request.url, RateLimited(_host(request.url), answer), patience)

    def _send_once(self, request: _Request) -> bytes | str | float | None:
        """Return a body, a redirect's address, or the seconds to wait after a 429 (None: it does not say)."""
        url = request.url
        try:
            with self._client.stream("GET", url, headers=request.headers) as response:
                answer = self._read(response, request)
        except (httpx.TransportError, httpx.StreamError) as exc:
            self.pacer.note_failure(url)
            raise _TransientFault(f"cannot be reached: {first_line(exc)}") from exc
        except (httpx.InvalidURL, zlib.error, ValueError) as exc:
            raise ServiceUnavailable(
                f"{_host(url)} sent an invalid answer: {first_line(exc)}", "try again later"
            ) from exc
        self.pacer.note_answer(url)
        return answer

    def _read(self, response: httpx.Response, request: _Request) -> bytes | str | float | None:
        url, status = request.url, response.status_code
        if status >= 500:
            self.pacer.note_failure(url)
            raise _TransientFault(f"has an error (HTTP {status})")
        if response.has_redirect_location:
            return urlsplit(urljoin(url, response.headers["Location"])).geturl()
        if status == 429:
            return retry_after_s(response.headers.get("Retry-After"))
        if status != 200:
            self.pacer.note_answer(url)
            raise _refusal(status, url)
        return self._body(response, request)

    def _body(self, response: httpx.Response, request: _Request) -> bytes:
        # httpx limits each read; this limits a server that sends one byte at a time
        deadline = time.monotonic() + self._timeout_s * SLOWEST_ANSWER
        unpacked = _decompressor(response.headers.get("Content-Encoding", ""))
        body = bytearray()
        for piece in response.iter_raw():
            request.on_bytes(len(piece))
            body += unpacked(piece, request.max_bytes + 1 - len(body))
            if len(body) > request.max_bytes:
                raise ServiceUnavailable(
                    f"{_host(request.url)} sent more than {request.max_bytes:,} bytes", "this is not the requested file"
                )
            if time.monotonic() > deadline:
                self.pacer.note_failure(request.url)
                raise ServiceUnavailable(f"{_host(request.url)} is too slow", "try again later")
        return bytes(body)


def retry_after_s(header: str | None) -> float | None:
    """Return the seconds in a Retry-After header of either form, at most a week; None if it states no time."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(0.0, seconds), _LONGEST_RETRY_AFTER_S) if math.isfinite(seconds) else None


def _refusal(status: int, url: str) -> SpotrecError:
    host = _host(url)
    if status in (404, 410):
        return NotFound(f"{host} has nothing at this address (HTTP {status})", "check the link")
    if status == 401:
        return SignInNeeded(f"{host} refuses access (HTTP 401)", "check the credentials")
    if status == 403:
        return Forbidden(f"{host} refuses access (HTTP 403)", "check who has access to it")
    return ServiceUnavailable(f"{host} answered HTTP {status}", "try again later")


def _decompressor(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return a function that unpacks pieces of a body in this encoding, each to a limited size.

    A few bytes may unpack to gigabytes.

    Raises:
        ValueError: the client did not request this encoding.
    """
    if encoding.strip().lower() in ("", "identity"):
        return lambda piece, _: piece
    if encoding.strip().lower() not in ("gzip", "deflate"):
        raise ValueError(f"its encoding is {quoted(encoding)}")
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress  # 32: gzip or zlib


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:60]
