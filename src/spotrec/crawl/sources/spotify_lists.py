"""Spotify's Web API beyond playlists and albums: artists, liked songs, search. These have no public pages."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from spotrec.crawl.json_values import text, within
from spotrec.crawl.sources import KnownTracks, ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.paging import MOST_ROWS, listing, pages
from spotrec.crawl.sources.spotify import PAGE, AlbumTracks, entry, track_or_skipped
from spotrec.errors import NotFound, SignInNeeded, UsageError, quoted
from spotrec.links import LikedSongsReference, SearchReference, SpotifyKind, SpotifyReference
from spotrec.names.titles import one_line
from spotrec.spotify.api import Credentials, SpotifyApi
from spotrec.track import Collection, CollectionKind, Track, TrackId

_HOW_TO_SIGN_IN = (
    "set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET, or sign in: `spotrec login`; links to albums, playlists and "
    "tracks need neither"
)
# not compilations, which repeat these, and not releases by others on which the artist appears
_OWN_RELEASES = "album,single"
# Spotify's maximum since March 2026
_SMALL_PAGE = 10
_MOST_ALBUMS = 10_000
_MOST_HITS = 1_000
_MOST_WORDS_CHARS = 250


class SpotifyArtist:
    """All tracks of an artist's albums and singles, each once, album by album."""

    def __init__(self, api: SpotifyApi, reference: SpotifyReference, known: KnownTracks) -> None:
        self._api = api
        self._reference = reference
        self._albums = AlbumTracks(api, known)

    def listings(self) -> Iterator[Listing]:
        _need_credentials(self._api, "an artist's albums come")
        id_, uri, url = self._reference.id, self._reference.uri, self._reference.url
        what = f"artist {id_}"
        head = self._api.ask(lambda api: api.artist(id_), what)
        collection = Collection(uri, CollectionKind.ARTIST, text(head.get("name")) or id_, url)
        yield Listing([], collection=collection)

        def ask(offset: int) -> dict[str, Any]:
            return self._api.ask(
                lambda api: api.artist_albums(id_, include_groups=_OWN_RELEASES, limit=_SMALL_PAGE, offset=offset),
                what,
            )

        for page in pages(ask, f"Spotify's list of albums of {what}", size=_SMALL_PAGE, most=_MOST_ALBUMS):
            for album in page.rows:
                yield from self._album(album, collection)
                if self._albums.n_rows >= MOST_ROWS:
                    notice = f"{what} does not end: spotrec stopped after {self._albums.n_rows:,} entries"
                    yield Listing([], collection=collection, is_cut=True, notice=notice)
                    return
            if page.is_cut:
                yield listing([], collection, page)

    def _album(self, album: Any, collection: Collection) -> Iterator[Listing]:
        """Yield an album's tracks. If an album cannot be read, it is skipped, and the artist's list is incomplete."""
        name, id_ = text(within(album, "name")) or "?", within(album, "id")
        if not isinstance(id_, str) or not SpotifyReference(SpotifyKind.ALBUM, id_).is_sound:
            yield Listing([], [SkippedEntry(name, "not an album")], collection, is_cut=True)
            return
        try:
            for piece in self._albums.listings(id_, album, collection):
                # an album's own number of tracks is not the artist's
                yield Listing(piece.tracks, piece.skipped, collection, None, piece.is_cut, piece.notice)
        except NotFound as error:
            yield Listing([], [SkippedEntry(name, error.message)], collection, is_cut=True)


class SpotifyLikedSongs:
    """The liked songs of the signed-in user, newest first. An app without a user has no liked songs."""

    def __init__(self, api: SpotifyApi, reference: LikedSongsReference) -> None:
        self._api = api
        self._reference = reference

    def listings(self) -> Iterator[Listing]:
        if self._api.credentials in (None, Credentials.CLIENT):
            raise SignInNeeded("Spotify shows liked songs only to the user who signed in", "sign in: `spotrec login`")
        collection = Collection(self._reference.uri, CollectionKind.LIKED, "Liked songs", self._reference.url)
        for page in pages(self._ask, "Spotify's list of liked songs", size=PAGE):
            yield listing([entry(row) for row in page.rows], collection, page)

    def _ask(self, offset: int) -> dict[str, Any]:
        return self._api.ask(lambda api: api.current_user_saved_tracks(limit=PAGE, offset=offset), "liked songs")


class SpotifySearch:
    """The tracks that Spotify finds for words, best first, each once.

    Search results change over time: each crawl replaces the list of the one before.

    Raises:
        UsageError: the words are missing or too long, or the limit is below 1.
    """

    def __init__(self, api: SpotifyApi, reference: SearchReference) -> None:
        self._api = api
        self._words = one_line(reference.words)
        self._limit = min(reference.limit, _MOST_HITS)
        if not 0 < len(self._words) <= _MOST_WORDS_CHARS:
            raise UsageError(
                f"a search must have 1 to {_MOST_WORDS_CHARS} characters, not {len(reference.words):,}",
                "for example: artist:Vangelis year:1975-1985",
            )
        if self._limit < 1:
            raise UsageError(f"a search must be for at least 1 track, not {reference.limit}", "choose a larger limit")

    def listings(self) -> Iterator[Listing]:
        _need_credentials(self._api, "search results come")
        address = quote(self._words, safe="")
        url = f"https://open.spotify.com/search/{address}"
        collection = Collection(f"spotify:search:{address}", CollectionKind.SEARCH, self._words, url)
        what = f"a search for {quoted(self._words)}"
        listed: set[TrackId] = set()
        n_rows = 0
        for page in pages(self._ask, what, size=_SMALL_PAGE, most=self._limit):
            read = [track_or_skipped(row) for row in page.rows]
            tracks = {track.id: track for track in read if isinstance(track, Track) and track.id not in listed}
            listed.update(tracks)
            n_rows += len(page.rows)
            yield Listing(
                [ListedTrack(track) for track in tracks.values()],
                [hit for hit in read if isinstance(hit, SkippedEntry)],
                collection,
                None if page.total is None else min(page.total, self._limit),
                notice=_more(what, n_rows, page.total) if page.notice else "",
            )

    def _ask(self, offset: int) -> dict[str, Any]:
        answer = self._api.ask(
            lambda api: api.search(self._words, limit=_SMALL_PAGE, offset=offset, type="track"),
            f"a search for {quoted(self._words)}",
        )
        hits = answer.get("tracks")
        return hits if isinstance(hits, dict) else {}


def _more(what: str, n_rows: int, total: int | None) -> str:
    found = f"{total:,} tracks" if total is not None else "more tracks"
    return f"{what} finds {found}, and spotrec took the first {n_rows:,}: use narrower words to find the others"


def _need_credentials(api: SpotifyApi, what: str) -> None:
    if not api.has_credentials:
        raise SignInNeeded(f"{what} from Spotify's Web API, which needs credentials", _HOW_TO_SIGN_IN)
