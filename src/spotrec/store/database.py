"""One SQLite file shared by threads: a reader for each of them, and one writer."""

import json
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spotrec.errors import StoreError
from spotrec.store.connection import connect, connect_again, translated

_LET_GO_S = 1.0

Parameters = Sequence[Any] | Mapping[str, Any]


class Database:
    """An open store. Any number of threads may read it and write to it at once.

    Each thread reads over a connection of its own and sees what was committed before each statement. Reading never
    waits for a writer. Writers take turns, in all threads and processes.

    Raises:
        NotFound: there is no store at `path`, and `create` is false.
        StoreError: it is damaged, too new, busy, or cannot be opened; any method: it is closed.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._is_closed = False
        self._opening = threading.Lock()
        self._of_this_thread = _OfThisThread()
        self._readers = [_Connection(connect(path, create=create))]
        self._idle = deque(self._readers)
        self._writer: _Connection | None = None

    def close(self) -> None:
        """Close it. A statement of another thread is interrupted; one that does not end in a second is not waited for.

        A connection that is closed while a thread reads from it crashes the process.
        """
        with self._opening:
            self._is_closed = True
            end = time.monotonic() + _LET_GO_S
            # the writer last: whoever closes the last connection brings the log into the file
            connections = [*self._readers, *([self._writer] if self._writer else [])]
            for connection in connections:
                connection.interrupt()
            for connection in connections:
                connection.close(end)

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """The first row of a query, if it has any."""
        with self._reading() as connection:
            row: sqlite3.Row | None = connection.execute(sql, parameters).fetchone()
            return row

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing, over the connection that this gives; this thread's reads see it too.

        Within another transaction it is a part of that one.

        Raises:
            RuntimeError: this thread reads at one moment, and would not see what it writes.
        """
        own = self._of_this_thread
        if own.writer:
            yield own.writer.raw
            return
        if own.n_moments:
            raise RuntimeError("nothing can be written within at_one_moment: write before it begins")
        writer = self._open_writer()
        with translated(self.path), writer.turn:
            self._check_open()
            own.writer = writer
            try:
                writer.raw.execute("begin immediate")
                yield writer.raw
                writer.raw.execute("commit")
            finally:
                own.writer = None
                writer.end_transaction()

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """What this thread reads meanwhile is as the store stands now, whatever others write. It may be nested.

        Raises:
            RuntimeError: this thread writes in it.
        """
        own = self._of_this_thread
        if own.writer:  # a transaction is one moment
            yield
            return
        reader = self._reader()
        own.n_moments += 1
        try:
            if own.n_moments == 1:
                with self._reading() as connection:
                    connection.execute("begin")
                    connection.execute("select 1 from sqlite_master").fetchone()  # the first look decides on the moment
            yield
        finally:
            own.n_moments -= 1
            if not own.n_moments:
                reader.end_transaction()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = self._of_this_thread.writer or self._reader()
        with translated(self.path), connection.turn:
            self._check_open()
            yield connection.raw

    def _reader(self) -> "_Connection":
        own = self._of_this_thread
        if own.loan is None:
            own.loan = _Loan(self._idle_reader() or self._open_reader(), self._idle)
        return own.loan.connection

    def _idle_reader(self) -> "_Connection | None":
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _open_reader(self) -> "_Connection":
        with translated(self.path), self._opening:
            self._check_open()
            reader = _Connection(connect_again(self.path, read_only=True))
            self._readers.append(reader)
            return reader

    def _open_writer(self) -> "_Connection":
        with translated(self.path), self._opening:
            self._check_open()
            self._writer = self._writer or _Connection(connect_again(self.path, read_only=False))
            return self._writer

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreError(f"the store {self.path} is closed", "open it again")


class _Connection:
    """A connection that one thread uses at a time. It may be closed by another one, in its turn."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.turn = threading.RLock()
        self._is_closed = False

    def end_transaction(self) -> None:
        """Roll back what was begun and not committed."""
        with self.turn:
            if not self._is_closed and self.raw.in_transaction:
                self.raw.execute("rollback")

    def interrupt(self) -> None:
        """End the statement that a thread is at."""
        if self.turn.acquire(blocking=False):
            self.turn.release()
        else:
            self.raw.interrupt()

    def close(self, end: float) -> None:
        """Close it, unless a thread holds it until `end`, in seconds of the monotonic clock."""
        if not self.turn.acquire(timeout=max(0.0, end - time.monotonic())):
            return
        try:
            self._is_closed = True
            self.raw.close()
        finally:
            self.turn.release()


class _Loan:
    """A thread's reader; it goes back to the idle ones when the thread ends."""

    def __init__(self, connection: _Connection, idle: deque[_Connection]) -> None:
        self.connection = connection
        self._idle = idle

    def __del__(self) -> None:
        self._idle.append(self.connection)  # takes no lock: this may run at any moment


class _OfThisThread(threading.local):
    """What each thread has of its own."""

    loan: _Loan | None = None
    writer: _Connection | None = None
    """the writer, within this thread's transaction"""
    n_moments: int = 0


def now() -> str:
    """The time as it is stored: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def json_list(values: Iterable[str]) -> str:
    """Any number of values as one parameter, for `json_each`."""
    return json.dumps(list(values))
