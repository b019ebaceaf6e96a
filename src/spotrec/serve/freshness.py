"""Whether files have changed: what was made of them may be used again if not."""

from pathlib import Path

Moment = tuple[tuple[int, int, int], ...]
"""Inode, size and time of change of some files."""


def moment_of(store: Path, *others: Path) -> Moment:
    """Return the state of a store, with what was written to it and is still in its log, and of other files."""
    return tuple(_state(path) for path in (store, store.with_name(store.name + "-wal"), *others))


def _state(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_ino, found.st_size, found.st_mtime_ns
