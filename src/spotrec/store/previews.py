"""The answers of providers about previews, and when to query them again."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from spotrec.store.database import Database, json_list, now
from spotrec.store.tracks import Tracks
from spotrec.track import ModelId, Outcome, PreviewOutcome, TrackId

_RECORD = """
    insert or replace into preview_outcome (track_id, provider, outcome, reason, reference, asked_at, ask_again_at)
    values (:id, :provider, :outcome, :reason, :reference, :now, :ask_again_at)
"""

_NOTHING_FOUND = """
    select provider, outcome, reason from preview_outcome where track_id = :id and outcome <> 'found'
        and (:at is null or ask_again_at is null or ask_again_at > :at)
"""

_OF_MANY = """
    select * from preview_outcome where track_id in (select value from json_each(:ids)) order by track_id, asked_at
"""

_WHY_THERE_IS_NO_AUDIO = """
    select provider, outcome, coalesce(reason, '') as reason, count(*) as n
    from preview_outcome join track on track.id = preview_outcome.track_id
    where in_catalogue and outcome <> 'found'
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
        and not exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
    group by provider, outcome, reason
    order by n desc, provider, outcome
"""


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """A provider's answer about a track's preview, and when to query it again (ISO 8601; None: only on request)."""

    track_id: TrackId
    provider: str
    outcome: Outcome
    reason: str
    ask_again_at: str | None


class Previews:
    """The last answer of each provider for each track."""

    def __init__(self, db: Database, tracks: Tracks) -> None:
        self._db = db
        self._tracks = tracks

    def record(self, track_id: TrackId, outcome: PreviewOutcome) -> None:
        """Store a provider's answer, and when to query it again."""
        answer = {
            "id": track_id,
            "provider": outcome.provider,
            "outcome": outcome.outcome,
            "reason": outcome.reason,
            "reference": outcome.preview.reference if outcome.preview else None,
            "now": now(),
            "ask_again_at": outcome.ask_again_at.isoformat() if outcome.ask_again_at else None,
        }
        with self._db.transaction() as write:
            if not self._tracks.is_gone(track_id):
                write.execute(_RECORD, answer)

    def answers(self, track_id: TrackId, at: datetime | None = None) -> dict[str, str]:
        """Return the last answer of each provider that has no audio of this track.

        Args:
            at: only answers that are still valid at this time.
        """
        found = self._db.rows(_NOTHING_FOUND, {"id": track_id, "at": at.isoformat() if at else None})
        return {row["provider"]: row["reason"] or row["outcome"] for row in found}

    def answers_of_many(self, track_ids: Iterable[TrackId]) -> list[ProviderAnswer]:
        """Return every answer for these tracks, by track and in the order of the queries."""
        return [_answer(row) for row in self._db.rows(_OF_MANY, {"ids": json_list(track_ids)})]

    def reasons_for_missing_audio(self, model: ModelId) -> list[tuple[str, str, str, int]]:
        """Count the answers for tracks without audio: (provider, outcome, reason, n_tracks), most frequent first."""
        return [tuple(row) for row in self._db.rows(_WHY_THERE_IS_NO_AUDIO, {"model": str(model)})]


def _answer(row: sqlite3.Row) -> ProviderAnswer:
    return ProviderAnswer(
        row["track_id"], row["provider"], Outcome(row["outcome"]), row["reason"] or "", row["ask_again_at"]
    )
