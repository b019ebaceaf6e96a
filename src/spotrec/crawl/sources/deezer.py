"""Deezer's playlists, albums and tracks (no key needed)."""

from collections.abc import Iterator
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.deezer_api import DeezerApi
from spotrec.crawl.json_values import date, flag, names, text, whole, within
from spotrec.crawl.sources import KnownTracks, Listing, SkippedEntry
from spotrec.crawl.sources.paging import listing, pages
from spotrec.errors import NotFound, ServiceUnavailable
from spotrec.links import DeezerKind, DeezerReference
from spotrec.names.genres import tempo
from spotrec.track import Collection, CollectionKind, Track, TrackId

_PAGE = 25
_LONGEST_S = 1_000_000
_LARGEST_ID = 10**18


class DeezerSource:
    """A playlist or an album, listed page by page.

    Deezer's lists lack ISRCs, so each track that is not in the store is requested separately. Tracks that Deezer may
    not play in this country are listed too: another provider may have them.
    """

    def __init__(self, api: DeezerApi, reference: DeezerReference, known: KnownTracks) -> None:
        self._api = api
        self._reference = reference
        self._known = known

    def listings(self) -> Iterator[Listing]:
        path = f"/{self._reference.kind}/{self._reference.id}"
        head = self._api.ask(path)
        kind = CollectionKind.ALBUM if self._reference.kind is DeezerKind.ALBUM else CollectionKind.PLAYLIST
        title = text(head.get("title")) or self._reference.id
        collection = Collection(self._reference.uri, kind, title, self._reference.url)
        album = head if kind is CollectionKind.ALBUM else None
        what = f"Deezer's {self._reference.kind} {self._reference.id}"

        def ask(index: int) -> dict[str, Any]:
            return self._api.ask(f"{path}/tracks", index=index, limit=_PAGE)

        for page in pages(ask, what, size=_PAGE, rows_under="data"):
            read = [_entry(row, album) for row in page.rows]
            known = self._known([entry.id for entry in read if isinstance(entry, Track)])
            full = [e if isinstance(e, SkippedEntry) or e.id in known else self._full(e) for e in read]
            yield listing(full, collection, page)

    def _full(self, track: Track) -> Track:
        try:
            return deezer_track(self._api, track.id.split(":")[2])
        except NotFound:  # the list's row is enough
            return track


def deezer_track(api: DeezerApi, id_: str) -> Track:
    """Return a single track, with its ISRC."""
    found = api.ask(f"/track/{id_}")
    track = _entry(found, None)
    if not isinstance(track, Track) or track.id != f"deezer:track:{id_}":
        raise ServiceUnavailable(f"Deezer sent something other than track {id_}", "try again later")
    return track


def _entry(row: Any, album: dict[str, Any] | None) -> Track | SkippedEntry:
    if not isinstance(row, dict):
        return SkippedEntry("?", "empty entry")
    title, number = text(row.get("title")), whole(row.get("id"), -_LARGEST_ID, _LARGEST_ID)
    if number is None:
        return SkippedEntry(title or "?", "not a track")
    if number <= 0:
        return SkippedEntry(title or "?", "a file of the playlist's owner")
    if row.get("type", "track") != "track":
        return SkippedEntry(title or "?", "not a track")
    reference = DeezerReference(DeezerKind.TRACK, str(number))
    on = album if album is not None else row.get("album")
    isrc, contributors = row.get("isrc"), row.get("contributors")
    artists = [row.get("artist"), *(contributors if isinstance(contributors, list) else ())]
    seconds = whole(row.get("duration"), 1, _LONGEST_S)
    return Track(
        id=TrackId(reference.uri),
        title=title or reference.id,
        artists=tuple(dict.fromkeys(names(artists))),
        album=text(within(on, "title")) or None,
        isrc=parse_isrc(isrc) if isinstance(isrc, str) else None,
        duration_ms=seconds * 1000 if seconds else None,
        release_date=date(within(on, "release_date")),
        explicit=flag(row.get("explicit_lyrics")),
        url=reference.url,
        bpm=tempo(row.get("bpm")),
    )
