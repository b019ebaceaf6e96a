"""Maps as files: written aside and renamed, and over nothing but an earlier map."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spotrec.errors import SpotrecError, UsageError, quoted
from spotrec.system import files

MARK = "spotrec map"
"""Stands near the beginning of each map, and says what it is."""

_LOOKED_AT = 4_096


def check_writable(path: Path) -> None:
    """Refuse what cannot or must not be written, before any work is done.

    Raises:
        UsageError: there is no such folder, or something that is no map stands there.
    """
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {quoted(str(path.parent))}", "make it first, or write elsewhere")
    if path.exists() and not _is_map(path):
        raise UsageError(f"{quoted(str(path))} is there already, and is no map", "give another name, or move it away")


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside `path` and renamed to it: all of it or nothing.

    Raises:
        DiskFull, SpotrecError: it cannot be written; nothing changed.
    """
    with _translated(path):
        files.write_whole(path, write)


def _is_map(path: Path) -> bool:
    if not path.is_file():
        return False
    with _translated(path), path.open("rb") as file:
        return MARK.encode() in file.read(_LOOKED_AT)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    with files.translated(
        f"no room to write {path}",
        lambda reason: SpotrecError(f"{path} cannot be written: {reason}", "check the folder"),
        "free some space and run the same command again",
    ):
        yield
