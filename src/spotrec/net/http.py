"""The HTTP client (httpx): limited in time and size, with retries, and with an honest user agent.

It is not part of `crawl/`, because it also downloads weights.
"""

import json
import logging
import math
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.request import getproxies, proxy_bypass

import httpx
import stamina

from spotrec.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    ServiceUnavailable,
    SignInNeeded,
    SpotrecError,
    UsageError,
    first_line,
    quoted,
)
from spotrec.net.connection import Exchange, LimitedBackend, TooMuch, TooSlow, limited
from spotrec.net.hosts import HostNotFound, check_name, host_of, is_allowed
from spotrec.net.pacing import HostPacer, NeverSent, Patience
from spotrec.net.services import ServiceNames
from spotrec.settings import Settings, without_password
from spotrec.system.faults import connection_fault
from spotrec.system.logs import hide_secrets

USER_AGENT = "spotrec (content-based music recommender)"
MAX_JSON_BYTES = 16_000_000
MAX_REDIRECTS = 5
SLOWEST_ANSWER = 6
"""The longest time for a whole exchange, in multiples of the setting `timeout_s`."""
_ATTEMPTS = 3
_LONGEST_RETRY_AFTER_S = 7 * 86_400.0
_HEAD_BYTES = 1_000_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOCATION = "location"
_TRY_AGAIN = "try again later"

hide_secrets(
    "httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks", "stamina"
)
logging.getLogger("stamina").addHandler(logging.NullHandler())  # no retries on stderr, which is for people


class _TransientFault(Exception):
    """An error that may be temporary: a 5xx, a broken connection."""


class _NotReached(_TransientFault, NeverSent):
    """The host was not found, or did not accept the connection."""


@dataclass(slots=True)
class _Time:
    """The time that a request may still take, with its redirects and repetitions, but without pauses."""

    left_s: float


@dataclass(frozen=True, slots=True)
class _Request:
    """A request and its limits."""

    url: str
    max_bytes: int
    allowed_hosts: tuple[str, ...] | None
    headers: dict[str, str]
    on_bytes: Callable[[int], None]
    time: _Time
    attempts: int = _ATTEMPTS
    is_elsewhere: bool = False
    """Whether a redirect has led to another host than the first."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer of any status, and the seconds to wait if it states them."""

    status: int
    body: bytes
    retry_after_s: float | None = None


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
        self._names = ServiceNames(settings)
        self.pacer = HostPacer(settings)
        self._routes = _Routes()
        self._client = httpx.Client(
            transport=self._routes,
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
        self.pacer.close()

    def patience(self, url: str) -> Patience:
        """Return the waiting time of one request to `url`, with all its repetitions."""
        return Patience(self._max_wait_s, self.pacer.window_s(url))

    def json(self, url: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Return the JSON at `url`."""
        return self.parsed(self.download(with_params(url, params or {}), max_bytes=MAX_JSON_BYTES), url)

    def parsed(self, body: bytes, url: str) -> Any:
        """Return the JSON in a body that came from `url`."""
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise ServiceUnavailable(f"{self._names.of(url)} {_not_json(body, exc)}", _TRY_AGAIN) from exc

    def download(
        self,
        url: str,
        *,
        max_bytes: int,
        allowed_hosts: tuple[str, ...] | None = None,
        headers: Mapping[str, str] | None = None,
        on_bytes: Callable[[int], None] = lambda _: None,
        redirects: int = MAX_REDIRECTS,
        attempts: int = _ATTEMPTS,
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
            redirects: how many redirects to follow; 0 for requests whose address only one server may see.
            attempts: how often to send a request that fails; 1 for requests that change something.
        """
        request = _Request(url, max_bytes, allowed_hosts, dict(headers or {}), on_bytes, self._time(), attempts)
        for _ in range(redirects + 1):
            answer = self._send(request)
            if isinstance(answer, bytes):
                return answer
            if _web_address(answer) is None:
                raise self._bad_redirect(answer, request.url)
            if not redirects:
                raise ServiceUnavailable(
                    f"{self._names.of(url)} redirects to {_shown(answer)}", "if you trust this address, use it instead"
                )
            request = replace(request, url=answer, is_elsewhere=host_of(answer) != host_of(url))
        raise ServiceUnavailable(f"{self._names.of(url)} redirects without end", _TRY_AGAIN)

    def exchange(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes, max_bytes: int
    ) -> HttpAnswer:
        """Send one request to a server that the user names, and return its answer, whatever the status.

        It is sent once, and redirects are not followed.

        Raises:
            ServiceUnavailable: there is no answer.
        """
        target, ends_at = _target(url), time.monotonic() + self._timeout_s * SLOWEST_ANSWER
        limits = Exchange(ends_at, 2 * max_bytes + _HEAD_BYTES, may_be_private=True)
        request = _Request(url, max_bytes, None, {}, lambda _: None, self._time())
        patient = httpx.Timeout(self._timeout_s, read=self._timeout_s * SLOWEST_ANSWER)
        try:
            with (
                limited(limits),
                self._client.stream(method, target, headers=headers, content=content, timeout=patient) as response,
            ):
                wait_s = retry_after_s(response.headers.get("Retry-After"))
                return HttpAnswer(response.status_code, self._body(response, request), wait_s)
        except (httpx.TransportError, httpx.StreamError, HostNotFound, TooSlow) as exc:
            raise ServiceUnavailable(f"{self._names.of(url)} {self._fault(exc, url)}", "check its address") from exc
        except TooMuch as exc:
            raise self._too_much(request) from exc
        except zlib.error as exc:
            raise ServiceUnavailable(f"{self._names.of(url)} sent an answer that cannot be unpacked") from exc

    def resolve(self, url: str, allowed_hosts: tuple[str, ...]) -> str:
        """Return where a short link leads: the first address without a redirect, or on a host not in `allowed_hosts`.

        No request is sent to a host outside `allowed_hosts`.
        """
        request = _Request(url, MAX_JSON_BYTES, allowed_hosts, {}, lambda _: None, self._time())
        for _ in range(MAX_REDIRECTS):
            if not is_allowed(request.url, allowed_hosts):
                return request.url
            answer = self._send(request)
            if isinstance(answer, bytes):
                return request.url
            request = replace(request, url=answer)
        raise ServiceUnavailable(f"{self._names.of(url)} redirects without end", "copy the long link instead")

    def _time(self) -> _Time:
        return _Time(self._timeout_s * SLOWEST_ANSWER)

    def _send(self, request: _Request) -> bytes | str:
        """Return a body, or the address of a redirect. Repeats the request after temporary errors."""
        try:
            for attempt in stamina.retry_context(
                on=_TransientFault, attempts=request.attempts, wait_initial=0.2, wait_max=2.0, timeout=self._max_wait_s
            ):
                with attempt:
                    return self._send_with_waits(request)
        except _TransientFault as exc:
            raise ServiceUnavailable(f"{self._names.of(request.url)} {exc}", _TRY_AGAIN) from exc
        raise AssertionError("retry_context returns or raises")

    def _send_with_waits(self, request: _Request) -> bytes | str:
        """Return one answer. All requests to the host wait for a Retry-After of up to `max_wait_s`."""
        target = _target(request.url)
        may_be_private = check_name(
            target.host,
            target.port,
            request.allowed_hosts,
            is_elsewhere=request.is_elsewhere,
            is_proxied=self._routes.proxy(target) is not None,
        )
        patience = self.patience(request.url)
        while True:
            with self.pacer.request(request.url):
                answer = self._send_once(request, target, may_be_private=may_be_private)
            if not isinstance(answer, float | None):
                return answer
            self.pacer.pause(request.url, RateLimited(self._names.of(request.url), answer), patience)

    def _send_once(self, request: _Request, target: httpx.URL, *, may_be_private: bool) -> bytes | str | float | None:
        """Return a body, a redirect's address, or the seconds to wait after a 429 (None: it does not say)."""
        url, service = request.url, self._names.of(request.url)
        started = time.monotonic()
        exchange = Exchange(started + request.time.left_s, 2 * request.max_bytes + _HEAD_BYTES, may_be_private)
        try:
            with limited(exchange), self._client.stream("GET", target, headers=request.headers) as response:
                answer = self._read(response, request)
        except (httpx.TransportError, httpx.StreamError, HostNotFound, TooSlow) as exc:
            self.pacer.note_failure(url, self._fault(exc, url))
            if time.monotonic() >= exchange.ends_at:
                raise ServiceUnavailable(
                    f"{service} is too slow: it was not done after {self._timeout_s * SLOWEST_ANSWER:.3g} s", _TRY_AGAIN
                ) from exc
            fault = _NotReached if isinstance(exc, HostNotFound | httpx.ConnectError) else _TransientFault
            raise fault(self._fault(exc, url)) from exc
        except TooMuch as exc:
            raise self._too_much(request) from exc
        except zlib.error as exc:
            raise ServiceUnavailable(f"{service} sent an answer that cannot be unpacked", _TRY_AGAIN) from exc
        finally:
            request.time.left_s -= time.monotonic() - started
        self.pacer.note_answer(url)
        return answer

    def _fault(self, fault: Exception, url: str) -> str:
        """Return in words what happened to a connection."""
        match fault:
            case HostNotFound():
                return "cannot be found: its address cannot be looked up"
            case httpx.ProxyError():
                return f"cannot be reached: the proxy answered {quoted(first_line(fault))}"
            case httpx.ReadTimeout():
                return f"cannot be reached: it has sent nothing for {self._timeout_s:g} s"
            case httpx.RemoteProtocolError():
                # the library's words for an answer that breaks off; anything else broke HTTP's rules
                is_cut = any(sign in str(fault) for sign in ("closed connection", "disconnected"))
                return f"cannot be reached: it {'broke off its answer' if is_cut else 'does not answer with HTTP'}"
        proxy = self._routes.proxy(_target(url))
        how = f" through the proxy {without_password(proxy)}" if proxy else ""
        return f"cannot be reached{how}: {connection_fault(fault, 'the connection broke')}"

    def _read(self, response: httpx.Response, request: _Request) -> bytes | str | float | None:
        url, status = request.url, response.status_code
        if status >= 500:
            self.pacer.note_failure(url, error := f"has an error (HTTP {status})")
            raise _TransientFault(error)
        if status in _REDIRECTS and (location := response.extensions.get(_LOCATION)):
            return self._redirect(location, url)
        if status == 429:
            return retry_after_s(response.headers.get("Retry-After"))
        if status != 200:
            self.pacer.note_answer(url)
            raise _refusal(status, self._names.of(url))
        return self._body(response, request)

    def _redirect(self, location: str, url: str) -> str:
        """Return the address of a redirect from `url`."""
        try:
            return str(httpx.URL(url).join(location))
        except (httpx.InvalidURL, ValueError) as exc:
            raise self._bad_redirect(location, url) from exc

    def _bad_redirect(self, location: str, url: str) -> ServiceUnavailable:
        return ServiceUnavailable(
            f"{self._names.of(url)} redirects to {_shown(location)}, which is not a web address", _TRY_AGAIN
        )

    def _body(self, response: httpx.Response, request: _Request) -> bytes:
        encoding = response.headers.get("Content-Encoding", "")
        unpacked = _decompressor(encoding)
        if unpacked is None:
            raise ServiceUnavailable(
                f"{self._names.of(request.url)} packs its answer in an unknown way: {quoted(encoding)}", _TRY_AGAIN
            )
        body = bytearray()
        for piece in response.iter_raw():
            request.on_bytes(len(piece))
            body += unpacked(piece, request.max_bytes + 1 - len(body))
            if len(body) > request.max_bytes:
                raise self._too_much(request)
        return bytes(body)

    def _too_much(self, request: _Request) -> ServiceUnavailable:
        return ServiceUnavailable(
            f"{self._names.of(request.url)} sent more than {request.max_bytes:,} bytes",
            "this is not the requested file",
        )


class _Routes(httpx.BaseTransport):
    """Sends requests directly, or through the proxy of the environment, over limited connections."""

    def __init__(self) -> None:
        self._proxies = getproxies()  # it reads the whole environment, which takes as long as a tenth of a request
        self._lock = threading.Lock()
        self._transports: dict[tuple[str, str | None], httpx.HTTPTransport] = {}

    def proxy(self, target: httpx.URL) -> str | None:
        """Return the proxy for an address, as the environment had it at the start; None for a direct connection."""
        proxy = self._proxies.get(target.scheme) or self._proxies.get("all")
        if not proxy or proxy_bypass(target.host):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        route = request.url.scheme, self.proxy(request.url)
        with self._lock:
            if route not in self._transports:
                self._transports[route] = self._open(*route)
        response = self._transports[route].handle_request(request)
        # httpx reads the address of a redirect even if it does not follow it, and fails if it is none
        response.extensions[_LOCATION] = response.headers.pop("Location", None)
        return response

    def close(self) -> None:
        with self._lock:
            while self._transports:
                self._transports.popitem()[1].close()

    def _open(self, scheme: str, proxy: str | None) -> httpx.HTTPTransport:
        tls = _certificates() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which trusts nobody
        try:
            transport = httpx.HTTPTransport(verify=tls, proxy=proxy)
        except (ImportError, ValueError, httpx.InvalidURL) as exc:
            why = (
                "a SOCKS proxy needs the Python package socksio"
                if isinstance(exc, ImportError)
                else "check its address"
            )
            raise UsageError(
                f"spotrec cannot use the proxy {without_password(proxy or '')}: {why}",
                "set HTTPS_PROXY and HTTP_PROXY to an address like http://proxy:3128",
            ) from exc
        # httpx has no parameter for it
        transport._pool._network_backend = LimitedBackend(is_proxy=proxy is not None)
        return transport


def _certificates() -> ssl.SSLContext:
    """Read the certificates to trust. It takes longer than a request: nobody should wait for it who needs none."""
    try:
        return httpx.create_ssl_context()
    except OSError as exc:
        raise UsageError(
            f"the certificates cannot be read: {first_line(exc)}", "check SSL_CERT_FILE and SSL_CERT_DIR"
        ) from exc


def with_params(url: str, params: Mapping[str, str | int | Sequence[str]]) -> str:
    """Return an address with these parameters; a sequence gives its parameter several times."""
    return str(httpx.URL(url, params=params)) if params else url


def _target(url: str) -> httpx.URL:
    """Return an address in parts, as httpx will read it.

    Raises:
        ServiceUnavailable: it is not an address on the web.
    """
    if (target := _web_address(url)) is None:
        raise ServiceUnavailable(f"{_shown(url)} is not a web address", "no request was sent")
    return target


def _web_address(url: str) -> httpx.URL | None:
    """Return an address in parts, as httpx will read it; None if it is not an address on the web."""
    try:
        target = httpx.URL(url)
        is_web = target.scheme in ("http", "https") and (target.port is None or 0 < target.port < 65_536)
        is_web = is_web and all(0 < len(label) < 64 for label in target.host.removesuffix(".").split("."))
    except (httpx.InvalidURL, ValueError):
        return None
    return target if is_web else None


def _shown(url: str) -> str:
    """Return an address for a message, without what may be secret in it."""
    return quoted(without_password(url.partition("?")[0]))


def _not_json(body: bytes, fault: Exception) -> str:
    """Return what a body is that should be JSON."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return "sent an empty answer"
    if start.startswith(b"<"):
        return "sent a web page, not JSON"
    is_cut = isinstance(fault, json.JSONDecodeError) and (
        fault.pos >= len(fault.doc.rstrip()) or fault.msg.startswith("Unterminated string")
    )
    return "sent JSON that breaks off" if is_cut else "answered something that is not JSON"


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


def _refusal(status: int, service: str) -> SpotrecError:
    if status in (404, 410):
        return NotFound(f"{service} has nothing at this address (HTTP {status})", "check the link")
    if status == 401:
        return SignInNeeded(f"{service} refuses access (HTTP 401)", "check the credentials")
    if status == 403:
        return Forbidden(f"{service} refuses access (HTTP 403)", "check who has access to it")
    return ServiceUnavailable(f"{service} answered HTTP {status}", "try again later")


def _decompressor(encoding: str) -> Callable[[bytes, int], bytes] | None:
    """Return a function that unpacks pieces of a body in this encoding, each to a limited size; None if it is unknown.

    A few bytes may unpack to gigabytes.
    """
    if encoding.strip().lower() in ("", "identity"):
        return lambda piece, _: piece
    if encoding.strip().lower() not in ("gzip", "deflate"):
        return None
    return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress  # 32: gzip or zlib
