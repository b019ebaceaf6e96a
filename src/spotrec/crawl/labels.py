"""Labels: titles, artists, albums, genres, … from a table, for files whose tags lack them.

The store keeps what a table said. A later crawl reads only files that were changed, and keeps the names of the others.
"""

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from spotrec.audio.tag_pool import TagPool
from spotrec.audio.tags import AudioTags
from spotrec.crawl.sources.csv_file import FileRow, FileTable, file_table
from spotrec.crawl.sources.text import encoding_notice, read_text
from spotrec.errors import NotFound, TrackError, UsageError, quoted
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
    """A table of labels, and where it lies: relative paths in it start there.

    `notice` is what the user is told of its encoding.
    """

    path: Path
    table: FileTable
    notice: str = ""


def read_labels(path: Path, encoding: str = "") -> LabelFile:
    """Read a table of labels.

    Args:
        encoding: the codec of a text that is not Unicode; "" to guess it.

    Raises:
        NotFound: there is no such file.
        UsageError: it is no file, too large, not text, or has no columns of files and of what they are called.
        SpotrecError: it cannot be read.
    """
    path = Path(from_home(str(path))).absolute()
    _check_is_file(path)
    found = read_text(path, "a CSV", encoding)
    return LabelFile(path, file_table(found.text, str(path)), encoding_notice(path.name, found))


def _check_is_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as exc:
        raise NotFound(f"there is no file {quoted(str(path))}", "check the path of `labels`") from exc
    except OSError:
        return  # to read it fails too, and says why
    if stat.S_ISDIR(mode):
        raise UsageError(f"{quoted(str(path))} is a folder", "give `labels` a table: a CSV file")


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
    said = [labels.notice] if labels.notice else []
    said += [f"{name} has labels for {n_labelled:,} of the stored files; {n_changed:,} changed"]
    rows = (
        (unnamed, "names no stored file", "name no stored file"),
        (
            several,
            "names several stored files, and was not used: give more of its path",
            "name several stored files, and were not used: give more of their paths",
        ),
    )
    said += [
        f"{_rows(some)} of {name} {of_one if len(some) == 1 else of_many}: {_places(some)}"
        for some, of_one, of_many in rows
        if some
    ]
    if faults := labels.table.faults:
        was = "was" if len(faults) == 1 else "were"
        said.append(f"{_rows(faults)} of {name} {was} not used: {'; '.join(faults[:_SHOWN])}{_more(faults)}")
    return said


def _rows(some: Sequence[object]) -> str:
    return f"{len(some):,} row" + ("" if len(some) == 1 else "s")


def _places(rows: Sequence[FileRow]) -> str:
    shown = (f"line {row.line} ({quoted(row.places[0]) if row.places else 'no file'})" for row in rows[:_SHOWN])
    return ", ".join(shown) + _more(rows)


def _more(some: Sequence[object]) -> str:
    return ", …" if len(some) > _SHOWN else ""
