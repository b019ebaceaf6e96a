"""Spotify's accounts service through spotipy: how tokens are had and renewed."""

import logging
from collections.abc import Callable
from typing import Any

from spotrec.errors import SignInNeeded
from spotrec.settings import Settings
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
    """A stored access token, renewed near its end: spotipy's auth manager, in place of its own.

    Those open a prompt, or a browser, where the stored token does not suit them.
    """

    def __init__(self, stored: TokenFile, renew: Renew) -> None:
        self._stored = stored
        self._renew = renew

    def get_access_token(self) -> str:
        token = self._stored.read()
        if token is None or token.expires_soon:
            with self._stored.locked():
                token = self._stored.read()  # another process may have renewed it meanwhile
                if token is None or token.expires_soon:
                    token = self._renew(token)
                    self._stored.save(token)
        return token.access_token


def pkce(settings: Settings, redirect_uri: str = "http://127.0.0.1/callback") -> Any:
    """The PKCE manager of spotipy, which keeps what it is given in memory only."""
    from spotipy import SpotifyPKCE
    from spotipy.cache_handler import MemoryCacheHandler

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
    """Renews by the refresh token.

    Raises (the result): SignInNeeded, and whatever spotipy and requests raise.
    """
    manager = pkce(settings)

    def renew(token: Token | None) -> Token:
        if token is None:
            raise SignInNeeded("nobody is signed in any more", SIGN_IN_AGAIN)
        if token.refresh_token is None:
            raise SignInNeeded("the sign-in has ended", SIGN_IN_AGAIN)
        return Token.parse(manager.refresh_access_token(token.refresh_token), before=token)

    return renew


def renew_client_credentials(settings: Settings) -> Renew:
    """Asks for a new one by client id and secret; the result raises whatever spotipy and requests raise."""
    from spotipy import SpotifyClientCredentials
    from spotipy.cache_handler import MemoryCacheHandler

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
    """A session for spotipy, whose logs hold secrets."""
    from spotrec.spotify.session import BoundedSession

    _silence_spotipy()
    return BoundedSession(timeout_s)


def _silence_spotipy() -> None:
    """It logs bearer tokens, codes and secrets, whatever level its loggers are set to, and errors that we report."""
    import spotipy  # noqa: F401 - its loggers are there once it is

    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "spotipy":
            logging.getLogger(name).disabled = True
