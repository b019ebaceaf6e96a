"""One SQLite file shared by threads: each thread has its own read connection, and there is one write connection."""

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

from spotrec.errors import StoreDamaged, StoreError, first_line
from spotrec.store.connection import connect, connect_again, translated

_CLOSE_TIMEOUT_S = 1.0
_INTERRUPT_EVERY_S = 0.01

Parameters = Sequence[Any] | Mapping[str, Any]


class Database:
    """An open store. Any number of threads may read and write it at the same time.

    Each thread reads over its own connection and sees what was committed before each statement. Reads never wait for
    a writer. Only one thread of all processes writes at a time; the others wait.

    Raises:
        NotFound: there is no store at `path`, and `create` is false.
        StoreError: the store is damaged, too new, busy, or cannot be opened; in any method: it is closed.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._is_closed = False
        self._opening = threading.Lock()
        self._of_this_thread = _OfThisThread()
        self._readers = [_Connection(connect(path, create=create))]
        self._file = _file_at(path)
        self._idle = deque(self._readers)
        self._writer: _Connection | None = None

    def close(self) -> None:
        """Close the store. Statements of other threads are interrupted and have one second to end.

        A connection that does not become free in this time stays open: to close it while a thread reads from it
        would crash the process.
        """
        with self._opening:
            self._is_closed = True
            end = time.monotonic() + _CLOSE_TIMEOUT_S
            # the writer last: closing the last connection writes the log into the file
            waiting = deque([*self._readers, *([self._writer] if self._writer else [])])
            while waiting:
                for connection in waiting:  # again: an interrupt misses a statement that is about to begin
                    connection.interrupt()
                while waiting and waiting[0].close(_INTERRUPT_EVERY_S):
                    waiting.popleft()
                if time.monotonic() >= end:
                    break

    def is_in_place(self) -> bool:
        """Return whether the file that was opened is still there: nobody removed it, or put another in its place."""
        return _file_at(self.path) == self._file

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._reading() as connection:
            row: sqlite3.Row | None = connection.execute(sql, parameters).fetchone()
            return row

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing, over the connection that this yields; reads of this thread see the changes too.

        Inside another transaction it is part of that transaction.

        Raises:
            RuntimeError: this thread is within `at_one_moment`, and would not see what it writes.
        """
        own = self._of_this_thread
        if own.writer:
            yield own.writer.raw
            return
        if own.n_moments:
            raise RuntimeError("you cannot write within at_one_moment: write before it begins")
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
        """Let this thread read the store as it is now, whatever other threads write. It may be nested.

        Raises:
            RuntimeError: this thread writes within it.
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
                    connection.execute("select 1 from sqlite_master").fetchone()  # the first read fixes the moment
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
    """A connection that one thread uses at a time. Another thread may close it when it is free."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw
        self.turn = threading.RLock()
        self._is_closed = False

    def end_transaction(self) -> None:
        """Roll back an uncommitted transaction."""
        with self.turn:
            if not self._is_closed and self.raw.in_transaction:
                self.raw.execute("rollback")

    def interrupt(self) -> None:
        """End the statement that a thread is at."""
        if self.turn.acquire(blocking=False):
            self.turn.release()
        else:
            self.raw.interrupt()

    def close(self, timeout_s: float) -> bool:
        """Close it, unless a thread uses it for all this time. Returns whether it is closed."""
        if not self.turn.acquire(timeout=timeout_s):
            return False
        try:
            self._is_closed = True
            self.raw.close()
        finally:
            self.turn.release()
        return True


class _Loan:
    """A thread's read connection; it is idle again when the thread ends."""

    def __init__(self, connection: _Connection, idle: deque[_Connection]) -> None:
        self.connection = connection
        self._idle = idle

    def __del__(self) -> None:
        self._idle.append(self.connection)  # takes no lock: this may run at any moment


class _OfThisThread(threading.local):
    """The state of each thread."""

    loan: _Loan | None = None
    writer: _Connection | None = None
    """the write connection, during this thread's transaction"""
    n_moments: int = 0


def _file_at(path: Path) -> tuple[int, int] | None:
    """Return what is the same for a file as long as it exists, and another for any other file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def now() -> str:
    """Return the current time as it is stored: ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def moment(time: datetime) -> str:
    """Return a time to the microsecond as it is stored, in UTC: texts of moments are in the order of time."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def json_list(values: Iterable[str]) -> str:
    """Return any number of values as one parameter for `json_each`."""
    try:
        return json.dumps(list(values))
    except TypeError as exc:  # another program stored bytes in place of an id
        raise StoreDamaged(
            f"the store is damaged: {first_line(exc)}", "restore a backup, or move the store away and crawl again"
        ) from exc
