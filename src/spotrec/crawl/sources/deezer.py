"""Deezer's playlists, albums and tracks (no key needed)."""

import re
from collections.abc import Iterator
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.deezer_api import DeezerApi
from spotrec.crawl.sources import KnownTracks, ListedTrack, Listing, Skipped
from spotrec.errors import NotFound, ServiceUnavailable
from spotrec.links import DeezerKind, DeezerReference
from spotrec.titles import one_line
from spotrec.track import Collection, CollectionKind, Track, TrackId

_PAGE = 25
_LONGEST_S = 1_000_000
_LARGEST_ID = 10**18
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NEXT_INDEX = re.compile(r"[?&]index=([0-9]{1,9})(?:&|$)")


class DeezerSource:
    """A playlist or an album, listed page by page.

    Its lists lack ISRCs: each track that the store does not know is asked for by itself. A track that Deezer may not
    play here is listed too: another provider may have it.
    """

    def __init__(self, api: DeezerApi, reference: DeezerReference, known: KnownTracks) -> None:
        self._api = api
        self._reference = reference
        self._known = known

    def listings(self) -> Iterator[Listing]:
        path = f"/{self._reference.kind}/{self._reference.id}"
        head = self._api.ask(path)
        kind = CollectionKind.ALBUM if self._reference.kind is DeezerKind.ALBUM else CollectionKind.PLAYLIST
        title = _text(head.get("title")) or self._reference.id
        collection = Collection(self._reference.uri, kind, title, self._reference.url)
        album = head if kind is CollectionKind.ALBUM else None
        for rows, total in self._pages(f"{path}/tracks"):
            read = [_entry(row, album) for row in rows]
            tracks = [entry for entry in read if isinstance(entry, Track)]
            known = self._known([track.id for track in tracks])
            full = [track if track.id in known else self._full(track) for track in tracks]
            skipped = [entry for entry in read if isinstance(entry, Skipped)]
            yield Listing([ListedTrack(track) for track in full], skipped, collection, total)

    def _pages(self, path: str) -> Iterator[tuple[list[Any], int | None]]:
        """Rows, and how many there are in all. Of the link to the next page only the number in it is believed."""
        index: int | None = 0
        while index is not None:
            page = self._api.ask(path, index=index, limit=_PAGE)
            rows = page.get("data")
            if not isinstance(rows, list):
                raise ServiceUnavailable("Deezer's answer holds no list of tracks", "try again later")
            total = page.get("total")
            yield rows, total if isinstance(total, int) and 0 <= total < _LARGEST_ID else None
            index = _following(page.get("next"), index, len(rows))

    def _full(self, track: Track) -> Track:
        try:
            return deezer_track(self._api, track.id.split(":")[2])
        except NotFound:  # the list's own row will do
            return track


def deezer_track(api: DeezerApi, id_: str) -> Track:
    """A single track, with its ISRC."""
    found = api.ask(f"/track/{id_}")
    track = _entry(found, None)
    if not isinstance(track, Track) or track.id != f"deezer:track:{id_}":
        raise ServiceUnavailable(f"Deezer answered another thing than track {id_}", "try again later")
    return track


def _following(next_: Any, index: int, n_rows: int) -> int | None:
    """Where the next page begins, or None at the end.

    Deezer leaves out what may not be shown, so a page may be short, or even empty, before the end.
    """
    if not isinstance(next_, str) or not next_:
        return None
    named = _NEXT_INDEX.search(next_)
    if named and index < int(named.group(1)) <= index + _PAGE:
        return int(named.group(1))
    return index + n_rows if n_rows else None


def _entry(row: Any, album: dict[str, Any] | None) -> Track | Skipped:
    if not isinstance(row, dict):
        return Skipped("?", "empty entry")
    title, number = _text(row.get("title")), row.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) >= _LARGEST_ID:
        return Skipped(title or "?", "not a track")
    if number <= 0:
        return Skipped(title or "?", "a file of the playlist's owner")
    if row.get("type", "track") != "track":
        return Skipped(title or "?", "not a track")
    reference = DeezerReference(DeezerKind.TRACK, str(number))
    on = album if album is not None else row.get("album")
    isrc, released, explicit = row.get("isrc"), _within(on, "release_date"), row.get("explicit_lyrics")
    return Track(
        id=TrackId(reference.uri),
        title=title or reference.id,
        artists=_artists(row),
        album=_within(on, "title") or None,
        isrc=parse_isrc(isrc) if isinstance(isrc, str) else None,
        duration_ms=_duration_ms(row.get("duration")),
        release_date=released if _DATE.fullmatch(released) else None,
        explicit=explicit if isinstance(explicit, bool) else None,
        url=reference.url,
    )


def _artists(row: dict[str, Any]) -> tuple[str, ...]:
    """All contributors where they are told, the main artist first."""
    contributors = row.get("contributors")
    named = [row.get("artist"), *(contributors if isinstance(contributors, list) else ())]
    return tuple(dict.fromkeys(name for artist in named if (name := _within(artist, "name"))))


def _duration_ms(seconds: Any) -> int | None:
    is_sound = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < _LONGEST_S
    return seconds * 1000 if is_sound else None


def _within(value: Any, name: str) -> str:
    return _text(value.get(name)) if isinstance(value, dict) else ""


def _text(value: Any) -> str:
    return one_line(value) if isinstance(value, str) else ""
