"""The user's own audio: single files, and folders with their subfolders. Files are read, never changed."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from spotrec.audio.file_track import file_track
from spotrec.audio.files import read_file
from spotrec.audio.tags import read_tags
from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.errors import NotFound, Reason, TrackError
from spotrec.links import AUDIO_SUFFIXES
from spotrec.system.digests import sha256
from spotrec.track import Collection, CollectionKind, StoredAudio, Track

PROVIDER = "file"
_PIECE = 20

KnownFile = Callable[[Path, int, int], Track | None]


class AudioFiles:
    """Reads audio files as tracks. A file that has not changed is not read again.

    Args:
        known: returns the track that was read earlier from (path, size, modification time), or None.
        max_bytes: a larger file is not read.
    """

    def __init__(self, known: KnownFile, max_bytes: int) -> None:
        self._known = known
        self._max_bytes = max_bytes

    def read(self, path: Path) -> ListedTrack:
        """Return the track in a file, from its tags or else its name (`Artist - Title`).

        Raises:
            TrackError: the file is not audio, is too large, or cannot be read.
        """
        path = path.resolve()
        if not _is_utf8(path):
            raise TrackError(Reason.UNREADABLE, f"the name of {_shown(path)} is not UTF-8", "rename the file")
        try:
            stat = path.stat()
        except OSError:
            stat = None
        if stat and (track := self._known(path, stat.st_size, stat.st_mtime_ns)):
            return ListedTrack(track)
        audio = read_file(path, self._max_bytes)
        digest = sha256(audio)
        track = replace(file_track(path, digest, read_tags(audio, str(path))), path=str(path))
        return ListedTrack(track, StoredAudio(track.id, str(path), False, digest, len(audio), PROVIDER))


class FilesSource:
    """Audio files in the given order, with or without a collection."""

    def __init__(self, files: AudioFiles, paths: list[Path], collection: Collection | None = None) -> None:
        self._files = files
        self._paths = paths
        self._collection = collection

    def listings(self) -> Iterator[Listing]:
        for start in range(0, len(self._paths), _PIECE):
            tracks, skipped = [], []
            for path in self._paths[start : start + _PIECE]:
                try:
                    tracks.append(self._files.read(path))
                except TrackError as error:
                    skipped.append(SkippedEntry(_shown(path), error.reason))
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
