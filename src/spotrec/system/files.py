"""Files that are written whole or not at all, locks between processes and threads, and a disk that is full."""

import errno
import fcntl
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spotrec.errors import DiskFull, SpotrecError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# NumPy and Annoy raise OSError without an errno when a write falls short
_FELL_SHORT = re.compile(r"\d+ requested and \d+ written|No space left|File too large|quota exceeded")
_ASIDE_PREFIX = ".aside-"
_LONGEST_NAME = 100


@contextmanager
def translated(full: str, failed: Callable[[str], SpotrecError], hint: str = "free some space") -> Iterator[None]:
    """Raise what the system says of files as our own errors.

    Args:
        full: what there is no room for: `no room for the index in …`.
        failed: makes the error of everything else from the system's reason, a line.
        hint: what to do where there is no room.

    Raises:
        DiskFull: the disk, a quota or the largest size of a file is reached.
        SpotrecError: what `failed` made.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno in _FULL or _FELL_SHORT.search(str(exc)):
            raise DiskFull(full, hint) from exc
        raise failed(str(exc.strerror or exc)) from exc


def write_whole(path: Path, write: Callable[[Path], object], *, mode: int | None = None) -> None:
    """Have a file written beside `path` and renamed to it: all of it or nothing, also after a power cut.

    Args:
        write: writes the file at the path that it is given, which is in the same folder.
        mode: permissions of the file, from before its first byte; the system's own by default.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    part = path.with_name(f".{path.name[:_LONGEST_NAME]}.{secrets.token_hex(8)}.part")
    try:
        if mode is not None:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        write(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock that the file at `path` stands for, against other processes and other threads of this one.

    The lock goes with its process, however that ends; the file stays.

    Raises:
        BlockingIOError: somebody else holds it, and `wait` is false.
        OSError: the file cannot be opened.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


@contextmanager
def folder_aside(parent: Path) -> Iterator[Path]:
    """A new folder within `parent`, which is made where it is missing. Afterwards it is gone with all that is in it.

    It is locked while it is in use, so that another one sweeps up what a killed process left, and nothing else.

    Raises:
        OSError: it cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{_ASIDE_PREFIX}*"):
        _remove_if_left(left)
    folder, lock = _locked_folder(parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_ASIDE_PREFIX, dir=parent))
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # swept up before it was locked
            continue
        with suppress(OSError):  # a file system without locks: nobody sweeps there either
            fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder, lock
        os.close(lock)


def _remove_if_left(folder: Path) -> None:
    with suppress(OSError):
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
