"""What is known of every track, in one SQLite file that several processes may use at once."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from spotrec.store import rows
from spotrec.store.connection import connect, translated
from spotrec.store.embedding import Catalogue, Embedding, FloatArray
from spotrec.titles import normalised
from spotrec.track import (
    Collection,
    Failure,
    ModelId,
    PreviewOutcome,
    Stage,
    StoredAudio,
    Track,
    TrackId,
)


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How much of everything the store holds, for one model."""

    tracks: int
    collections: int
    with_audio: int
    without_audio: int
    embedded: int
    pending: int
    failed: int


class FeatureStore:
    """The local feature store.

    Every method that writes is one transaction: killed at any moment, the store holds all of it or none.

    Raises (any method):
        StoreError, DiskFull: SQLite could not do it; what was there before is untouched.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._db = connect(path, create=create)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # -- tracks and collections ------------------------------------------------------------------------------------

    def add_tracks(
        self, tracks: Sequence[Track], collection: Collection | None = None, first_position: int = 0
    ) -> list[TrackId]:
        """Add or refresh tracks, and list them in `collection` from `first_position` on.

        A track whose ISRC is known under another id becomes an alias of that one.

        Returns:
            the id that the store uses for each track, in order.
        """
        with self._transaction():
            ids = [self._add_track(track, in_catalogue=True) for track in tracks]
            if collection is not None:
                self._db.execute(rows.UPSERT_COLLECTION, {**asdict(collection), "now": _now()})
                self._db.executemany(
                    rows.UPSERT_POSITION,
                    [(collection.id, position, id_) for position, id_ in enumerate(ids, first_position)],
                )
        return ids

    def add_seed(self, track: Track) -> TrackId:
        """Add a track that is only asked about: it is never recommended unless it is crawled too."""
        with self._transaction():
            return self._add_track(track, in_catalogue=False)

    def finish_collection(self, collection: Collection, n_tracks: int) -> None:
        """The collection was listed to its end, and has `n_tracks` entries: forget what stood behind them."""
        with self._transaction():
            self._db.execute(rows.UPSERT_COLLECTION, {**asdict(collection), "now": _now()})
            self._db.execute(
                "delete from collection_track where collection_id = ? and position >= ?",
                (collection.id, n_tracks),
            )

    def track(self, track_id: str) -> Track | None:
        """The track of this id or alias."""
        row = self._one(rows.TRACK_BY_ID_OR_ALIAS, {"id": track_id})
        return rows.track(row) if row else None

    def tracks(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Track]:
        """The tracks of these ids; ids that are not here are left out."""
        found = {}
        for chunk in _chunks(list(track_ids)):
            marks = ",".join("?" * len(chunk))
            for row in self._all(f"select * from track where id in ({marks})", chunk):  # noqa: S608 - only marks
                found[TrackId(row["id"])] = rows.track(row)
        return found

    def known(self, track_ids: Sequence[TrackId]) -> set[TrackId]:
        """Which of these ids (or aliases) the store's catalogue already has."""
        ids: set[TrackId] = set()
        for chunk in _chunks(track_ids):
            marks = ",".join("?" * len(chunk))
            sql = (
                f"select id from track where in_catalogue and id in ({marks}) "  # noqa: S608 - only marks
                f"union select alias from track_alias where alias in ({marks})"
            )
            ids.update(TrackId(row[0]) for row in self._all(sql, [*chunk, *chunk]))
        return ids

    def find_by_words(self, words: str, limit: int = 20) -> list[Track]:
        """Tracks whose title and artists hold all of `words`; those whose title is just that come first."""
        wanted = normalised(words)
        patterns = [f"%{_escaped(word)}%" for word in wanted.split()]
        where = " and ".join(["search_text like ? escape '\\'"] * len(patterns)) or "0"
        sql = f"select * from track where {where} order by length(search_text), id limit ?"  # noqa: S608 - only marks
        found = [rows.track(row) for row in self._all(sql, [*patterns, limit])]
        return sorted(found, key=lambda track: normalised(track.title) != wanted)

    def copies_of(self, track: Track) -> set[TrackId]:
        """All stored tracks that are the same recording as `track`, itself included: by ISRC, by name, by audio."""
        parameters = {"id": track.id, "isrc": track.isrc, "recording_key": rows.key_of(track)}
        return {TrackId(row[0]) for row in self._all(rows.COPIES, parameters)} | {track.id}

    # -- files -----------------------------------------------------------------------------------------------------

    def known_file(self, path: Path, n_bytes: int, mtime_ns: int) -> Track | None:
        """The track read from `path` earlier, if the file has not changed since."""
        row = self._one(rows.TRACK_BY_FILE, {"path": str(path), "n_bytes": n_bytes, "mtime_ns": mtime_ns})
        return rows.track(row) if row else None

    def remember_file(self, path: Path, n_bytes: int, mtime_ns: int, track_id: TrackId) -> None:
        """The file at `path` holds this track now; a track that was there before no longer is."""
        with self._transaction():
            self._db.execute(
                "insert or replace into local_file values (?, ?, ?, ?)",
                (str(path), n_bytes, mtime_ns, track_id),
            )
            moved = {"path": str(path), "id": track_id, "now": _now()}
            self._db.execute("update track set path = null where path = :path and id <> :id", moved)
            self._db.execute(
                "update audio set deleted_at = :now where address = :path and not owned and track_id <> :id",
                moved,
            )

    # -- previews and audio ----------------------------------------------------------------------------------------

    def record_outcome(self, track_id: TrackId, outcome: PreviewOutcome) -> None:
        """Remember what a provider said, and when to ask it again."""
        with self._transaction():
            self._db.execute(
                "insert or replace into preview_outcome values (?, ?, ?, ?, ?, ?, ?)",
                (
                    track_id,
                    outcome.provider,
                    outcome.outcome,
                    outcome.reason,
                    outcome.preview.reference if outcome.preview else None,
                    _now(),
                    outcome.ask_again_at.isoformat() if outcome.ask_again_at else None,
                ),
            )

    def answered_by(self, track_id: TrackId, now: datetime) -> dict[str, str]:
        """Providers that need not be asked about this track yet → what they said."""
        sql = (
            "select provider, outcome, reason from preview_outcome where track_id = :id "
            "and outcome <> 'found' and (ask_again_at is null or ask_again_at > :now)"
        )
        answers = self._all(sql, {"id": track_id, "now": now.isoformat()})
        return {row["provider"]: row["reason"] or row["outcome"] for row in answers}

    def save_audio(self, audio: StoredAudio) -> None:
        """The track's audio lies at `audio.address` now; what was wrong with earlier audio no longer counts."""
        with self._transaction():
            self._db.execute(rows.UPSERT_AUDIO, {**asdict(audio), "now": _now()})
            self._db.execute("delete from failure where track_id = ?", (audio.track_id,))

    def has_audio_or_embedding(self, track_id: TrackId, model: ModelId) -> bool:
        """Whether nothing more need be fetched for this track."""
        return self._one(rows.HAS_AUDIO_OR_EMBEDDING, {"id": track_id, "model": str(model)}) is not None

    def audio(self, track_id: TrackId) -> StoredAudio | None:
        """Where the track's audio lies, if it was not deleted."""
        row = self._one("select * from audio where track_id = ? and deleted_at is null", (track_id,))
        return rows.audio(row) if row else None

    def forget_audio(self, track_id: TrackId) -> None:
        """The audio is no longer at its address; a file that held it is read anew when it is crawled."""
        with self._transaction():
            self._db.execute("update audio set deleted_at = ? where track_id = ?", (_now(), track_id))
            self._db.execute("delete from local_file where track_id = ?", (track_id,))

    def keep_audio(self, track_ids: Iterable[TrackId]) -> None:
        """Never delete these tracks' cached audio by ourselves."""
        with self._transaction():
            self._db.executemany("update audio set keep = 1 where track_id = ?", [(id_,) for id_ in track_ids])

    def audio_to_delete(self, model: ModelId) -> list[StoredAudio]:
        """Cached audio whose features are stored."""
        return [rows.audio(row) for row in self._all(rows.AUDIO_TO_DELETE, {"model": str(model)})]

    # -- embeddings ------------------------------------------------------------------------------------------------

    def count_pending(self, model: ModelId, *, retry_failed: bool = False) -> int:
        """How many tracks have audio and no embedding."""
        row = self._one(rows.COUNT_PENDING, {"model": str(model), "retry_failed": retry_failed})
        return int(row[0]) if row else 0

    def pending(self, model: ModelId, *, retry_failed: bool = False) -> Iterator[StoredAudio]:
        """Audio without an embedding, in order of track id. New audio may be added meanwhile."""
        after = ""
        while True:
            page = self._all(
                rows.PENDING,
                {"model": str(model), "retry_failed": retry_failed, "after": after, "limit": 200},
            )
            if not page:
                return
            yield from map(rows.audio, page)
            after = page[-1]["track_id"]

    def save_embeddings(self, model: ModelId, embeddings: Iterable[Embedding]) -> None:
        """Store vectors and tags; a track that failed before has failed no longer."""
        with self._transaction():
            for e in embeddings:
                self._db.execute(
                    "insert or replace into embedding values (?, ?, ?, ?, ?, ?, ?)",
                    (
                        e.track_id,
                        str(model),
                        _blob(e.vector),
                        _blob(e.tags),
                        e.provider,
                        e.audio_sha256,
                        _now(),
                    ),
                )
                self._db.execute("delete from failure where track_id = ?", (e.track_id,))

    def embedding(self, track_id: TrackId, model: ModelId) -> Embedding | None:
        row = self._one("select * from embedding where track_id = ? and model = ?", (track_id, str(model)))
        return rows.embedding(row) if row else None

    def tags(self, track_ids: Iterable[TrackId], model: ModelId) -> dict[TrackId, FloatArray]:
        """Tag probabilities, each of shape (n_tags,)."""
        found = {}
        for id_ in track_ids:
            if row := self._one("select tags from embedding where track_id = ? and model = ?", (id_, str(model))):
                found[id_] = np.frombuffer(row["tags"], "<f4")
        return found

    def catalogue(self, model: ModelId) -> Catalogue:
        """All that may be recommended, in order of track id."""
        with translated(self.path):
            count = self._db.execute(rows.COUNT_CATALOGUE, {"model": str(model)}).fetchone()[0]
            vectors = np.empty((count, model.dim), np.float32)
            tags = np.zeros(0)
            ids: list[TrackId] = []
            for row in self._db.execute(rows.CATALOGUE, {"model": str(model)}):
                if len(ids) == count:  # added between the two statements: it waits for the next build
                    break
                vectors[len(ids)] = np.frombuffer(row["vector"], "<f4")
                heard = np.frombuffer(row["tags"], "<f4")
                tags = tags + heard if ids else heard.astype(np.float64)
                ids.append(TrackId(row["track_id"]))
        return Catalogue(ids, vectors[: len(ids)], (tags / max(len(ids), 1)).astype(np.float32))

    # -- failures and figures --------------------------------------------------------------------------------------

    def record_failure(self, track_id: TrackId, stage: Stage, reason: str, message: str) -> None:
        """Remember that a track cannot be used; it is not tried again unless asked."""
        with self._transaction():
            self._db.execute(
                rows.UPSERT_FAILURE,
                {"id": track_id, "stage": stage, "reason": reason, "message": message, "now": _now()},
            )

    def failures(self) -> list[tuple[Track, Failure]]:
        return [(rows.track(row), rows.failure(row)) for row in self._all(rows.FAILURES, {})]

    def reasons_for_missing_audio(self, model: ModelId) -> list[tuple[str, str, str, int]]:
        """What providers said of tracks without audio: (provider, outcome, reason, how many), the most first."""
        return [tuple(row) for row in self._all(rows.MISSING_AUDIO, {"model": str(model)})]

    def counts(self, model: ModelId) -> StoreCounts:
        row = self._one(rows.COUNTS, {"model": str(model)})
        assert row is not None
        return StoreCounts(**dict(row), pending=self.count_pending(model))

    def embedded_models(self) -> dict[str, int]:
        """How many tracks each model has heard."""
        return {
            row[0]: row[1] for row in self._all("select model, count(*) from embedding group by model order by 1", {})
        }

    def integrity_faults(self) -> list[str]:
        """What SQLite finds wrong with the file: nothing, in a sound one."""
        found = [str(row[0]) for row in self._all("pragma quick_check", {}) if row[0] != "ok"]
        return found + [f"dangling row in {row[0]}" for row in self._all("pragma foreign_key_check", {})]

    # -- SQL -------------------------------------------------------------------------------------------------------

    def _add_track(self, track: Track, *, in_catalogue: bool) -> TrackId:
        id_ = self._canonical(track)
        parameters = rows.parameters(track) | {"id": id_, "now": _now(), "in_catalogue": in_catalogue}
        if id_ == track.id:
            self._db.execute(rows.UPSERT_TRACK, parameters)
        else:
            self._db.execute("insert or replace into track_alias values (?, ?)", (track.id, id_))
            self._db.execute(rows.ADOPT_COPY, parameters)
        return id_

    def _canonical(self, track: Track) -> TrackId:
        """The id under which the recording is kept: its own, or that of the track with the same ISRC."""
        row = self._db.execute(rows.CANONICAL, {"id": track.id, "isrc": track.isrc}).fetchone()
        return TrackId(row[0]) if row else track.id

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated(self.path):
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def _one(self, sql: str, parameters: Any) -> sqlite3.Row | None:
        with translated(self.path):
            row: sqlite3.Row | None = self._db.execute(sql, parameters).fetchone()
            return row

    def _all(self, sql: str, parameters: Any) -> list[sqlite3.Row]:
        with translated(self.path):
            return self._db.execute(sql, parameters).fetchall()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _blob(values: FloatArray) -> bytes:
    return np.ascontiguousarray(values, dtype="<f4").tobytes()


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _chunks(ids: Sequence[TrackId], size: int = 500) -> Iterator[list[TrackId]]:
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])
