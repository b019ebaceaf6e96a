"""What is known of every track, in one SQLite file that several processes may use at once."""

from dataclasses import dataclass

from spotrec.store import rows
from spotrec.store.audio_table import AudioTable
from spotrec.store.database import now
from spotrec.store.embedding_table import EmbeddingTable
from spotrec.store.exchange import ExchangeTable
from spotrec.store.listing import ListingTable
from spotrec.store.removal import RemovalTable
from spotrec.store.selection import SelectionTable
from spotrec.store.snapshot import SnapshotTable
from spotrec.store.track_table import TrackTable
from spotrec.track import Failure, ModelId, Stage, Track, TrackId


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How much of everything the store holds, for one model."""

    tracks: int
    collections: int
    with_audio: int
    cached: int
    cached_bytes: int
    without_audio: int
    embedded: int
    pending: int
    failed: int


class FeatureStore(
    ExchangeTable,
    TrackTable,
    AudioTable,
    EmbeddingTable,
    SnapshotTable,
    ListingTable,
    SelectionTable,
    RemovalTable,
):
    """The local feature store.

    Every method that writes is one transaction: killed at any moment, the store holds all of it or none.

    Raises (any method):
        StoreError, DiskFull: SQLite could not do it; what was there before is untouched.
    """

    def record_failure(self, track_id: TrackId, stage: Stage, reason: str, message: str) -> None:
        """Remember that a track cannot be used; it is not tried again unless asked."""
        with self._transaction():
            if self._is_gone(track_id):
                return
            self._db.execute(
                rows.UPSERT_FAILURE,
                {"id": track_id, "stage": stage, "reason": reason, "message": message, "now": now()},
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
