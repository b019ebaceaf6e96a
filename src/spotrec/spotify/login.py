"""Sign-in to Spotify (PKCE on a loopback address, without a secret), sign-out, and the account in use."""

import threading
import webbrowser
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Empty, Queue
from secrets import compare_digest, token_urlsafe
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from spotrec.errors import SignInNeeded, UsageError, quoted
from spotrec.names.titles import one_line
from spotrec.progress import Progress
from spotrec.settings import Settings
from spotrec.spotify.accounts import SIGN_IN_AGAIN, pkce
from spotrec.spotify.api import Credentials, SpotifyApi, no_credentials_hint, sign_in_file, translated
from spotrec.spotify.tokens import Token, delete_tokens

_HOST = "127.0.0.1"
_PATH = "/callback"
_SILENT_BROWSER_S = 10
_CHECK_APP = f"is http://{_HOST}{_PATH} among the redirect URIs of your app on developer.spotify.com?"

_TAKEN = "spotrec has Spotify's answer. You can close this page and go back to the terminal."
_DENIED = "You did not give spotrec access, so it is not signed in. You can close this page."
_NOT_OURS = (
    "This address is for Spotify's answer to “spotrec login”, and this was something else. spotrec is still waiting."
)


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """The Spotify account and the credentials in use. A value that is unknown, or does not apply, is None."""

    credentials: Credentials
    user_id: str | None = None
    display_name: str | None = None
    client_id: str | None = None
    scopes: tuple[str, ...] | None = None
    holds_until: str | None = None
    """When the access token expires, ISO 8601; a sign-in renews it."""
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class SignedOut:
    """The deleted token files, and the number of token files of other client ids that remain."""

    deleted: tuple[Path, ...]
    left: int


def sign_in(settings: Settings, progress: Progress, *, port: int, open_browser: bool, timeout_s: float) -> WhoAmI:
    """Send the user to Spotify, wait for the answer on loopback, and store the token that its code gives.

    Args:
        progress: shows the address to open.
        port: where to listen; 0 for any free port.

    Raises:
        UsageError: there is no client id, or the port is not available.
        SignInNeeded: the user or Spotify refused, or no answer came in time.
        RateLimited, ServiceUnavailable, SpotrecError: Spotify does not answer, or the token cannot be stored.
    """
    stored = sign_in_file(settings)
    if stored is None:
        raise UsageError(
            "signing in needs the client id of a Spotify app",
            "make one on developer.spotify.com, then set SPOTIFY_CLIENT_ID or give `spotify_client_id`",
        )
    with stored.locked():
        pass  # report a folder that cannot be written before the user goes to the browser
    state = token_urlsafe(32)
    with _listener(port, state) as listener:
        manager = pkce(settings, f"http://{_HOST}:{listener.port}{_PATH}")
        address = manager.get_authorize_url(state=state)
        progress.note(f"open this address in a browser on this machine, and give spotrec access:\n{address}")
        if open_browser:
            threading.Thread(target=_open, args=(address,), daemon=True).start()
        code = listener.wait_for_code(timeout_s)
    with stored.locked(), translated("the sign-in", Credentials.SIGN_IN):
        manager.get_access_token(code, check_cache=False)
        stored.save(Token.parse(manager.cache_handler.get_cached_token()))
    progress.note(f"signed in; the token is stored in {stored.path}")
    _note_what_hides_it(settings, progress)
    return who_am_i(replace(settings, spotify_token=None))


def sign_out(settings: Settings, *, everyone: bool = False) -> SignedOut:
    """Delete the tokens of the configured client id, or of all (`everyone`). There may be no token.

    Raises:
        SpotrecError: the tokens cannot be deleted.
    """
    deleted, left = delete_tokens(settings.data_path / "tokens", None if everyone else settings.spotify_client_id or "")
    return SignedOut(tuple(deleted), left)


def who_am_i(settings: Settings) -> WhoAmI:
    """Ask Spotify which account the credentials belong to. An app's credentials belong to no user.

    Raises:
        SignInNeeded: there are no credentials, or they are refused.
        RateLimited, ServiceUnavailable, SpotrecError: Spotify does not answer.
    """
    api = SpotifyApi(settings)
    if api.credentials is None:
        raise SignInNeeded("you are not signed in", no_credentials_hint(settings))
    me: dict[str, Any] = {}
    if api.credentials is not Credentials.CLIENT:
        me = api.ask(lambda client: client.me(), "your account")
    token = api.token_file.read() if api.token_file else None
    return WhoAmI(
        credentials=api.credentials,
        user_id=one_line(str(me.get("id") or "")) or None,
        display_name=one_line(str(me.get("display_name") or "")) or None,
        client_id=settings.spotify_client_id if api.token_file else None,
        scopes=tuple(one_line(token.scope).split()) if token else None,
        holds_until=_iso(token.expires_at) if token else None,
        token_file=api.token_file.path if api.token_file and token else None,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    code: str | None = field(repr=False)
    error: str | None


class _Listener(ThreadingTCPServer):
    """Waits on loopback for Spotify's answer from the browser. Only a request with our `state` ends the wait.

    Each connection has a thread, because browsers open connections that they never use.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, state: str) -> None:
        super().__init__((_HOST, port), _Callback)
        self.port: int = self.server_address[1]
        self.answers: Queue[_Answer] = Queue()
        self._state = state
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Do nothing: a closed browser is not an error, and a traceback would show the code."""

    def answer(self, target: str) -> _Answer | None:
        """Return Spotify's answer; None if this request is something else, or has another state."""
        try:
            parts = urlsplit(target)
            fields = parse_qs(parts.query, max_num_fields=20)
        except ValueError:
            return None
        given, code, error = (fields.get(name, [""])[0] for name in ("state", "code", "error"))
        if parts.path != _PATH or not compare_digest(given.encode(), self._state.encode()) or not (code or error):
            return None
        return _Answer(code or None, error or None)

    def wait_for_code(self, timeout_s: float) -> str:
        try:
            answer = self.answers.get(timeout=timeout_s)
        except Empty as exc:
            raise SignInNeeded(f"no sign-in within {timeout_s:g} s", f"try again; {_CHECK_APP}") from exc
        if answer.error == "access_denied":
            raise SignInNeeded("you did not give spotrec access (access_denied)", SIGN_IN_AGAIN)
        if answer.error or not answer.code:
            raise SignInNeeded(f"Spotify refuses the sign-in: {quoted(answer.error or '')}", SIGN_IN_AGAIN)
        return answer.code


class _Callback(BaseHTTPRequestHandler):
    server: _Listener
    timeout = _SILENT_BROWSER_S

    def do_GET(self) -> None:
        answer = self.server.answer(self.path)
        try:
            if answer is None:
                self._show(_NOT_OURS, status=404)
            else:
                self._show(_TAKEN if answer.code else _DENIED)
        finally:
            if answer:
                self.server.answers.put(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as http.server names it
        """Log nothing: the request contains the code."""

    def _show(self, text: str, status: int = 200) -> None:
        page = f"<!doctype html><meta charset=utf-8><title>spotrec</title><p>{text}</p>\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page)


def _listener(port: int, state: str) -> _Listener:
    try:
        return _Listener(port, state)
    except OSError as exc:
        raise UsageError(
            f"spotrec cannot listen on port {port}: {exc.strerror or exc}", "choose another `port`, or omit it"
        ) from exc


def _open(address: str) -> None:
    # no browser, or an invalid BROWSER variable: the address was printed
    with suppress(webbrowser.Error, OSError, ValueError):
        webbrowser.open(address)


def _note_what_hides_it(settings: Settings, progress: Progress) -> None:
    if settings.origins.get("spotify_client_id") == "flag":
        progress.note(f"other commands use this sign-in if SPOTIFY_CLIENT_ID is {settings.spotify_client_id}")
    if settings.spotify_token:
        progress.note("SPOTIFY_TOKEN is set, and is used instead of this sign-in")


def _iso(unix_s: int) -> str | None:
    try:
        return datetime.fromtimestamp(unix_s, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return None
