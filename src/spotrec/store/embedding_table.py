"""What networks heard."""

from collections.abc import Iterable

import numpy as np

from spotrec.store import rows
from spotrec.store.database import StoreDatabase, now
from spotrec.store.embedding import Embedding, blob
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray


class EmbeddingTable(StoreDatabase):
    """Embeddings by track and model. Vectors of two models never meet."""

    def save_embeddings(self, model: ModelId, embeddings: Iterable[Embedding]) -> None:
        """Store vectors and tags, but of tracks that are gone; a track that failed before has failed no longer."""
        with self._transaction():
            for e in embeddings:
                if e.vector.shape != (model.dim,):
                    raise ValueError(f"a vector of {model} has shape ({model.dim},), not {e.vector.shape}")
                if self._is_gone(e.track_id):
                    continue
                self._db.execute(
                    "insert or replace into embedding values (?, ?, ?, ?, ?, ?, ?)",
                    (
                        e.track_id,
                        str(model),
                        blob(e.vector),
                        blob(e.tags),
                        e.provider,
                        e.audio_sha256,
                        now(),
                    ),
                )
                self._db.execute("delete from failure where track_id = ?", (e.track_id,))

    def embedding(self, track_id: TrackId, model: ModelId) -> Embedding | None:
        row = self._one("select * from embedding where track_id = ? and model = ?", (track_id, str(model)))
        return rows.embedding(row) if row else None

    def has_heard(self, model: ModelId) -> bool:
        """Whether there is any embedding of a model."""
        return self._one("select 1 from embedding where model = ? limit 1", (str(model),)) is not None

    def forget_failures_of_heard(self, model: ModelId) -> None:
        """What a model has heard has failed no longer."""
        with self._transaction():
            self._db.execute(
                "delete from failure where exists (select 1 from embedding as heard"
                " where heard.track_id = failure.track_id and heard.model = ?)",
                (str(model),),
            )

    def tags(self, track_ids: Iterable[TrackId], model: ModelId) -> dict[TrackId, FloatArray]:
        """Tag probabilities, each of shape (n_tags,)."""
        sql = (
            "select track_id, tags from embedding "
            "where model = :model and track_id in (select value from json_each(:ids))"
        )
        found = self._all(sql, {"ids": rows.json_list(track_ids), "model": str(model)})
        return {TrackId(row["track_id"]): np.frombuffer(row["tags"], "<f4") for row in found}
