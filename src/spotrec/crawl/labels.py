"""Labels: titles, artists, albums, genres, … from a table, for files whose tags lack them.

The store keeps what a table said. A later crawl reads only files that were changed, and keeps the names of the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from spotrec.audio.tag_pool import TagPool
from spotrec.audio.tags import AudioTags
from spotrec.crawl.sources.csv_file import FileRow, FileTable, file_table
from spotrec.crawl.sources.text import read_text
from spotrec.errors import TrackError, quoted
from spotrec.names.paths import rows_of_tracks
from spotrec.progress import Progress
from spotrec.store import FeatureStore
from spotrec.system.files import from_home
from spotrec.track import Track

_FIELDS = ("title", "artists", "album", "release_date", "genre", "mood", "bpm", "musical_key")
_NOTHING: Mapping[str, Any] = {"title": "", "artists": ()}
"""What a track has that lacks these fields; of the others, None."""
_PIECE = 100
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A table of labels, and where it lies: relative paths in it start there."""

    path: Path
    table: FileTable


def read_labels(path: Path) -> LabelFile:
    """Read a table of labels.

    Raises:
        UsageError: it is too large, not text, or has no columns of files and of what they are called.
        SpotrecError: it cannot be read.
    """
    path = Path(from_home(str(path))).absolute()
    return LabelFile(path, file_table(read_text(path, "a CSV"), str(path)))


def apply_labels(
    labels: LabelFile, store: FeatureStore, tag_pool: TagPool, progress: Progress, *, are_first: bool = False
) -> list[str]:
    """Give stored files what a table says of them, where their tags do not say it.

    A row that names several files gives nothing to any of them. Cells that are empty change nothing.

    Args:
        are_first: the table wins over tags.

    Returns:
        Notices for the user: how many files have labels, and which rows were not used.
    """
    tracks = list(store.tracks.of_files())
    found = rows_of_tracks(tracks, ((row, row.places) for row in labels.table.rows), labels.path.parent)
    unclear = {id(row) for row in found.several}
    rows = zip(tracks, found.of_tracks, strict=True)
    pairs = [(track, row.said) for track, row in rows if row and id(row) not in unclear]
    changes = [(track, said) for track, said in pairs if _labelled(track, said) != track]
    n_changed = 0
    with progress.meter("label", len(changes), "files") as meter:
        pending = iter(changes)
        while piece := list(islice(pending, _PIECE)):
            labelled = [
                new
                for track, said in (piece if are_first else _beside_tags(piece, tag_pool))
                if (new := _labelled(track, said)) != track
            ]
            store.tracks.relabel(labelled)
            n_changed += len(labelled)
            meter.advance(len(piece))
    return _notices(labels, n_labelled=len(pairs), n_changed=n_changed, unnamed=found.unnamed, several=found.several)


def _beside_tags(pairs: Sequence[tuple[Track, Track]], tag_pool: TagPool) -> Iterator[tuple[Track, Track]]:
    """Yield each track with what its row says and its file's tags do not."""
    files = tag_pool.read_files([Path(track.path or "") for track, _ in pairs])
    for (track, said), file in zip(pairs, files, strict=True):
        if not isinstance(file, TrackError):  # a file that is gone keeps its name
            yield track, _without(said, file.tags)


def _without(said: Track, tags: AudioTags) -> Track:
    """Return what a row says, without the fields that tags have."""
    tagged: dict[str, Any] = {name: _NOTHING.get(name) for name in _FIELDS if getattr(tags, name)}
    return replace(said, **tagged)


def _labelled(track: Track, said: Track) -> Track:
    """Return a track with the fields that a row says."""
    return replace(track, **{name: value for name in _FIELDS if (value := getattr(said, name))})


def _notices(
    labels: LabelFile, *, n_labelled: int, n_changed: int, unnamed: Sequence[FileRow], several: Sequence[FileRow]
) -> list[str]:
    name = quoted(labels.path.name)
    said = [f"{name} has labels for {n_labelled:,} of the stored files; {n_changed:,} changed"]
    rows = (
        (unnamed, "name no stored file"),
        (several, "name several stored files, and were not used: give more of their paths"),
    )
    said += [f"{len(some):,} rows of {name} {what}: {_places(some)}" for some, what in rows if some]
    if faults := labels.table.faults:
        said.append(f"{len(faults):,} rows of {name} were not used: {'; '.join(faults[:_SHOWN])}{_more(faults)}")
    return said


def _places(rows: Sequence[FileRow]) -> str:
    shown = (f"line {row.line} ({quoted(row.places[0]) if row.places else 'no file'})" for row in rows[:_SHOWN])
    return ", ".join(shown) + _more(rows)


def _more(some: Sequence[object]) -> str:
    return ", …" if len(some) > _SHOWN else ""
