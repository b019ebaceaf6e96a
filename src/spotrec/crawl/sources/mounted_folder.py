"""The folder where a music server's files are mounted here, and the file in it that the server means by a path."""

from pathlib import Path

from spotrec.links import AUDIO_SUFFIXES

_MOST_PARTS = 64
_LONGEST_PATH = 4_096
_SURE_PARTS = 3


class MountedFolder:
    """Finds files by the server's paths.

    Servers name a file from the root of their machine, from their music folder, or by its tags as Navidrome does unless
    it reports real paths. So the path is looked for in the folder, then the path without its first part, and so on:
    what is found counts if it has the size that the server says, if the whole path fits, or if its last three parts
    fit.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def is_here(self) -> bool:
        """Whether there is a folder with something in it: a disk that is not mounted leaves an empty one."""
        try:
            return next(self.folder.iterdir(), None) is not None
        except OSError:
            return False

    def find(self, path: str, n_bytes: int | None) -> Path | None:
        """Return the file that a server's path means, or None. It is always below the folder."""
        parts = [part for part in path[:_LONGEST_PATH].replace("\\", "/").split("/") if part not in ("", ".")]
        if (
            ".." in parts
            or not parts
            or len(parts) > _MOST_PARTS
            or Path(parts[-1]).suffix.lower() not in AUDIO_SUFFIXES
        ):
            return None
        for start in range(len(parts)):
            file = self.folder.joinpath(*parts[start:])
            size = _size_of(file)
            if size is not None and (size == n_bytes or start == 0 or len(parts) - start >= _SURE_PARTS):
                return file
        return None


def _size_of(file: Path) -> int | None:
    try:
        return file.stat().st_size if file.is_file() else None
    except (OSError, ValueError):  # some texts are not valid paths
        return None
