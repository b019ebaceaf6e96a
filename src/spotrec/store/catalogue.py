"""The catalogue at one moment, read block by block, and the embeddings that were added after it.

A build reads for minutes while other threads write, so it reads in one transaction of its own connection.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from spotrec.errors import StoreDamaged
from spotrec.store.connection import connect, translated
from spotrec.store.database import Database, json_list
from spotrec.store.embedding import BLOCK, Anchor, Catalogue
from spotrec.system.digests import sha256
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray

_MOST_AFTER_AN_OLDER_ANCHOR = 50_000

_IN_CATALOGUE = """
    from embedding join track on track.id = embedding.track_id
    where embedding.model = :model and track.in_catalogue
"""

_ALL = f"select embedding.track_id, embedding.vector, embedding.tags {_IN_CATALOGUE} order by embedding.track_id"

_PAGE = f"""
    select embedding.track_id, embedding.vector, embedding.tags {_IN_CATALOGUE} and embedding.track_id > :after
    order by embedding.track_id limit :limit
"""

_GIVEN = f"""
    select embedding.track_id, embedding.vector, embedding.tags {_IN_CATALOGUE}
        and embedding.track_id in (select value from json_each(:ids))
    order by embedding.track_id
"""  # noqa: S608 - as above

_COUNT = f"select count(*) {_IN_CATALOGUE}"

_ROW = "select rowid as number, * from embedding"
_LAST_UP_TO = f"{_ROW} where rowid <= :rowid order by rowid desc limit 1"

# `+` and `cross`: few rows come after an anchor, a model or the catalogue has many
_AFTER = """
    select embedding.track_id, embedding.vector, embedding.tags
    from embedding cross join track on track.id = embedding.track_id
    where embedding.rowid > :rowid and +embedding.model = :model and track.in_catalogue
    order by +embedding.track_id
"""
_COUNT_AFTER = "select count(*) from (select 1 from embedding where rowid > :rowid limit :most)"


class CatalogueSnapshot:
    """All tracks that may be recommended, with their embeddings by one model, at one moment."""

    def __init__(self, db: sqlite3.Connection, path: Path, model: ModelId) -> None:
        self._db = db
        self._path = path
        self._model = model
        with translated(path):
            db.execute("begin")
            self._n_tracks: int = db.execute(_COUNT, {"model": str(model)}).fetchone()[0]
            self.anchors = tuple(_anchors(db))

    def __len__(self) -> int:
        return self._n_tracks

    def blocks(self) -> Iterator[Catalogue]:
        """Yield all tracks in order of track id, at most `BLOCK` at a time; the same blocks every time.

        Raises:
            StoreDamaged: an embedding does not have the model's length.
        """
        with translated(self._path), closing(self._db.execute(_ALL, {"model": str(self._model)})) as cursor:
            while page := cursor.fetchmany(BLOCK):
                yield _catalogue(page, self._model)


class Catalogues:
    """All tracks that may be recommended, with their embeddings by one model."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @contextmanager
    def snapshot(self, model: ModelId) -> Iterator[CatalogueSnapshot]:
        """Yield the catalogue as it is now, whatever is written later, also by this thread."""
        with closing(connect(self._db.path, create=False)) as connection:
            yield CatalogueSnapshot(connection, self._db.path, model)

    def read(self, model: ModelId) -> Catalogue:
        """Return all tracks, in order of track id.

        Raises:
            StoreDamaged: an embedding does not have the model's length.
        """
        with self._db.at_one_moment():
            pieces = list(self._pieces(model)) or [_catalogue([], model)]
        return Catalogue(
            [id_ for piece in pieces for id_ in piece.ids],
            np.concatenate([piece.vectors for piece in pieces]),
            np.concatenate([piece.tags for piece in pieces]),
        )

    def _pieces(self, model: ModelId) -> Iterator[Catalogue]:
        after = ""
        while page := self._db.rows(_PAGE, {"model": str(model), "after": after, "limit": BLOCK}):
            yield _catalogue(page, model)
            after = page[-1]["track_id"]

    def since(self, model: ModelId, anchors: Sequence[Anchor]) -> Catalogue | None:
        """Return the tracks whose embeddings were added after the latest anchor that is still unchanged.

        If the last anchor's row was deleted or replaced, an older anchor is used, and some older tracks are included.

        Returns:
            None if no anchor is unchanged, or if it is so old that nearly all tracks would be new.
        """
        for anchor in anchors:
            row = self._db.row(f"{_ROW} where rowid = :rowid", {"rowid": anchor.rowid})
            if row and _digest(row) == anchor.digest:
                break
        else:
            return None
        if anchor is not anchors[0]:
            most = _MOST_AFTER_AN_OLDER_ANCHOR
            count = self._db.row(_COUNT_AFTER, {"rowid": anchor.rowid, "most": most})
            if count and count[0] == most:
                return None
        return _catalogue(self._db.rows(_AFTER, {"rowid": anchor.rowid, "model": str(model)}), model)

    def of(self, model: ModelId, track_ids: Sequence[TrackId]) -> Catalogue:
        """Return the tracks among these that may be recommended, in order of id."""
        return _catalogue(self._db.rows(_GIVEN, {"model": str(model), "ids": json_list(track_ids)}), model)


def _catalogue(page: Sequence[sqlite3.Row], model: ModelId) -> Catalogue:
    """Return rows of track id, vector and tags as a catalogue."""
    ids = [TrackId(row["track_id"]) for row in page]
    tags = _numbers(page, "tags", len(page[0]["tags"]) // 4) if page else _no_tags()
    return Catalogue(ids, _numbers(page, "vector", model.dim), tags)


def _numbers(page: Sequence[sqlite3.Row], column: str, n: int) -> FloatArray:
    for row in page:
        if len(row[column]) != 4 * n:
            raise StoreDamaged(
                f"the embedding of {row['track_id']} does not have the model's length",
                f"remove the track, `spotrec remove {row['track_id']}`, and crawl it again",
            )
    return np.frombuffer(b"".join([row[column] for row in page]), "<f4").reshape(len(page), n)


def _no_tags() -> FloatArray:
    return np.empty((0, 0), np.float32)


def _anchors(db: sqlite3.Connection) -> Iterator[Anchor]:
    """Yield the last row and earlier ones at growing distances: rows at the end may be deleted or replaced."""
    row = db.execute(_LAST_UP_TO, {"rowid": 2**63 - 1}).fetchone()
    back = 1
    while row:
        yield Anchor(row["number"], _digest(row))
        row = db.execute(_LAST_UP_TO, {"rowid": row["number"] - back}).fetchone()
        back *= 2


def _digest(row: sqlite3.Row) -> str:
    """Hash the whole row with its time: a new embedding is another row, even with the same numbers."""
    names = f"{row['track_id']}\0{row['model']}\0{row['created_at']}\0".encode()
    return sha256(names + row["vector"] + row["tags"])[:32]
