"""One SQLite file, its transactions, and the reading of rows: what the store's tables stand on."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from spotrec.store.connection import connect, translated
from spotrec.track import TrackId

_LET_GO_S = 1.0


class StoreDatabase:
    """An open store. Threads may share it: they take turns."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._turn = threading.RLock()
        self._db = connect(path, create=create)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it; a statement of another thread is broken off. One that does not let go ends with the process."""
        if not self._turn.acquire(blocking=False):
            self._db.interrupt()
            if not self._turn.acquire(timeout=_LET_GO_S):
                return
        try:
            self._db.close()
        finally:
            self._turn.release()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._turn, translated(self.path):
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """All reads of this thread, while the context lasts, see the store as it stood when the first of them began."""
        with self._turn, translated(self.path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute("begin")
            try:
                yield
            finally:
                self._db.execute("commit")

    def _one(self, sql: str, parameters: Any) -> sqlite3.Row | None:
        with self._turn, translated(self.path):
            row: sqlite3.Row | None = self._db.execute(sql, parameters).fetchone()
            return row

    def _all(self, sql: str, parameters: Any) -> list[sqlite3.Row]:
        with self._turn, translated(self.path):
            return self._db.execute(sql, parameters).fetchall()

    def _is_gone(self, track_id: TrackId) -> bool:
        """Whether another process has removed the track meanwhile: what came of it is no longer wanted."""
        return self._one("select 1 from track where id = ?", (track_id,)) is None


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def chunks(ids: Sequence[TrackId], size: int = 500) -> Iterator[list[TrackId]]:
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])
