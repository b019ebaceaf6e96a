"""Labels of tracks, from the store and from a CSV."""

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
    """Return the first artist, whatever other artists the track has."""
    return normalised(track.artists[0]) if track.artists else None


def recording(track: Track) -> str | None:
    """Return a key that is equal for copies of a recording, as far as their names show."""
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
    """The value of each track, in order, for each label; `chosen` are the labels to score.

    `notes` say which rows of a table were not used.
    """

    values: Mapping[str, Sequence[str | None]]
    chosen: Sequence[str]
    notes: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.values["recording"])

    def of(self, rows: Sequence[int]) -> "Labels":
        """Return the labels of some of the tracks."""
        return Labels(
            {name: [values[row] for row in rows] for name, values in self.values.items()}, self.chosen, self.notes
        )


def labels_of(tracks: Sequence[Track], csv: Path | None, wanted: Sequence[str]) -> Labels:
    """Collect the labels of tracks.

    Args:
        csv: a table with more labels, or with other values, see `label_table.from_csv`.
        wanted: the labels to score; empty for all.

    Raises:
        UsageError: a wanted label is unknown, or the CSV is not a table of labels.
    """
    values: dict[str, list[str | None]] = {name: [of(track) for track in tracks] for name, of in KNOWN.items()}
    notes = []
    if csv:
        table = from_csv(csv, tracks)
        values |= table.values
        if table.n_unnamed:
            notes.append(f"{table.n_unnamed:,} of {table.n_rows:,} rows of {csv.name} name no track of this catalogue")
    if unknown := [name for name in wanted if name not in values]:
        raise UsageError(f"there is no label “{unknown[0]}”", f"labels are {', '.join(values)}")
    return Labels(values, list(dict.fromkeys(wanted or values)), notes)
