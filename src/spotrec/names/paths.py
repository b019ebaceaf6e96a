"""Which tracks the rows of a table name: by id, by a path of any system, by the end of one, or by a file name."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from spotrec.track import Track

_Row = TypeVar("_Row")

_LONGEST_END = 5
"""At most this many parts of a path are compared with the end of a track's path."""
_WORST = 4
"""A rank after that of a file name."""


@dataclass(frozen=True, slots=True)
class NamedRows(Generic[_Row]):
    """The row of each track, None if no row names it; the rows that name no track; and the rows that name several."""

    of_tracks: list[_Row | None]
    unnamed: list[_Row]
    several: list[_Row]


def rows_of_tracks(
    tracks: Sequence[Track], rows: Iterable[tuple[_Row, Sequence[str]]], folder: Path
) -> NamedRows[_Row]:
    """Find the row of each track.

    A path may be relative to `folder`, or the end of a path, or a path on another computer whose end, of two parts or
    more, is the end of one track's path, or whose file name only one row and one track have. If several rows name a
    track, a row with its id comes before a row with its path, then the end of it, then its file name; among equals the
    last one counts.

    Args:
        rows: each with what may name its track; the first that names one counts.
    """
    names = _names(tracks)
    of_tracks: list[_Row | None] = [None] * len(tracks)
    ranks = [_WORST] * len(tracks)
    elsewhere: defaultdict[str, list[_Row]] = defaultdict(list)
    several = []
    for row, texts in rows:
        wanted = [text for text in map(str.strip, texts) if text]
        found = next(filter(None, (_named(names, folder, text) for text in wanted)), [])
        if not found:
            elsewhere[_file_name(wanted)].append(row)
        if len(found) > 1:
            several.append(row)
        for rank, i in found:
            if rank <= ranks[i]:
                of_tracks[i], ranks[i] = row, rank
    unnamed = []
    for name, lost in elsewhere.items():
        found = names.get(name, [])
        if len(lost) == len(found) == 1 and of_tracks[found[0][1]] is None:
            of_tracks[found[0][1]] = lost[0]
        else:
            unnamed += lost
    return NamedRows(of_tracks, unnamed, several)


def _names(tracks: Sequence[Track]) -> Mapping[str, list[tuple[int, int]]]:
    """Map each name that a table may use for a track to a rank and the track's position.

    The rank is 0 for its id, 1 for its path, 2 for the end of its path, 3 for its file name.
    """
    names: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for i, track in enumerate(tracks):
        names[track.id].append((0, i))
        if track.path:
            names[track.path].append((1, i))
            parts = _parts(track.path)
            for start in range(max(len(parts) - _LONGEST_END, 0), len(parts)):
                names["/".join(parts[start:])].append((2 if start < len(parts) - 1 else 3, i))
    return dict(names)


def _named(names: Mapping[str, list[tuple[int, int]]], folder: Path, text: str) -> list[tuple[int, int]]:
    """Return the rank and position of each track that a text names."""
    known = names.get(text, [])
    if len(known) != 1 and (exact := names.get(_path_from(folder, text))):
        return exact
    parts = _parts(text)
    if found := known or names.get("/".join(parts)):
        return found
    ends = ("/".join(parts[i:]) for i in range(1, len(parts) - 1))  # of a path on another computer
    return next((found for end in ends if (found := names.get(end)) and len(found) == 1), [])


def _file_name(texts: Sequence[str]) -> str:
    return (_parts(texts[0]) or [""])[-1] if texts else ""


def _parts(path: str) -> list[str]:
    """Return the parts of a path of any system, as one Unicode form: `./Rock/a.mp3` → Rock, a.mp3."""
    return [part for part in unicodedata.normalize("NFC", path).replace("\\", "/").split("/") if part not in ("", ".")]


def _path_from(folder: Path, name: str) -> str:
    try:
        return str((folder / name).resolve())
    except (OSError, ValueError, RuntimeError):  # too long, or a loop of links: not a path of a track
        return ""
