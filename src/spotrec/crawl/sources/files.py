"""The user's own audio: single files, and folders with their subfolders. Files are read, never changed."""

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from spotrec.audio.file_track import file_track
from spotrec.audio.tag_pool import ReadFile, TagPool
from spotrec.crawl.sources import OUTSIDE, ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.unreadable_files import unreadable
from spotrec.errors import NotFound, Reason, TrackError, UsageError, quoted
from spotrec.links import AUDIO_SUFFIXES
from spotrec.store import FileState
from spotrec.system.files import is_hidden, real_path
from spotrec.track import Collection, CollectionKind, StoredAudio, Track

PROVIDER = "file"
_PIECE = 20
_SHOWN = 5

KnownFile = Callable[[Path, int, int], Track | None]


class AudioFiles:
    """Reads audio files as tracks. A file that has not changed is not read again.

    Args:
        known: returns the track that was read earlier from (path, size, modification time), or None.
        tag_pool: reads the other files.
        settled_s: a new file that was changed within this time may still be written, and is not read now.
    """

    def __init__(self, known: KnownFile, tag_pool: TagPool, settled_s: float = 0) -> None:
        self._known = known
        self._tag_pool = tag_pool
        self._settled_s = settled_s
        self._mounts: dict[str, str] = {}

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
                    yield self._listed(found)
                case ListedTrack() | TrackError():
                    yield found

    def _unless_known(self, path: Path) -> Path | ListedTrack | TrackError:
        """Return the file to read, the track that is known to be in it, or why it cannot be read."""
        path = real_path(path)
        if not _is_utf8(path):
            return TrackError(
                Reason.UNREADABLE, f"the name of {_shown(path)} is not UTF-8", "its name is not UTF-8: rename the file"
            )
        try:
            found = path.stat()
        except OSError:
            return path
        track = self._known(path, found.st_size, found.st_mtime_ns)
        if track and track.path not in (None, str(path)) and not Path(track.path or "").exists():
            track = replace(track, path=str(path))  # the file that was its link is gone, this copy is here
        if track is None and 0 <= time.time() - found.st_mtime < self._settled_s:
            return TrackError(Reason.STILL_WRITTEN, f"{_shown(path)} is still being written", "crawl it again later")
        return ListedTrack(track) if track else path

    def _listed(self, file: ReadFile) -> ListedTrack:
        track = replace(file_track(file.path, file.sha256, file.tags), path=str(file.path))
        stored = StoredAudio(track.id, str(file.path), False, file.sha256, file.n_bytes, PROVIDER)
        mount = self._mount_of(str(file.path.parent))
        return ListedTrack(
            track,
            stored,
            FileState(str(file.path), file.n_bytes, file.mtime_ns, file.sound, mount),
            untagged=frozenset(name for name in ("title", "artists") if not getattr(file.tags, name)),
        )

    def _mount_of(self, folder: str) -> str:
        """Return the folder at which the disk of a folder is mounted."""
        if folder not in self._mounts:
            parent = os.path.dirname(folder)  # noqa: PTH120 - called for every file
            is_mount = parent == folder or os.path.ismount(folder)
            self._mounts[folder] = folder if is_mount else self._mount_of(parent)
        return self._mounts[folder]


@dataclass(slots=True)
class _Contents:
    """What a folder contains: audio files, what could not be read, and what is left out."""

    paths: list[Path] = field(default_factory=list)
    skipped: list[SkippedEntry] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    suffixes: Counter[str] = field(default_factory=Counter)
    folder_links: list[str] = field(default_factory=list)
    lost_links: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)

    def notice(self, folder: Path) -> str:
        """Say what is left out; empty if nothing is."""
        kinds = [
            f"{suffix or 'no suffix'} {n:,}"
            for suffix, n in sorted(self.suffixes.items(), key=lambda kind: (-kind[1], kind[0]))
        ]
        parts = [
            ("files of other kinds", self.suffixes.total(), kinds),
            ("links to folders, which are not followed", len(self.folder_links), sorted(self.folder_links)),
            ("links that lead nowhere", len(self.lost_links), sorted(self.lost_links)),
            ("pipes and other special files", len(self.special), sorted(self.special)),
        ]
        said = [
            f"{what}: {n:,} ({', '.join(some[:_SHOWN])}{', …' if len(some) > _SHOWN else ''})"
            for what, n, some in parts
            if n
        ]
        return f"left out in {quoted(_shown(folder))}: {'; '.join(said)}" if said else ""


class FilesSource:
    """Audio files in the given order, with or without a collection.

    Args:
        skipped, unread, notice: what a listing says of places that could not be read, and what was left out.
    """

    def __init__(
        self,
        files: AudioFiles,
        paths: list[Path],
        collection: Collection | None = None,
        *,
        skipped: Sequence[SkippedEntry] = (),
        unread: Sequence[str] = (),
        notice: str = "",
    ) -> None:
        self._files = files
        self._paths = paths
        self._collection = collection
        self._first = Listing([], skipped, collection, len(paths) + len(skipped), notice=notice, unread=unread)

    def listings(self) -> Iterator[Listing]:
        if self._first.skipped or self._first.unread or self._first.notice:
            yield self._first
        found = zip(self._paths, self._files.read_all(self._paths), strict=True)
        while piece := list(islice(found, _PIECE)):
            tracks, skipped, unread = [], [], []
            for path, outcome in piece:
                if isinstance(outcome, ListedTrack):
                    tracks.append(outcome)
                else:
                    skipped.append(SkippedEntry(_shown(path), outcome.reason, outcome.hint))
                    unread += [str(path), OUTSIDE] if path.is_symlink() else [str(path)]
            yield Listing(tracks, skipped, self._collection, self._first.total, unread=unread)


def folder_collection(folder: Path) -> Collection:
    """Return the collection that a folder is, given without symbolic links."""
    return Collection(f"folder:{folder}", CollectionKind.FOLDER, folder.name or str(folder))


def folder_source(files: AudioFiles, folder: Path) -> FilesSource:
    """Open all audio files in a folder and its subfolders, sorted by name, without hidden files.

    A place that cannot be read is skipped. Links to folders are not followed.

    Raises:
        NotFound: the folder contains no audio files, or cannot be read.
        UsageError: its name is not UTF-8.
    """
    folder = real_path(folder)
    if not _is_utf8(folder):
        raise UsageError(f"the name of the folder {_shown(folder)} is not UTF-8", "rename the folder")
    found = _contents(folder)
    if not folder.exists():
        raise unreadable(folder, FileNotFoundError(), "folder")
    if found.unread == [str(folder)]:
        raise NotFound(f"{folder} cannot be read: {found.skipped[0].reason}", "check its permissions and its disk")
    if not found.paths and not found.skipped:
        kinds = " ".join(sorted(AUDIO_SUFFIXES))
        raise NotFound(f"{folder} contains no audio files", f"spotrec reads {kinds}")
    return FilesSource(
        files,
        sorted(found.paths),
        folder_collection(folder),
        skipped=found.skipped,
        unread=found.unread,
        notice=found.notice(folder),
    )


def _contents(folder: Path) -> _Contents:
    found = _Contents()
    waiting = [str(folder)]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif Path(entry.name).suffix.lower() in AUDIO_SUFFIXES and not _is_special(entry):
                        found.paths.append(Path(entry.path))
                    else:
                        _leave_out(entry, found)
        except OSError as exc:  # what was listed before stays
            found.skipped.append(SkippedEntry(_shown(here), exc.strerror or str(exc)))
            found.unread.append(here)
    return found


def _is_special(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is neither a file nor a link that leads nowhere, of which is told why it is skipped."""
    try:
        return not entry.is_file() and not stat.S_ISREG(entry.stat().st_mode)
    except OSError:
        return False


def _leave_out(entry: "os.DirEntry[str]", found: _Contents) -> None:
    """Note what an entry without an audio file's name is."""
    name = _shown(entry.name)
    try:
        mode = entry.stat().st_mode
    except OSError:
        found.lost_links.append(name)
        found.unread.append(entry.path)
        return
    if stat.S_ISDIR(mode):
        found.folder_links.append(name)
        found.unread.append(entry.path)
    elif stat.S_ISREG(mode):
        found.suffixes[_shown(Path(entry.name).suffix.lower())] += 1
    else:
        found.special.append(name)


def _is_utf8(path: Path) -> bool:
    """Whether the name is UTF-8, so that it can be stored and printed: some systems allow any bytes."""
    return _shown(path) == str(path)


def _shown(path: Path | str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")
