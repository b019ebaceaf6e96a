"""Time that passes for stations, without a test that waits for it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path


def days_pass(data: Path, n: float = 1) -> None:
    """Let all that was heard have been heard so many days earlier, and lists have begun so much earlier."""

    def earlier(text: str) -> str:
        return (datetime.fromisoformat(text) - timedelta(days=n)).isoformat(timespec="microseconds")

    _change(data, earlier)


def _change(data: Path, change: Callable[[str], str]) -> None:
    with closing(sqlite3.connect(data / "spotrec.db")) as db, db:
        db.create_function("changed", 1, change)
        db.execute("update heard set heard_at = changed(heard_at)")
        db.execute("update station set begun_at = changed(begun_at) where begun_at is not null")
