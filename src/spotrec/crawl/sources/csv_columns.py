"""The meaning of a table's columns: from the header, or from the cells if the header is in another language."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spotrec.audio.tags import parse_isrc

DELIMITERS = (",", ";", "\t")
_SAMPLE = 20
_NARROWEST_EXPORT = 4

# what export tools and people call them, best first; letters and digits only, in lower case
_NAMES: dict[str, tuple[str, ...]] = {
    "link": ("trackuri", "spotifyuri", "uri", "trackurl", "spotifyurl", "url", "link", "spotifyid", "trackid", "id"),
    "title": (
        *("trackname", "tracktitle", "songname", "songtitle", "contentname", "title", "track", "song", "name"),
        "trackdescription",  # Apple's play history: “Artist - Title”
    ),
    "artists": ("artistnames", "artistname", "trackartists", "trackartist", "artists", "artist"),
    "album": ("albumname", "albumtitle", "album"),
    "isrc": ("isrc", "isrccode"),
    "duration_ms": ("trackdurationms", "durationms", "lengthms"),
    "duration": ("duration", "trackduration", "durations", "length", "time"),
    "release_date": ("releasedate", "albumreleasedate"),
    "preview_url": ("trackpreviewurl", "previewurl"),
    "genre": ("genres", "genre", "trackgenre", "artistgenres"),
    "mood": ("mood", "moods"),
    "bpm": ("bpm", "tempo"),
    "key": ("key", "musicalkey", "initialkey", "camelot"),
    "mode": ("mode",),
}
_ONE_ARTIST = re.compile(r"artistname[0-9]{1,3}")  # YouTube Music: “Artist Name 1”, “Artist Name 2”


@dataclass(frozen=True, slots=True)
class Columns:
    """The position of each field in a row, None if unknown. `n_header_rows` is 0 for a table without a header.

    `artist_names` are columns with one artist each. In a play history, `plays` counts the plays of a row's track.
    """

    link: int | None = None
    title: int | None = None
    artists: int | None = None
    album: int | None = None
    isrc: int | None = None
    duration_ms: int | None = None
    duration: int | None = None
    release_date: int | None = None
    preview_url: int | None = None
    genre: int | None = None
    mood: int | None = None
    bpm: int | None = None
    key: int | None = None
    mode: int | None = None
    artist_names: tuple[int, ...] = ()
    plays: int | None = None
    n_header_rows: int = 1

    @property
    def name_tracks(self) -> bool:
        """Whether rows read this way can be tracks."""
        return self.link is not None or self.title is not None or self.isrc is not None


def columns_of(rows: Sequence[Sequence[str]]) -> Columns:
    """Find the meaning of the columns from a table's first rows. A table of one column needs a known header."""
    header, *body = rows[: _SAMPLE + 1] or [[]]
    if any(_is_spotify_track(text) for text in header):
        return _by_content(Columns(n_header_rows=0), [header, *body])
    bare = [re.sub(r"[\W_]+", "", name.casefold()) for name in header]

    def called(field: str) -> int | None:
        return next((bare.index(name) for name in _NAMES[field] if name in bare), None)

    columns: dict[str, Any] = {field: called(field) for field in _NAMES}
    artist_names = tuple(i for i, name in enumerate(bare) if _ONE_ARTIST.fullmatch(name))
    plays = bare.index("playcount") if {"trackdescription", "playcount"} <= set(bare) else None
    named = Columns(**columns, artist_names=artist_names, plays=plays)
    return _by_content(named, body)


def cell(row: Sequence[str], column: int | None) -> str:
    """Return a cell's text; empty if the row is too short, or the column is None."""
    return row[column].strip() if column is not None and column < len(row) else ""


def _by_content(columns: Columns, body: Sequence[Sequence[str]]) -> Columns:
    """Fill in columns from the cells. Exportify translates its headers, but keeps the order, the track's URI first."""
    width = max(map(len, body), default=0)
    link = columns.link
    if link is None and width > 1:
        link = _first(body, _is_spotify_track)
    if columns.title is not None or link != 0 or width < _NARROWEST_EXPORT:
        return replace(columns, link=link)
    if (artist_links := _first(body, lambda text: text.startswith("spotify:artist:"))) is not None:
        artists, album = artist_links + 1, artist_links + 3  # … artist uris, artist names, album uri, album name
    else:
        artists, album = 3, 2  # uri, name, album name, artist names
    isrc = columns.isrc if columns.isrc is not None else _first(body, lambda text: parse_isrc(text) is not None)
    return replace(columns, link=link, title=1, artists=artists, album=album, isrc=isrc)


def _first(body: Sequence[Sequence[str]], fits: Callable[[str], bool]) -> int | None:
    return next((i for row in body for i, text in enumerate(row) if fits(text.strip())), None)


def _is_spotify_track(text: str) -> bool:
    return text.strip().startswith(("spotify:track:", "https://open.spotify.com/track/"))
