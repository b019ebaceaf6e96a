"""Tables of tracks, as Exportify, TuneMyMusic and people write them. Rows with a title need no request."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.csv_columns import DELIMITERS, Columns, cell, columns_of
from spotrec.crawl.sources.named_tracks import name_id, track_link
from spotrec.errors import NotFound, TrackError, UsageError
from spotrec.links import Reference
from spotrec.names.genres import genres, tempo, word
from spotrec.names.keys import key_of, normalised_key
from spotrec.names.titles import one_line
from spotrec.track import Collection, Track, TrackId

_PIECE = 100
_LOOKED_AT = 21
_LONGEST_MS = 1_000_000_000
_LONGEST_URL = 2048
_MOST_DIGITS = 10
_START = 2000
_VIDEO_IDS = re.compile(r"\bVideo ID\b", re.IGNORECASE)
_VIDEOS = "; playlists of Google Takeout hold only numbers of videos: crawl music-library-songs.csv, which has names"
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})(?:\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_PITCH_CLASS = re.compile(r"([0-9]{1,2})(?:\.0)?")
_MODE = re.compile(r"[01](?:\.0)?")
_SEPARATOR = re.compile(r"(?<!\\)(?:, |;)")

LookUp = Callable[[Reference], ListedTrack]
"""Looks up a single track by its link."""


class CsvSource:
    """The rows of a table, in order.

    Args:
        text: the table; without a header it must contain Spotify URIs.
        look_up: used only for rows with a link and no title.

    Raises:
        NotFound, UsageError: the table has no rows, or no column that names tracks.
    """

    def __init__(self, text: str, name: str, look_up: LookUp, collection: Collection | None) -> None:
        self._text = text
        self._name = name
        self._look_up = look_up
        self._collection = collection

    def listings(self) -> Iterator[Listing]:
        delimiter, columns = _layout(self._text)
        if not columns.name_tracks:
            raise UsageError(
                f"{self._name} has no column that names tracks",
                "its first line should name columns such as: title, artist, album, isrc, duration, url"
                + (_VIDEOS if _VIDEO_IDS.search(self._text[:_START]) else ""),
            )
        total = sum(1 for _ in self._rows(delimiter, columns))  # also checks the whole table before anything is stored
        if not total:
            raise NotFound(f"{self._name} names no tracks", "the table has a header but no rows")
        rows = self._rows(delimiter, columns)
        if columns.plays is not None:
            played = list(_most_played(rows, columns))
            total, rows = len(played), iter(played)
        while piece := list(islice(rows, _PIECE)):
            tracks, skipped = [], []
            for row in piece:
                try:
                    tracks.append(self._track(row, columns))
                except (NotFound, TrackError, UsageError) as error:
                    skipped.append(SkippedEntry(_shown(row, columns), error.message))
            yield Listing(tracks, skipped, self._collection, total)

    def _rows(self, delimiter: str, columns: Columns) -> Iterator[list[str]]:
        try:
            rows = csv.reader(io.StringIO(self._text, newline=""), delimiter=delimiter)
            yield from islice((row for row in rows if any(map(str.strip, row))), columns.n_header_rows, None)
        except csv.Error as exc:
            raise UsageError(f"{self._name} is not a CSV: {exc}", "save it again as CSV") from exc

    def _track(self, row: Sequence[str], columns: Columns) -> ListedTrack:
        reference = track_link(cell(row, columns.link))
        title = one_line(cell(row, columns.title))
        if reference and not title:
            return self._look_up(reference)
        title, artists = _title_and_artists(title, row, columns)
        isrc = parse_isrc(cell(row, columns.isrc))
        preview = cell(row, columns.preview_url)
        released = _DATE.match(cell(row, columns.release_date))
        return ListedTrack(
            Track(
                id=TrackId(reference.uri) if reference else name_id(isrc, title, artists),
                title=title or str(isrc),
                artists=artists,
                album=one_line(cell(row, columns.album)) or None,
                isrc=isrc,
                duration_ms=_duration_ms(row, columns),
                release_date=released.group() if released else None,
                url=reference.url if reference else None,
                preview_url=preview if preview.startswith("http") and len(preview) <= _LONGEST_URL else None,
                genre=genres([cell(row, columns.genre)]),
                mood=word(cell(row, columns.mood)),
                bpm=tempo(cell(row, columns.bpm)),
                musical_key=_key(row, columns),
            )
        )


def is_table(text: str) -> bool:
    """Whether text is a table of tracks, not a list of links."""
    return _layout(text)[1].name_tracks


def _layout(text: str) -> tuple[str, Columns]:
    """Return the delimiter that gives columns of tracks, and the most columns, with the meaning of these columns."""
    samples = {delimiter: _first_rows(text, delimiter) for delimiter in DELIMITERS}
    layouts = [(delimiter, columns_of(rows), len(rows[0]) if rows else 0) for delimiter, rows in samples.items()]
    delimiter, columns, _ = max(layouts, key=lambda layout: (layout[1].name_tracks, layout[2]))
    return delimiter, columns


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first rows that are not empty, up to the first error."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(map(str.strip, row)):
                rows.append(row)
            if len(rows) == _LOOKED_AT:
                break
    except csv.Error:
        pass  # reported when the whole table is read
    return rows


def _title_and_artists(title: str, row: Sequence[str], columns: Columns) -> tuple[str, tuple[str, ...]]:
    if columns.artist_names:
        names = (one_line(cell(row, column)) for column in columns.artist_names)
        return title, tuple(name for name in names if name)
    if columns.artists is None:
        artist, separator, rest = title.partition(" - ")
        return (rest.strip(), (artist.strip(),)) if separator and artist.strip() and rest.strip() else (title, ())
    return title, _artists(cell(row, columns.artists))


def _most_played(rows: Iterator[list[str]], columns: Columns) -> Iterator[list[str]]:
    """Yield one row for each track of a play history, the most played first."""
    first: dict[str, list[str]] = {}
    plays: Counter[str] = Counter()
    for row in rows:
        name = cell(row, columns.title)
        first.setdefault(name, row)
        count = cell(row, columns.plays)
        plays[name] += int(count) if count.isascii() and count.isdigit() and len(count) < _MOST_DIGITS else 0
    yield from sorted(first.values(), key=lambda row: -plays[cell(row, columns.title)])


def _artists(text: str) -> tuple[str, ...]:
    """Split artists. Exportify joins them with a comma and a space, and puts a backslash before a comma in a name."""
    return tuple(name for part in _SEPARATOR.split(text) if (name := one_line(part.replace("\\,", ","))))


def _duration_ms(row: Sequence[str], columns: Columns) -> int | None:
    """Read milliseconds, `m:ss`, `h:mm:ss` or seconds. A number of 10,000 or more is always milliseconds."""
    text = cell(row, columns.duration_ms) or cell(row, columns.duration)
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return (hours * 3600 + minutes * 60 + seconds) * 1000 or None
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return None
    in_ms = number if cell(row, columns.duration_ms) or number >= 10_000 else number * 1000
    return round(in_ms) if 0 < in_ms < _LONGEST_MS else None


def _key(row: Sequence[str], columns: Columns) -> str | None:
    """Read a key by its name, or in Spotify's form: a pitch class, and in another column 1 for major, 0 for minor."""
    text, mode = cell(row, columns.key), cell(row, columns.mode)
    if pitch_class := _PITCH_CLASS.fullmatch(text):
        return key_of(int(pitch_class[1]), is_major=mode[0] == "1") if _MODE.fullmatch(mode) else None
    return normalised_key(text)


def _shown(row: Sequence[str], columns: Columns) -> str:
    return one_line(cell(row, columns.title) or cell(row, columns.link) or " ".join(row))[:100] or "?"
