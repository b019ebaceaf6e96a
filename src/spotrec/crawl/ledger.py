"""What one crawl has still to do and has done.

It lies in a private temporary database: memory does not grow with a playlist.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import IntEnum

from spotrec.track import TrackId

_PIECE = 500


class State(IntEnum):
    """Where a track stands."""

    WAITING = 0
    """for its next provider, whose place in the chain is the track's turn"""
    IN_PROGRESS = 1
    WITH_AUDIO = 2
    MISSING = 3


# states are written out, not parameters: SQLite uses the index of waiting tracks only where it sees the state
_TABLES = f"""
    create table track (n integer primary key, id text unique, turn integer, state integer);
    create index waiting on track (turn, n) where state = {State.WAITING};
    create table entry (source integer, n integer, primary key (source, n)) without rowid;
"""

_ADD = "insert or ignore into track (id, turn, state) values (:id, 0, :state)"

_TAKE = f"""
    select n, id from track where state = {State.WAITING} and turn = :turn order by n limit :limit
"""  # noqa: S608 - our own numbers

_COUNTS = f"""
    select coalesce(sum(state = {State.WITH_AUDIO}), 0), coalesce(sum(state <> {State.WITH_AUDIO}), 0) from track
    where :source is null or n in (select n from entry where source = :source)
"""  # noqa: S608 - as above

_MISSING = f"select id from track where state <> {State.WITH_AUDIO} order by n"  # noqa: S608 - as above


class Ledger:
    """The tracks of one run, each once, and which sources listed them. For one thread."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off;" + _TABLES)
        self._waiting: Counter[int] = Counter()

    def close(self) -> None:
        self._db.close()

    def add(self, source: int, id_: TrackId, *, with_audio: bool) -> bool:
        """A source lists a track; whether it is the first to do so."""
        state = State.WITH_AUDIO if with_audio else State.WAITING
        is_new = bool(self._db.execute(_ADD, {"id": id_, "state": state}).rowcount)
        self._db.execute("insert or ignore into entry select ?, n from track where id = ?", (source, id_))
        self._waiting[0] += is_new and not with_audio
        return is_new

    def take(self, turn: int, n: int) -> list[TrackId]:
        """Up to `n` tracks that wait for the provider of this turn, in the order of listing; now they wait no more."""
        if n < 1 or not self._waiting[turn]:
            return []
        rows = self._db.execute(_TAKE, {"turn": turn, "limit": n}).fetchall()
        asked = [(State.IN_PROGRESS, row[0]) for row in rows]
        self._db.executemany("update track set state = ? where n = ?", asked)
        self._waiting[turn] -= len(rows)
        return [TrackId(row[1]) for row in rows]

    def wait_for(self, id_: TrackId, turn: int) -> None:
        """The track goes on to the provider of this turn."""
        self._db.execute("update track set state = ?, turn = ? where id = ?", (State.WAITING, turn, id_))
        self._waiting[turn] += 1

    def settle(self, id_: TrackId, state: State) -> None:
        """The track is done with."""
        self._db.execute("update track set state = ? where id = ?", (state, id_))

    def counts(self, source: int | None = None) -> tuple[int, int]:
        """How many tracks, of one source or of all, have audio, and how many have none; each counted once."""
        with_audio, missing = self._db.execute(_COUNTS, {"source": source}).fetchone()
        return int(with_audio), int(missing)

    def missing(self) -> Iterator[Sequence[TrackId]]:
        """The tracks that have no audio, in the order in which they were listed, piece by piece."""
        rows = self._db.execute(_MISSING)
        while piece := rows.fetchmany(_PIECE):
            yield [TrackId(row[0]) for row in piece]
