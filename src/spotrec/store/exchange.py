"""Features on their way between stores: read out page by page, merged in batch by batch."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from spotrec.store import rows
from spotrec.store.database import now
from spotrec.store.embedding import Embedding, blob
from spotrec.store.track_table import TrackTable
from spotrec.track import ModelId, Track, TrackId

_PAGE = 500

_IN_CATALOGUE = """
    from embedding join track on track.id = embedding.track_id
    where track.in_catalogue and (:model is null or embedding.model = :model)
"""

_COUNT = f"select model, count(*) {_IN_CATALOGUE} group by model order by model"

_ALIASES = "select json_group_array(alias) from track_alias where track_alias.track_id = track.id"

_FEATURES = (
    f"select track.*, embedding.*, ({_ALIASES}) as aliases {_IN_CATALOGUE} "
    "and (embedding.track_id, embedding.model) > (:after_id, :after_model) "
    "order by embedding.track_id, embedding.model limit :limit"
)

# the inner query needs no more than the primary key's index
_SHAPE = """
    select length(vector) / 4, length(tags) / 4 from embedding
    where rowid in (select rowid from embedding where model = :model limit 1)
"""

# what somebody else knows of a track that is here: it adds, and changes nothing
_FILL_TRACK = """
    update track set
        album = coalesce(album, :album),
        isrc = coalesce(
            isrc, case when exists (select 1 from track where isrc = :isrc and id <> :id) then null else :isrc end
        ),
        duration_ms = coalesce(duration_ms, :duration_ms),
        release_date = coalesce(release_date, :release_date),
        explicit = coalesce(explicit, :explicit),
        url = coalesce(url, :url),
        path = coalesce(path, :path),
        genre = coalesce(genre, :genre),
        mood = coalesce(mood, :mood),
        bpm = coalesce(bpm, :bpm),
        musical_key = coalesce(musical_key, :musical_key),
        in_catalogue = 1,
        crawled_singly = 1
    where id = :id
"""

_ADD_ALIAS = """
    insert or ignore into track_alias
    select :alias, :id where not exists (select 1 from track where id = :alias)
"""


@dataclass(frozen=True, slots=True)
class StoredFeatures:
    """What one network, named as `str(ModelId)`, heard in a track, and all that is known of that.

    `aliases` are other ids of the recording; `created_at` is ISO 8601.
    """

    track: Track
    aliases: tuple[TrackId, ...]
    model: str
    embedding: Embedding
    created_at: str


class Merged(StrEnum):
    """What became of features that were merged in. NEW_TRACK is counted beside one of the others."""

    NEW_TRACK = "new track"
    ADDED = "added"
    ALREADY_HERE = "already here"
    KEPT = "kept"
    REPLACED = "replaced"


class ExchangeTable(TrackTable):
    """Tracks with their features, as stores exchange them."""

    def count_features(self, model: str | None = None) -> dict[str, int]:
        """How many of the catalogue's tracks each model, or only this one, has heard."""
        return {row[0]: row[1] for row in self._all(_COUNT, {"model": model})}

    def features(self, model: str | None = None) -> Iterator[StoredFeatures]:
        """What each model, or only this one, heard in the catalogue's tracks, in order of track id."""
        after = {"after_id": "", "after_model": ""}
        while page := self._all(_FEATURES, {"model": model, "limit": _PAGE, **after}):
            yield from map(_features, page)
            after = {"after_id": page[-1]["track_id"], "after_model": page[-1]["model"]}

    def shape_of(self, model: str) -> tuple[int, int] | None:
        """How many numbers and tags a model's features have here; None where there are none."""
        row = self._one(_SHAPE, {"model": model})
        return (row[0], row[1]) if row else None

    def merge(self, features: Iterable[StoredFeatures], model_in_use: ModelId, *, replace: bool) -> Counter[Merged]:
        """Take in what another store knows, as one transaction; the tracks are in the catalogue then.

        What is known here of a track stays as it is; what is not is added. A track whose ISRC is known under another
        id becomes an alias of that one.

        Args:
            model_in_use: a track that failed and has its features now has failed no longer.
            replace: take other features for those that are here.
        """
        done: Counter[Merged] = Counter()
        with self._transaction():
            for one in features:
                id_ = self._merge_track(one, done)
                merged = self._merge_embedding(id_, one, replace=replace)
                done[merged] += 1
                if one.model == str(model_in_use):
                    self._db.execute("delete from failure where track_id = ?", (id_,))
        return done

    def _merge_track(self, one: StoredFeatures, done: Counter[Merged]) -> TrackId:
        id_ = self._canonical(one.track)
        known = {"id": id_, "now": now(), "in_catalogue": True, "crawled_singly": True}
        parameters = rows.parameters(one.track) | known
        if id_ != one.track.id:
            self._db.execute(rows.ADOPT_COPY, parameters)
        elif self._is_gone(id_):
            self._db.execute(rows.UPSERT_TRACK, parameters)
            done[Merged.NEW_TRACK] += 1
        else:
            self._db.execute(_FILL_TRACK, parameters)
        for alias in {one.track.id, *one.aliases} - {id_}:
            self._db.execute(_ADD_ALIAS, {"alias": alias, "id": id_})
        return id_

    def _merge_embedding(self, id_: TrackId, one: StoredFeatures, *, replace: bool) -> Merged:
        heard = one.embedding
        here = self._one("select * from embedding where track_id = ? and model = ?", (id_, one.model))
        if here and rows.embedding(here).sounds_like(heard):
            return Merged.ALREADY_HERE
        if here and not replace:
            return Merged.KEPT
        self._db.execute(
            "insert or replace into embedding values (?, ?, ?, ?, ?, ?, ?)",
            (
                *(id_, one.model, blob(heard.vector), blob(heard.tags)),
                *(heard.provider, heard.audio_sha256, one.created_at),
            ),
        )
        return Merged.REPLACED if here else Merged.ADDED


def _features(row: sqlite3.Row) -> StoredFeatures:
    aliases = tuple(TrackId(alias) for alias in sorted(json.loads(row["aliases"])))
    return StoredFeatures(rows.track(row), aliases, row["model"], rows.embedding(row), row["created_at"])
