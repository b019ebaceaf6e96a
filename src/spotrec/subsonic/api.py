"""A music server's API: requests with credentials, its answers, its errors.

Servers differ in how a user signs in. API keys are OpenSubsonic's. With a user name and a password, a token is sent:
the md5 of the password and a new salt, since version 1.13. Servers that store passwords hashed (LMS), or are older
(supysonic), refuse tokens; only to them the password itself is sent.
"""

import re
import secrets
import threading
from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any
from urllib.parse import urlsplit

from spotrec.errors import (
    BadLink,
    Forbidden,
    NotFound,
    ServiceUnavailable,
    SignInNeeded,
    SpotrecError,
    UsageError,
    quoted,
)
from spotrec.links import server_address
from spotrec.net.hosts import host_of
from spotrec.net.http import MAX_JSON_BYTES, HttpClient, with_params
from spotrec.settings import Settings, check_recipient
from spotrec.store import server_key

MAX_COVER_BYTES = 8_000_000
_CLIENT = "spotrec"
# a server may refuse clients of a later version than its own
_WITH_TOKEN, _WITH_PASSWORD, _WITH_KEY = "1.13.0", "1.8.0", "1.16.1"
_ATTEMPTS = 3
_ERROR_BYTES = 4_000
_IS_ERROR = re.compile(rb"\s*[{<].{0,200}?subsonic-response", re.DOTALL)

# codes of the protocol: the parameter with the password is missing, tokens (or this way to sign in) are not supported
_REFUSES_TOKENS = frozenset({10, 41, 42})

_Params = Mapping[str, str | int | Sequence[str]]


class _Refusal(Exception):
    """A server's answer that it does not do what it was asked, with the protocol's code, and the error for the user."""

    def __init__(self, code: int, error: SpotrecError) -> None:
        super().__init__(error.message)
        self.code = code
        self.error = error


class SubsonicApi:
    """One music server: the one that the settings name, the only one that gets their credentials. Threads may share it.

    Raises (every request):
        UsageError: the settings name no server, or credentials that may not be sent to it.
        SignInNeeded: there are no credentials, or the server refuses them (Forbidden: they do not allow this).
        NotFound: the server has no such item.
        RateLimited, ServiceUnavailable: it does not answer, or not as the protocol says.
    """

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._settings = settings
        self._http = http
        self._lock = threading.Lock()
        self._sends_password = False
        self._is_signed_in = False

    @property
    def is_set(self) -> bool:
        """Whether the settings name a server."""
        return bool(self._settings.subsonic_url)

    @property
    def address(self) -> str:
        """The server's address, without a slash at its end.

        Raises:
            UsageError: the settings name none, or something that is no address.
        """
        if not self._settings.subsonic_url:
            raise UsageError(
                "`subsonic_url` is not set: spotrec sends your credentials only to the server that it names",
                "spotrec config set subsonic_url https://your-server",
            )
        try:
            return server_address(self._settings.subsonic_url)
        except BadLink as exc:
            raise UsageError(f"`subsonic_url`: {exc.message}", exc.hint) from exc

    @property
    def key(self) -> str:
        """The server's key in the ids of its tracks."""
        return server_key(self.address)

    @property
    def user(self) -> str | None:
        """The name of the user, if the settings have it: with an API key it is not needed."""
        return self._settings.subsonic_user

    @property
    def name(self) -> str:
        """Its name in messages."""
        return host_of(self.address)

    def check(self, server: str) -> None:
        """Check that a link's server is the one that the settings name.

        Raises:
            UsageError: it is another one. Nothing is sent to it.
        """
        if server_key(server) != self.key or (server.startswith("https:") and not self.address.startswith("https:")):
            raise UsageError(
                f"your credentials are for {self.address}, and are not sent to {server}",
                "set `subsonic_url` to the server that you mean",
            )

    def ask(
        self, method: str, *, changes: bool = False, may_refuse: bool = False, **params: str | int | Sequence[str]
    ) -> dict[str, Any]:
        """Return the answer to a method of the API.

        Args:
            changes: the request changes something on the server, and is sent once.
            may_refuse: return an empty answer if the server does not support such a request.
        """
        self.sign_in()
        try:
            return self._ask(method, params, attempts=1 if changes else _ATTEMPTS)
        except _Refusal as refusal:
            if may_refuse and isinstance(refusal.error, ServiceUnavailable):
                return {}
            raise refusal.error from None

    def audio(self, item_id: str, max_bytes: int) -> bytes:
        """Return a song's file as it is on the server."""
        try:
            return self._content("stream", {"id": item_id, "format": "raw"}, max_bytes)
        except Forbidden:  # it may allow downloads only
            return self._content("download", {"id": item_id}, max_bytes)

    def cover(self, cover_id: str, size: int) -> bytes:
        """Return a cover as an image file.

        Args:
            cover_id: the id that an item has for its cover.
            size: how wide and high, in pixels; a server may send another size.
        """
        return self._content("getCoverArt", {"id": cover_id, "size": size}, MAX_COVER_BYTES)

    def _content(self, method: str, params: _Params, max_bytes: int) -> bytes:
        self.sign_in()
        content = self._get(method, params, max_bytes, attempts=_ATTEMPTS)
        if len(content) < _ERROR_BYTES and _IS_ERROR.match(content):
            try:
                self._checked(self._http.parsed(content, self.address))
            except _Refusal as refusal:
                raise refusal.error from None
            raise ServiceUnavailable(f"{self.name} sent an answer instead of a file", "try again later")
        return content

    def sign_in(self) -> None:
        """Find out how this server lets users in; only the first call sends requests."""
        with self._lock:
            if self._is_signed_in:
                return
            self._check_settings()
            try:
                self._ask("ping", {}, attempts=_ATTEMPTS)
            except _Refusal as refusal:
                if self._settings.subsonic_api_key or refusal.code not in _REFUSES_TOKENS:
                    raise refusal.error from None
                self._sign_in_with_password()
            self._is_signed_in = True

    def _sign_in_with_password(self) -> None:
        self._sends_password = True
        try:
            self._ask("ping", {}, attempts=_ATTEMPTS)
        except (SpotrecError, _Refusal) as exc:
            self._sends_password = False
            raise (exc.error if isinstance(exc, _Refusal) else exc) from None

    def _check_settings(self) -> None:
        """Check what must be right before anything is sent."""
        settings, credentials = self._settings, ("subsonic_api_key", "subsonic_password")
        address = self.address
        if not settings.subsonic_api_key and not (settings.subsonic_user and settings.subsonic_password):
            raise SignInNeeded(
                f"{host_of(address)} needs your user name and password, or an API key",
                "set `subsonic_user` and `subsonic_password`, or `subsonic_api_key`",
            )
        check_recipient(settings, "subsonic_url", credentials, unencrypted="subsonic_unencrypted")

    def _credentials(self) -> dict[str, str]:
        settings = self._settings
        if settings.subsonic_api_key:
            return {"apiKey": settings.subsonic_api_key, "v": _WITH_KEY}
        user, password = settings.subsonic_user or "", settings.subsonic_password or ""
        if self._sends_password:
            return {"u": user, "p": f"enc:{password.encode().hex()}", "v": _WITH_PASSWORD}
        salt = secrets.token_hex(8)
        return {"u": user, "t": _token(password, salt), "s": salt, "v": _WITH_TOKEN}

    def _ask(self, method: str, params: _Params, *, attempts: int) -> dict[str, Any]:
        body = self._get(method, params, MAX_JSON_BYTES, attempts=attempts)
        return self._checked(self._http.parsed(body, self.address))

    def _get(self, method: str, params: _Params, max_bytes: int, *, attempts: int) -> bytes:
        address = self.address
        sent = {**self._credentials(), "c": _CLIENT, "f": "json", **params}
        parts = urlsplit(address)
        host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        return self._http.download(
            with_params(f"{address}/rest/{method}.view", sent),
            max_bytes=max_bytes,
            allowed_hosts=(host,),
            redirects=0,
            attempts=attempts,
        )

    def _checked(self, answer: Any) -> dict[str, Any]:
        """Return the answer itself, if the request was successful."""
        response = answer.get("subsonic-response") if isinstance(answer, dict) else None
        if not isinstance(response, dict) or response.get("status") not in ("ok", "failed"):
            raise ServiceUnavailable(
                f"{self.name} does not answer as a Subsonic server", "check the address: `subsonic_url`"
            )
        if response["status"] == "ok":
            return response
        error = response.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        message = error.get("message") if isinstance(error, dict) else None
        said = f" ({quoted(message)})" if isinstance(message, str) and message else ""
        raise _Refusal(code if isinstance(code, int) else 0, self._error(code, said))

    def _error(self, code: Any, said: str) -> SpotrecError:
        match code:
            case 40:
                return SignInNeeded(
                    f"{self.name} refuses your user name or password{said}",
                    "check `subsonic_user` and `subsonic_password`",
                )
            case 41 | 42 | 43 | 44:
                return SignInNeeded(f"{self.name} refuses this sign-in{said}", "check `subsonic_api_key`")
            case 50:
                return Forbidden(f"{self.name} does not allow you this{said}", "ask its owner for permission")
            case 70:
                return NotFound(f"{self.name} has no such item{said}", "it may have been removed, or scanned again")
        return ServiceUnavailable(f"{self.name} refuses the request{said}", "try again later")


def _token(password: str, salt: str) -> str:
    """Return the token of the protocol: the md5 of the password followed by the salt."""
    return md5((password + salt).encode(), usedforsecurity=False).hexdigest()
