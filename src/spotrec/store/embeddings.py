"""Embeddings by track and model. Vectors of two models are never compared."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from spotrec.errors import StoreDamaged
from spotrec.store.database import Database, json_list, now
from spotrec.store.embedding import Embedding, blob
from spotrec.store.failures import Failures
from spotrec.store.tracks import Tracks
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray

_SAVE = """
    insert or replace into embedding
        (track_id, model, vector, tags, provider, audio_sha256, created_at, excerpts, has_more)
    values (:id, :model, :vector, :tags, :provider, :audio_sha256, :created_at, :excerpts, :has_more)
"""

_GET = """
    select * from embedding where model = :model and track_id in (select value from json_each(:ids))
"""

_OF_MODELS = """
    select {columns} from embedding
    where track_id in (select value from json_each(:ids)) and model in (select value from json_each(:models))
"""

# the inner query needs no more than the primary key's index
_SHAPE = """
    select length(vector) / 4, length(tags) / 4 from embedding
    where rowid in (select rowid from embedding where model = :model limit 1)
"""

_COUNT_BY_MODEL = "select model, count(*) from embedding group by model order by 1"

_LACKING = """
    select model, (select count(*) from track where in_catalogue) - sum(in_catalogue)
    from embedding join track on track.id = track_id group by model order by model
"""

_TRACK_IDS = "select track_id from embedding where model = :model order by track_id"


class Embeddings:
    """One embedding for each track and model."""

    def __init__(self, db: Database, tracks: Tracks, failures: Failures) -> None:
        self._db = db
        self._tracks = tracks
        self._failures = failures

    def save(self, model: ModelId, embeddings: Iterable[Embedding]) -> None:
        """Store vectors and tags, except of removed tracks, and forget earlier failures of these tracks.

        A track that became an alias of another one meanwhile gives its features to that one, if it has none.

        Raises:
            ValueError: a vector does not have the shape (model.dim,).
        """
        with self._db.transaction():
            for one in embeddings:
                if one.vector.shape != (model.dim,):
                    raise ValueError(f"a vector of {model} has shape ({model.dim},), not {one.vector.shape}")
                id_ = self._tracks.stored_id(one.track_id)
                if id_ is None or (id_ != one.track_id and self.get(id_, model)):
                    continue
                self.put(replace(one, track_id=id_), str(model), now())
                self._failures.forget(id_)

    def save_together(self, by_model: Mapping[ModelId, Iterable[Embedding]]) -> None:
        """Store embeddings of several models in one transaction: all of them or none. Otherwise the same as `save`."""
        with self._db.transaction():
            for model, embeddings in by_model.items():
                self.save(model, embeddings)

    def put(self, embedding: Embedding, model: str, created_at: str) -> None:
        """Store one embedding of a stored track, with the time at which it was made (ISO 8601, UTC)."""
        with self._db.transaction() as write:
            write.execute(
                _SAVE,
                {
                    "id": embedding.track_id,
                    "model": model,
                    "vector": blob(embedding.vector),
                    "tags": blob(embedding.tags),
                    "provider": embedding.provider,
                    "audio_sha256": embedding.audio_sha256,
                    "created_at": created_at,
                    "excerpts": embedding.excerpts,
                    "has_more": embedding.has_more,
                },
            )

    def get(self, track_id: TrackId, model: ModelId) -> Embedding | None:
        """Return a track's embedding by a model, or None."""
        return self.get_by_name(track_id, str(model))

    def get_by_name(self, track_id: TrackId, model: str) -> Embedding | None:
        """Do the same as `get`, for a model named as `str(ModelId)`."""
        row = self._db.row(_GET, {"ids": json_list([track_id]), "model": model})
        return embedding(row) if row else None

    def get_many(self, track_ids: Iterable[TrackId], model: ModelId) -> dict[TrackId, Embedding]:
        """Return the embeddings of these tracks by a model; tracks without one are omitted."""
        found = self._db.rows(_GET, {"ids": json_list(track_ids), "model": str(model)})
        return {TrackId(row["track_id"]): embedding(row) for row in found}

    def of_models(self, track_ids: Iterable[TrackId], models: Sequence[ModelId]) -> list[dict[TrackId, Embedding]]:
        """Return the same as `get_many` for each of several models, by one statement."""
        return [
            {id_: embedding(row) for id_, row in found.items()} for found in self._of_models("*", track_ids, models)
        ]

    def tags(self, track_ids: Iterable[TrackId], models: Sequence[ModelId]) -> list[dict[TrackId, FloatArray]]:
        """Return, for each of several models, tag probabilities by track, each of shape (n_tags,)."""
        return [
            {id_: np.frombuffer(row["tags"], "<f4") for id_, row in found.items()}
            for found in self._of_models("track_id, model, tags", track_ids, models)
        ]

    def _of_models(
        self, columns: str, track_ids: Iterable[TrackId], models: Sequence[ModelId]
    ) -> list[dict[TrackId, sqlite3.Row]]:
        values = {"ids": json_list(track_ids), "models": json_list(map(str, models))}
        found: dict[str, dict[TrackId, sqlite3.Row]] = {str(model): {} for model in models}
        for row in self._db.rows(_OF_MODELS.format(columns=columns), values):
            found[row["model"]][TrackId(row["track_id"])] = row
        return list(found.values())

    def has_any(self, model: ModelId) -> bool:
        """Return whether the store has any embedding by a model."""
        return self._db.row("select 1 from embedding where model = :model limit 1", {"model": str(model)}) is not None

    def track_ids(self, model: ModelId) -> list[TrackId]:
        """Return all tracks with an embedding by a model, in the catalogue or not, in order of id."""
        return [TrackId(row[0]) for row in self._db.rows(_TRACK_IDS, {"model": str(model)})]

    def count_by_model(self) -> dict[str, int]:
        """Count the embeddings of each model."""
        return {row[0]: row[1] for row in self._db.rows(_COUNT_BY_MODEL)}

    def count_lacking(self) -> dict[str, int]:
        """Count, for each model that has embeddings, the catalogue's tracks that it has none of."""
        return {row[0]: row[1] for row in self._db.rows(_LACKING)}

    def shape_of(self, model: str) -> tuple[int, int] | None:
        """Return how many numbers and how many tags a model's embeddings have, or None if it has no embeddings.

        Args:
            model: named as `str(ModelId)`.
        """
        row = self._db.row(_SHAPE, {"model": model})
        return (row[0], row[1]) if row else None


def embedding(row: sqlite3.Row) -> Embedding:
    """Return a row of the table `embedding` as a value.

    Raises:
        StoreDamaged: another program wrote values of other types.
    """
    try:
        vector, tags = (np.frombuffer(row[name], "<f4") for name in ("vector", "tags"))
    except (TypeError, ValueError) as exc:
        raise StoreDamaged(
            f"the embedding of {row['track_id']} is damaged: {exc}",
            f"remove the track, `spotrec remove {row['track_id']}`, and crawl it again",
        ) from exc
    return Embedding(
        track_id=TrackId(row["track_id"]),
        vector=vector,
        tags=tags,
        provider=row["provider"],
        audio_sha256=row["audio_sha256"],
        excerpts=row["excerpts"],
        has_more=bool(row["has_more"]),
    )
