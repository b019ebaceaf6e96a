"""Labels from a user's CSV: any encoding, one of three delimiters; everything in it is checked."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import UsageError, quoted
from spotrec.names.genres import first_genre, genres
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
_LONGEST_END = 5
"""At most this many parts of a path are compared with the end of a track's path."""
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class LabelTable:
    """label → its value for each track, None if the table has none; and how many of `n_rows` name no track."""

    values: dict[str, list[str | None]]
    n_rows: int
    n_unnamed: int


def from_csv(path: Path, tracks: Sequence[Track]) -> LabelTable:
    """Read the labels of a CSV: one column names the track (id, path or file name), every other column is a label.

    Only the first of several genres counts. A path may be relative to the CSV's folder, or the end of a path, or a path
    on another computer whose end, of two parts or more, is the end of one track's path, or whose file name only one
    line and one track have. If several lines name a track, a line with its id comes before a line with its path, then
    the end of it, then its file name; among equals the last one counts. Case and white space of values make no
    difference.

    Raises:
        UsageError: the CSV cannot be read, has no column for tracks, or names none of these tracks.
    """
    text = _read(path)
    header, key, delimiter = _layout(text, path)
    rows = _rows(text, delimiter, path, len(header))
    if is_of_spotrec(header):
        rows = ([original_cell(cell) for cell in row] for row in rows)
    found, n_rows, n_unnamed = _rows_of(tracks, rows, key, path.parent)
    if not any(found):
        raise UsageError(
            f"{path} names no track of this catalogue",
            f"its column {quoted(header[key])} must have ids, paths or file names",
        )
    columns = {name: i for i, name in enumerate(header) if name and name.lower() not in _KEYS}
    values = {name: [_value(name, row, i) for row in found] for name, i in columns.items()}
    return LabelTable(values, n_rows, n_unnamed)


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


def _rows_of(
    tracks: Sequence[Track], rows: Iterator[list[str]], key: int, folder: Path
) -> tuple[list[list[str] | None], int, int]:
    """Return the row of each track, or None; the number of rows, and of the rows that name no track."""
    named = _names(tracks)
    rows_of: list[list[str] | None] = [None] * len(tracks)
    ranks = [len(_KEYS)] * len(tracks)
    elsewhere: defaultdict[str, list[list[str]]] = defaultdict(list)
    n_rows = n_unnamed = 0
    next(rows, None)
    for row in rows:
        name = row[key].strip() if key < len(row) else ""
        found = _named(named, folder, name) if name else []
        n_rows += 1
        if not found:
            n_unnamed += 1
            elsewhere[(_parts(name) or [""])[-1]].append(row)
        for rank, i in found:
            if rank <= ranks[i]:
                rows_of[i], ranks[i] = row, rank
    for file_name, lines in elsewhere.items():
        found = named.get(file_name, [])
        if len(lines) == len(found) == 1 and rows_of[found[0][1]] is None:
            rows_of[found[0][1]] = lines[0]
            n_unnamed -= 1
    return rows_of, n_rows, n_unnamed


def _named(named: Mapping[str, list[tuple[int, int]]], folder: Path, name: str) -> list[tuple[int, int]]:
    """Return the rank and position of each track that a cell of the table names."""
    if found := named.get(name) or named.get(_path_from(folder, name)):
        return found
    parts = _parts(name)
    if found := named.get("/".join(parts)):
        return found
    ends = ("/".join(parts[i:]) for i in range(1, len(parts) - 1))  # of a path on another computer
    return next((found for end in ends if (found := named.get(end)) and len(found) == 1), [])


def _parts(path: str) -> list[str]:
    """Return the parts of a path of any system, as one Unicode form: `./Rock/a.mp3` → Rock, a.mp3."""
    return [part for part in unicodedata.normalize("NFC", path).replace("\\", "/").split("/") if part not in ("", ".")]


def _names(tracks: Sequence[Track]) -> Mapping[str, list[tuple[int, int]]]:
    """Map each name that a table may use for a track to a rank and the track's position.

    The rank is 0 for its id, 1 for its path, 2 for the end of its path, 3 for its file name.
    """
    named: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for i, track in enumerate(tracks):
        named[track.id].append((0, i))
        if track.path:
            named[track.path].append((1, i))
            parts = _parts(track.path)
            for start in range(max(len(parts) - _LONGEST_END, 0), len(parts)):
                named["/".join(parts[start:])].append((2 if start < len(parts) - 1 else 3, i))
    return dict(named)


def _path_from(folder: Path, name: str) -> str:
    try:
        return str((folder / name).resolve())
    except (OSError, ValueError, RuntimeError):  # too long, or a loop of links: not a path of a track
        return ""


def _value(name: str, row: list[str] | None, column: int) -> str | None:
    text = row[column] if row and column < len(row) else ""
    if name.lower() in _GENRES:
        text = first_genre(genres([text])) or ""
    return " ".join(text.casefold().split()) or None
