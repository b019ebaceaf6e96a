"""The folders of an index: one for each generation, built aside, and a pointer to the one in use.

A generation appears under its name only when it is complete, and is made current by the atomic rename of one small
file. Its first line is the generation in use, the next ones are those that were in use before, the latest first.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from spotrec.errors import DiskFull, IndexFault
from spotrec.index import manifest

POINTER = "current"
KEPT = 3
_ASIDE_PREFIX = ".building-"
_MAX_POINTER_BYTES = 65_536
_LONGEST_NAME = 64
_BUILD_FIRST = "`spotrec index` builds it from what was extracted"
# NumPy and Annoy raise OSError without an errno when a write falls short
_NO_ROOM = re.compile(r"\d+ requested and \d+ written|No space left|File too large|quota exceeded")


def make_current(home: Path, name: str, write: Callable[[Path], None], *, keep: int = KEPT) -> None:
    """Make generation `name` the current one; if it is not there, or damaged, it is written first.

    Args:
        home: the folder of one model's generations.
        write: fills an empty folder.
        keep: how many generations stay, this one included.

    Raises:
        DiskFull: no room. The generation in use is untouched, and nothing is left aside.
        IndexFault: the folder cannot be written.
    """
    generation = home / name
    with _translated(home):
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        if not _is_sound(generation):
            aside = Path(tempfile.mkdtemp(prefix=f"{_ASIDE_PREFIX}{os.getpid()}-", dir=home))
            try:
                write(aside)
                shutil.rmtree(generation, ignore_errors=True)
                aside.rename(generation)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        kept = [name, *(earlier for earlier in history(home) if earlier != name)][:keep]
        _point(home, kept)
        _forget_all_but(home, kept)


def current(home: Path) -> Path:
    """The folder of the generation in use.

    Raises:
        IndexFault: there is none, or the pointer leads nowhere.
    """
    pointer = home / POINTER
    try:
        names = _names(pointer)
    except FileNotFoundError as exc:
        raise IndexFault(f"there is no index of {home.name} yet", _BUILD_FIRST) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise IndexFault(f"the index pointer {pointer} cannot be read: {exc}", manifest.REBUILD) from exc
    if not names or not _is_there(home, names[0]):
        raise IndexFault(f"the index pointer {pointer} points at nothing", manifest.REBUILD)
    return home / names[0]


def history(home: Path) -> list[str]:
    """The generations that are or were in use and are still there, the latest first."""
    try:
        return [name for name in _names(home / POINTER) if _is_there(home, name)]
    except (OSError, UnicodeDecodeError):
        return []


def all_kept(home: Path) -> list[Path]:
    """Every generation: those that are or were in use, the latest first, then those that were rolled back from."""
    in_use = history(home)
    others = sorted(path.name for path in _generations(home) if path.name not in in_use) if home.is_dir() else []
    return [home / name for name in (*in_use, *others)]


def roll_back(home: Path) -> tuple[str, str]:
    """Make the generation current that was so before; returns the names of the one left and the one in use now.

    Raises:
        IndexFault: there is none before, or it is damaged; nothing changed.
    """
    left = current(home).name
    before = [name for name in history(home) if name != left]
    if not before:
        raise IndexFault(f"there is no index before {left}", "`spotrec index --list` shows those that are kept")
    manifest.check_files(home / before[0], manifest.read(home / before[0]), thorough=True)
    with _translated(home):
        _point(home, before)
    return left, before[0]


def _names(pointer: Path) -> list[str]:
    with pointer.open("rb") as file:
        return file.read(_MAX_POINTER_BYTES).decode().split()


def _is_there(home: Path, name: str) -> bool:
    return name.isalnum() and len(name) <= _LONGEST_NAME and (home / name).is_dir()


def _is_sound(generation: Path) -> bool:
    if not generation.is_dir():
        return False
    try:
        manifest.check_files(generation, manifest.read(generation), thorough=True)
    except IndexFault:
        return False
    return True


def _point(home: Path, names: Sequence[str]) -> None:
    aside = home / f"{_ASIDE_PREFIX}{os.getpid()}-{POINTER}"
    with aside.open("w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in names)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(home / POINTER)


def _generations(home: Path) -> Iterator[Path]:
    return (path for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))


def _forget_all_but(home: Path, kept: Sequence[str]) -> None:
    for path in list(_generations(home)):
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Remove what killed builds left aside; a build that still runs is let be."""
    for path in home.glob(f"{_ASIDE_PREFIX}*"):
        pid = path.name.removeprefix(_ASIDE_PREFIX).split("-")[0]
        if pid.isdigit() and _is_running(int(pid)):
            continue
        remove: Callable[..., None] = shutil.rmtree if path.is_dir() else os.unlink
        remove(path)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()


@contextmanager
def _translated(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or _NO_ROOM.search(str(exc)):
            raise DiskFull(
                f"no room for the index in {home}", "free some space; the index in use is untouched"
            ) from exc
        raise IndexFault(
            f"the index cannot be written in {home}: {exc.strerror or exc}",
            "check `index_dir` and its permissions",
        ) from exc
