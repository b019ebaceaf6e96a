"""The folders of an index: one for each generation, and a pointer file that names the one in use.

A generation is built in a temporary folder and gets its name only when it is complete. The atomic rename of the
pointer file makes it current. The first line of this file is the generation in use; the next lines are earlier ones,
latest first.

To change a model's folder (`home`), a thread must hold its lock, which also excludes other processes. Readers need no
lock.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import IndexFault, NoIndex
from spotrec.index import manifest
from spotrec.progress import Progress, Silent
from spotrec.system.files import locked, read_regular, sweep_parts, temporary_folder, translated, write_whole

POINTER = "current"
KEPT = 3
_LOCK = ".lock"
_LEFT_BY_KILLED = (".building-*", ".*.part")  # builds of spotrec 0.1
_MAX_POINTER_BYTES = 65_536
_LONGEST_NAME = 64
_BUILD_FIRST = "`spotrec index` builds it from the extracted features"


@dataclass(frozen=True, slots=True)
class IndexGeneration:
    """One generation. `built_at` is ISO 8601; `fault` says why it cannot be used, "" if it can."""

    index: str
    n_tracks: int
    backend: str
    built_at: str
    current: bool
    fault: str = ""


@dataclass(frozen=True, slots=True)
class IndexRollback:
    """The generation that was in use (`left`), the one in use now, and its number of tracks."""

    left: str
    index: str
    n_tracks: int


@contextmanager
def alone_in(home: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock of a model's folder, which is created if it is missing. Waits for other threads and processes.

    Raises:
        DiskFull: the disk is full. The generation in use has not changed, and no temporary files remain.
        IndexFault: the folder cannot be written.
    """
    with written_in(home):
        home.mkdir(parents=True, exist_ok=True)
        with _its_lock(home / _LOCK, progress):
            yield


def make_current(home: Path, name: str, write: Callable[[Path], None], *, keep: int = KEPT) -> Path:
    """Make generation `name` the current one; if it is missing or damaged, it is written first.

    Args:
        home: the folder of one model's generations; the caller must be `alone_in` it.
        write: fills an empty folder.
        keep: how many generations to keep, including this one.

    Returns:
        The generation's folder. It stays at least as long as the caller holds the lock.

    Raises:
        OSError: the folder cannot be written.
    """
    generation = home / name
    _sweep(home)
    with temporary_folder(home) as built:
        if not is_sound(generation):
            write(built)
            shutil.rmtree(generation, ignore_errors=True)
            built.rename(generation)
    kept = [name, *(earlier for earlier in history(home) if earlier != name)][:keep]
    _point(home, kept)
    _forget_all_but(home, kept)
    return generation


def current(home: Path) -> Path:
    """Return the folder of the generation in use.

    Raises:
        NoIndex: there is no index.
        IndexFault: the pointer names a missing folder.
    """
    pointer = home / POINTER
    before = None
    while True:
        try:
            names = _names(pointer)
        except FileNotFoundError as exc:
            raise NoIndex(f"there is no index of {home.name.replace(',', ' + ')} yet", _BUILD_FIRST) from exc
        except (OSError, UnicodeDecodeError) as exc:
            reason = getattr(exc, "strerror", None) or "it is not text"
            raise IndexFault(f"the index pointer {pointer} cannot be read: {reason}", manifest.REBUILD) from exc
        if names and _is_there(home, names[0]):
            return home / names[0]
        if names == before:
            raise IndexFault(f"the index pointer {pointer} names a missing folder", manifest.REBUILD)
        before = names  # a build may have removed the folder: then the pointer has changed, so read it again


def history(home: Path) -> list[str]:
    """Return the generations that are or were in use and still exist, latest first."""
    try:
        return [name for name in _names(home / POINTER) if _is_there(home, name)]
    except (OSError, UnicodeDecodeError):
        return []


def list_generations(home: Path) -> list[IndexGeneration]:
    """Return the generation in use, then the earlier ones, latest first, then those that were rolled back."""
    before = history(home)
    others = sorted(path.name for path in _folders(home) if path.name not in before) if home.is_dir() else []
    found = []
    for name in (*before, *others):
        is_current = name == next(iter(before), None)
        try:
            contents = manifest.read(home / name)
            manifest.check_files(home / name, contents)
        except IndexFault as fault:
            found.append(IndexGeneration(f"{home.name}/{name}", 0, "", "", is_current, fault.message))
        else:
            n_tracks, backend, built_at = contents.n_tracks, contents.backend, contents.built_at.isoformat()
            found.append(IndexGeneration(f"{home.name}/{name}", n_tracks, backend, built_at, is_current))
    return found


def roll_back(home: Path) -> IndexRollback:
    """Make the previous generation the current one.

    Raises:
        IndexFault: there is no previous generation, or it is damaged; nothing has changed.
    """
    current(home)  # raises before the lock creates a folder
    with alone_in(home, Silent()):
        left = current(home).name
        before = [name for name in history(home) if name != left]
        if not before:
            raise IndexFault(f"there is no index before {left}", "`spotrec index --list` shows the stored ones")
        now = manifest.read(home / before[0])
        manifest.check_files(home / before[0], now, thorough=True)
        _point(home, before)
    return IndexRollback(f"{home.name}/{left}", f"{home.name}/{before[0]}", now.n_tracks)


def is_sound(generation: Path) -> bool:
    """Return whether a generation exists and all its files are unchanged."""
    if not generation.is_dir():
        return False
    try:
        manifest.check_files(generation, manifest.read(generation), thorough=True)
    except IndexFault:
        return False
    return True


@contextmanager
def written_in(folder: Path) -> Iterator[None]:
    """Raise system errors of writing an index in `folder` as `DiskFull` or `IndexFault`."""
    with translated(
        f"no room for the index in {folder}",
        lambda reason: IndexFault(
            f"the index cannot be written in {folder}: {reason}", "check `index_dir` and its permissions"
        ),
        "free some space; the index in use has not changed",
    ):
        yield


@contextmanager
def _its_lock(path: Path, progress: Progress) -> Iterator[None]:
    with ExitStack() as held:
        try:
            held.enter_context(locked(path, wait=False))
        except BlockingIOError:
            with progress.meter("wait for another build", unit=""):
                held.enter_context(locked(path))
        yield


def _names(pointer: Path) -> list[str]:
    return read_regular(pointer, _MAX_POINTER_BYTES).decode().split()


def _is_there(home: Path, name: str) -> bool:
    return name.isalnum() and len(name) <= _LONGEST_NAME and (home / name).is_dir()


def _point(home: Path, names: Sequence[str]) -> None:
    lines = "".join(f"{name}\n" for name in names)
    write_whole(home / POINTER, lambda path: path.write_text(lines, encoding="utf-8"))


def _folders(home: Path) -> Iterator[Path]:
    return (path for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))


def _forget_all_but(home: Path, kept: Sequence[str]) -> None:
    for path in list(_folders(home)):
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Remove files of killed builds; `temporary_folder` removes their folders."""
    for left in (path for pattern in _LEFT_BY_KILLED for path in home.glob(pattern)):
        remove: Callable[..., None] = shutil.rmtree if left.is_dir() and not left.is_symlink() else os.unlink
        remove(left)
    for folder in (home, *_folders(home)):
        sweep_parts(folder)
