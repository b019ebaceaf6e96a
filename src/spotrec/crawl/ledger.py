"""The state of every track in one crawl.

It is kept in a private temporary database, so that memory use does not grow with the number of tracks.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import IntEnum

from spotrec.track import TrackId

_PIECE = 500


class State(IntEnum):
    """The progress of one track."""

    WAITING = 0
    """for the provider at the position `turn` of the chain"""
    IN_PROGRESS = 1
    WITH_AUDIO = 2
    MISSING = 3


# states are literals, not parameters: SQLite uses the partial index only if the query contains the state
_TABLES = f"""
    create table track (n integer primary key, id text unique, turn integer, state integer, preview_url text);
    create index waiting on track (turn, n) where state = {State.WAITING};
    create table entry (source integer, n integer, primary key (source, n)) without rowid;
"""

_ADD = "insert or ignore into track (id, turn, state, preview_url) values (:id, 0, :state, :preview_url)"

_TAKE = f"""
    select n, id, preview_url from track where state = {State.WAITING} and turn = :turn order by n limit :limit
"""  # noqa: S608 - our own numbers

_COUNTS = f"""
    select coalesce(sum(state = {State.WITH_AUDIO}), 0), coalesce(sum(state <> {State.WITH_AUDIO}), 0) from track
    where :source is null or n in (select n from entry where source = :source)
"""  # noqa: S608 - as above

_MISSING = f"select id from track where state <> {State.WITH_AUDIO} order by n"  # noqa: S608 - as above


class Ledger:
    """The tracks of one run, each once, and the sources that listed them. Only for use in one thread."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript("pragma journal_mode = off; pragma synchronous = off;" + _TABLES)
        self._waiting: Counter[int] = Counter()

    def close(self) -> None:
        self._db.close()

    def add(self, source: int, id_: TrackId, *, with_audio: bool, preview_url: str | None = None) -> bool:
        """Record that a source lists a track. Returns whether neither this nor another source has listed it before.

        Args:
            preview_url: as the source gives it. The store does not have it.
        """
        state = State.WITH_AUDIO if with_audio else State.WAITING
        is_new = bool(self._db.execute(_ADD, {"id": id_, "state": state, "preview_url": preview_url}).rowcount)
        self._db.execute("insert or ignore into entry select ?, n from track where id = ?", (source, id_))
        self._waiting[0] += is_new and not with_audio
        return is_new

    def take(self, turn: int, n: int) -> dict[TrackId, str | None]:
        """Return up to `n` tracks that wait for this turn's provider, in listing order; they are then in progress.

        Returns:
            Their ids, and the address of the preview that the source gave for each.
        """
        if n < 1 or not self._waiting[turn]:
            return {}
        rows = self._db.execute(_TAKE, {"turn": turn, "limit": n}).fetchall()
        asked = [(State.IN_PROGRESS, row[0]) for row in rows]
        self._db.executemany("update track set state = ? where n = ?", asked)
        self._waiting[turn] -= len(rows)
        return {TrackId(row[1]): row[2] for row in rows}

    def wait_for(self, id_: TrackId, turn: int) -> None:
        """Let a track wait for the provider of this turn."""
        self._db.execute("update track set state = ?, turn = ? where id = ?", (State.WAITING, turn, id_))
        self._waiting[turn] += 1

    def settle(self, id_: TrackId, state: State) -> None:
        """Set the final state of a track."""
        self._db.execute("update track set state = ? where id = ?", (state, id_))

    def counts(self, source: int | None = None) -> tuple[int, int]:
        """Count the tracks with and without audio, each once, of one source or (None) of all."""
        with_audio, missing = self._db.execute(_COUNTS, {"source": source}).fetchone()
        return int(with_audio), int(missing)

    def missing(self) -> Iterator[Sequence[TrackId]]:
        """Yield the tracks without audio in batches, in listing order."""
        rows = self._db.execute(_MISSING)
        while piece := rows.fetchmany(_PIECE):
            yield [TrackId(row[0]) for row in piece]
