"""Exchange of features between stores: read page by page, merged batch by batch."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from spotrec.store import columns
from spotrec.store.database import Database, json_list
from spotrec.store.embedding import Embedding
from spotrec.store.embeddings import Embeddings, embedding
from spotrec.store.failures import Failures
from spotrec.store.fingerprints import Fingerprints, StoredFingerprint, stored_fingerprint
from spotrec.store.tracks import Tracks
from spotrec.track import ModelId, Track, TrackId

_PAGE = 500

_IN_CATALOGUE = """
    from embedding join track on track.id = embedding.track_id
    where track.in_catalogue and (:models is null or embedding.model in (select value from json_each(:models)))
"""

_COUNT = f"select model, count(*) {_IN_CATALOGUE} group by model order by model"

_ALIASES = "select json_group_array(alias) from track_alias where track_alias.track_id = track.id"

_WORDS = "select words from fingerprint where fingerprint.track_id = track.id"
_VERSION = "select version from fingerprint where fingerprint.track_id = track.id"

_FEATURES = (
    f"select track.*, embedding.*, ({_ALIASES}) as aliases, ({_WORDS}) as fingerprint_words, "
    f"({_VERSION}) as fingerprint_version {_IN_CATALOGUE} "
    "and (embedding.track_id, embedding.model) > (:after_id, :after_model) "
    "order by embedding.track_id, embedding.model limit :limit"
)


@dataclass(frozen=True, slots=True)
class StoredFeatures:
    """A track with its embedding by one model.

    Attributes:
        aliases: other ids of the recording.
        model: named as `str(ModelId)`.
        created_at: when the embedding was made, ISO 8601.
        fingerprint: of the track, if it has one; the first of its models has it.
    """

    track: Track
    aliases: tuple[TrackId, ...]
    model: str
    embedding: Embedding
    created_at: str
    fingerprint: StoredFingerprint | None = None


class Merged(StrEnum):
    """What happened to merged features. NEW_TRACK is counted in addition to one of the others."""

    NEW_TRACK = "new track"
    ADDED = "added"
    ALREADY_HERE = "already here"
    KEPT = "kept"
    REPLACED = "replaced"


class Exchange:
    """Reads and merges tracks with their features."""

    def __init__(
        self, db: Database, tracks: Tracks, embeddings: Embeddings, failures: Failures, fingerprints: Fingerprints
    ) -> None:
        self._db = db
        self._tracks = tracks
        self._embeddings = embeddings
        self._failures = failures
        self._fingerprints = fingerprints

    def count(self, models: Sequence[str] | None = None) -> dict[str, int]:
        """Count the catalogue's tracks with an embedding, by model; of all models or of these."""
        return {row[0]: row[1] for row in self._db.rows(_COUNT, {"models": _names(models)})}

    def read(self, models: Sequence[str] | None = None) -> Iterator[StoredFeatures]:
        """Yield the features of the catalogue's tracks, in order of track id; of all models or of these."""
        after = {"after_id": "", "after_model": ""}
        while page := self._db.rows(_FEATURES, {"models": _names(models), "limit": _PAGE, **after}):
            for row in page:
                yield _features(row, is_first=row["track_id"] != after["after_id"])
                after["after_id"] = row["track_id"]
            after = {"after_id": page[-1]["track_id"], "after_model": page[-1]["model"]}

    def merge(self, features: Iterable[StoredFeatures], model_in_use: ModelId, *, replace: bool) -> Counter[Merged]:
        """Add the tracks and features of another store to the catalogue, in one transaction.

        Known fields of a track and its fingerprint do not change; missing ones are filled. If the store has another
        track with the same ISRC, the new id becomes an alias of that track.

        Args:
            model_in_use: failures of tracks that now have features by this model are deleted.
            replace: replace stored features that differ, and fingerprints.
        """
        done: Counter[Merged] = Counter()
        with self._db.transaction():
            for one in features:
                id_, is_new = self._tracks.merge(one.track, one.aliases)
                done[Merged.NEW_TRACK] += is_new
                done[self._merge_embedding(id_, one, is_replaced=replace)] += 1
                if one.fingerprint:
                    self._fingerprints.fill(id_, one.fingerprint, is_replaced=replace)
                if one.model == str(model_in_use):
                    self._failures.forget(id_)
        return done

    def _merge_embedding(self, id_: TrackId, one: StoredFeatures, *, is_replaced: bool) -> Merged:
        new = replace(one.embedding, track_id=id_)
        stored = self._embeddings.get_by_name(id_, one.model)
        if stored and stored.sounds_like(new):
            return Merged.ALREADY_HERE
        if stored and not is_replaced:
            return Merged.KEPT
        self._embeddings.put(new, one.model, one.created_at)
        return Merged.REPLACED if stored else Merged.ADDED


def _names(models: Sequence[str] | None) -> str | None:
    return None if models is None else json_list(models)


def _features(row: sqlite3.Row, *, is_first: bool) -> StoredFeatures:
    aliases = tuple(TrackId(alias) for alias in sorted(json.loads(row["aliases"])))
    fingerprint = stored_fingerprint(row["fingerprint_words"], row["fingerprint_version"]) if is_first else None
    return StoredFeatures(columns.track(row), aliases, row["model"], embedding(row), row["created_at"], fingerprint)
