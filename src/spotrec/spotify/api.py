"""Spotify's Web API through spotipy: credentials, connection, and its errors as spotrec's own."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import cached_property
from typing import Any

from spotrec.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    ServiceUnavailable,
    SignInNeeded,
    SpotrecError,
)
from spotrec.net.http import retry_after_s
from spotrec.net.pacing import HostPacer, Patience
from spotrec.settings import Settings, check_recipient
from spotrec.spotify.accounts import (
    SIGN_IN_AGAIN,
    StoredTokenAuth,
    quiet_session,
    renew_client_credentials,
    renew_sign_in,
)
from spotrec.spotify.tokens import Flow, TokenFile, is_sound

_APP_HINT = (
    "make an app on developer.spotify.com and set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET, "
    "as variables of the environment or as lines of a file config/spotify.env"
)
_SIGN_IN = "sign in: `spotrec login`"
_PLAIN = (401, 403, 404, 429)  # statuses that say enough without a body
_PASSING = ("server_error", "temporarily_unavailable")  # codes of an accounts service that is broken


class Credentials(StrEnum):
    """The kinds of credentials for Spotify. The first one that is set is used."""

    TOKEN = "SPOTIFY_TOKEN"  # noqa: S105 - the name of a setting
    SIGN_IN = "sign-in"
    CLIENT = "client id and secret"


_REFUSED_HINTS = {
    Credentials.TOKEN: "a token is valid for an hour: set a new one, or unset it and sign in: `spotrec login`",
    Credentials.SIGN_IN: SIGN_IN_AGAIN,
    Credentials.CLIENT: _APP_HINT,
}


class _TokenRefused(SignInNeeded):
    """Spotify refuses a token, which may have ended early."""


class SpotifyApi:
    """Requests to the Web API. Its errors are raised as spotrec's own. Threads may share it.

    Raises (every request):
        SignInNeeded: there are no credentials, or they are refused.
        Forbidden: the credentials do not allow this.
        NotFound: the item does not exist, or Spotify hides it from this app.
        RateLimited: Spotify asks spotrec to wait.
        ServiceUnavailable: Spotify fails, cannot be reached, or sends something that is not JSON.
        SpotrecError: a new token cannot be stored.
    """

    def __init__(self, settings: Settings, pacer: HostPacer | None = None) -> None:
        self._settings = settings
        self._pacer = pacer or HostPacer(settings)
        self._client: Any = None
        self._stored_auth: StoredTokenAuth | None = None
        self._client_lock = threading.Lock()

    @property
    def has_credentials(self) -> bool:
        """Whether credentials are set. They are not checked before they are used."""
        return self.credentials is not None

    @cached_property
    def credentials(self) -> Credentials | None:
        """The kind of credentials in use; None if none are set. A sign-in counts only for its own client id."""
        settings = self._settings
        if settings.spotify_token:
            return Credentials.TOKEN
        if (stored := sign_in_file(settings)) and stored.read():
            return Credentials.SIGN_IN
        return Credentials.CLIENT if settings.spotify_client_id and settings.spotify_client_secret else None

    @cached_property
    def token_file(self) -> TokenFile | None:
        """The file of the access token; None if there is no token, or if it comes from the settings."""
        settings = self._settings
        if self.credentials is Credentials.SIGN_IN:
            return sign_in_file(settings)
        if self.credentials is Credentials.CLIENT:
            id_, secret = settings.spotify_client_id or "", settings.spotify_client_secret or ""
            return TokenFile(settings.data_path / "tokens", Flow.CLIENT_CREDENTIALS, id_, secret)
        return None

    def ask(self, request: Any, what: str, *, doing: str = "read") -> dict[str, Any]:
        """Send one request, given as a function of the spotipy client.

        Waits up to `max_wait_s` if Spotify asks for it. If Spotify refuses a stored token, which may have ended early,
        it is renewed once.

        Args:
            what: the requested item, for messages: "playlist x".
            doing: the verb of the request, for messages: "read".
        """
        with self._client_lock:
            if self._client is None:
                self._client = self._connect()
        try:
            answer = self._send_with_waits(request, what, doing)
        except SignInNeeded as refusal:
            if self.credentials is Credentials.CLIENT and self.token_file and not isinstance(refusal, Forbidden):
                self.token_file.delete()  # the next run gets a new one
            raise
        if not isinstance(answer, dict):
            raise ServiceUnavailable(f"Spotify answered something that is not JSON for {what}", "try again later")
        return answer

    def _send_with_waits(self, request: Any, what: str, doing: str) -> Any:
        url = self._settings.spotify_api_url
        patience = Patience(self._settings.max_wait_s, self._pacer.window_s(url))
        refusal: _TokenRefused | None = None
        has_renewed = self._stored_auth is None
        while True:
            try:
                with self._pacer.request(url), translated(what, self.credentials, doing):
                    if refusal:
                        self._renew_token(refusal)
                        refusal, has_renewed = None, True
                    answer = request(self._client)
            except RateLimited as limit:
                self._pacer.pause(url, limit, patience)
            except ServiceUnavailable:
                self._pacer.note_failure(url)
                raise
            except _TokenRefused as error:
                if has_renewed or refusal:
                    raise
                refusal = error
            except (NotFound, Forbidden):
                self._note_answer(url)
                raise
            else:
                self._note_answer(url)
                return answer

    def _renew_token(self, refusal: "_TokenRefused") -> None:
        if self._stored_auth is None or not self._stored_auth.renew_refused():
            raise refusal

    def _note_answer(self, url: str) -> None:
        self._pacer.note_answer(url)
        if self._stored_auth:
            self._stored_auth.note_accepted()

    def _connect(self) -> Any:
        import spotipy

        client = spotipy.Spotify(
            requests_session=quiet_session(self._settings.timeout_s),
            requests_timeout=self._settings.timeout_s,
            **self._auth(),
        )
        client.prefix = f"{self._settings.spotify_api_url}/v1/"
        return client

    def _auth(self) -> dict[str, Any]:
        settings = self._settings
        own = {Credentials.TOKEN: ["spotify_token"], Credentials.CLIENT: ["spotify_client_secret"]}
        check_recipient(settings, "spotify_api_url", own.get(self.credentials, ()) if self.credentials else ())
        if self.token_file:
            renew = renew_sign_in if self.credentials is Credentials.SIGN_IN else renew_client_credentials
            self._stored_auth = StoredTokenAuth(self.token_file, renew(settings))
            return {"auth_manager": self._stored_auth}
        if not settings.spotify_token:
            raise SignInNeeded("Spotify needs credentials", no_credentials_hint(settings))
        if not is_sound(settings.spotify_token):
            raise SignInNeeded("SPOTIFY_TOKEN is not a token: tokens contain no spaces", "copy it again")
        return {"auth": settings.spotify_token}


def sign_in_file(settings: Settings) -> TokenFile | None:
    """Return the file for a sign-in with the configured client id, which may not exist; None without a client id."""
    if not settings.spotify_client_id:
        return None
    return TokenFile(settings.data_path / "tokens", Flow.PKCE, settings.spotify_client_id)


def no_credentials_hint(settings: Settings) -> str:
    """Return what to do if there are no credentials."""
    if settings.spotify_client_id:
        return f"{_SIGN_IN}; or set SPOTIFY_CLIENT_SECRET too"
    return f"{_APP_HINT}; with the client id alone, `spotrec login` signs you in"


@contextmanager
def translated(what: str, credentials: Credentials | None, doing: str = "read") -> Iterator[None]:
    """Turn the errors of spotipy and requests into spotrec's own."""
    import requests
    from spotipy.exceptions import SpotifyException, SpotifyOauthError

    try:
        yield
    except SpotifyException as exc:
        raise _api_error(exc.http_status, exc.headers or {}, str(exc.msg), what, credentials, doing) from exc
    except SpotifyOauthError as exc:
        raise _accounts_error(exc, credentials) from exc
    except requests.RequestException as exc:
        from spotrec.spotify.session import fault_of

        if isinstance(exc, requests.JSONDecodeError):
            raise _unreadable(exc, what, credentials, doing) from exc
        raise ServiceUnavailable(
            f"Spotify cannot be reached: {fault_of(exc)}", "check the network and try again"
        ) from exc
    # spotipy fails like this on an unexpected body
    except (AttributeError, TypeError, KeyError, ValueError, RecursionError) as exc:
        raise _unreadable(exc, what, credentials, doing) from exc


def _unreadable(exc: Exception, what: str, credentials: Credentials | None, doing: str) -> SpotrecError:
    response = getattr(exc.__context__, "response", None)  # an error whose body is unexpected
    if response is not None and (response.status_code in _PLAIN or response.status_code >= 500):
        return _api_error(response.status_code, response.headers, "", what, credentials, doing)
    return ServiceUnavailable(f"spotrec does not understand Spotify's answer for {what}", "try again later")


def _accounts_error(exc: Any, credentials: Credentials | None) -> SpotrecError:
    """Return the error of the accounts service. Its text may contain secrets, so only its code is shown."""
    response = getattr(exc.__context__, "response", None)
    if response is not None and response.status_code == 429:
        return RateLimited("Spotify", retry_after_s(response.headers.get("Retry-After")))
    is_code = isinstance(exc.error, str) and re.fullmatch("[a-z_]{1,40}", exc.error)
    is_refusal = response is None or response.status_code in (400, 401, 403)
    if not is_refusal or exc.error in _PASSING or not (is_code or isinstance(exc.error, dict)):
        status = f"HTTP {response.status_code}" if response is not None else "something unexpected"
        return ServiceUnavailable(f"Spotify answered {status} for a token", "try again later")
    code = exc.error if is_code else "without a reason"
    if credentials is not Credentials.SIGN_IN:
        return SignInNeeded(f"Spotify refuses the app's credentials: {code}", _APP_HINT)
    if code == "invalid_grant":
        return SignInNeeded("Spotify has ended the sign-in (invalid_grant)", SIGN_IN_AGAIN)
    return SignInNeeded(f"Spotify refuses the app of this sign-in: {code}", "check SPOTIFY_CLIENT_ID")


def _api_error(
    status: int, headers: Mapping[str, str], said: str, what: str, credentials: Credentials | None, doing: str
) -> SpotrecError:
    said = said.lower()
    if status == 429:
        return RateLimited("Spotify", retry_after_s(headers.get("Retry-After")))
    if status == 401 or (status == 400 and "valid bearer authentication" in said):
        hint = _REFUSED_HINTS[credentials] if credentials else _APP_HINT
        return _TokenRefused("Spotify refuses the credentials", hint)
    if status == 403:
        return _forbidden(said, what, credentials, doing)
    if status == 404:
        return NotFound(
            f"Spotify has no {what}, or hides it from this app",
            "check the link; Spotify's own playlists (37i9…) are hidden from apps made since November 2024",
        )
    return ServiceUnavailable(f"Spotify answered HTTP {status} for {what}", "try again later")


def _forbidden(said: str, what: str, credentials: Credentials | None, doing: str) -> Forbidden:
    if "premium" in said:
        return Forbidden(
            "Spotify requires an active Premium subscription of the app's owner", "renew it, or use another app"
        )
    if "not registered" in said:
        return Forbidden("Spotify does not let this user use the app", "its owner adds users on developer.spotify.com")
    if "insufficient client scope" in said:
        instead = (
            "take one that has it, or unset it and sign in" if credentials is Credentials.TOKEN else "sign in again"
        )
        return Forbidden(
            f"Spotify does not let this token {doing} {what}", f"it needs one more scope: {instead}: `spotrec login`"
        )
    who = (
        "sign in as one of them: `spotrec login`"
        if credentials is Credentials.CLIENT
        else "`spotrec whoami` shows the account in use"
    )
    rule = "since 2026 only a playlist's owner and collaborators may read it: " if what.startswith("playlist") else ""
    return Forbidden(f"Spotify does not let this app {doing} {what}", rule + who)
