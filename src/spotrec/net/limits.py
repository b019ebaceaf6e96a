"""Limits for requests in a time (pyrate-limiter), which all processes with one data folder share.

The times of requests are in an SQLite file. A process that is killed leaves no lock: SQLite's end with the process.
"""

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from uuid import uuid4

from pyrate_limiter import AbstractBucket, InMemoryBucket, Rate, RateItem, SQLiteBucket

from spotrec.errors import UsageError

FILE_NAME = "limits.db"
_MARGIN = 1.05
"""Requests take different times to arrive, so windows are a little longer here than on the server."""
_KEPT_MS = 3_600_000
_CLOCKS_DIFFER_MS = 1_000
_LOOK_AGAIN_S = 0.5
"""A request that another thread takes back makes room earlier."""
_BUSY_MS = 60_000
"""How long to wait for other processes, which hold the file for less than a millisecond each."""
_PAUSES = "create table if not exists pause (host text primary key, since integer not null, until integer not null)"


class SharedLimit:
    """The limit of one host. Threads may share it.

    If the file cannot be used, for example in a folder that is read-only, the limit holds for this object alone.

    Args:
        limit: `40/5`: forty requests in any five seconds.
        folder: the data folder; it is created with the first request.

    Raises:
        UsageError: the limit is not valid.
    """

    def __init__(self, host: str, limit: str, folder: Path) -> None:
        self._host = host
        self._rate = rate(limit)
        self._path = folder / FILE_NAME
        self._lock = threading.Lock()
        self._log: SQLiteBucket | None = None
        self._is_shared = True
        self._alone = InMemoryBucket([self._rate])

    @property
    def window_s(self) -> float:
        return self._rate.interval / 1000

    def wait(self) -> str:
        """Wait until a request may start, and record it under a name, which is returned."""
        name = uuid4().hex
        while wait_ms := self._take(name):
            time.sleep(min(wait_ms / 1000, _LOOK_AGAIN_S))
        return name

    def take_back(self, name: str) -> None:
        """Forget the request with this name: it never reached the host."""
        if self._in_file(partial(_forget, name=name)) is None:
            with self._lock:
                self._alone.items[:] = [item for item in self._alone.items if item.name != name]

    def pause(self, seconds: float) -> None:
        """Let no process start a request for `seconds`."""
        self._in_file(lambda log: self._lengthen_pause(log, int(seconds * 1000)))

    def pause_left_s(self) -> float:
        """Return how long a pause that any process has made will last, in seconds."""
        return (self._in_file(lambda log: self._pause_left_ms(log.conn, _now_ms())) or 0) / 1000

    def close(self) -> None:
        with self._lock:
            if isinstance(self._log, SQLiteBucket):
                self._log.close()  # type: ignore[no-untyped-call]  # the library's own
            self._log = None

    def _take(self, name: str) -> int:
        """Record a request, which may start now. Or return how long to wait before the next try, in milliseconds."""
        wait_ms = self._in_file(partial(self._take_from_file, name=name))
        if wait_ms is not None:
            return wait_ms
        with self._lock:
            log = self._alone
            log.leak(_now_ms())
            return _put(log, name)

    def _take_from_file(self, log: SQLiteBucket, name: str) -> int:
        now = _now_ms()
        with _change(log) as db:
            # a clock that was set back leaves times in the future, which would be waited for
            db.execute(
                f"delete from '{log.table}' where item_timestamp < ? or item_timestamp > ?",  # noqa: S608 - our own name
                (now - max(_KEPT_MS, self._rate.interval), now + _CLOCKS_DIFFER_MS),
            )
            return _put(log, name)

    def _lengthen_pause(self, log: SQLiteBucket, pause_ms: int) -> None:
        now = _now_ms()
        with _change(log) as db:
            if pause_ms > self._pause_left_ms(db, now):
                db.execute("replace into pause values (?, ?, ?)", (self._host, now, now + pause_ms))

    def _pause_left_ms(self, db: sqlite3.Connection, now: int) -> int:
        row = db.execute(
            "select until - ? from pause where host = ? and since <= ? and until > ?",
            (now, self._host, now + _CLOCKS_DIFFER_MS, now),
        ).fetchone()
        return int(row[0]) if row else 0

    def _in_file(self, use: Callable[[SQLiteBucket], int | None]) -> int | None:
        """Return what `use` returns; None if the file cannot be used."""
        with self._lock:
            try:
                if self._log is None and self._is_shared:
                    self._log = self._open()
                return use(self._log) if self._log else None
            except (sqlite3.Error, OSError) as exc:
                self._log, self._is_shared = None, False
                if _is_damaged(exc):  # it holds nothing that lasts: the next process begins a new one
                    self._path.unlink(missing_ok=True)
                return None

    def _open(self) -> SQLiteBucket:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self._connect()
        except sqlite3.Error as exc:
            if not _is_damaged(exc):
                raise
            self._path.unlink()
            return self._connect()

    def _connect(self) -> SQLiteBucket:
        # the library would not close what it cannot use
        with closing(sqlite3.connect(self._path, timeout=_BUSY_MS / 1000)) as db:
            db.execute(_PAUSES)
        log = SQLiteBucket.init_from_file([self._rate], table=f"requests to {self._host}", db_path=str(self._path))
        log.conn.execute("pragma synchronous = off")  # after a power cut there is nothing to keep
        log.conn.execute(f"pragma busy_timeout = {_BUSY_MS}")
        return log


@contextmanager
def _change(log: SQLiteBucket) -> Iterator[sqlite3.Connection]:
    """Hold the file's write lock, so that no other process counts or adds requests meanwhile."""
    db = log.conn
    db.execute("begin immediate")
    try:
        yield db
    except BaseException:
        with suppress(sqlite3.Error):
            db.rollback()
        raise
    db.commit()


def _forget(log: SQLiteBucket, name: str) -> int:
    with _change(log) as db:
        db.execute(f"delete from '{log.table}' where name = ?", [name])  # noqa: S608 - our own name of the table
    return 0


def _put(log: AbstractBucket, name: str) -> int:
    """Record a request under a name, or return how long to wait before the next try, in milliseconds."""
    item = RateItem(name, _now_ms())
    if log.put(item):
        return 0
    wait_ms = log.waiting(item)
    assert isinstance(wait_ms, int)  # and no awaitable, which other logs of the library return
    return max(1, wait_ms)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _is_damaged(fault: Exception) -> bool:
    return isinstance(fault, sqlite3.DatabaseError) and not isinstance(fault, sqlite3.OperationalError)


def rate(limit: str) -> Rate:
    """`"40/5"` → forty requests in any five seconds.

    Raises:
        UsageError: the limit is not valid.
    """
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6}(?:\.\d{1,3})?)", limit.strip())
    requests, window_ms = (int(match[1]), int(float(match[2]) * 1000)) if match else (0, 0)
    if not requests or not window_ms:
        raise UsageError(f"“{limit}” is not a limit", "write a limit like 40/5: 40 requests in any 5 seconds")
    return Rate(requests, int(window_ms * _MARGIN))
