"""Stations: saved queries, and where the list of each is written."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from spotrec.errors import StoreDamaged
from spotrec.store.database import Database

_ALL = "select * from station order by key"
_ONE = "select * from station where key = :key"

_ADD = """
    insert or ignore into station (key, name, wish, target, every_s, added_at)
    values (:key, :name, :wish, :target, :every_s, :added_at)
"""

# what was written under this name stays known: the next list replaces it
_PUT = """
    insert into station (key, name, wish, target, every_s, added_at)
    values (:key, :name, :wish, :target, :every_s, :added_at)
    on conflict (key) do update set
        name = excluded.name, wish = excluded.wish, target = excluded.target, every_s = excluded.every_s
"""

_REMOVE = "delete from station where key = :key"

_BEGIN = "update station set begun_at = :at where key = :key"

_NOTE_WRITTEN = """
    update station set written_at = :at, n_written = :n_tracks, address = coalesce(:address, address)
    where key = :key
"""


@dataclass(frozen=True, slots=True)
class Station:
    """A saved query.

    Attributes:
        name: as people see it.
        query: the arguments of a query, as JSON values: `seeds`, `unlike`, `mood`, `mood_weight`, `options`.
        target: where its list is written, as JSON values; None for nowhere.
        every_s: how long a list stays.
        added_at: when it was first saved.
        begun_at: when a list was begun before its time, or None.
        written_at: when its list was last written, or None.
        n_written: how many tracks were written then.
        address: the address of the playlist that it writes at a service, if it is known.
    """

    name: str
    query: Mapping[str, Any]
    target: Mapping[str, Any] | None
    every_s: int
    added_at: str
    begun_at: str | None = None
    written_at: str | None = None
    n_written: int | None = None
    address: str | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """What tells it from other stations."""
        return station_key(self.name)

    @property
    def place(self) -> str:
        """Its name among the places where tracks are heard."""
        return f"station {self.key}"


def station_key(name: str) -> str:
    """Return what two names of one station have in common: case and blanks around it do not matter."""
    return name.strip().casefold()


class Stations:
    """The stored stations."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Station]:
        """Return all stations, by name."""
        return [_station(row) for row in self._db.rows(_ALL)]

    def get(self, name: str) -> Station | None:
        """Return the station with this name, or None."""
        row = self._db.row(_ONE, {"key": station_key(name)})
        return _station(row) if row else None

    def add(self, station: Station) -> bool:
        """Store a station; return False, and store nothing, if there is one with its name."""
        with self._db.transaction() as write:
            return write.execute(_ADD, _row(station)).rowcount > 0

    def put(self, station: Station) -> None:
        """Store a station, in place of the one with its name. What that one has written stays known."""
        with self._db.transaction() as write:
            write.execute(_PUT, _row(station))

    def remove(self, name: str) -> None:
        """Forget a station. What it served stays known as heard."""
        with self._db.transaction() as write:
            write.execute(_REMOVE, {"key": station_key(name)})

    def begin_next(self, name: str, at: str) -> None:
        """Let a station's next list begin at this moment."""
        with self._db.transaction() as write:
            write.execute(_BEGIN, {"key": station_key(name), "at": at})

    def note_written(self, name: str, at: str, n_tracks: int, address: str | None) -> None:
        """Note that a station's list was written, and the address of the playlist if it has one."""
        row = {"key": station_key(name), "at": at, "n_tracks": n_tracks, "address": address}
        with self._db.transaction() as write:
            write.execute(_NOTE_WRITTEN, row)


def _row(station: Station) -> dict[str, Any]:
    return {
        "key": station.key,
        "name": station.name,
        "wish": json.dumps(station.query),
        "target": None if station.target is None else json.dumps(station.target),
        "every_s": station.every_s,
        "added_at": station.added_at,
    }


def _station(row: sqlite3.Row) -> Station:
    try:
        query = json.loads(row["wish"])
        target = None if row["target"] is None else json.loads(row["target"])
        if not (isinstance(query, dict) and isinstance(target, dict | None) and row["every_s"] > 0):
            raise TypeError("it is not a station")
    except (ValueError, TypeError, RecursionError) as exc:
        raise StoreDamaged(
            "the store is damaged: a station cannot be read", "restore a backup, or save the station again"
        ) from exc
    return Station(
        row["name"],
        query,
        target,
        row["every_s"],
        row["added_at"],
        row["begun_at"],
        row["written_at"],
        row["n_written"],
        row["address"],
    )
