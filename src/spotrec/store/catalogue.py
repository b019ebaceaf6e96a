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
from spotrec.track import Ears, TrackId
from spotrec.vectors import FloatArray

_MOST_AFTER_AN_OLDER_ANCHOR = 50_000
_FEW = 1_000

_ROW = "select rowid as number, * from embedding"
_LAST_UP_TO = f"{_ROW} where rowid <= :rowid order by rowid desc limit 1"
_COUNT_AFTER = "select count(*) from (select 1 from embedding where rowid > :rowid limit :most)"
_BY_EXCERPTS = """
    select excerpts, count(*) from (
        select min(excerpts) as excerpts from embedding join track on track.id = track_id
        where has_more and model in ({models}) and in_catalogue group by track_id
    ) group by excerpts order by excerpts
"""
_LEAST_AND_MOST = """
    select (select min(excerpts) from embedding where model = :model and has_more) as least,
        (select max(excerpts) from embedding where model = :model and has_more) as most
"""
_COUNT_IN_FEWER_WITH_SEEDS = "select count(*) from embedding where model = :model and has_more and excerpts < :most"
_COUNT_IN_FEWER = """
    select count(*) from track where in_catalogue and id in (
        select track_id from embedding where has_more and model in ({models}) and excerpts < :most
    )
"""
_GIVEN = "select value as track_id from json_each(:ids)"


class CatalogueSnapshot:
    """All tracks that may be recommended, with their embeddings by all of some ears, at one moment.

    Attributes:
        n_partly_heard: how many other tracks only some of the ears have heard.
    """

    def __init__(self, db: sqlite3.Connection, path: Path, ears: Ears) -> None:
        self._db = db
        self._path = path
        self._ears = ears
        with translated(path):
            db.execute("begin")
            self._n_tracks: int = db.execute(*_of_all(ears, "count(*)")).fetchone()[0]
            self.n_partly_heard: int = db.execute(*_heard_by_any(ears)).fetchone()[0] - self._n_tracks
            self.anchors = tuple(_anchors(db))

    def __len__(self) -> int:
        return self._n_tracks

    def blocks(self) -> Iterator[Catalogue]:
        """Yield all tracks in order of track id, at most `BLOCK` at a time; the same blocks every time.

        Raises:
            StoreDamaged: an embedding does not have the model's length.
        """
        statement, values = _of_all(self._ears)
        with (
            translated(self._path),
            closing(self._db.execute(f"{statement} order by ear_0.track_id", values)) as cursor,
        ):
            while page := cursor.fetchmany(BLOCK):
                yield _catalogue(page, self._ears)


class Catalogues:
    """All tracks that may be recommended, with their embeddings by all of some ears."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @contextmanager
    def snapshot(self, ears: Ears) -> Iterator[CatalogueSnapshot]:
        """Yield the catalogue as it is now, whatever is written later, also by this thread."""
        with closing(connect(self._db.path, create=False)) as connection:
            yield CatalogueSnapshot(connection, self._db.path, ears)

    def count_heard(self, ears: Ears) -> tuple[int, int]:
        """Return how many tracks all of the ears have heard, and how many any of them has."""
        rows = (self._db.row(*_of_all(ears, "count(*)")), self._db.row(*_heard_by_any(ears)))
        by_all, by_any = (row[0] if row else 0 for row in rows)
        return by_all, by_any

    def count_by_excerpts(self, ears: Ears) -> dict[int, int]:
        """Count the tracks that were heard in one excerpt, in two, …, of those whose audio has more.

        If the ears heard a track in different numbers of excerpts, the least counts.
        """
        models, values = _listed(ears)
        return {row[0]: row[1] for row in self._db.rows(_BY_EXCERPTS.format(models=models), values)}

    def count_in_fewer(self, ears: Ears) -> tuple[int, int]:
        """Return the most excerpts that a track was heard in, and how many were heard in fewer although they have more.

        In a store that does not mix them it is found at once, however many tracks there are. More than a thousand are
        counted with seeds that are not in the catalogue, because that takes a fiftieth of the time.
        """
        models, values = _listed(ears)
        rows = [self._db.row(_LEAST_AND_MOST, {"model": str(model)}) for model in ears.models]
        found = [row for row in rows if row and row["most"]]
        most = max((row["most"] for row in found), default=0)
        if all(row["least"] == most for row in found):
            return most, 0
        counts = [
            self._db.row(_COUNT_IN_FEWER_WITH_SEEDS, {"model": str(model), "most": most}) for model in ears.models
        ]
        n_with_seeds = max(row[0] for row in counts if row)
        if n_with_seeds > _FEW:
            return most, n_with_seeds
        row = self._db.row(_COUNT_IN_FEWER.format(models=models), {**values, "most": most})
        return most, row[0] if row else 0

    def read(self, ears: Ears) -> Catalogue:
        """Return all tracks, in order of track id.

        Raises:
            StoreDamaged: an embedding does not have the model's length.
        """
        with self._db.at_one_moment():
            pieces = list(self._pieces(ears)) or [_catalogue([], ears)]
        return Catalogue(
            [id_ for piece in pieces for id_ in piece.ids],
            np.concatenate([piece.vectors for piece in pieces]),
            np.concatenate([piece.tags for piece in pieces]),
            artists=[artist for piece in pieces for artist in piece.artists],
            recordings=[key for piece in pieces for key in piece.recordings],
        )

    def _pieces(self, ears: Ears) -> Iterator[Catalogue]:
        statement, values = _of_all(ears)
        statement += " and ear_0.track_id > :after order by ear_0.track_id limit :limit"
        after = ""
        while page := self._db.rows(statement, {**values, "after": after, "limit": BLOCK}):
            yield _catalogue(page, ears)
            after = page[-1]["track_id"]

    def since(self, ears: Ears, anchors: Sequence[Anchor]) -> Catalogue | None:
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
        models, values = _listed(ears)
        # `+`: few rows come after an anchor, a model has many
        newer = f"select distinct +track_id as track_id from embedding where rowid > :rowid and +model in ({models})"  # noqa: S608 - names of parameters
        return self._among(newer, ears, {**values, "rowid": anchor.rowid})

    def of(self, ears: Ears, track_ids: Sequence[TrackId]) -> Catalogue:
        """Return the tracks among these that may be recommended, in order of id."""
        return self._among(_GIVEN, ears, {"ids": json_list(track_ids)})

    def _among(self, ids: str, ears: Ears, values: dict[str, object]) -> Catalogue:
        """Return the tracks whose ids the statement `ids` selects. `cross`: it selects few of many."""
        statement, models = _of_all(ears, source=f"({ids}) as given cross join embedding as ear_0 using (track_id)")
        return _catalogue(self._db.rows(f"{statement} order by +ear_0.track_id", {**models, **values}), ears)


def _of_all(ears: Ears, what: str = "", source: str = "embedding as ear_0") -> tuple[str, dict[str, object]]:
    """Return the statement that selects the catalogue's tracks which all ears have heard, and its values."""
    numbers = range(len(ears.models))
    columns = (
        "ear_0.track_id, case when json_valid(track.artists) then json_extract(track.artists, '$[0]') end as artist, "
        "coalesce(track.recording_key, track.id) as recording, "
    ) + ", ".join(f"ear_{i}.vector as vector_{i}, ear_{i}.tags as tags_{i}" for i in numbers)
    others = " ".join(
        f"cross join embedding as ear_{i} on ear_{i}.track_id = ear_0.track_id and ear_{i}.model = :model_{i}"
        for i in numbers[1:]
    )
    _, values = _listed(ears)
    statement = (
        f"select {what or columns} from {source} {others} cross join track on track.id = ear_0.track_id "  # noqa: S608 - no part comes from outside
        "where ear_0.model = :model_0 and track.in_catalogue"
    )
    return statement, values


def _heard_by_any(ears: Ears) -> tuple[str, dict[str, object]]:
    models, values = _listed(ears)
    statement = (
        "select count(distinct embedding.track_id) from embedding join track on track.id = embedding.track_id "  # noqa: S608 - names of parameters
        f"where embedding.model in ({models}) and track.in_catalogue"
    )
    return statement, values


def _listed(ears: Ears) -> tuple[str, dict[str, object]]:
    """Return the names of the models' parameters, and their values."""
    values: dict[str, object] = {f"model_{i}": str(model) for i, model in enumerate(ears.models)}
    return ", ".join(f":{name}" for name in values), values


def _catalogue(page: Sequence[sqlite3.Row], ears: Ears) -> Catalogue:
    """Return rows as a catalogue: the ears' vectors side by side, and their tags."""
    ids = [TrackId(row["track_id"]) for row in page]
    vectors = [_numbers(page, f"vector_{i}", dim) for i, dim in enumerate(ears.dims)]
    tags = [_numbers(page, name, _n_tags(page, name)) for name in _tag_columns(ears)]
    return Catalogue(
        ids,
        _side_by_side(vectors),
        _side_by_side(tags),
        artists=[row["artist"] for row in page],
        recordings=[row["recording"] for row in page],
    )


def _tag_columns(ears: Ears) -> list[str]:
    return [f"tags_{i}" for i in range(len(ears.models))]


def _side_by_side(arrays: Sequence[FloatArray]) -> FloatArray:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays, axis=1)


def _n_tags(page: Sequence[sqlite3.Row], column: str) -> int:
    return len(page[0][column]) // 4 if page and isinstance(page[0][column], bytes) else 0


def _numbers(page: Sequence[sqlite3.Row], column: str, n: int) -> FloatArray:
    for row in page:
        if not isinstance(row[column], bytes) or len(row[column]) != 4 * n:
            raise StoreDamaged(
                f"the embedding of {row['track_id']} does not have the model's length",
                f"remove the track, `spotrec remove {row['track_id']}`, and crawl it again",
            )
    return np.frombuffer(b"".join([row[column] for row in page]), "<f4").reshape(len(page), n)


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
    numbers = (row[name] if isinstance(row[name], bytes) else str(row[name]).encode() for name in ("vector", "tags"))
    return sha256(b"".join([names, *numbers]))[:32]
