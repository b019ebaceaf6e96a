"""The folders of an index: one for each generation, built aside, and a pointer to the one in use.

A generation appears under its name only when it is complete, and is made current by the atomic rename of one small
file. Its first line is the generation in use, the next ones are those that were in use before, the latest first.

Whoever changes a home holds its lock, against other threads and other processes. Readers need no lock.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from spotrec.errors import IndexFault
from spotrec.index import manifest
from spotrec.progress import Progress, Silent
from spotrec.system.files import locked, temporary_folder, translated, write_whole

POINTER = "current"
KEPT = 3
_LOCK = ".lock"
_LEFT_BY_KILLED = (".building-*", ".*.part")  # the first is how builds of spotrec 0.1 were called
_MAX_POINTER_BYTES = 65_536
_LONGEST_NAME = 64
_BUILD_FIRST = "`spotrec index` builds it from what was extracted"


@dataclass(frozen=True, slots=True)
class IndexGeneration:
    """One generation. `built_at` is ISO 8601; `fault` says why it cannot be used, where it cannot."""

    index: str
    n_tracks: int
    backend: str
    built_at: str
    current: bool
    fault: str = ""


@dataclass(frozen=True, slots=True)
class IndexRollback:
    """What was left, what is in use now, and how many tracks that has."""

    left: str
    index: str
    n_tracks: int


@contextmanager
def alone_in(home: Path, progress: Progress) -> Iterator[None]:
    """Be the only one who changes a home, which is made where it is missing. Waits for others who do.

    Raises:
        DiskFull: no room. The generation in use is untouched, and nothing is left aside.
        IndexFault: the folder cannot be written.
    """
    with written_in(home):
        home.mkdir(parents=True, exist_ok=True)
        with _its_lock(home / _LOCK, progress):
            yield


def make_current(home: Path, name: str, write: Callable[[Path], None], *, keep: int = KEPT) -> Path:
    """Make generation `name` the current one; if it is not there, or damaged, it is written first.

    Args:
        home: the folder of one model's generations; the caller is `alone_in` it.
        write: fills an empty folder.
        keep: how many generations stay, this one included.

    Returns:
        the generation's folder. It stays at least as long as the caller is alone.

    Raises:
        OSError: the folder cannot be written.
    """
    generation = home / name
    _sweep(home)
    with temporary_folder(home) as aside:
        if not is_sound(generation):
            write(aside)
            shutil.rmtree(generation, ignore_errors=True)
            aside.rename(generation)
    kept = [name, *(earlier for earlier in history(home) if earlier != name)][:keep]
    _point(home, kept)
    _forget_all_but(home, kept)
    return generation


def current(home: Path) -> Path:
    """The folder of the generation in use.

    Raises:
        IndexFault: there is none, or the pointer leads nowhere.
    """
    pointer = home / POINTER
    before = None
    while True:
        try:
            names = _names(pointer)
        except FileNotFoundError as exc:
            raise IndexFault(f"there is no index of {home.name} yet", _BUILD_FIRST) from exc
        except (OSError, UnicodeDecodeError) as exc:
            raise IndexFault(f"the index pointer {pointer} cannot be read: {exc}", manifest.REBUILD) from exc
        if names and _is_there(home, names[0]):
            return home / names[0]
        if names == before:
            raise IndexFault(f"the index pointer {pointer} points at nothing", manifest.REBUILD)
        before = names  # a build may have removed it since: then the pointer is another one by now


def history(home: Path) -> list[str]:
    """The generations that are or were in use and are still there, the latest first."""
    try:
        return [name for name in _names(home / POINTER) if _is_there(home, name)]
    except (OSError, UnicodeDecodeError):
        return []


def list_generations(home: Path) -> list[IndexGeneration]:
    """The one in use first, then the ones before it, the latest first, then the ones that were rolled back from."""
    before = history(home)
    others = sorted(path.name for path in _folders(home) if path.name not in before) if home.is_dir() else []
    found = []
    for name in (*before, *others):
        is_current = name == next(iter(before), None)
        try:
            said = manifest.read(home / name)
            manifest.check_files(home / name, said)
        except IndexFault as fault:
            found.append(IndexGeneration(f"{home.name}/{name}", 0, "", "", is_current, fault.message))
        else:
            built_at = said.built_at.isoformat()
            found.append(IndexGeneration(f"{home.name}/{name}", said.n_tracks, said.backend, built_at, is_current))
    return found


def roll_back(home: Path) -> IndexRollback:
    """Make the generation current that was so before.

    Raises:
        IndexFault: there is none before, or it is damaged; nothing changed.
    """
    current(home)  # where there is none, no folder is made either
    with alone_in(home, Silent()):
        left = current(home).name
        before = [name for name in history(home) if name != left]
        if not before:
            raise IndexFault(f"there is no index before {left}", "`spotrec index --list` shows those that are kept")
        now = manifest.read(home / before[0])
        manifest.check_files(home / before[0], now, thorough=True)
        _point(home, before)
    return IndexRollback(f"{home.name}/{left}", f"{home.name}/{before[0]}", now.n_tracks)


def is_sound(generation: Path) -> bool:
    """Whether a generation is there and all of its files are as they were built."""
    if not generation.is_dir():
        return False
    try:
        manifest.check_files(generation, manifest.read(generation), thorough=True)
    except IndexFault:
        return False
    return True


@contextmanager
def written_in(folder: Path) -> Iterator[None]:
    """Raise what the system says of an index that is written there as our own errors: `DiskFull`, `IndexFault`."""
    with translated(
        f"no room for the index in {folder}",
        lambda reason: IndexFault(
            f"the index cannot be written in {folder}: {reason}", "check `index_dir` and its permissions"
        ),
        "free some space; the index in use is untouched",
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
    with pointer.open("rb") as file:
        return file.read(_MAX_POINTER_BYTES).decode().split()


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
    """Remove what killed builds left; `temporary_folder` removes their folders."""
    for left in (path for pattern in _LEFT_BY_KILLED for path in home.glob(pattern)):
        remove: Callable[..., None] = shutil.rmtree if left.is_dir() else os.unlink
        remove(left)
