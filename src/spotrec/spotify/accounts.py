"""Spotify's accounts service through spotipy: getting and renewing tokens."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from spotrec.errors import SignInNeeded
from spotrec.settings import Settings, check_recipient
from spotrec.spotify.tokens import Token, TokenFile

SCOPES = (
    "playlist-modify-private",
    "playlist-modify-public",
    "playlist-read-collaborative",
    "playlist-read-private",
    "user-library-read",
)
SIGN_IN_AGAIN = "sign in again: `spotrec login`"

Renew = Callable[[Token | None], Token]


class StoredTokenAuth:
    """A stored access token, renewed before it expires; used instead of spotipy's own auth managers.

    They open a prompt or a browser if they cannot use the stored token. Threads may share it.
    """

    def __init__(self, stored: TokenFile, renew: Renew) -> None:
        self._stored = stored
        self._renew = renew
        self._in_thread = threading.local()
        self._useless = ""

    def get_access_token(self) -> str:
        token = self._stored.read()
        if token is None or token.expires_soon:
            token = self._renewed(lambda token: token is None or token.expires_soon)
        self._in_thread.last_given = token.access_token
        return token.access_token

    def renew_refused(self) -> bool:
        """Renew the token that this thread was given last, which Spotify refuses although it should not have expired.

        Returns:
            Whether there is another token to try. If a token is refused that was just renewed, there is none.
        """
        refused = getattr(self._in_thread, "last_given", "")
        if refused == self._useless:
            return False
        token = self._renewed(lambda token: token is None or token.access_token == refused)
        self._useless = token.access_token
        return token.access_token != refused

    def note_accepted(self) -> None:
        """Note that Spotify accepts the token that this thread was given last."""
        if getattr(self._in_thread, "last_given", "") == self._useless:
            self._useless = ""

    def _renewed(self, must_renew: Callable[[Token | None], bool]) -> Token:
        """Return a token that need not be renewed. Another process may have renewed it in the meantime."""
        with self._stored.locked():
            token = self._stored.read()
            if token is None or must_renew(token):
                token = self._renew(token)
                self._stored.save(token)
        return token


def pkce(settings: Settings, redirect_uri: str = "http://127.0.0.1/callback") -> Any:
    """Return spotipy's PKCE manager, which keeps its tokens in memory only."""
    from spotipy import SpotifyPKCE
    from spotipy.cache_handler import MemoryCacheHandler

    check_recipient(settings, "spotify_accounts_url")
    manager = SpotifyPKCE(
        settings.spotify_client_id,
        redirect_uri,
        scope=list(SCOPES),
        requests_session=quiet_session(settings.timeout_s),
        requests_timeout=settings.timeout_s,
        open_browser=False,
        cache_handler=MemoryCacheHandler(),
    )
    manager.OAUTH_AUTHORIZE_URL = f"{settings.spotify_accounts_url}/authorize"
    manager.OAUTH_TOKEN_URL = f"{settings.spotify_accounts_url}/api/token"
    return manager


def renew_sign_in(settings: Settings) -> Renew:
    """Return a function that renews a token by its refresh token.

    The function raises SignInNeeded, and the errors of spotipy and requests.
    """
    manager = pkce(settings)

    def renew(token: Token | None) -> Token:
        if token is None:
            raise SignInNeeded("you are not signed in any more", SIGN_IN_AGAIN)
        if token.refresh_token is None:
            raise SignInNeeded("the sign-in has ended", SIGN_IN_AGAIN)
        return Token.parse(manager.refresh_access_token(token.refresh_token), before=token)

    return renew


def renew_client_credentials(settings: Settings) -> Renew:
    """Return a function that gets a new token by client id and secret. It raises the errors of spotipy and requests."""
    from spotipy import SpotifyClientCredentials
    from spotipy.cache_handler import MemoryCacheHandler

    check_recipient(settings, "spotify_accounts_url", ["spotify_client_secret"])
    manager = SpotifyClientCredentials(
        settings.spotify_client_id,
        settings.spotify_client_secret,
        requests_session=quiet_session(settings.timeout_s),
        requests_timeout=settings.timeout_s,
        cache_handler=MemoryCacheHandler(),
    )
    manager.OAUTH_TOKEN_URL = f"{settings.spotify_accounts_url}/api/token"

    def renew(_: Token | None) -> Token:
        manager.get_access_token(as_dict=False, check_cache=False)
        return Token.parse(manager.cache_handler.get_cached_token())

    return renew


def quiet_session(timeout_s: float) -> Any:
    """Return a session for spotipy, with spotipy's logs off: they contain secrets."""
    from spotrec.spotify.session import BoundedSession

    _silence_spotipy()
    return BoundedSession(timeout_s)


def _silence_spotipy() -> None:
    """Disable its loggers: at every level they write tokens, codes and secrets, and errors that spotrec reports."""
    import spotipy  # noqa: F401 - importing it creates its loggers

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "spotipy":
            logging.getLogger(name).disabled = True
