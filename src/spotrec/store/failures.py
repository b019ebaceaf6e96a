"""Tracks that could not be used, and why."""

import sqlite3
from collections.abc import Iterable

from spotrec.store import columns
from spotrec.store.database import Database, json_list, now
from spotrec.store.tracks import Tracks
from spotrec.track import Failure, ModelId, Stage, Track, TrackId

_RECORD = """
    insert into failure (track_id, stage, reason, message, attempts, failed_at)
    values (:id, :stage, :reason, :message, 1, :now)
    on conflict (track_id, stage) do update set
        reason = excluded.reason, message = excluded.message,
        attempts = attempts + 1, failed_at = excluded.failed_at
"""

_ALL = """
    select track.*, failure.* from failure join track on track.id = failure.track_id
    order by failure.stage, failure.reason, track.id
"""

_OF_MANY = "select * from failure where track_id in (select value from json_each(:ids)) order by track_id, stage"

_FORGET_HEARD = """
    delete from failure where exists (
        select 1 from embedding where embedding.track_id = failure.track_id and embedding.model = :model
    )
"""


class Failures:
    """Failures by track and stage. A failed track is tried again only on request."""

    def __init__(self, db: Database, tracks: Tracks) -> None:
        self._db = db
        self._tracks = tracks

    def record(self, track_id: TrackId, stage: Stage, reason: str, message: str) -> None:
        """Store that a track cannot be used, and why."""
        failure = {"id": track_id, "stage": stage, "reason": reason, "message": message, "now": now()}
        with self._db.transaction() as write:
            if not self._tracks.is_gone(track_id):
                write.execute(_RECORD, failure)

    def forget(self, track_id: TrackId) -> None:
        """Delete the failures of a track."""
        with self._db.transaction() as write:
            write.execute("delete from failure where track_id = :id", {"id": track_id})

    def forget_heard(self, model: ModelId) -> None:
        """Delete the failures of all tracks that have an embedding by `model`."""
        with self._db.transaction() as write:
            write.execute(_FORGET_HEARD, {"model": str(model)})

    def get(self) -> list[tuple[Track, Failure]]:
        """Return all failures, by stage and reason."""
        return [(columns.track(row), _failure(row)) for row in self._db.rows(_ALL)]

    def of_many(self, track_ids: Iterable[TrackId]) -> list[Failure]:
        """Return the failures of these tracks, by track and stage."""
        return [_failure(row) for row in self._db.rows(_OF_MANY, {"ids": json_list(track_ids)})]


def _failure(row: sqlite3.Row) -> Failure:
    return Failure(
        track_id=TrackId(row["track_id"]),
        stage=Stage(row["stage"]),
        reason=row["reason"],
        message=row["message"],
        attempts=row["attempts"],
    )
