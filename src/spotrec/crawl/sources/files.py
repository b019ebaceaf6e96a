"""The user's own audio: single files, and folders with their subfolders. Files are read, never changed."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from spotrec.audio.file_track import file_track
from spotrec.audio.tag_pool import ReadFile, TagPool
from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.errors import NotFound, Reason, TrackError
from spotrec.links import AUDIO_SUFFIXES
from spotrec.track import Collection, CollectionKind, StoredAudio, Track

PROVIDER = "file"
_PIECE = 20

KnownFile = Callable[[Path, int, int], Track | None]


class AudioFiles:
    """Reads audio files as tracks. A file that has not changed is not read again.

    Args:
        known: returns the track that was read earlier from (path, size, modification time), or None.
        tag_pool: reads the other files.
    """

    def __init__(self, known: KnownFile, tag_pool: TagPool) -> None:
        self._known = known
        self._tag_pool = tag_pool

    def read(self, path: Path) -> ListedTrack:
        """Return the track in a file, from its tags or else its name (`Artist - Title`).

        Raises:
            TrackError: the file is not audio, is too large, or cannot be read.
        """
        outcome = next(self.read_all([path]))
        if isinstance(outcome, TrackError):
            raise outcome
        return outcome

    def read_all(self, paths: Sequence[Path]) -> Iterator[ListedTrack | TrackError]:
        """Yield the same as `read` for each file, or why it cannot be used, in order."""
        for found in self._tag_pool.read_files(map(self._unless_known, paths)):
            match found:
                case ReadFile():
                    yield _listed(found)
                case ListedTrack() | TrackError():
                    yield found

    def _unless_known(self, path: Path) -> Path | ListedTrack | TrackError:
        """Return the file to read, the track that is known to be in it, or why it cannot be read."""
        path = path.resolve()
        if not _is_utf8(path):
            return TrackError(Reason.UNREADABLE, f"the name of {_shown(path)} is not UTF-8", "rename the file")
        try:
            stat = path.stat()
        except OSError:
            return path
        track = self._known(path, stat.st_size, stat.st_mtime_ns)
        return ListedTrack(track) if track else path


class FilesSource:
    """Audio files in the given order, with or without a collection."""

    def __init__(self, files: AudioFiles, paths: list[Path], collection: Collection | None = None) -> None:
        self._files = files
        self._paths = paths
        self._collection = collection

    def listings(self) -> Iterator[Listing]:
        found = zip(self._paths, self._files.read_all(self._paths), strict=True)
        while piece := list(islice(found, _PIECE)):
            tracks = [outcome for _, outcome in piece if isinstance(outcome, ListedTrack)]
            skipped = [
                SkippedEntry(_shown(path), outcome.reason) for path, outcome in piece if isinstance(outcome, TrackError)
            ]
            yield Listing(tracks, skipped, self._collection, len(self._paths))


def folder_source(files: AudioFiles, folder: Path) -> FilesSource:
    """Open all audio files in a folder and its subfolders, sorted by name, without hidden files.

    Raises:
        NotFound: the folder contains no audio files.
    """
    folder = folder.resolve()
    paths = sorted(_audio_files(folder))
    if not paths:
        kinds = " ".join(sorted(AUDIO_SUFFIXES))
        raise NotFound(f"{folder} contains no audio files", f"spotrec reads {kinds}")
    return FilesSource(files, paths, Collection(f"folder:{folder}", CollectionKind.FOLDER, folder.name or str(folder)))


def _listed(file: ReadFile) -> ListedTrack:
    track = replace(file_track(file.path, file.sha256, file.tags), path=str(file.path))
    return ListedTrack(track, StoredAudio(track.id, str(file.path), False, file.sha256, file.n_bytes, PROVIDER))


def _audio_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            if Path(name).suffix.lower() in AUDIO_SUFFIXES and not name.startswith("."):
                yield Path(parent, name)


def _is_utf8(path: Path) -> bool:
    """Whether the name is UTF-8, so that it can be stored and printed: some systems allow any bytes."""
    return _shown(path) == str(path)


def _shown(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "replace")
