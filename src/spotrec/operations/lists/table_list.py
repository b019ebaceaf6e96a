"""A table of tracks (CSV, TSV) as a list that may be written again: rows stay, new ones fill its columns."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from spotrec.crawl.sources import ListedTrack
from spotrec.crawl.sources.csv_columns import Columns, field_of
from spotrec.crawl.sources.csv_file import CsvSource, layout_of, tables_of
from spotrec.errors import UsageError, quoted
from spotrec.export.addresses import web_page_of
from spotrec.names.titles import one_line
from spotrec.operations.lists.entries import MOST_ENTRIES, Entry, too_many
from spotrec.operations.lists.list_text import ListText
from spotrec.operations.lists.recognition import Described, Recognition
from spotrec.store import FeatureStore
from spotrec.system.csv_cells import safe_cell
from spotrec.track import Track


@dataclass(frozen=True, slots=True)
class TableList:
    """The lines of a table around its rows.

    Attributes:
        head: what stands above the first row: the names of the columns.
        names: the names of the columns; of a table without them, nothing.
    """

    text: ListText
    head: str
    entries: tuple[Entry, ...]
    delimiter: str
    names: tuple[str, ...]
    columns: Columns
    width: int

    def content(self, entries: Sequence[Entry], _file: Path, _relative_to: Path | None) -> bytes:
        """Return the bytes of a file with these rows."""
        end = self.text.line_end
        bodies = [self._row(entry.track) if entry.is_new and entry.track else entry.body for entry in entries]
        whole = [one if one.endswith(("\r", "\n")) or not one else one + end for one in (self.head, *bodies)]
        return self.text.bytes_of("".join(whole))

    def _row(self, track: Track) -> str:
        cells = [""] * max(self.width, len(self.names))
        for column, value in self._values(track):
            cells[column] = safe_cell(value) if self.columns.is_own else value
        line = io.StringIO()
        csv.writer(line, delimiter=self.delimiter, lineterminator="").writerow(cells)
        return self.text.as_raw(line.getvalue())

    def _values(self, track: Track) -> Iterator[tuple[int, str]]:
        """Yield the columns that say something about a track, each with its text."""
        joint = ", " if self.columns.joins_artists else "; "
        artists = [name.replace(",", "\\,") if joint == ", " else name for name in track.artists]
        seconds = None if track.duration_ms is None else round(track.duration_ms / 1000)
        fields: dict[str, str | int | float | None] = {
            "title": track.title,
            "artists": joint.join(artists),
            "album": track.album,
            "isrc": track.isrc,
            "duration_ms": track.duration_ms,
            "duration": seconds,
            "release_date": track.release_date,
            "genre": track.genre,
            "mood": track.mood,
            "bpm": track.bpm,
            "key": track.musical_key,
            "path": track.path,
            "file_name": track.path,
            "link": web_page_of(track) or track.id,
        }
        for field, value in fields.items():
            column = getattr(self.columns, field)
            if column is not None and value is not None:
                yield column, str(value)
        for column, name in enumerate(self.names):
            field, bare = field_of(name)
            if field == "link" and (text := _link(track, bare)) is not None:
                yield column, text
            elif field not in ("", "link") and (value := fields.get(field)) is not None:
                yield column, str(value)


def read_table_list(text: ListText, recognition: Recognition, store: FeatureStore) -> TableList:
    """Read the rows of a table.

    Raises:
        NotFound, UsageError: it has no rows, or no column that names tracks.
    """
    whole = "\n".join(text.lines)
    if len(list(islice(layout_of(whole).rows(), MOST_ENTRIES + 1))) > MOST_ENTRIES:
        raise too_many(one_line(text.path.stem) or "playlist")  # before anything is looked up
    layout, *others = tables_of(whole)
    if others:
        raise UsageError(
            f"{quoted(str(text.path))} has several tables, one below the other",
            f"make it one table; the second begins at line {others[0].lines_above + 1:,}",
        )
    source = CsvSource(
        whole,
        str(text.path),
        recognition.look_up,
        None,
        folder=text.path.parent,
        stored_at=store.files.track_in,
        encoding=text.read_as,
    )
    for _ in source.listings():  # raises what there is to say of the table as a whole
        break
    rows = list(islice(source.entries(), MOST_ENTRIES + 1))
    starts = [line - 1 for line, _ in rows]
    bodies = ["".join(text.raw[a:b]) for a, b in zip(starts, [*starts[1:], len(text.raw)], strict=True)]
    described = []
    for number, ((_, found), body) in enumerate(zip(rows, bodies, strict=True), 1):
        if isinstance(found, ListedTrack):
            entry, track = recognition.listed(found), found.track
            described.append(Described(replace(entry, number=number, body=body), track.title, track.artists))
        else:
            described.append(Described(Entry(found.name, number=number, body=body)))
    names = _names(text, layout.delimiter, layout.columns, layout.lines_above)
    return TableList(
        text,
        "".join(text.raw[: starts[0]]) if starts else "".join(text.raw),
        tuple(recognition.by_names(described)),
        layout.delimiter,
        names,
        layout.columns,
        layout.width,
    )


def _names(text: ListText, delimiter: str, columns: Columns, lines_above: int) -> tuple[str, ...]:
    if not columns.n_header_rows:
        return ()
    from spotrec.system import csv_rows

    rows = csv_rows.rows("\n".join(text.lines[lines_above:]), delimiter)
    header = [row for row, _ in zip(rows, range(columns.n_header_rows), strict=False)][-1:]
    return tuple(header[0].cells) if header else ()


def _link(track: Track, bare_name: str) -> str | None:
    """Return what a column of links or ids has of a track, by the name of the column."""
    if "uri" in bare_name:
        return track.id if track.id.startswith("spotify:") else None
    if bare_name in ("spotifyid", "spotifytrackid"):
        return track.id.rpartition(":")[2] if track.id.startswith("spotify:track:") else None
    if bare_name in ("trackid", "id"):
        return track.id
    return web_page_of(track) or ""
