"""The folders of an index: one for each generation, built aside, and a pointer to the one in use.

A generation appears under its name only when it is complete, and is made current by the atomic rename of one small
file; the one before is kept.
"""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spotrec.errors import DiskFull, IndexFault
from spotrec.index import manifest

POINTER = "current"
KEPT = 2
_ASIDE_PREFIX = ".building-"
_BUILD_FIRST = "`spotrec index` builds it from what was extracted"
# NumPy and Annoy raise OSError without an errno when a write falls short
_NO_ROOM = re.compile(r"\d+ requested and \d+ written|No space left|File too large|quota exceeded")


def make_current(home: Path, name: str, write: Callable[[Path], None]) -> None:
    """Make generation `name` the current one; if it is not there, or damaged, it is written first.

    Args:
        home: the folder of one model's generations.
        write: fills an empty folder.

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
        _point(home, name)
        _forget_old(home, name)


def current(home: Path) -> Path:
    """The folder of the generation in use.

    Raises:
        IndexFault: there is none, or the pointer leads nowhere.
    """
    pointer = home / POINTER
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except FileNotFoundError as exc:
        raise IndexFault(f"there is no index of {home.name} yet", _BUILD_FIRST) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise IndexFault(f"the index pointer {pointer} cannot be read: {exc}", manifest.REBUILD) from exc
    if not name.isalnum() or not (home / name).is_dir():
        raise IndexFault(f"the index pointer {pointer} points at nothing", manifest.REBUILD)
    return home / name


def _is_sound(generation: Path) -> bool:
    if not generation.is_dir():
        return False
    try:
        manifest.check_files(generation, manifest.read(generation), thorough=True)
    except IndexFault:
        return False
    return True


def _point(home: Path, name: str) -> None:
    aside = home / f"{_ASIDE_PREFIX}{os.getpid()}-{POINTER}"
    with aside.open("w", encoding="utf-8") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(home / POINTER)


def _generations(home: Path) -> Iterator[Path]:
    return (path for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))


def _forget_old(home: Path, current: str) -> None:
    others = sorted(
        (p for p in _generations(home) if p.name != current), key=lambda p: p.stat().st_mtime_ns, reverse=True
    )
    for path in others[KEPT - 1 :]:
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
            "check --index-dir and its permissions",
        ) from exc
