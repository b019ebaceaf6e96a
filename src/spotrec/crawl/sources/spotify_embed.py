"""Spotify's public embed pages: tracks, albums and playlists without credentials, but incomplete and without ISRCs."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from spotrec.crawl.embed_pages import EmbedPages
from spotrec.crawl.json_values import date, flag, names, text, web_address, whole, within
from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.errors import ServiceUnavailable
from spotrec.links import SpotifyKind, SpotifyReference
from spotrec.names.titles import one_line
from spotrec.track import Collection, CollectionKind, Track, TrackId

# reports differ on the length at which the page cuts a list: at each of these, tracks may be missing
CUT_AT = (50, 100)
_LONGEST_MS = 1_000_000_000
_MOST_ENTRIES = 1_000
_MOST_ARTISTS = 100
_TRACK_URI = re.compile(r"spotify:track:([0-9A-Za-z]{22})")
# a comma and a no-break space separate artists; a comma and a plain space may be part of a name
_BETWEEN_ARTISTS = ",\N{NO-BREAK SPACE}"
_COMMA_IN_A_NAME = re.compile(
    r"(?:^|(?<=, ))(?:Tyler, The Creator|Earth, Wind & Fire|Blood, Sweat & Tears|Emerson, Lake & Palmer|Peter, Paul and"
    r" Mary|Crosby, Stills & Nash|Crosby, Stills, Nash & Young|Dave Dee, Dozy, Beaky, Mick & Tich)(?=, |$)"
)

StoredTrack = Callable[[str], Track | None]
"""Returns the stored track with an id, or None."""


class SpotifyEmbedSource:
    """An album or a playlist as its public page shows it.

    Args:
        stored: a track that is in the store is kept as it is, because the page has fewer details.
        rest: tells the user how to get the tracks that the page does not show.
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
            raise ServiceUnavailable("Spotify's public page contains no list of tracks", "try again later")
        is_album = self._reference.kind is SpotifyKind.ALBUM
        kind = CollectionKind.ALBUM if is_album else CollectionKind.PLAYLIST
        title = text(entity.get("name")) or self._reference.id
        is_cut = len(rows) in CUT_AT or len(rows) > _MOST_ENTRIES
        rows = rows[:_MOST_ENTRIES]
        are_marked = any(_BETWEEN_ARTISTS in _subtitle(row) for row in rows)
        read = [_entry(row, title if is_album else None, are_marked=are_marked) for row in rows]
        yield Listing(
            [ListedTrack(_known_better(track, self._stored)) for track in read if isinstance(track, Track)],
            [entry for entry in read if isinstance(entry, SkippedEntry)],
            Collection(self._reference.uri, kind, title, self._reference.url),
            len(rows),
            is_cut,
            f"the public page shows at most {len(rows)} entries of “{title}”; {self._rest}" if is_cut else "",
        )


def public_track(pages: EmbedPages, reference: SpotifyReference) -> Track:
    """Return a single track from its public page."""
    entity = pages.entity(reference)
    return Track(
        id=TrackId(reference.uri),
        title=text(entity.get("title")) or text(entity.get("name")) or reference.id,
        artists=names(entity.get("artists")),
        duration_ms=whole(entity.get("duration"), 1, _LONGEST_MS),
        release_date=date(within(entity.get("releaseDate"), "isoString")),
        explicit=flag(entity.get("isExplicit")),
        url=reference.url,
        preview_url=web_address(within(entity.get("audioPreview"), "url")),
    )


def _entry(row: Any, album: str | None, *, are_marked: bool) -> Track | SkippedEntry:
    if not isinstance(row, dict):
        return SkippedEntry("?", "empty entry")
    title = text(row.get("title"))
    uri = _TRACK_URI.fullmatch(text(row.get("uri")))
    if row.get("entityType", "track") != "track" or uri is None:
        return SkippedEntry(title or "?", "not a track")
    reference = SpotifyReference(SpotifyKind.TRACK, uri.group(1))
    return Track(
        id=TrackId(reference.uri),
        title=title or reference.id,
        artists=_artists(_subtitle(row), are_marked=are_marked),
        album=album,
        duration_ms=whole(row.get("duration"), 1, _LONGEST_MS),
        url=reference.url,
        preview_url=web_address(within(row.get("audioPreview"), "url")),
    )


def _subtitle(row: Any) -> str:
    subtitle = within(row, "subtitle")
    return subtitle if isinstance(subtitle, str) else ""


def _artists(subtitle: str, *, are_marked: bool) -> tuple[str, ...]:
    """Split the artists that a row joins in one text.

    Args:
        are_marked: some row of the page has a no-break space between artists, so all rows have one. If False, every
            comma separates artists, except in names that are known to contain one.
    """
    if not are_marked:
        subtitle = _COMMA_IN_A_NAME.sub(lambda name: name[0].replace(", ", ",\0"), subtitle).replace(
            ", ", _BETWEEN_ARTISTS
        )
    return tuple(name for part in subtitle.split(_BETWEEN_ARTISTS)[:_MOST_ARTISTS] if (name := one_line(part)))


def _known_better(track: Track, stored: StoredTrack) -> Track:
    known = stored(track.id)
    return replace(known, preview_url=track.preview_url or known.preview_url) if known else track
