"""Connections to the store's SQLite file, and the translation of SQLite's errors."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spotrec.errors import DiskFull, NoStore, SpotrecError, StoreBusy, StoreDamaged, StoreError, first_line
from spotrec.store import schema
from spotrec.system import files

BUSY_TIMEOUT_S = 30.0
_SMALLEST_DATABASE_BYTES = 512
_READ_ONLY = "pragma query_only = on"


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open the store at `path`, bring its schema up to date, and return a connection that can only read.

    Raises:
        NoStore: there is no store, and `create` is false.
        StoreError: the store is damaged, too new, busy, or cannot be opened.
    """
    with translated(path):
        if not create and not path.is_file():
            raise NoStore(f"there is no store at {path}", "`spotrec crawl SOURCE` creates one")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and 0 < path.stat().st_size < _SMALLEST_DATABASE_BYTES:
            raise sqlite3.DatabaseError("it is too small to be a database")  # SQLite accepts one byte as an empty file
        connection = _open(_address(path, "ro") if _is_read_only(path) else path)
        try:
            schema.migrate(connection)
            connection.execute(_READ_ONLY)
        except BaseException:
            connection.close()
            raise
    return connection


def connect_again(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Return one more connection to an open store.

    Raises:
        sqlite3.Error: the file is missing or cannot be opened.
    """
    connection = _open(_address(path, "ro" if read_only and _is_read_only(path) else "rw"))
    if read_only:
        connection.execute(_READ_ONLY)
    return connection


def _is_read_only(path: Path) -> bool:
    """Return whether the folder of a store cannot be written: SQLite needs files beside a store in WAL mode."""
    return path.is_file() and not os.access(path.parent, os.W_OK)


def _address(path: Path, mode: str) -> str:
    """Return the store as a URI.

    In a folder that cannot be written, a store whose last writer closed it is read as a file that no process changes.
    """
    log = path.with_name(f"{path.name}-wal")
    is_closed = mode == "ro" and not (log.is_file() and log.stat().st_size)
    return f"{path.absolute().as_uri()}?mode={mode}" + ("&immutable=1" if is_closed else "")


def _open(path: Path | str) -> sqlite3.Connection:
    """Return a connection that threads may share if the caller lets only one use it at a time."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, uri=isinstance(path, str)
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("pragma foreign_keys = on")
        # WAL: a power cut may lose the last commits, never the file; the next run repeats their work
        connection.execute("pragma synchronous = normal")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise errors of SQLite and the file system as errors of this package."""
    try:
        with files.translated(
            f"no room to write {path}",
            lambda why: StoreError(f"the store {path} cannot be opened: {why}", "check `store`"),
            "free some space and run the same command again",
        ):
            yield
    except sqlite3.Error as exc:
        raise _translate(exc, path) from exc
    except UnicodeDecodeError as exc:  # SQLite's message quotes what is damaged
        raise _damaged(path, "it has names that are not text") from exc
    except (OverflowError, UnicodeEncodeError) as exc:
        raise StoreError(
            f"the store {path} cannot store a value: {first_line(exc)}", "the source contains an invalid value"
        ) from exc


def _damaged(path: Path, why: str) -> StoreDamaged:
    return StoreDamaged(
        f"the store {path} is damaged: {why}",
        "move it away and crawl again, or restore a backup; `sqlite3 FILE .recover` may save its rows",
    )


def _translate(exc: sqlite3.Error, path: Path) -> SpotrecError:
    text = first_line(exc)
    primary = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_NOTADB) & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"another process is using the store {path}", "run the same command again when it is done")
    if primary == sqlite3.SQLITE_INTERRUPT:
        return StoreError(f"the store {path} was closed while it was in use", "run the same command again")
    if primary == sqlite3.SQLITE_FULL:
        return DiskFull(f"no room to write the store {path}", "free some space and run the same command again")
    if primary in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path, text)
    if primary in (
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_IOERR,
    ):
        if _is_read_only(path):
            return StoreError(
                f"the store {path} is in a folder that cannot be written: {text}",
                "copy the folder to a place that can be written, and choose it with `store`",
            )
        return StoreError(f"the store {path} cannot be written or opened: {text}", "check `store` and its permissions")
    return StoreError(f"the store {path} cannot be used: {text}", "`spotrec doctor` checks it")
