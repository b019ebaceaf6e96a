"""Where labels come from: what the store knows of tracks, the folders of files, a CSV."""

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from spotrec.errors import UsageError, quoted
from spotrec.titles import normalised, recording_key
from spotrec.track import Track

MAX_CSV_BYTES = 100_000_000
_KEYS = ("id", "track_id", "path", "file", "filename")


def artist(track: Track) -> str | None:
    """The first artist: who it is by, whoever else is on it."""
    return normalised(track.artists[0]) if track.artists else None


def recording(track: Track) -> str | None:
    """Equal for copies of one recording, as far as names tell."""
    return recording_key(track.title, track.artists)


def _album(track: Track) -> str | None:
    return f"{artist(track)}\n{normalised(track.album)}" if track.album else None


def _folder(track: Track) -> str | None:
    return str(Path(track.path).parent) if track.path else None


KNOWN: Mapping[str, Callable[[Track], str | None]] = {
    "artist": artist,
    "album": _album,
    "folder": _folder,
}
"""Labels that need no CSV."""


def from_csv(path: Path, tracks: Sequence[Track]) -> dict[str, list[str | None]]:
    """The labels of a CSV: one column names the track (id, path or file name), every other is a label.

    Returns:
        label → its value for each track, None where the CSV says nothing.

    Raises:
        UsageError: it cannot be read, names no tracks, or none of these.
    """
    rows = _rows(path)
    header = list(rows[0]) if rows else []
    key = next((name for name in header if name.strip().lower() in _KEYS), None)
    if key is None:
        raise UsageError(f"{path} does not say which tracks it labels", f"it needs a column {', '.join(_KEYS)}")
    by_name = {row[key].strip(): row for row in rows if row.get(key)}
    found = [_row_of(track, by_name) for track in tracks]
    if not any(found):
        raise UsageError(
            f"{path} labels no track of this catalogue", f"its column {quoted(key)} has ids, paths or file names"
        )
    return {
        label: [(row.get(label) or "").strip() or None if row else None for row in found]
        for label in header
        if label != key
    }


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > MAX_CSV_BYTES:
            raise UsageError(f"{path} is too large for a table of labels", "give one with fewer columns")
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file, restkey="", restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise UsageError(f"{path} cannot be read as a CSV: {exc}", "give UTF-8 with a header line") from exc


def _row_of(track: Track, by_name: Mapping[str, dict[str, str]]) -> dict[str, str] | None:
    names = [str(track.id)]
    if track.path:
        names += [track.path, Path(track.path).name]
    return next((by_name[name] for name in names if name in by_name), None)
