"""Spotify through its Web API if there are credentials, with its public pages as a fallback."""

import time
from collections.abc import Iterator
from dataclasses import replace

from spotrec.crawl.embed_pages import EmbedPages
from spotrec.crawl.sources import KnownTracks, ListedTrack, Listing, TrackSource
from spotrec.crawl.sources.spotify import SpotifySource, api_track
from spotrec.crawl.sources.spotify_embed import SpotifyEmbedSource, StoredTrack, public_track
from spotrec.crawl.sources.spotify_lists import SpotifyArtist
from spotrec.errors import Forbidden, NotFound, RateLimited, ServiceUnavailable, SpotrecError, UsageError
from spotrec.links import SpotifyKind, SpotifyReference
from spotrec.spotify.api import SpotifyApi
from spotrec.track import Track

_REST = (
    "to get the rest of an album, set an app's credentials; to get the rest of a playlist, its owner must sign in "
    "(`spotrec login`, or SPOTIFY_TOKEN)"
)


_NO_ANSWER = (NotFound, Forbidden, RateLimited, ServiceUnavailable)
"""Errors of the Web API about an item that its public page may show."""


class SpotifyWithFallback:
    """The Web API, with the public pages as a fallback. Threads may share it.

    If the API hides an item or may not show it, fails, or asks for a longer wait than the settings allow, the item's
    public page is read. If that fails too, the API's error is raised. If the API refuses the credentials themselves,
    the error is raised at once, for the user to fix.

    Args:
        pages: None if the settings forbid them.
    """

    def __init__(self, api: SpotifyApi, pages: EmbedPages | None, known: KnownTracks, stored: StoredTrack) -> None:
        self._api = api
        self._pages = pages
        self._known = known
        self._stored = stored
        self._limit: RateLimited | None = None
        self._limited_until = 0.0
        self._reported: set[type[SpotrecError]] = set()

    def track(self, id_: str) -> ListedTrack:
        """Look up a single track. The first fallback of each kind has a notice; a list may have thousands."""
        reference = SpotifyReference(SpotifyKind.TRACK, id_)
        if self._pages is not None and not self._api.has_credentials:
            return ListedTrack(public_track(self._pages, reference))
        try:
            return ListedTrack(self._api_track(id_))
        except _NO_ANSWER as error:
            if self._pages is None:
                raise
            try:
                track = public_track(self._pages, reference)
            except SpotrecError as exc:
                raise error from exc
            is_first = type(error) not in self._reported
            self._reported.add(type(error))
            return ListedTrack(track, notice=f"{_instead(error)}, also for further tracks" if is_first else "")

    def _api_track(self, id_: str) -> Track:
        """Ask the Web API, but not before the end of a long wait that it has asked for."""
        if self._limit and time.monotonic() < self._limited_until:
            raise self._limit
        try:
            return api_track(self._api, id_)
        except RateLimited as limit:
            self._limit, self._limited_until = limit, time.monotonic() + (limit.retry_after_s or 0.0)
            raise

    def collection(self, reference: SpotifyReference) -> TrackSource:
        """Open a playlist, an album or an artist.

        Raises:
            UsageError: the reference is something else.
        """
        if reference.kind is SpotifyKind.ARTIST:
            return SpotifyArtist(self._api, reference, self._known)
        if reference.kind not in (SpotifyKind.PLAYLIST, SpotifyKind.ALBUM):
            raise UsageError(
                f"spotrec cannot crawl a Spotify {reference.kind}", "give a playlist, an album, an artist or a track"
            )
        by_api = SpotifySource(self._api, reference, self._known)
        if self._pages is None:
            return by_api
        if not self._api.has_credentials:
            return SpotifyEmbedSource(self._pages, reference, self._stored, _REST)
        return _FallbackSource(by_api, self._pages, reference, self._stored)


class _FallbackSource:
    """The list from the Web API, or from the public page if the API fails before it has listed anything."""

    def __init__(
        self, by_api: SpotifySource, pages: EmbedPages, reference: SpotifyReference, stored: StoredTrack
    ) -> None:
        self._by_api = by_api
        self._pages = pages
        self._reference = reference
        self._stored = stored

    def listings(self) -> Iterator[Listing]:
        listings = self._by_api.listings()
        try:
            first = next(listings, None)
        except _NO_ANSWER as error:
            rest = f"the Web API has the rest, but: {error.message} ({error.hint})"
            page = SpotifyEmbedSource(self._pages, self._reference, self._stored, rest)
            try:
                found = list(page.listings())
            except SpotrecError as exc:
                raise error from exc
            # if the API is only out of order, what the page does not show may still be in the list
            is_cut = isinstance(error, RateLimited | ServiceUnavailable)
            yield from (
                replace(listing, notice=listing.notice or _instead(error), is_cut=listing.is_cut or is_cut)
                for listing in found
            )
            return
        if first is not None:
            yield first
            yield from listings


def _instead(error: SpotrecError) -> str:
    return f"{error.message}: spotrec read its public page instead"
