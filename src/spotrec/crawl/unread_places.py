"""Places on disks that could not be read. What was there before is not gone: it may be there again tomorrow."""

import os
import stat
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from spotrec.crawl.sources import OUTSIDE, SkippedEntry
from spotrec.store import FileState
from spotrec.system.files import is_hidden


class UnreadPlaces:
    """Decides for files that a folder no longer lists whether they are gone.

    Args:
        folder: the folder that was listed; None for a list of files and folders.
        unread: places that could not be read, as in `Listing.unread`.
        on_disk: returns files that were read while a disk was mounted at a folder. If one of them is there, the disk is
            there too, without being mounted at this folder.
    """

    def __init__(
        self, folder: Path | None, unread: Iterable[str], on_disk: Callable[[str], Iterable[str]] = lambda _: ()
    ) -> None:
        self._folder = None if folder is None else str(folder)
        self._unread = set(unread)
        self._on_disk = on_disk
        self._is_mounted: dict[str, bool] = {}
        self.found: dict[str, str] = {}
        """The places that hide files, each with the reason why files below it may still be there."""

    def skipped(self, besides: Iterable[SkippedEntry]) -> list[SkippedEntry]:
        """Return the places that hide files as skipped entries, without the ones that are reported already."""
        reported = {skipped.name for skipped in besides}
        return [SkippedEntry(place, reason) for place, reason in self.found.items() if place not in reported]

    def may_hide(self, files: Collection[FileState]) -> bool:
        """Return whether at least one of these files may still be there, unseen."""
        return any(self._may_hide(file) for file in files)

    def _may_hide(self, file: FileState) -> bool:
        for place in (Path(file.path), *Path(file.path).parents):
            if str(place) in self._unread:
                return self._note(place, "it cannot be read now")
        if file.mount and not self._is_disk_there(file.mount):
            return self._note(file.mount, "no disk is mounted here now")
        if self._folder is not None and not _is_below(self._folder, file.path):  # a link led to it
            return OUTSIDE in self._unread
        return self._may_be_below(file.path)

    def _is_disk_there(self, mount: str) -> bool:
        if mount not in self._is_mounted:
            self._is_mounted[mount] = os.path.ismount(mount) or any(map(os.path.exists, self._on_disk(mount)))
        return self._is_mounted[mount]

    def _may_be_below(self, path: str) -> bool:
        """Look at the file, or at the nearest folder above it that exists."""
        place = Path(path)
        while True:
            try:
                mode = place.lstat().st_mode
                break
            except (FileNotFoundError, NotADirectoryError):
                place = place.parent
            except (OSError, ValueError) as exc:
                return self._note(place, getattr(exc, "strerror", None) or str(exc))
        if str(place) == path:
            return self._folder is not None
        if stat.S_ISLNK(mode):
            return self._note(place, "a link is here now")
        if not stat.S_ISDIR(mode):
            return False
        try:
            with os.scandir(place) as entries:
                is_empty = all(is_hidden(entry.name) for entry in entries)
        except OSError as exc:
            return self._note(place, exc.strerror or str(exc))
        return is_empty and self._note(place, "suddenly empty; if this is right, delete the folder")

    def _note(self, place: Path | str, reason: str) -> bool:
        self.found[str(place)] = reason
        return True


def is_gone(file: FileState) -> bool:
    """Return whether a file is certainly not there any more as it was."""
    try:
        os.stat(file.path)  # noqa: PTH116 - a path from the store need not be a valid one for `Path`
    except OSError:
        return not UnreadPlaces(None, ()).may_hide([file])
    except ValueError:
        return True
    return False


def _is_below(folder: str, path: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")
