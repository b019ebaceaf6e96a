"""Folders whose changes the system reports. A folder may go away and come back."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_LOOK_AT_FOLDERS_MS = 2_000
_STEP_MS = 100
_TOGETHER_MS = 1_000
"""Changes are reported together, at most so late."""


class FolderWatch:
    """Notes in which folders something changes, in a thread, until it is closed.

    Args:
        matters: whether a changed path matters, and whether it is gone.
        note: shows a message if the system cannot report changes.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        matters: Callable[[Path], bool],
        note: Callable[[str], None],
        settled_s: float,
        at_most_s: float,
    ) -> None:
        self._folders = list(folders)
        self._matters = matters
        self._note = note
        self._settled_s = settled_s
        self._at_most_s = at_most_s
        self._lock = threading.Lock()
        self._first_at: dict[Path, float] = {}
        self._due_at: dict[Path, float] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="folders", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(_LOOK_AT_FOLDERS_MS / 1000)

    def take_settled(self) -> list[Path]:
        """Return the changed folders in which nothing has changed for some time, or that have waited long enough."""
        now = time.monotonic()
        with self._lock:
            due = [folder for folder, due_at in self._due_at.items() if due_at <= now]
            for folder in due:
                del self._due_at[folder]
                self._first_at.pop(folder, None)
        return due

    def look_again(self, folders: Iterable[Path], after_s: float) -> None:
        """Count folders as changed, some time from now."""
        with self._lock:
            for folder in folders:
                self._due_at.setdefault(folder, time.monotonic() + after_s)

    def _changed(self, folder: Path) -> None:
        now = time.monotonic()
        with self._lock:
            first_at = self._first_at.setdefault(folder, now)
            self._due_at[folder] = min(now + self._settled_s, first_at + self._at_most_s)

    # -- in the thread ---------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._end.is_set():
            here = self._here()
            if not here:
                self._end.wait(_LOOK_AT_FOLDERS_MS / 1000)
                continue
            try:
                self._follow(here)
            except (OSError, RuntimeError) as exc:  # a folder that has just gone, or the system's limit
                if self._here() == here:
                    self._note(f"the system does not report changes of folders ({exc}): looking at intervals only")
                    return

    def _follow(self, here: dict[Path, tuple[int, int]]) -> None:
        """Note changes until it ends, or other folders are there. What changed before it began counts too."""
        is_first = True
        for paths in _changes(list(here), self._end):
            for folder in here:
                if is_first or any(path.is_relative_to(folder) and self._matters(path) for path in paths):
                    self._changed(folder)
            is_first = False
            if self._here() != here:
                return

    def _here(self) -> dict[Path, tuple[int, int]]:
        """Return the folders that are there, each with what tells it from another one at its place."""
        found = {}
        for folder in self._folders:
            try:
                state = folder.stat()
            except OSError:
                continue
            found[folder] = (state.st_dev, state.st_ino)
        return found


def _changes(folders: Sequence[Path], end: threading.Event) -> Iterator[set[Path]]:
    """Yield changed paths, or every few seconds nothing, until `end` is set."""
    from watchfiles import watch  # only this command needs it

    for changes in watch(
        *folders,
        watch_filter=None,
        debounce=_TOGETHER_MS,
        step=_STEP_MS,
        stop_event=end,
        rust_timeout=_LOOK_AT_FOLDERS_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        yield {Path(path) for _, path in changes}
