"""What tracks are labelled with: what the store knows of them, and what a CSV says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import UsageError
from spotrec.evaluate.label_table import from_csv
from spotrec.names.genres import first_genre
from spotrec.names.recordings import recording_key
from spotrec.names.titles import normalised
from spotrec.track import Track


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


def _genre(track: Track) -> str | None:
    return normalised(first_genre(track.genre) or "") or None


def _mood(track: Track) -> str | None:
    return normalised(track.mood or "") or None


KNOWN: Mapping[str, Callable[[Track], str | None]] = {
    "artist": artist,
    "album": _album,
    "genre": _genre,
    "mood": _mood,
    "recording": recording,
    "folder": _folder,
}
"""Labels that need no CSV."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The value of each track, in their order, under each label; `chosen` are those to score."""

    values: Mapping[str, Sequence[str | None]]
    chosen: Sequence[str]

    def __len__(self) -> int:
        return len(self.values["recording"])

    def of(self, rows: Sequence[int]) -> "Labels":
        """Those of some of the tracks."""
        return Labels({name: [values[row] for row in rows] for name, values in self.values.items()}, self.chosen)


def labels_of(tracks: Sequence[Track], csv: Path | None, wanted: Sequence[str]) -> Labels:
    """Labels of tracks.

    Args:
        csv: a table of more of them, or of other values, see `label_table.from_csv`.
        wanted: which to score; none for all.

    Raises:
        UsageError: a wanted label is unknown, or the CSV is no table of labels.
    """
    values: dict[str, list[str | None]] = {name: [of(track) for track in tracks] for name, of in KNOWN.items()}
    values |= from_csv(csv, tracks) if csv else {}
    if unknown := [name for name in wanted if name not in values]:
        raise UsageError(f"there is no label “{unknown[0]}”", f"labels are {', '.join(values)}")
    return Labels(values, list(dict.fromkeys(wanted or values)))
