"""The gate: every request passes the rules, every answer has the headers, and no failure behind it shows a trace."""

import asyncio
import logging
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spotrec.errors import SpotrecError
from spotrec.serve.options import ServeOptions
from spotrec.serve.problems import Problem, ending, failure, problem_of
from spotrec.serve.safety import hosts, limits, origins, tokens
from spotrec.serve.safety.headers import HEADERS, SAME_ORIGIN
from spotrec.system.files import error_of_system, is_full

_log = logging.getLogger("spotrec.serve")
_OPEN = ("/v1/session", "/healthz", "/readyz")
_OWN_TOKENS = ("/rest/",)
"""Paths whose protocol has its own way to send the token; what answers there checks it."""
_PATIENCE_S = 5.0
"""How long a request waits that is one too many, where the protocol has no way to say so: players that read a whole
library, album by album, would miss what is refused."""


class Gate:
    """An ASGI application around another one.

    Args:
        is_open: whether a path is answered without a token: the page's own files, which say nothing of the store.
        body_limits: the largest body by path; others have `limits.MAX_BODY_BYTES`.
        tell: returns a problem as an answer to a request.
        is_ending: whether the server stops, so that a request that is cancelled had its time.
    """

    def __init__(
        self,
        app: ASGIApp,
        options: ServeOptions,
        *,
        is_open: Callable[[str], bool],
        body_limits: dict[str, int],
        tell: Callable[[Scope, Problem], Response],
        is_ending: Callable[[], bool],
    ) -> None:
        self._app = app
        self._options = options
        self._is_open = is_open
        self._body_limits = body_limits
        self._tell = tell
        self._is_ending = is_ending
        self._rates = limits.Rates(options.rate)
        self._names = frozenset(name.lower() for name in (*options.hosts, options.host))
        self._origins = frozenset(options.origins)
        self._cookie = tokens.cookie_of(options.token) if options.token else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                message["headers"] = [*message["headers"], *HEADERS, *(() if self._origins else (SAME_ORIGIN,))]
            await send(message)

        try:
            headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
            problem = self._wrong_place(scope, headers)
            if problem is None:
                await self._turn(scope)
                problem = self._wrong_request(scope, headers)
            if problem is None:
                most = self._body_limits.get(scope["path"], limits.MAX_BODY_BYTES)
                await self._app(scope, limits.limited(receive, most, self._options.timeout_s), send_with_headers)
                return
        except asyncio.CancelledError:
            if not self._is_ending():
                raise
            problem = ending()
        except Exception as error:  # noqa: BLE001 - whatever fails, a client sees a problem, and no trace
            problem = _problem_of(error)
        if not has_begun:
            await self._tell(scope, problem)(scope, receive, send_with_headers)

    def _wrong_place(self, scope: Scope, headers: dict[bytes, str]) -> Problem | None:
        """Return why a request is not for this server, or comes from where it may not, or None."""
        host, method = headers.get(b"host", ""), scope["method"]
        if not hosts.is_allowed(host, self._names):
            return Problem(
                421, "wrong-host", "The server has another name", "the Host header is not a name of this server",
                "use its address, or start it with `--allow-host NAME`",
            )  # fmt: skip
        site, mode = headers.get(b"sec-fetch-site", ""), headers.get(b"sec-fetch-mode", "")
        origin, referer = headers.get(b"origin", ""), headers.get(b"referer", "")
        if not origins.is_allowed(method, origin, referer, site, mode, host, self._origins):
            return Problem(
                403, "other-origin", "Pages of other sites may not do this", "it comes from another site's page",
                "start the server with `--allow-origin ORIGIN` to allow it",
            )  # fmt: skip
        return None

    async def _turn(self, scope: Scope) -> None:
        """Count a request, and wait until it is its turn.

        Raises:
            Problem: it would have to wait too long.
        """
        client = scope["client"][0] if scope.get("client") else ""
        patience_s = _PATIENCE_S if scope["path"].startswith(_OWN_TOKENS) else 0.0
        wait_s = self._rates.take(client, patience_s)
        if wait_s > patience_s:
            raise Problem(
                429, "too-many-requests", "Too many requests", "this client asks too often",
                "wait as long as Retry-After says", retry_after_s=wait_s,
            )  # fmt: skip
        if wait_s:
            await asyncio.sleep(wait_s)

    def _wrong_request(self, scope: Scope, headers: dict[bytes, str]) -> Problem | None:
        """Return why a request cannot be answered as it is, or None."""
        path, method = scope["path"], scope["method"]
        if len(scope["query_string"]) > limits.MAX_QUERY_BYTES:
            return Problem(
                414, "too-long", "The address is too long", "the query is too long", "ask for less at a time"
            )
        most = self._body_limits.get(path, limits.MAX_BODY_BYTES)
        length = headers.get(b"content-length", "0")
        if length.isdecimal() and int(length) > most:
            return limits.too_large(most)
        if not self._has_token(path, method, headers):
            return Problem(
                401, "no-token", "A token is needed", "the request has no token, or a wrong one",
                "send the header `Authorization: Bearer TOKEN`", headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        return None

    def _has_token(self, path: str, method: str, headers: dict[bytes, str]) -> bool:
        if not self._options.token or method == "OPTIONS" or path in _OPEN or path.startswith(_OWN_TOKENS):
            return True
        if self._is_open(path):
            return True
        if given := tokens.bearer(headers.get(b"authorization", "")):
            return tokens.is_same(given, self._options.token)
        return tokens.is_same(_cookie(headers.get(b"cookie", "")), self._cookie)


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(tokens.COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _problem_of(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, SpotrecError):
        return problem_of(error)
    if isinstance(error, OSError) and is_full(error):
        return problem_of(error_of_system(error))
    _log.error("%s in the server", type(error).__name__)  # its text may name files
    return failure()
