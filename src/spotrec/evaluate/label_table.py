"""Labels from a user's CSV: any encoding, one of three delimiters; everything in it is checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import UsageError, quoted
from spotrec.names.genres import first_genre, genres
from spotrec.names.paths import rows_of_tracks
from spotrec.names.titles import one_line
from spotrec.system import csv_rows
from spotrec.system.csv_cells import is_of_spotrec, original_cell
from spotrec.system.files import read_regular
from spotrec.system.text import decode_text
from spotrec.track import Track

MAX_BYTES = 50_000_000
MOST_LABELS = 100
_KEYS = ("id", "track_id", "path", "file", "filename")
_GENRES = ("genre", "genres")
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class LabelTable:
    """label → its value for each track, None if the table has none; and how many of `n_rows` name no track."""

    values: dict[str, list[str | None]]
    n_rows: int
    n_unnamed: int


def from_csv(path: Path, tracks: Sequence[Track]) -> LabelTable:
    """Read the labels of a CSV: one column names the track (id, path or file name), every other column is a label.

    Only the first of several genres counts. Case and white space of values make no difference. `rows_of_tracks` says
    how a row names a track.

    Raises:
        UsageError: the CSV cannot be read, has no column for tracks, or names none of these tracks.
    """
    text = _read(path)
    header, key, delimiter = _layout(text, path)
    rows = _rows(text, delimiter, path, len(header))
    if is_of_spotrec(header):
        rows = ([original_cell(cell) for cell in row] for row in rows)
    next(rows, None)
    lines = [(row, row[key : key + 1]) for row in rows]
    found = rows_of_tracks(tracks, lines, path.parent)
    if not any(found.of_tracks):
        raise UsageError(
            f"{path} names no track of this catalogue",
            f"its column {quoted(header[key])} must have ids, paths or file names",
        )
    columns = {name: i for i, name in enumerate(header) if name and name.lower() not in _KEYS}
    values = {name: [_value(name, row, i) for row in found.of_tracks] for name, i in columns.items()}
    return LabelTable(values, len(lines), len(found.unnamed))


def _read(path: Path) -> str:
    try:
        content = read_regular(path, MAX_BYTES)
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror or exc}", "give a CSV with a header line") from exc
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path} is too large for a table of labels", f"at most {MAX_BYTES // 1_000_000} MB are read")
    text = decode_text(content)
    if text is None:
        raise UsageError(f"{path} cannot be read as a CSV: it is not text", "give text with a header line")
    return text


def _layout(text: str, path: Path) -> tuple[list[str], int, str]:
    """Return the header's names, the position of the column that names the track, and the delimiter."""
    for delimiter in _DELIMITERS:
        header = [one_line(name) for name in next(_rows(text, delimiter, path), [])]
        key = next((i for i, name in enumerate(header) if name.lower() in _KEYS), None)
        if key is not None:
            break
    else:
        raise UsageError(f"{path} has no column that names the tracks", f"it needs a column {', '.join(_KEYS)}")
    names = [name for name in header if name]
    if twice := next((name for name in names if names.count(name) > 1), None) if len(names) <= MOST_LABELS else None:
        raise UsageError(f"{path} has two columns {quoted(twice)}", "rename one of them")
    if len(names) > MOST_LABELS:
        raise UsageError(f"{path} has {len(names)} columns", f"keep only labels, at most {MOST_LABELS}")
    return header, key, delimiter


def _rows(text: str, delimiter: str, path: Path, width: int | None = None) -> Iterator[list[str]]:
    """Yield the rows that are not empty."""
    for row in csv_rows.rows(text, delimiter, width):
        if row.fault:
            raise UsageError(f"{path} cannot be read as a CSV: line {row.line}: {row.fault}", "correct this line")
        yield row.cells


def _value(name: str, row: list[str] | None, column: int) -> str | None:
    text = row[column] if row and column < len(row) else ""
    if name.lower() in _GENRES:
        text = first_genre(genres([text])) or ""
    return " ".join(text.casefold().split()) or None
