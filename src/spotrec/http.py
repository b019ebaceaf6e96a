"""The one HTTP client (httpx): bounded in time and size, patient with a failing server, honest about who asks.

It lies below the stages, not in `crawl/`, because weights are downloaded through it too.
"""

import ipaddress
import json
import logging
import socket
import time
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
from spotrec.pacing import HostPacer, Patience
from spotrec.settings import Settings

USER_AGENT = "spotrec (content-based music recommender)"
MAX_JSON_BYTES = 16_000_000
MAX_REDIRECTS = 5
_ATTEMPTS = 3
_CHUNK = 65_536


def _without_queries(record: logging.LogRecord) -> bool:
    """Let httpx log addresses without what stands behind the question mark: it may be a signature."""
    if isinstance(record.args, tuple):
        record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
    return True


logging.getLogger("httpx").addFilter(_without_queries)
logging.getLogger("stamina").addHandler(logging.NullHandler())  # who wants to see retries can; stderr is for people


class _TryAgain(Exception):
    """A fault that may pass: a 5xx, a broken connection."""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for, and under which conditions."""

    url: str
    max_bytes: int
    allowed_hosts: tuple[str, ...] | None
    headers: dict[str, str]
    on_bytes: Callable[[int], None]


class HttpClient:
    """Asks servers politely.

    Raises (every request):
        NotFound: 404 or 410.
        SignInNeeded: 401 (Forbidden: 403).
        RateLimited: 429, with a Retry-After longer than the settings' `max_wait_s`.
        ServiceUnavailable: anything else, after three attempts.
    """

    errors: tuple[type[SpotrecError], ...] = (NotFound, SignInNeeded, RateLimited, ServiceUnavailable)

    def __init__(self, settings: Settings) -> None:
        self._max_wait_s = settings.max_wait_s
        self._timeout_s = settings.timeout_s
        self.pacer = HostPacer(settings)
        self._client = httpx.Client(
            timeout=settings.timeout_s, headers={"User-Agent": USER_AGENT}, follow_redirects=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def json(self, url: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The JSON that `url` answers with."""
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
        """All that lies at `url`, through at most five redirects.

        Args:
            url: http or https.
            max_bytes: a larger answer is refused as soon as that shows.
            allowed_hosts: hosts it may come from, redirects included (a leading dot: any host below it; a host that
                resolves to a private address must be named in full). None: wherever the settings' own address leads.
            headers: sent with the request, besides our own.
            on_bytes: told the size of each piece as it comes.
        """
        request = _Request(url, max_bytes, allowed_hosts, dict(headers or {}), on_bytes)
        try:
            for attempt in stamina.retry_context(
                on=_TryAgain, attempts=_ATTEMPTS, wait_initial=0.2, wait_max=2.0, timeout=self._max_wait_s
            ):
                with attempt:
                    return self._follow(request)
        except _TryAgain as exc:
            raise ServiceUnavailable(f"{_host(url)} {exc}", "try again later") from exc
        raise AssertionError("retry_context returns or raises")

    def resolve(self, url: str, allowed_hosts: tuple[str, ...]) -> str:
        """Where a short link leads: the first address that redirects no further, or to a host not in `allowed_hosts`.

        Nothing is asked of a host outside `allowed_hosts`.
        """
        for _ in range(MAX_REDIRECTS):
            if not _is_allowed(url, allowed_hosts):
                return url
            answer = self._send(_Request(url, MAX_JSON_BYTES, allowed_hosts, {}, lambda _: None))
            if isinstance(answer, bytes):
                return url
            url = answer
        raise ServiceUnavailable(f"{_host(url)} redirects without end", "copy the long link instead")

    def _follow(self, request: "_Request") -> bytes:
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._send(request)
            if isinstance(answer, bytes):
                return answer
            request = replace(request, url=answer)
        raise ServiceUnavailable(f"{_host(request.url)} redirects without end", "try again later")

    def _send(self, request: "_Request") -> bytes | str:
        """One answer, a Retry-After of bearable length waited for by all: a body, or the address of a redirect."""
        _refuse_host(request.url, request.allowed_hosts)
        patience = Patience(self._max_wait_s)
        while True:
            with self.pacer.request(request.url):
                answer = self._once(request)
            if not isinstance(answer, float | None):
                return answer
            self.pacer.quiet(request.url, patience.wait_s(RateLimited(_host(request.url), answer)))

    def _once(self, request: "_Request") -> bytes | str | float | None:
        """A body, a redirect's address, or how many seconds a 429 asks us to wait (None: it does not say)."""
        url = request.url
        try:
            with self._client.stream("GET", url, headers=request.headers) as response:
                self._note_health(url, response.status_code)
                if response.has_redirect_location:
                    return urljoin(url, response.headers["Location"])
                if response.status_code == 429:
                    return retry_after_s(response.headers.get("Retry-After"))
                _refuse_status(response.status_code, url)
                return self._body(response, url, request.max_bytes, request.on_bytes)
        except (httpx.TransportError, httpx.StreamError) as exc:
            self.pacer.failed(url)
            raise _TryAgain(f"cannot be reached: {first_line(exc)}") from exc
        except (httpx.InvalidURL, httpx.DecodingError, UnicodeError) as exc:
            raise ServiceUnavailable(f"{_host(url)} answered nonsense: {first_line(exc)}", "try again later") from exc

    def _note_health(self, url: str, status: int) -> None:
        if status >= 500:
            self.pacer.failed(url)
        else:
            self.pacer.answered(url)

    def _body(self, response: httpx.Response, url: str, max_bytes: int, on_bytes: Callable[[int], None]) -> bytes:
        # httpx bounds each read; a server that drips a byte at a time is bounded here
        deadline = time.monotonic() + self._timeout_s * 6
        body = bytearray()
        for piece in response.iter_bytes(_CHUNK):
            body += piece
            on_bytes(len(piece))
            if len(body) > max_bytes:
                raise ServiceUnavailable(
                    f"{_host(url)} sent more than {max_bytes:,} bytes", "it is not what was asked for"
                )
            if time.monotonic() > deadline:
                raise ServiceUnavailable(f"{_host(url)} is too slow", "try again later")
        return bytes(body)


def retry_after_s(header: str | None) -> float | None:
    """Seconds to wait, from a Retry-After header of either form; None where it says nothing."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None


def _refuse_status(status: int, url: str) -> None:
    host = _host(url)
    if status in (404, 410):
        raise NotFound(f"{host} has nothing there (HTTP {status})", "check the link")
    if status == 401:
        raise SignInNeeded(f"{host} refuses access (HTTP 401)", "check the credentials")
    if status == 403:
        raise Forbidden(f"{host} refuses access (HTTP 403)", "check who may see it")
    if status >= 500:
        raise _TryAgain(f"is broken (HTTP {status})")
    if status != 200:
        raise ServiceUnavailable(f"{host} answered HTTP {status}", "try again later")


def _refuse_host(url: str, allowed: tuple[str, ...] | None) -> None:
    try:
        parts = urlsplit(url)
        host, is_web = parts.hostname or "", parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        host, is_web = "", False
    if not is_web or not host:
        raise ServiceUnavailable(f"{quoted(url.partition('?')[0])} is no web address", "nothing was asked")
    if allowed is None or _is_named(url, allowed):
        return
    if not _is_allowed(url, allowed):
        raise ServiceUnavailable(f"{host} is not a host that this may come from", "see the setting preview_hosts")
    if any(_is_private(address) for address in _addresses(host)):
        raise ServiceUnavailable(f"{host} leads to a private address", "nothing was asked")


def _is_named(url: str, allowed: tuple[str, ...]) -> bool:
    """Whether the host is named in full: then it may even be on this machine."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" in allowed or parts.hostname in allowed


def _is_allowed(url: str, allowed: tuple[str, ...]) -> bool:
    host = urlsplit(url).hostname or ""
    return _is_named(url, allowed) or any(entry.startswith(".") and host.endswith(entry) for entry in allowed)


def _addresses(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except UnicodeError as exc:
        raise ServiceUnavailable(f"{quoted(host)} cannot be a host", "nothing was asked") from exc
    except OSError as exc:
        raise _TryAgain(f"cannot be found: {first_line(exc)}") from exc


def _is_private(address: str) -> bool:
    return not ipaddress.ip_address(address.split("%")[0]).is_global


def _host(url: str) -> str:
    return urlsplit(url).hostname or url[:60]
