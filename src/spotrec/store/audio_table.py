"""What providers said about previews, and where audio lies."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from spotrec.store import rows
from spotrec.store.database import StoreDatabase, now
from spotrec.track import ModelId, PreviewOutcome, StoredAudio, Track, TrackId


@dataclass(frozen=True, slots=True)
class CachedTrack:
    """A track whose audio lies in a cache, at `address`; `kept` there though its features are stored."""

    track: Track
    address: str
    is_kept: bool
    is_heard: bool


class AudioTable(StoreDatabase):
    """What is known of tracks' audio, from the first question for it until it was heard and deleted."""

    def record_outcome(self, track_id: TrackId, outcome: PreviewOutcome) -> None:
        """Remember what a provider said, and when to ask it again."""
        with self._transaction():
            if self._is_gone(track_id):
                return
            self._db.execute(
                "insert or replace into preview_outcome values (?, ?, ?, ?, ?, ?, ?)",
                (
                    track_id,
                    outcome.provider,
                    outcome.outcome,
                    outcome.reason,
                    outcome.preview.reference if outcome.preview else None,
                    now(),
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

    def answers(self, track_id: TrackId) -> dict[str, str]:
        """What each provider that has no audio of this track said last."""
        sql = "select provider, outcome, reason from preview_outcome where track_id = ? and outcome <> 'found'"
        return {row["provider"]: row["reason"] or row["outcome"] for row in self._all(sql, (track_id,))}

    def without_audio(self, model: ModelId) -> list[TrackId]:
        """Tracks that a provider may have audio of, and that have neither audio nor features."""
        return [TrackId(row[0]) for row in self._all(rows.WITHOUT_AUDIO, {"model": str(model)})]

    def save_audio(self, audio: StoredAudio) -> None:
        """The track's audio lies at `audio.address` now; what was wrong with earlier audio no longer counts.

        That of a track that is gone is only noted, to be deleted.
        """
        with self._transaction():
            if self._is_gone(audio.track_id):
                self._db.execute("insert or ignore into discarded_audio select ? where ?", (audio.address, audio.owned))
                return
            self._db.execute(rows.UPSERT_AUDIO, {**asdict(audio), "now": now()})
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
            self._db.execute("update audio set deleted_at = ? where track_id = ?", (now(), track_id))
            self._db.execute("delete from local_file where track_id = ?", (track_id,))

    def keep_audio(self, track_ids: Iterable[TrackId]) -> None:
        """Never delete these tracks' cached audio by ourselves."""
        with self._transaction():
            self._db.executemany("update audio set keep = 1 where track_id = ?", [(id_,) for id_ in track_ids])

    def audio_to_delete(self, model: ModelId) -> list[StoredAudio]:
        """Cached audio whose features are stored."""
        return [rows.audio(row) for row in self._all(rows.AUDIO_TO_DELETE, {"model": str(model)})]

    def cached(self, track_ids: Iterable[TrackId], model: ModelId) -> dict[TrackId, CachedTrack]:
        """Those of these tracks whose audio lies in a cache."""
        found = self._all(rows.CACHED, {"ids": rows.json_list(track_ids), "model": str(model)})
        return {
            TrackId(row["id"]): CachedTrack(rows.track(row), row["address"], bool(row["keep"]), bool(row["is_heard"]))
            for row in found
        }

    def discard_cached(self, audio: Iterable[tuple[TrackId, str]]) -> None:
        """Forget what these tracks have at these addresses, so that it is fetched anew, and note it to be deleted."""
        with self._transaction():
            for track_id, address in audio:
                self._db.execute("insert or ignore into discarded_audio values (?)", (address,))
                self._db.execute(
                    "update audio set deleted_at = ? where track_id = ? and address = ? and owned",
                    (now(), track_id, address),
                )

    def discarded_among(self, addresses: Iterable[str]) -> set[str]:
        """Those of these addresses that are noted to be deleted."""
        sql = "select address from discarded_audio where address in (select value from json_each(?))"
        return {row[0] for row in self._all(sql, (rows.json_list(addresses),))}

    def own_files_among(self, paths: Iterable[str]) -> set[str]:
        """Those of these paths that were crawled as a user's own files."""
        sql = "select path from local_file where path in (select value from json_each(?))"
        return {row[0] for row in self._all(sql, (rows.json_list(paths),))}

    def move_cached(self, track_id: TrackId, old: str, new: str) -> None:
        """What the track had at one address, or what is noted to be deleted there, lies at another now."""
        with self._transaction():
            self._db.execute(
                "update audio set address = ? where track_id = ? and address = ? and owned", (new, track_id, old)
            )
            self._db.execute("update or replace discarded_audio set address = ? where address = ?", (new, old))

    def count_pending(self, model: ModelId, *, retry_failed: bool = False) -> int:
        """How many tracks have audio and no embedding."""
        row = self._one(rows.COUNT_PENDING, {"model": str(model), "retry_failed": retry_failed})
        return int(row[0]) if row else 0

    def audio_gone(self, model: ModelId) -> list[TrackId]:
        """Tracks of the catalogue that another model heard and this one cannot: their audio is deleted."""
        if not (others := self._others(model)):
            return []
        parameters = {"model": str(model), "others": rows.json_list(others)}
        return [TrackId(row[0]) for row in self._all(rows.AUDIO_GONE, parameters)]

    def count_heard_by_others(self, model: ModelId) -> int:
        """How many tracks with audio another model heard and this one has not."""
        if not (others := self._others(model)):
            return 0
        row = self._one(rows.COUNT_HEARD_BY_OTHERS, {"model": str(model), "others": rows.json_list(others)})
        return int(row[0]) if row else 0

    def _others(self, model: ModelId) -> list[str]:
        """The models that have heard anything, but for this one."""
        return [row[0] for row in self._all(rows.MODELS, {}) if row[0] != str(model)]

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
