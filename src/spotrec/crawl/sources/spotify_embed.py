"""Spotify's public embed pages: tracks, albums and playlists without credentials, but without ISRCs and cut short."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from spotrec.crawl.embed_pages import EmbedPages
from spotrec.crawl.sources import ListedTrack, Listing, Skipped
from spotrec.errors import ServiceUnavailable
from spotrec.links import SpotifyKind, SpotifyReference
from spotrec.titles import one_line
from spotrec.track import Collection, CollectionKind, Track, TrackId

# reports disagree about where the page cuts a list: at either length, tracks may be missing
CUT_AT = (50, 100)
_LONGEST_MS = 1_000_000_000
_LONGEST_URL = 2048
_TRACK_URI = re.compile(r"spotify:track:([0-9A-Za-z]{22})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# a comma before a no-break space stands between artists; before a plain space it may belong to a name
_BETWEEN_ARTISTS = ",\N{NO-BREAK SPACE}"

StoredTrack = Callable[[str], Track | None]
"""What the store knows of a track, by id."""


class SpotifyEmbedSource:
    """An album or a playlist as its public page shows it.

    Args:
        stored: what the store knows better than the page is not written over.
        rest: what to tell a person about how to get the tracks that the page does not show.
    """

    def __init__(self, pages: EmbedPages, reference: SpotifyReference, stored: StoredTrack, rest: str) -> None:
        self._pages = pages
        self._reference = reference
        self._stored = stored
        self._rest = rest

    def listings(self) -> Iterator[Listing]:
        entity = self._pages.entity(self._reference)
        rows = entity.get("trackList")
        if not isinstance(rows, list):
            raise ServiceUnavailable("Spotify's public page holds no list of tracks", "try again later")
        is_album = self._reference.kind is SpotifyKind.ALBUM
        kind = CollectionKind.ALBUM if is_album else CollectionKind.PLAYLIST
        title = _text(entity.get("name")) or self._reference.id
        separator = _separator(rows)
        read = [_entry(row, separator, title if is_album else None) for row in rows]
        is_cut = len(rows) in CUT_AT
        yield Listing(
            [ListedTrack(_known_better(track, self._stored)) for track in read if isinstance(track, Track)],
            [entry for entry in read if isinstance(entry, Skipped)],
            Collection(self._reference.uri, kind, title, self._reference.url),
            len(rows),
            is_cut,
            f"the public page shows at most {len(rows)} entries of “{title}”; {self._rest}" if is_cut else "",
        )


def public_track(pages: EmbedPages, reference: SpotifyReference) -> Track:
    """A single track, as its public page names it."""
    entity = pages.entity(reference)
    artists = entity.get("artists")
    released = entity.get("releaseDate")
    date = _DATE.match(_text(released.get("isoString"))) if isinstance(released, dict) else None
    explicit = entity.get("isExplicit")
    return Track(
        id=TrackId(reference.uri),
        title=_text(entity.get("title")) or _text(entity.get("name")) or reference.id,
        artists=tuple(
            name
            for artist in (artists if isinstance(artists, list) else ())
            if isinstance(artist, dict) and (name := _text(artist.get("name")))
        ),
        duration_ms=_duration_ms(entity.get("duration")),
        release_date=date.group() if date else None,
        explicit=explicit if isinstance(explicit, bool) else None,
        url=reference.url,
        preview_url=_preview_url(entity),
    )


def _entry(row: Any, separator: str, album: str | None) -> Track | Skipped:
    if not isinstance(row, dict):
        return Skipped("?", "empty entry")
    title = _text(row.get("title"))
    uri = _TRACK_URI.fullmatch(str(row.get("uri")))
    if row.get("entityType", "track") != "track" or uri is None:
        return Skipped(title or "?", "not a track")
    reference = SpotifyReference(SpotifyKind.TRACK, uri.group(1))
    return Track(
        id=TrackId(reference.uri),
        title=title or reference.id,
        artists=tuple(name for part in _raw(row.get("subtitle")).split(separator) if (name := one_line(part))),
        album=album,
        duration_ms=_duration_ms(row.get("duration")),
        url=reference.url,
        preview_url=_preview_url(row),
    )


def _separator(rows: list[Any]) -> str:
    """A page that joins artists with a no-break space somewhere does so everywhere."""
    joined = any(isinstance(row, dict) and _BETWEEN_ARTISTS in _raw(row.get("subtitle")) for row in rows)
    return _BETWEEN_ARTISTS if joined else ", "


def _known_better(track: Track, stored: StoredTrack) -> Track:
    known = stored(track.id)
    return replace(known, preview_url=track.preview_url or known.preview_url) if known else track


def _preview_url(entity: dict[str, Any]) -> str | None:
    preview = entity.get("audioPreview")
    url = preview.get("url") if isinstance(preview, dict) else None
    if not isinstance(url, str) or not url.startswith(("https://", "http://")) or len(url) > _LONGEST_URL:
        return None
    return url if url.isprintable() else None


def _duration_ms(value: Any) -> int | None:
    is_sound = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LONGEST_MS
    return value if is_sound else None


def _raw(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str:
    return one_line(_raw(value))
