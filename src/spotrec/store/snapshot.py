"""The catalogue as it stood at one moment, read piece by piece, and what came into it since.

A build reads for minutes while others write: all of it is read in one transaction of a connection of its own.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from spotrec.errors import StoreDamaged
from spotrec.store import rows
from spotrec.store.connection import connect, translated
from spotrec.store.database import StoreDatabase, chunks
from spotrec.store.embedding import BLOCK, Anchor, Catalogue
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray

_MOST_AFTER_AN_OLDER_ANCHOR = 50_000

_ROW = "select rowid as number, * from embedding"
_LAST_UP_TO = f"{_ROW} where rowid <= :rowid order by rowid desc limit 1"

# `+` and `cross`: the rows behind an anchor are few, those of a model or of the catalogue are many
_AFTER = """
    select embedding.track_id, embedding.vector, embedding.tags
    from embedding cross join track on track.id = embedding.track_id
    where embedding.rowid > :rowid and +embedding.model = :model and track.in_catalogue
    order by +embedding.track_id
"""
_COUNT_AFTER = "select count(*) from (select 1 from embedding where rowid > :rowid limit :most)"


class CatalogueSnapshot:
    """What one network heard in all that may be recommended, at one moment; made by `FeatureStore.snapshot`."""

    def __init__(self, db: sqlite3.Connection, path: Path, model: ModelId) -> None:
        self._db = db
        self._path = path
        self._model = model
        with translated(path):
            db.execute("begin")
            self._n_tracks: int = db.execute(rows.COUNT_CATALOGUE, {"model": str(model)}).fetchone()[0]
            self.anchors = tuple(_anchors(db))

    def __len__(self) -> int:
        return self._n_tracks

    def blocks(self) -> Iterator[Catalogue]:
        """All of it in order of track id, a bounded number at a time; the same pieces every time.

        Raises:
            StoreDamaged: an embedding has another length than the model's have.
        """
        with translated(self._path), closing(self._db.execute(rows.CATALOGUE, {"model": str(self._model)})) as cursor:
            while page := cursor.fetchmany(BLOCK):
                yield catalogue_of(page, self._model)


class SnapshotTable(StoreDatabase):
    """Catalogues at one moment."""

    @contextmanager
    def snapshot(self, model: ModelId) -> Iterator[CatalogueSnapshot]:
        """The catalogue as it stands now, whatever is written meanwhile."""
        with closing(connect(self.path, create=False)) as db:
            yield CatalogueSnapshot(db, self.path, model)

    def catalogue(self, model: ModelId) -> Catalogue:
        """All that may be recommended, in order of track id."""
        with self.snapshot(model) as snapshot:
            pieces = list(snapshot.blocks()) or [Catalogue([], np.empty((0, model.dim), np.float32), _no_tags())]
        return Catalogue(
            [id_ for piece in pieces for id_ in piece.ids],
            np.concatenate([piece.vectors for piece in pieces]),
            np.concatenate([piece.tags for piece in pieces]),
        )

    def catalogue_since(self, model: ModelId, anchors: Sequence[Anchor]) -> Catalogue | None:
        """What was heard, or came into the catalogue, after the latest anchor that still holds.

        Where that is not the last one, because its row is gone or was heard anew, some that are older are among them.

        Returns:
            None where no anchor holds, or one so old that nearly all would be new.
        """
        for anchor in anchors:
            row = self._one(f"{_ROW} where rowid = :rowid", {"rowid": anchor.rowid})
            if row and _digest(row) == anchor.digest:
                break
        else:
            return None
        if anchor is not anchors[0]:
            most = _MOST_AFTER_AN_OLDER_ANCHOR
            count = self._one(_COUNT_AFTER, {"rowid": anchor.rowid, "most": most})
            if count and count[0] == most:
                return None
        return catalogue_of(self._all(_AFTER, {"rowid": anchor.rowid, "model": str(model)}), model)

    def heard_ids(self, model: ModelId) -> list[TrackId]:
        """All tracks that a model heard, in the catalogue or not, in order of id."""
        found = self._all("select track_id from embedding where model = ? order by track_id", (str(model),))
        return [TrackId(row[0]) for row in found]

    def catalogue_of(self, model: ModelId, track_ids: Sequence[TrackId]) -> Catalogue:
        """Those of these tracks that may be recommended, in order of id."""
        found = []
        for chunk in chunks(sorted(track_ids)):
            found += self._all(rows.CATALOGUE_OF, {"model": str(model), "ids": rows.json_list(chunk)})
        return catalogue_of(found, model)


def catalogue_of(page: Sequence[sqlite3.Row], model: ModelId) -> Catalogue:
    """Rows of track id, vector and tags as a catalogue."""
    ids = [TrackId(row["track_id"]) for row in page]
    tags = _numbers(page, "tags", len(page[0]["tags"]) // 4) if page else _no_tags()
    return Catalogue(ids, _numbers(page, "vector", model.dim), tags)


def _numbers(page: Sequence[sqlite3.Row], column: str, n: int) -> FloatArray:
    for row in page:
        if len(row[column]) != 4 * n:
            raise StoreDamaged(
                f"the embedding of {row['track_id']} has another length than the model's",
                "`spotrec remove` takes the track out, and a crawl brings it back",
            )
    return np.frombuffer(b"".join([row[column] for row in page]), "<f4").reshape(len(page), n)


def _no_tags() -> FloatArray:
    return np.empty((0, 0), np.float32)


def _anchors(db: sqlite3.Connection) -> Iterator[Anchor]:
    """The last row and some before it, ever further apart: rows at the end may be deleted, or heard anew."""
    row = db.execute(_LAST_UP_TO, {"rowid": 2**63 - 1}).fetchone()
    back = 1
    while row:
        yield Anchor(row["number"], _digest(row))
        row = db.execute(_LAST_UP_TO, {"rowid": row["number"] - back}).fetchone()
        back *= 2


def _digest(row: sqlite3.Row) -> str:
    """Of all that the row says, with the time at which it came: who is heard again alike is another row."""
    names = f"{row['track_id']}\0{row['model']}\0{row['created_at']}\0".encode()
    return hashlib.sha256(names + row["vector"] + row["tags"]).hexdigest()[:32]
