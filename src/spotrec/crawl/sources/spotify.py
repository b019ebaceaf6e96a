"""Spotify's Web API (spotipy): playlists, albums and single tracks, in the old and the new format of its answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.json_values import date, flag, names, text, web_address, whole, within
from spotrec.crawl.sources import KnownTracks, Listing, SkippedEntry
from spotrec.crawl.sources.paging import listing, pages
from spotrec.errors import Forbidden, NotFound, ServiceUnavailable
from spotrec.links import SpotifyKind, SpotifyReference
from spotrec.spotify.api import SpotifyApi
from spotrec.track import Collection, CollectionKind, Track, TrackId

PAGE = 50
_PIECE = 20
_LONGEST_MS = 1_000_000_000
_LOCAL = "a local file of the playlist's owner"


class SpotifySource:
    """A playlist or an album, listed page by page. Known tracks of an album are not looked up again."""

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
        collection = self._collection(CollectionKind.PLAYLIST, head)

        def ask(offset: int) -> dict[str, Any]:
            return self._api.ask(
                lambda api: api.playlist_items(id_, limit=PAGE, offset=offset, additional_types=("track",)), what
            )

        for page in pages(ask, f"Spotify's {what}", size=PAGE):
            yield listing([entry(row) for row in page.rows], collection, page)

    def _album(self) -> Iterator[Listing]:
        id_ = self._reference.id
        album = self._api.ask(lambda api: api.album(id_), f"album {id_}")
        collection = self._collection(CollectionKind.ALBUM, album)
        yield from AlbumTracks(self._api, self._known).listings(id_, album, collection)

    def _collection(self, kind: CollectionKind, head: dict[str, Any]) -> Collection:
        title = text(head.get("name")) or self._reference.id
        return Collection(self._reference.uri, kind, title, self._reference.url)


class AlbumTracks:
    """Lists albums, each track once. Albums lack ISRCs, so each track that is not in the store is requested separately.

    `n_rows` counts all entries, listed or not.
    """

    def __init__(self, api: SpotifyApi, known: KnownTracks) -> None:
        self.n_rows = 0
        self._api = api
        self._known = known
        self._listed: set[TrackId] = set()

    def listings(self, id_: str, album: dict[str, Any], collection: Collection) -> Iterator[Listing]:
        """Yield the tracks of an album that no earlier album contained.

        Args:
            album: the album's own data.
        """
        what = f"album {id_}"

        def ask(offset: int) -> dict[str, Any]:
            return self._api.ask(lambda api: api.album_tracks(id_, limit=PAGE, offset=offset), what)

        for page in pages(ask, f"Spotify's {what}", size=PAGE):
            self.n_rows += len(page.rows)
            # each track may need a request: with small pieces their results are soon stored
            for start in range(0, max(len(page.rows), 1), _PIECE):
                read = self._read(page.rows[start : start + _PIECE], album)
                is_last = start + _PIECE >= len(page.rows)
                yield listing(read, collection, page if is_last else replace(page, is_cut=False, notice=""))

    def _read(self, rows: Any, album: dict[str, Any]) -> list[Track | SkippedEntry]:
        read = list(self._unlisted(track_or_skipped(row, album) for row in rows))
        known = self._known([track.id for track in read if isinstance(track, Track)])
        return [track if isinstance(track, SkippedEntry) or track.id in known else self._full(track) for track in read]

    def _unlisted(self, read: Iterator[Track | SkippedEntry]) -> Iterator[Track | SkippedEntry]:
        for track in read:
            if isinstance(track, SkippedEntry):
                yield track
            elif track.id not in self._listed:
                self._listed.add(track.id)
                yield track

    def _full(self, track: Track) -> Track:
        try:
            return api_track(self._api, track.id.split(":")[2])
        except (NotFound, Forbidden):  # the album's row is enough
            return track


def api_track(api: SpotifyApi, id_: str) -> Track:
    """Return a single track under the requested id: Spotify may answer with another id of the same track."""
    track = track_or_skipped(api.ask(lambda client: client.track(id_), f"track {id_}"))
    if isinstance(track, SkippedEntry):
        raise ServiceUnavailable(f"Spotify sent something that is not a track for track {id_}", "try again later")
    reference = SpotifyReference(SpotifyKind.TRACK, id_)
    return replace(track, id=TrackId(reference.uri), url=reference.url)


def entry(row: Any) -> Track | SkippedEntry:
    """Read a row of a playlist or of liked songs. The track is in `item`, formerly in `track` (now also a flag)."""
    if not isinstance(row, dict):
        return SkippedEntry("?", "empty entry")
    item = next((row[name] for name in ("item", "track") if isinstance(row.get(name), dict)), None)
    if item is None:
        return SkippedEntry("?", "no longer on Spotify")
    if row.get("is_local") is True:
        return SkippedEntry(text(item.get("name")) or "?", _LOCAL)
    return track_or_skipped(item)


def track_or_skipped(item: Any, album: Any = None) -> Track | SkippedEntry:
    """Read a full or simplified track object, or return why it is not a track. Deprecated fields may be missing.

    Args:
        album: the album that lists the track; simplified objects do not contain it.
    """
    if not isinstance(item, dict):
        return SkippedEntry("?", "empty entry")
    title, id_ = text(item.get("name")), item.get("id")
    if item.get("is_local") is True:
        return SkippedEntry(title or "?", _LOCAL)
    reference = SpotifyReference(SpotifyKind.TRACK, id_ if isinstance(id_, str) else "")
    if item.get("type", "track") != "track" or not reference.is_sound:
        return SkippedEntry(title or "?", "not a track")
    on = item.get("album") if album is None else album
    isrc = within(item.get("external_ids"), "isrc")
    return Track(
        id=TrackId(reference.uri),
        title=title or reference.id,
        artists=names(item.get("artists")),
        album=text(within(on, "name")) or None,
        isrc=parse_isrc(isrc) if isinstance(isrc, str) else None,
        duration_ms=whole(item.get("duration_ms"), 1, _LONGEST_MS),
        release_date=date(within(on, "release_date")),
        explicit=flag(item.get("explicit")),
        url=reference.url,
        preview_url=web_address(item.get("preview_url")),
    )
