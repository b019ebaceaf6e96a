"""Spotify's Web API (spotipy): playlists, albums and single tracks, in both generations of its answers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.sources import KnownTracks, ListedTrack, Listing, Skipped
from spotrec.errors import NotFound, RateLimited, ServiceUnavailable, SignInNeeded, SpotrecError, first_line
from spotrec.http import retry_after_s
from spotrec.links import SpotifyKind, SpotifyReference
from spotrec.settings import Settings
from spotrec.titles import one_line
from spotrec.track import Collection, CollectionKind, Track, TrackId

_PAGE = 50
_LONGEST_MS = 1_000_000_000
_CREDENTIALS_HINT = (
    "make an app on developer.spotify.com and set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET, "
    "or copy config/spotify.env.template to config/spotify.env"
)


class SpotifyApi:
    """The Web API, its errors in our words.

    Raises (every request):
        SignInNeeded: there are no credentials, they are refused, or may not see this.
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

    def track(self, id_: str) -> Track:
        return _track(self.ask(lambda api: api.track(id_), f"track {id_}"))

    def ask(self, request: Any, what: str) -> dict[str, Any]:
        """Send one request, given as a function of the spotipy client."""
        if self._connected is None:
            self._connected = _connect(self._settings)
        with _translated(what):
            answer = request(self._connected)
        if not isinstance(answer, dict):
            raise ServiceUnavailable(f"Spotify answered something that is not JSON for {what}", "try again later")
        return answer


class SpotifySource:
    """A playlist or an album, listed page by page. Tracks that the store knows are not asked about again."""

    def __init__(self, api: SpotifyApi, reference: SpotifyReference, known: KnownTracks) -> None:
        self._api = api
        self._reference = reference
        self._known = known

    def listings(self) -> Iterator[Listing]:
        yield from self._album() if self._reference.kind is SpotifyKind.ALBUM else self._playlist()

    def _playlist(self) -> Iterator[Listing]:
        id_ = self._reference.id
        what = f"playlist {id_}"
        head = self._api.ask(lambda api: api.playlist(id_, fields="name"), what)
        collection = Collection(
            self._reference.uri, CollectionKind.PLAYLIST, one_line(str(head.get("name") or id_)), self._reference.url
        )
        for rows, total in self._pages(
            lambda api, offset: api.playlist_items(id_, limit=_PAGE, offset=offset, additional_types=("track",)),
            what,
        ):
            read = [_playlist_entry(row) for row in rows]
            tracks = [ListedTrack(entry) for entry in read if isinstance(entry, Track)]
            yield Listing(tracks, [entry for entry in read if isinstance(entry, Skipped)], collection, total)

    def _album(self) -> Iterator[Listing]:
        id_ = self._reference.id
        what = f"album {id_}"
        album = self._api.ask(lambda api: api.album(id_), what)
        collection = Collection(
            self._reference.uri, CollectionKind.ALBUM, one_line(str(album.get("name") or id_)), self._reference.url
        )
        for rows, total in self._pages(lambda api, offset: api.album_tracks(id_, limit=_PAGE, offset=offset), what):
            tracks = [_track({**row, "album": album}) for row in rows if isinstance(row, dict) and row.get("id")]
            known = self._known([track.id for track in tracks])
            # an album lists its tracks without ISRC: each new one is asked for by itself
            full = [track if track.id in known else self._api.track(track.id.split(":")[2]) for track in tracks]
            skipped = [
                Skipped(one_line(str((row or {}).get("name", "?"))), "no track")
                for row in rows
                if not (row or {}).get("id")
            ]
            yield Listing([ListedTrack(track) for track in full], skipped, collection, total)

    def _pages(self, request: Any, what: str) -> Iterator[tuple[list[Any], int | None]]:
        """Rows, and how many there are in all. Rows are counted, not the tracks in them: null entries count too."""
        offset = 0
        while True:
            page = self._api.ask(lambda api, offset=offset: request(api, offset), what)
            rows = page.get("items")
            if not isinstance(rows, list):
                raise ServiceUnavailable(f"Spotify's answer for {what} holds no list of items", "try again later")
            total = page.get("total")
            yield rows, total if isinstance(total, int) else None
            offset += len(rows)
            if not rows or not page.get("next"):
                return


def _playlist_entry(row: Any) -> Track | Skipped:
    """An entry of either generation: the track lies under `item`, formerly under `track` (now also a boolean)."""
    if not isinstance(row, dict):
        return Skipped("?", "empty entry")
    item = row.get("item")
    if not isinstance(item, dict):
        item = row.get("track")
    if not isinstance(item, dict):
        return Skipped("?", "no longer on Spotify")
    name = one_line(str(item.get("name") or "?"))
    if row.get("is_local") or item.get("is_local"):
        return Skipped(name, "a local file of the playlist's owner")
    if item.get("type", "track") != "track" or not item.get("id"):
        return Skipped(name, "not a track")
    return _track(item)


def _track(item: dict[str, Any]) -> Track:
    """A track object, full or simplified. Deprecated fields may be missing."""
    id_ = str(item.get("id") or "")
    reference = SpotifyReference(SpotifyKind.TRACK, id_)
    if not reference.is_sound:
        raise ServiceUnavailable(f"Spotify's answer holds a track without a sound id ({id_[:40]!r})", "try again later")
    album = item.get("album") or {}
    duration = item.get("duration_ms")
    explicit = item.get("explicit")
    return Track(
        id=TrackId(reference.uri),
        title=one_line(str(item.get("name") or "")) or id_,
        artists=tuple(
            one_line(str(a["name"])) for a in item.get("artists") or () if isinstance(a, dict) and a.get("name")
        ),
        album=one_line(str(album.get("name") or "")) or None,
        isrc=parse_isrc((item.get("external_ids") or {}).get("isrc")),
        duration_ms=duration if isinstance(duration, int) and 0 < duration < _LONGEST_MS else None,
        release_date=album.get("release_date"),
        explicit=explicit if isinstance(explicit, bool) else None,
        url=reference.url,
        preview_url=item.get("preview_url"),
    )


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
            return SignInNeeded(
                "Spotify wants an active Premium subscription of the app's owner",
                "renew it, or use another app",
            )
        return SignInNeeded(
            f"Spotify does not let this app read {what}",
            "since 2026 only a playlist's owner and collaborators may read it: set SPOTIFY_TOKEN to a user's token",
        )
    if exc.http_status == 404:
        return NotFound(
            f"Spotify has no {what}, or hides it from this app",
            "check the link; Spotify's own playlists (37i9…) are hidden from apps made since November 2024",
        )
    return ServiceUnavailable(f"Spotify answered HTTP {exc.http_status} for {what}", "try again later")
