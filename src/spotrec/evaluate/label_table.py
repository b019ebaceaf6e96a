"""Labels from a CSV that somebody wrote: in any encoding, with any of three delimiters, and never believed."""

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from spotrec.errors import UsageError, quoted
from spotrec.names.genres import first_genre, genres
from spotrec.names.titles import one_line
from spotrec.track import Track

MAX_BYTES = 50_000_000
MOST_LABELS = 100
_KEYS = ("id", "track_id", "path", "file", "filename")
_GENRES = ("genre", "genres")
_DELIMITERS = (",", ";", "\t")


def from_csv(path: Path, tracks: Sequence[Track]) -> dict[str, list[str | None]]:
    """The labels of a CSV: one column names the track (id, path or file name), every other is a label.

    Of genres the first counts. A path may be relative to the CSV's folder. Of several lines about a track the last is
    taken, but one with its id before one with its path, and that before one with its file's name.

    Returns:
        label → its value for each track, None where the CSV says nothing. Case and white space make no difference.

    Raises:
        UsageError: it cannot be read, names no tracks, or none of these.
    """
    text = _read(path)
    try:
        header, key, delimiter = _layout(text, path)
        found = _rows_of(tracks, _rows(text, delimiter), key, path.parent)
    except csv.Error as exc:
        raise UsageError(f"{path} cannot be read as a CSV: {exc}", "save it again as CSV, with a header line") from exc
    if not any(found):
        raise UsageError(
            f"{path} labels no track of this catalogue",
            f"its column {quoted(header[key])} has ids, paths or file names",
        )
    columns = {name: i for i, name in enumerate(header) if name and name.lower() not in _KEYS}
    return {name: [_value(name, row, i) for row in found] for name, i in columns.items()}


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise UsageError(f"{path} cannot be read: {exc.strerror or exc}", "give a CSV with a header line") from exc
    if len(content) > MAX_BYTES:
        raise UsageError(f"{path} is too large for a table of labels", f"at most {MAX_BYTES // 1_000_000} MB are read")
    try:
        text = content.decode(
            "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        )
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # any bytes are in it
    if "\0" in text:
        raise UsageError(f"{path} cannot be read as a CSV: it holds null bytes", "give text with a header line")
    return text


def _layout(text: str, path: Path) -> tuple[list[str], int, str]:
    """The header's names, which of them names the track, and what stands between them."""
    for delimiter in _DELIMITERS:
        header = [one_line(name) for name in next(_rows(text, delimiter), [])]
        key = next((i for i, name in enumerate(header) if name.lower() in _KEYS), None)
        if key is not None:
            break
    else:
        raise UsageError(f"{path} does not say which tracks it labels", f"it needs a column {', '.join(_KEYS)}")
    names = [name for name in header if name]
    if twice := next((name for name in names if names.count(name) > 1), None) if len(names) <= MOST_LABELS else None:
        raise UsageError(f"{path} has two columns {quoted(twice)}", "rename one of them")
    if len(names) > MOST_LABELS:
        raise UsageError(f"{path} has {len(names)} columns", f"keep those that are labels, at most {MOST_LABELS}")
    return header, key, delimiter


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """Rows that say something."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return (row for row in rows if any(map(str.strip, row)))


def _rows_of(tracks: Sequence[Track], rows: Iterator[list[str]], key: int, folder: Path) -> list[list[str] | None]:
    """The row of each track."""
    named = _names(tracks)
    rows_of: list[list[str] | None] = [None] * len(tracks)
    ranks = [len(_KEYS)] * len(tracks)
    next(rows, None)
    for row in rows:
        name = row[key].strip() if key < len(row) else ""
        for rank, i in named.get(name) or (named.get(_path_from(folder, name)) or [] if name else []):
            if rank <= ranks[i]:
                rows_of[i], ranks[i] = row, rank
    return rows_of


def _names(tracks: Sequence[Track]) -> Mapping[str, list[tuple[int, int]]]:
    """What a table may call a track → how telling that is, and which track it is."""
    named: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for i, track in enumerate(tracks):
        named[track.id].append((0, i))
        if track.path:
            named[track.path].append((1, i))
            named[Path(track.path).name].append((2, i))
    return dict(named)


def _path_from(folder: Path, name: str) -> str:
    try:
        return str((folder / name).resolve())
    except (OSError, ValueError, RuntimeError):  # too long, a loop of links: no path of ours
        return ""


def _value(name: str, row: list[str] | None, column: int) -> str | None:
    text = row[column] if row and column < len(row) else ""
    if name.lower() in _GENRES:
        text = first_genre(genres([text])) or ""
    return " ".join(text.casefold().split()) or None
