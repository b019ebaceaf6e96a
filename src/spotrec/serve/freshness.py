"""Whether files have changed: what was made of them may be used again if not."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from spotrec.errors import SpotrecError

_LOOK_AGAIN_S = 2.0

_Value = TypeVar("_Value")

Moment = tuple[tuple[int, int, int], ...]
"""Inode, size and time of change of some files."""


def moment_of(*files: Path) -> Moment:
    """Return the state of these files."""
    return tuple(map(_state, files))


def files_of(store: Path) -> tuple[Path, Path]:
    """Return the files of a store: what was written to it last is still in its log."""
    return store, store.with_name(store.name + "-wal")


def _state(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns


class Followed(Generic[_Value]):
    """What was made of a store, and is made again within seconds after the store has changed. Threads may share it.

    Args:
        make: makes it; the first who needs it waits.
    """

    def __init__(self, store: Path, make: Callable[[], _Value]) -> None:
        self._files = files_of(store)
        self._make = make
        self._lock = threading.Lock()
        self._looked_at = 0.0
        self._is_making = False
        self._held: tuple[_Value, Moment] | None = None

    def get(self) -> _Value:
        """Return it as it was made last. If the store has changed since, it is made again meanwhile."""
        with self._lock:
            if self._held is None:
                self._held = self._made()
                self._looked_at = time.monotonic()
            elif not self._is_making and time.monotonic() - self._looked_at > _LOOK_AGAIN_S:
                self._looked_at = time.monotonic()
                if self._held[1] != moment_of(*self._files):
                    self._is_making = True
                    threading.Thread(target=self._make_again, name="follow the store", daemon=True).start()
            return self._held[0]

    def _made(self) -> tuple[_Value, Moment]:
        moment = moment_of(*self._files)  # first, so that what is written meanwhile is not missed
        return self._make(), moment

    def _make_again(self) -> None:
        try:
            self._held = self._made()
        except SpotrecError:  # the next request tries again
            pass
        finally:
            self._is_making = False
