"""Maps as files: written aside and renamed, and over nothing but an earlier map."""

import errno
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spotrec.errors import DiskFull, SpotrecError, UsageError, quoted

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
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    with _translated(path):
        try:
            write(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def _is_map(path: Path) -> bool:
    if not path.is_file():
        return False
    with _translated(path), path.open("rb") as file:
        return MARK.encode() in file.read(_LOOKED_AT)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(f"no room to write {path}", "free some space and run the same command again") from exc
        raise SpotrecError(f"{path} cannot be written: {exc.strerror or exc}", "check the folder") from exc
