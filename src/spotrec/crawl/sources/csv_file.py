"""Tables of tracks, as Exportify, TuneMyMusic, spotrec and people write them. Rows with a title need no request."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.csv_columns import DELIMITERS, Columns, cell, columns_of, is_header
from spotrec.crawl.sources.entries import EntryFinder, track_read_earlier
from spotrec.crawl.sources.named_tracks import name_id, track_link
from spotrec.errors import BadLink, NotFound, TrackError, UsageError, quoted
from spotrec.links import FileReference, Reference, parse_path
from spotrec.names.genres import genres, tempo, word
from spotrec.names.keys import key_of, normalised_key
from spotrec.names.titles import one_line
from spotrec.system import csv_rows
from spotrec.system.csv_cells import list_in, original_cell, plain_cell
from spotrec.track import HEARD, Collection, Track, TrackId

_PIECE = 100
_LOOKED_AT = 21
_LONGEST_MS = 1_000_000_000
_LONGEST_URL = 2048
_OTHER_TYPES = ("album", "artist")
_COUNT = re.compile(r"[0-9]{1,9}")
_START = 2000
_VIDEO_IDS = re.compile(r"\bVideo ID\b", re.IGNORECASE)
_VIDEOS = "; playlists of Google Takeout hold only numbers of videos: crawl music-library-songs.csv, which has names"
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})(?:\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}){0,2}")
_PITCH_CLASS = re.compile(r"([0-9]{1,2})(?:\.0)?")
_MODE = re.compile(r"[01](?:\.0)?")
_LINE_END = re.compile(r"\r\n|\r|\n")
_STATED_DELIMITER = re.compile(r"\"?sep=([^\r\n\"])[^\r\n]*(?:\r\n|\r|\n)", re.IGNORECASE)
"""The first line of a table that Excel wrote."""
# What separates artists. Exportify joins them with commas and puts a backslash before a comma in a name; the other
# Exportify joins them with semicolons, and then a comma is part of a name.
_COMMA_OR_SEMICOLON = re.compile(r"(?<!\\)(?:, |;)")
_COMMA = re.compile(r", ")
_SEMICOLON = re.compile(r";")
_NOTHING = re.compile(r"(?!)")
_DASH = re.compile(r" [–—] ")


@dataclass(frozen=True, slots=True)
class FileRow:
    """What a row of a table says of a file.

    Attributes:
        places: what may name the file, the best first.
        said: the fields that the row tells; the id is empty, and so is the title if there is none.
    """

    line: int
    places: Sequence[str]
    said: Track


@dataclass(frozen=True, slots=True)
class FileTable:
    """The rows of a table that say something of files, and why others cannot be read."""

    rows: list[FileRow]
    faults: list[str]


LookUp = Callable[[Reference], ListedTrack]
"""Looks up a single track by its link."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is read. `width` is the number of its columns, `lines_above` what was cut off above `text`."""

    text: str
    delimiter: str
    columns: Columns
    width: int
    lines_above: int
    header: Sequence[str]

    def rows(self) -> Iterator[csv_rows.Row]:
        """Yield the rows below the header, without rules (`---`) and the header of a table that was appended."""
        columns = self.columns
        exact = {columns.path, columns.file_name}
        is_plain = columns.is_own or not ("&" in self.text or "=" in self.text)
        for row in islice(csv_rows.rows(self.text, self.delimiter, self.width), columns.n_header_rows, None):
            if self.header and (row.cells == self.header or _is_rule(row.cells)):
                continue
            if not is_plain:
                cells = [
                    text if i in exact else plain_cell(text, is_link=i == columns.link)
                    for i, text in enumerate(row.cells)
                ]
                row = replace(row, cells=cells)
            yield row

    def sound_cells(self, row: csv_rows.Row) -> list[str]:
        """Return a row's cells.

        Raises:
            UsageError: the row cannot be read with certainty.
        """
        fault = row.fault
        if not fault and row.width > self.width:
            fault = (
                f"it has {row.width} cells, the table {self.width} columns: a cell with “{self.delimiter}” needs quotes"
            )
        if fault:
            raise UsageError(f"line {row.line + self.lines_above} cannot be read: {fault}")
        return [original_cell(text) for text in row.cells] if self.columns.is_own else row.cells


class CsvSource:
    """The rows of a table, in order.

    Args:
        text: the table; without a header it must contain Spotify URIs.
        look_up: used only for rows with a file, or with a link and no title.
        folder: relative paths in the table start here.
        stored_at: returns the track that was read earlier from a path, or None.
        encoding: the codec in which the table was read.

    A row with a file is that file; if it is not here, the track that was read from it earlier, or else what the row
    says.

    Raises:
        NotFound, UsageError: the table has no rows, or no column that names tracks.

    A row that cannot be read with certainty is skipped, and told with its line.
    """

    def __init__(
        self,
        text: str,
        name: str,
        look_up: LookUp,
        collection: Collection | None,
        *,
        folder: Path = Path(),
        stored_at: Callable[[str], Track | None] = lambda _: None,
        encoding: str = "utf-8",
    ) -> None:
        self._text = text
        self._name = name
        self._look_up = look_up
        self._collection = collection
        self._folder = folder
        self._finder = EntryFinder(folder, encoding)
        self._stored_at = stored_at
        self._n_by_name = 0

    def listings(self) -> Iterator[Listing]:
        layouts = tables_of(self._text)
        layout = layouts[0]
        if not layout.columns.name_tracks:
            raise UsageError(
                f"{self._name} has no column that names tracks",
                "its first line should name columns such as: title, artist, album, isrc, duration, url, path"
                + (_VIDEOS if _VIDEO_IDS.search(self._text[:_START]) else ""),
            )
        counted = [(layout, *_counted(layout)) for layout in layouts]
        total = sum(n for _, n, _ in counted)
        if not total:
            raise NotFound(f"{self._name} names no tracks", "the table has a header but no rows")
        rows = (self._entry(row, layout, separator) for layout, _, separator in counted for row in layout.rows())
        if layout.columns.plays is not None:
            played = _most_played(layout.rows(), layout.columns)
            total, separator = len(played), counted[0][2]
            rows = (self._entry(row, layout, separator) for row in played)
        while piece := list(islice(rows, _PIECE)):
            tracks = [one for one in piece if isinstance(one, ListedTrack)]
            skipped = [one for one in piece if isinstance(one, SkippedEntry)]
            yield Listing(tracks, skipped, self._collection, total)
        if self._n_by_name:
            notice = (
                f"rows of {Path(self._name).name} whose file is not here: {self._n_by_name:,}; "
                "they are known by what the table says"
            )
            yield Listing([], total=total, notice=notice)

    def entries(self) -> Iterator[tuple[int, ListedTrack | SkippedEntry]]:
        """Yield each row of the table, with the number of its first line in the text, from 1."""
        for layout in tables_of(self._text):
            _, separator = _counted(layout)
            for row in layout.rows():
                yield row.line + layout.lines_above, self._entry(row, layout, separator)

    def _entry(self, row: csv_rows.Row, layout: Layout, separator: re.Pattern[str]) -> ListedTrack | SkippedEntry:
        try:
            return self._track(layout.sound_cells(row), layout.columns, separator)
        except (NotFound, TrackError, UsageError) as error:
            return SkippedEntry(_shown(row.cells, layout.columns), error.message)

    def _track(self, row: Sequence[str], columns: Columns, separator: re.Pattern[str]) -> ListedTrack:
        places = _places(row, columns)
        for place in places:
            if file := self._file(place):
                return self._look_up(file)
        for place in places:
            if stored := track_read_earlier(place, self._folder, self._stored_at):
                return ListedTrack(stored)
        try:
            track = self._told(row, columns, separator)
        except UsageError as exc:
            if not places:
                raise
            raise NotFound(f"there is no file {quoted(places[0])}") from exc
        self._n_by_name += bool(places)
        return track

    def _file(self, place: str) -> FileReference | None:
        """Return the file at a place; None if there is none, or a folder or a pipe."""
        path = self._finder.path(place)
        try:
            reference = parse_path(path) if path else None
        except (BadLink, NotFound):
            return None
        return reference if isinstance(reference, FileReference) else None

    def _told(self, row: Sequence[str], columns: Columns, separator: re.Pattern[str]) -> ListedTrack:
        """Return the track that the other cells of a row tell."""
        if (other := cell(row, columns.type).casefold()) in _OTHER_TYPES:
            raise UsageError(f"an {other}, not a track")
        reference = track_link(cell(row, columns.link))
        said = _said(row, columns, separator)
        if reference and not said.title:
            return self._look_up(reference)
        if columns.artists is None and not (reference or said.isrc):
            title, artists = _split(said.title)
            said = replace(said, title=title, artists=artists)
        preview = cell(row, columns.preview_url)
        return ListedTrack(
            replace(
                said,
                id=TrackId(reference.uri) if reference else name_id(said.isrc, said.title, said.artists),
                title=said.title or str(said.isrc),
                duration_ms=_duration_ms(row, columns),
                url=reference.url if reference else None,
                preview_url=preview if preview.startswith("http") and len(preview) <= _LONGEST_URL else None,
            )
        )


def file_table(text: str, name: str) -> FileTable:
    """Read a table that says something of files.

    Raises:
        UsageError: it has no column that names files, or no other column that spotrec knows.
    """
    layouts = tables_of(text)
    columns = layouts[0].columns
    if columns.path is None and columns.file_name is None:
        raise UsageError(
            f"{name} has no column that names files",
            "it needs a column such as file or path",
        )
    told = (columns.title, columns.artists, columns.album, columns.genre, columns.mood, columns.release_date)
    if not any(column is not None for column in (*told, columns.bpm, columns.key)):
        raise UsageError(
            f"{name} says nothing of its files that spotrec knows",
            "it needs a column such as title, artist or genre",
        )
    table = FileTable([], [])
    for layout in layouts:
        _, separator = _counted(layout)
        for row in layout.rows():
            try:
                cells = layout.sound_cells(row)
            except UsageError as error:
                table.faults.append(error.message)
                continue
            said = _said(cells, layout.columns, separator)
            table.rows.append(FileRow(row.line + layout.lines_above, _places(cells, layout.columns), said))
    return table


def is_table(text: str) -> bool:
    """Whether text is a table of tracks, not a list of links."""
    return layout_of(text).columns.name_tracks


def layout_of(text: str) -> Layout:
    """Return how a table is to be read: with the delimiter that gives columns of tracks, and the most columns."""
    if stated := _STATED_DELIMITER.match(text):
        return _layout_with(stated[1], text[stated.end() :], stated[0].count("\n") or 1)
    layouts = [_layout_with(delimiter, text, 0) for delimiter in DELIMITERS]
    return max(layouts, key=lambda layout: (layout.columns.name_tracks, layout.width))


def tables_of(text: str) -> list[Layout]:
    """Return how a text is to be read in which one table may follow another, with a header of its own."""
    rest, tables = layout_of(text), list[Layout]()
    if rest.columns.plays is not None or not _has_header_below(rest):
        return [rest]
    while row := next((row for row in rest.rows() if is_header(row.cells, rest.header)), None):
        starts = [0, *(end.end() for end in _LINE_END.finditer(rest.text))]
        if row.line == 1:  # nothing is above it
            break
        above, below = rest.text[: starts[row.line - 1]], rest.text[starts[row.line - 1] :]
        tables.append(replace(rest, text=above))
        rest = _layout_with(rest.delimiter, below, rest.lines_above + row.line - 1)
    return [*tables, rest]


def _has_header_below(layout: Layout) -> bool:
    """Return whether a line below the header looks like another one; most tables have none, and are not read for it."""
    lines = islice(_LINE_END.split(layout.text), layout.columns.n_header_rows, None)
    return any(is_header([text.strip(' "') for text in line.split(layout.delimiter)], layout.header) for line in lines)


def _layout_with(delimiter: str, text: str, lines_above: int) -> Layout:
    sample = list(islice(csv_rows.rows(text, delimiter), _LOOKED_AT))
    columns = columns_of([row.cells for row in sample])
    header = sample[columns.n_header_rows - 1 if columns.n_header_rows else 0 :][:1]
    width = max((len(row.cells) for row in header), default=0)
    body = Counter(row.width for row in sample[columns.n_header_rows :])
    usual = max(body, key=lambda each: (body[each], each <= width), default=0)
    is_usual = not columns.n_header_rows or 2 * body[usual] > max(2, body.total())
    names = header[0].cells if header and columns.n_header_rows else ()
    return Layout(text, delimiter, columns, max(width, usual if is_usual else 0), lines_above, names)


def _counted(layout: Layout) -> tuple[int, re.Pattern[str]]:
    """Return the number of rows, and what separates the artists in all of them."""
    total, separator = 0, _COMMA if layout.columns.joins_artists else _NOTHING
    for row in layout.rows():
        total += 1
        artists = cell(row.cells, layout.columns.artists)
        if "\\," in artists:
            separator = _COMMA_OR_SEMICOLON
        elif ";" in artists and separator is not _COMMA_OR_SEMICOLON:
            separator = _SEMICOLON
    return total, separator


def _said(row: Sequence[str], columns: Columns, separator: re.Pattern[str]) -> Track:
    """Return the fields that a row tells of its track, without an id."""
    others = tuple(name for column in columns.other_artists if (name := one_line(cell(row, column))))
    released = _DATE.match(cell(row, columns.release_date))
    return Track(
        id=TrackId(""),
        title=one_line(cell(row, columns.title)),
        artists=_artists(cell(row, columns.artists), separator) + others,
        album=one_line(cell(row, columns.album)) or None,
        isrc=parse_isrc(cell(row, columns.isrc)),
        release_date=released.group() if released else None,
        genre=genres(list_in(genre := cell(row, columns.genre)) or [genre]),
        mood=word(cell(row, columns.mood)),
        bpm=None if cell(row, columns.bpm_source) == HEARD else tempo(cell(row, columns.bpm)),
        musical_key=_key(row, columns),
    )


def _most_played(rows: Iterable[csv_rows.Row], columns: Columns) -> list[csv_rows.Row]:
    """Return one row for each track of a play history, the most played first. Rows that cannot be read stay."""
    first: dict[str | int, csv_rows.Row] = {}
    plays: Counter[str | int] = Counter()
    for row in rows:
        key = row.line if row.fault else cell(row.cells, columns.title)
        first.setdefault(key, row)
        count = cell(row.cells, columns.plays)
        plays[key] += int(count) if _COUNT.fullmatch(count) else 0
    return [first[key] for key in sorted(first, key=lambda key: -plays[key])]


def _places(row: Sequence[str], columns: Columns) -> list[str]:
    """Return where the file of a row may be: its path, its name, or its name in the folder that the path is."""
    path, name = (
        row[column] if column is not None and column < len(row) else "" for column in (columns.path, columns.file_name)
    )  # the blanks around a name may belong to it
    joined = [f"{path.rstrip('/')}/{name}"] if path.strip() and name.strip() else []
    return [place for place in (*joined, path, name) if place.strip()]


def _is_rule(row: Sequence[str]) -> bool:
    """Return whether a row is the line below the header of a table in Markdown."""
    return all(text.strip(" :-") == "" for text in row) and sum("---" in text for text in row) > 1


def _split(title: str) -> tuple[str, tuple[str, ...]]:
    """Split `Artist - Title`, which some tables have in one column, into title and artists."""
    artist, _, rest = (_DASH.sub(" - ", title, 1) if " - " not in title else title).partition(" - ")
    return (rest.strip(), (artist.strip(),)) if artist.strip() and rest.strip() else (title, ())


def _artists(text: str, separator: re.Pattern[str]) -> tuple[str, ...]:
    """Split artists. Some tables put a backslash before a comma in a name, some have lists as programs write them."""
    parts = list_in(text) or separator.split(text)
    return tuple(name for part in parts if (name := one_line(part.replace("\\,", ","))))


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
    if cell(row, columns.key_source) == HEARD:
        return None
    text, mode = cell(row, columns.key), cell(row, columns.mode)
    if pitch_class := _PITCH_CLASS.fullmatch(text):
        return key_of(int(pitch_class[1]), is_major=mode[0] == "1") if _MODE.fullmatch(mode) else None
    return normalised_key(text)


def _shown(row: Sequence[str], columns: Columns) -> str:
    return one_line(cell(row, columns.title) or cell(row, columns.link) or " ".join(row))[:100] or "?"
