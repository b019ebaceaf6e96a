"""Files: only regular ones are read, and they are written completely or not at all; locks, and full disks."""

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedReader
from pathlib import Path

from spotrec.errors import DiskFull, SpotrecError, UsageError, quoted

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# NumPy and Annoy raise OSError without an errno when a write falls short
_FELL_SHORT = re.compile(r"\d+ requested and \d+ written|No space left|File too large|quota exceeded")
_ASIDE_PREFIX = ".aside-"
PART_PREFIX = ".part-"
"""The start of the names of incomplete files."""
STALE_PART_S = 3600.0
"""An incomplete file that has not changed for so long was left by a killed process."""


def open_regular(path: Path | str, *, follow_links: bool = True) -> BufferedReader:
    """Open a file to read, without ever waiting: to open a pipe, or to read a device, may not end.

    A file that has no bytes by the system's account counts as empty: some files in /proc, such as /proc/kmsg, call
    themselves regular, and to read them may not end either.

    Args:
        follow_links: False refuses a path that is itself a symbolic link.

    Raises:
        OSError: there is no such file, it is not a regular file, or it cannot be read.
        ValueError: the path contains a null character.
    """
    file = open(path, "rb", opener=_open_link if follow_links else _open_file)  # noqa: SIM115 - the caller closes it
    try:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    except BaseException:
        file.close()
        raise
    if not found.st_size:
        file.close()
        return Path(os.devnull).open("rb")
    return file


def read_regular(path: Path | str, max_bytes: int, *, follow_links: bool = True) -> bytes:
    """Return the content of a file, or its first `max_bytes` + 1 bytes if it has more. Errors are as `open_regular`."""
    with open_regular(path, follow_links=follow_links) as file:
        return file.read(max_bytes + 1)


def _open_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _open_file(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW)


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name is hidden. A name that begins with an ellipsis is a title."""
    return name.startswith(".") and not name.startswith("..")


def from_home(path: Path | str) -> Path:
    """Return a path with its leading `~` or `~user` replaced, unless a file has this name or there is no such user."""
    return Path(path if os.path.exists(path) else os.path.expanduser(path))  # noqa: PTH110, PTH111 - these never raise


@contextmanager
def translated(full: str, failed: Callable[[str], SpotrecError], hint: str = "free some space") -> Iterator[None]:
    """Turn the system's errors with files into spotrec's own.

    Args:
        full: the message if there is no space: `no room for the index in …`.
        failed: makes the error for all other problems from the system's reason, which is one line.
        hint: what to do if there is no space.

    Raises:
        DiskFull: the disk is full, or a quota or the largest file size is reached.
        SpotrecError: the error from `failed`.
    """
    try:
        yield
    except OSError as exc:
        if is_full(exc):
            raise DiskFull(full, hint) from exc
        raise failed(str(exc.strerror or exc)) from exc


def error_of_system(error: OSError) -> SpotrecError:
    """Return an error of the system with a file that nothing has translated as spotrec's own."""
    if is_full(error):
        return DiskFull(f"no room to write {error.filename or 'on the disk'}", "free some space")
    where = f"{error.filename}: " if error.filename else ""
    return SpotrecError(f"{where}{error.strerror or error}", "check the path and its permissions")


def is_full(error: OSError) -> bool:
    """Whether a file could not be written because the disk is full, or a quota or the largest size is reached."""
    return error.errno in _FULL or bool(_FELL_SHORT.search(str(error)))


def write_whole(
    path: Path, write: Callable[[Path], object], *, mode: int | None = None, survives_power_cut: bool = True
) -> None:
    """Write a file next to `path` and rename it to `path`, so that it is replaced completely or not at all.

    Args:
        write: writes the file at the path that it gets, which is in the same folder.
        mode: permissions of the file, set before its first byte; the system's own by default.
        survives_power_cut: wait until the file is on the disk. False if a damaged file is noticed and costs little.

    Raises:
        OSError: the file cannot be written; an existing file is unchanged.
    """
    part = path.with_name(f"{PART_PREFIX}{os.urandom(8).hex()}")
    try:
        if mode is not None:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                os.fchmod(handle, mode)
            finally:
                os.close(handle)
        write(part)
        if survives_power_cut:
            with part.open("rb") as file:
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def sweep_parts(folder: Path, older_than_s: float = 0.0, *, names: str = f"{PART_PREFIX}*") -> None:
    """Remove the incomplete files that killed processes left in a folder.

    Args:
        names: a pattern of their names.

    Raises:
        OSError: the folder cannot be listed, or a file cannot be removed.
    """
    for part in folder.glob(names):
        with suppress(FileNotFoundError):
            if part.stat().st_mtime <= time.time() - older_than_s:
                part.unlink()


def write_output(path: Path, write: Callable[[Path], object], *, mode: int | None = None) -> None:
    """Write a file that the user asked for, completely or not at all: see `write_whole`.

    Raises:
        DiskFull, SpotrecError: the file cannot be written; an existing file is unchanged.
    """
    with suppress(OSError):  # the folder is the user's: only names that `write_whole` gives
        sweep_parts(path.parent, STALE_PART_S, names=PART_PREFIX + 16 * "[0-9a-f]")
    with _output_errors(path):
        write_whole(path, write, mode=mode)


def set_mode(path: Path, mode: int) -> None:
    """Change the permissions of a file that the user named.

    Raises:
        SpotrecError: they cannot be changed.
    """
    with _output_errors(path):
        path.chmod(mode)


def real_path(path: Path) -> Path:
    """Return the absolute path without symbolic links.

    A link that leads to itself stays in it: to open the file then raises OSError. `Path.resolve` raises RuntimeError.
    """
    return Path(os.path.realpath(path))


def make_folder(folder: Path) -> None:
    """Create a folder that the user named, and its parents.

    Raises:
        DiskFull, SpotrecError: it cannot be created.
    """
    with _output_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def check_folder(path: Path) -> None:
    """Refuse to write a file into a folder that does not exist, before any work is done.

    Raises:
        UsageError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {quoted(str(path.parent))}", "create it first, or choose another folder")


def check_replaceable(path: Path, kind: str, is_one: Callable[[Path], bool]) -> None:
    """Refuse to overwrite anything except an earlier file of the same kind, before any work is done.

    Args:
        kind: the name of the kind: `map`.
        is_one: whether the file at a path, which exists, is of that kind.

    Raises:
        UsageError: something else has this name, or no file can have it.
        SpotrecError: the existing file cannot be read.
    """
    with _output_errors(path):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return
        except ValueError as exc:  # a null character
            raise UsageError(f"{quoted(str(path))} is not a path", "choose another name") from exc
        if path.is_file() and is_one(path):
            return
    article = "an" if kind[0] in "aeiou" else "a"
    raise UsageError(
        f"{quoted(str(path))} already exists and is not {article} {kind}", "choose another name, or move the file"
    )


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
    """Hold the lock of the file at `path` against other processes, and other threads of this process.

    The lock ends with the process, however that ends; the file remains.

    Raises:
        BlockingIOError: another process or thread holds the lock, and `wait` is false.
        OSError: the file cannot be opened.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


@contextmanager
def locked_output(path: Path) -> Iterator[None]:
    """Hold a lock while a file is read and then replaced with `write_output`. A lock file stays beside it.

    Raises:
        DiskFull, SpotrecError: there can be no lock, because the folder cannot be written.
    """
    with ExitStack() as stack:
        with _output_errors(path):
            stack.enter_context(locked(path.with_name(f".{path.name}.lock")))
        yield


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Make a new folder in `parent`, which is created if it is missing, and delete it with all files afterwards.

    It is locked while it is in use: a later call deletes the folders of killed processes, and no others.

    Raises:
        OSError: the folder cannot be made.
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
        except FileNotFoundError:  # deleted before it was locked
            continue
        with suppress(OSError):  # without locks, no process deletes the folders of others
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
    from shutil import rmtree  # not needed by commands that only read

    rmtree(folder, ignore_errors=True)
