"""Spotify's Web API through spotipy: connecting, and its errors in our words."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from spotrec.errors import (
    Forbidden,
    NotFound,
    RateLimited,
    ServiceUnavailable,
    SignInNeeded,
    SpotrecError,
    first_line,
)
from spotrec.http import retry_after_s
from spotrec.settings import Settings

_CREDENTIALS_HINT = (
    "make an app on developer.spotify.com and set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET, "
    "or copy config/spotify.env.template to config/spotify.env"
)


class SpotifyApi:
    """The Web API, its errors in our words.

    Raises (every request):
        SignInNeeded: there are no credentials, or they are refused.
        Forbidden: they may not see this.
        NotFound: there is no such thing, or Spotify hides it from this app.
        RateLimited: Spotify asks us to wait.
        ServiceUnavailable: it is broken, out of reach, or answers something that is not JSON.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connected: Any = None

    @property
    def has_credentials(self) -> bool:
        """Whether there are any to ask with; whether they are good shows when they are used."""
        settings = self._settings
        return bool(settings.spotify_token or (settings.spotify_client_id and settings.spotify_client_secret))

    def ask(self, request: Any, what: str) -> dict[str, Any]:
        """Send one request, given as a function of the spotipy client."""
        if self._connected is None:
            self._connected = _connect(self._settings)
        with _translated(what):
            answer = request(self._connected)
        if not isinstance(answer, dict):
            raise ServiceUnavailable(f"Spotify answered something that is not JSON for {what}", "try again later")
        return answer


def _connect(settings: Settings) -> Any:
    """A spotipy client that neither sleeps through a Retry-After nor leaves tokens about."""
    import requests
    import spotipy
    from requests.adapters import HTTPAdapter
    from spotipy.cache_handler import MemoryCacheHandler
    from urllib3.util import Retry

    # it logs bearer tokens, and errors that we report ourselves
    logging.getLogger("spotipy").setLevel(logging.CRITICAL)
    retries = Retry(
        total=2,
        status_forcelist=(500, 502, 503, 504),
        respect_retry_after_header=False,
        raise_on_status=False,
        backoff_factor=0.1,
        allowed_methods={"GET"},
    )
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retries))
    if settings.spotify_token:
        client = spotipy.Spotify(
            auth=settings.spotify_token, requests_session=session, requests_timeout=settings.timeout_s
        )
    elif settings.spotify_client_id and settings.spotify_client_secret:

        class Credentials(spotipy.SpotifyClientCredentials):  # type: ignore[misc] # spotipy has no types
            OAUTH_TOKEN_URL = f"{settings.spotify_accounts_url}/api/token"

        manager = Credentials(
            settings.spotify_client_id,
            settings.spotify_client_secret,
            requests_session=session,
            requests_timeout=settings.timeout_s,
            cache_handler=MemoryCacheHandler(),
        )
        client = spotipy.Spotify(auth_manager=manager, requests_session=session, requests_timeout=settings.timeout_s)
    else:
        raise SignInNeeded("Spotify needs credentials", _CREDENTIALS_HINT)
    client.prefix = f"{settings.spotify_api_url}/v1/"
    return client


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Raise what spotipy and requests raise as our own errors."""
    import requests
    from spotipy.exceptions import SpotifyException, SpotifyOauthError

    try:
        yield
    except SpotifyException as exc:
        raise _translate(exc, what) from exc
    except SpotifyOauthError as exc:
        raise SignInNeeded(f"Spotify refuses the app's credentials: {first_line(exc)}", _CREDENTIALS_HINT) from exc
    except requests.RequestException as exc:
        raise ServiceUnavailable(
            f"Spotify cannot be reached: {first_line(exc)}", "check the network and try again"
        ) from exc
    # spotipy trips over bodies it does not expect
    except (AttributeError, TypeError, KeyError, ValueError) as exc:
        raise ServiceUnavailable(f"Spotify's answer for {what} makes no sense", "try again later") from exc


def _translate(exc: Any, what: str) -> SpotrecError:
    if exc.http_status == 429:
        return RateLimited("Spotify", retry_after_s((exc.headers or {}).get("Retry-After")))
    if exc.http_status == 401:
        return SignInNeeded("Spotify refuses the credentials", _CREDENTIALS_HINT)
    if exc.http_status == 403:
        if "premium" in str(exc.msg).lower():
            return Forbidden(
                "Spotify wants an active Premium subscription of the app's owner",
                "renew it, or use another app",
            )
        return Forbidden(
            f"Spotify does not let this app read {what}",
            "since 2026 only a playlist's owner and collaborators may read it: set SPOTIFY_TOKEN to a user's token",
        )
    if exc.http_status == 404:
        return NotFound(
            f"Spotify has no {what}, or hides it from this app",
            "check the link; Spotify's own playlists (37i9…) are hidden from apps made since November 2024",
        )
    return ServiceUnavailable(f"Spotify answered HTTP {exc.http_status} for {what}", "try again later")
