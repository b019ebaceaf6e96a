"""Files that are written whole or not at all, locks between processes and threads, and a disk that is full."""

import errno
import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spotrec.errors import DiskFull, SpotrecError, UsageError, quoted

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# NumPy and Annoy raise OSError without an errno when a write falls short
_FELL_SHORT = re.compile(r"\d+ requested and \d+ written|No space left|File too large|quota exceeded")
_ASIDE_PREFIX = ".aside-"
PART_PREFIX = ".part-"
"""How the names of files begin that are not whole yet."""


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


def write_whole(
    path: Path, write: Callable[[Path], object], *, mode: int | None = None, survives_power_cut: bool = True
) -> None:
    """Have a file written beside `path` and renamed to it: all of it or nothing.

    Args:
        write: writes the file at the path that it is given, which is in the same folder.
        mode: permissions of the file, from before its first byte; the system's own by default.
        survives_power_cut: wait until the disk has it. False where a broken file is noticed and costs little.

    Raises:
        OSError: it cannot be written; what was there before is untouched.
    """
    part = path.with_name(f"{PART_PREFIX}{os.urandom(8).hex()}")
    try:
        if mode is not None:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        write(part)
        if survives_power_cut:
            with part.open("rb") as file:
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sweep_parts(folder: Path, older_than_s: float = 0.0) -> None:
    """Remove what killed processes left half written in a folder.

    Raises:
        OSError: it cannot be listed, or a file cannot be removed.
    """
    for part in folder.glob(f"{PART_PREFIX}*"):
        with suppress(FileNotFoundError):
            if part.stat().st_mtime <= time.time() - older_than_s:
                part.unlink()


def write_output(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file that a person asked for, whole or not at all: see `write_whole`.

    Raises:
        DiskFull, SpotrecError: it cannot be written; what was there before is untouched.
    """
    with _output_errors(path):
        write_whole(path, write)


def check_folder(path: Path) -> None:
    """Refuse to write a file into a folder that does not exist, before any work is done.

    Raises:
        UsageError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {quoted(str(path.parent))}", "make it first, or write elsewhere")


def check_replaceable(path: Path, kind: str, is_one: Callable[[Path], bool]) -> None:
    """Refuse to write over anything but an earlier file of the same kind, before any work is done.

    Args:
        kind: what such a file is called: `map`.
        is_one: whether the file at a path, which exists, is of that kind.

    Raises:
        UsageError: something else is there, or no file can have this name.
        SpotrecError: what is there cannot be read.
    """
    with _output_errors(path):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return
        except ValueError as exc:  # a null character
            raise UsageError(f"{quoted(str(path))} is no path", "give another name") from exc
        if path.is_file() and is_one(path):
            return
    raise UsageError(f"{quoted(str(path))} is there already, and is no {kind}", "give another name, or move it away")


@contextmanager
def _output_errors(path: Path) -> Iterator[None]:
    with translated(
        f"no room to write {path}",
        lambda why: SpotrecError(f"{path} cannot be written: {why}", "check the folder"),
        "free some space and run the same command again",
    ):
        yield


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
def temporary_folder(parent: Path) -> Iterator[Path]:
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
        _remove(folder)
        os.close(lock)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    while True:
        folder = parent / f"{_ASIDE_PREFIX}{os.urandom(8).hex()}"
        folder.mkdir(mode=0o700)
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
            _remove(folder)
        finally:
            os.close(lock)


def _remove(folder: Path) -> None:
    from shutil import rmtree  # whoever only reads has no use for it

    rmtree(folder, ignore_errors=True)
