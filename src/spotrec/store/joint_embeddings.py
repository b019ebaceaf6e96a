"""The embeddings of one model, or of several models as one, for queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spotrec.store.embedding import Embedding
from spotrec.store.selection import Clause, Selected
from spotrec.store.store import FeatureStore
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class JointEmbeddings:
    """Embeddings of `models`, at least one. With several models, a track has one if each of them has one.

    Its vector is their vectors side by side, shape (sum of dims,). Its tags are the mean over `tag_sources`, shape
    (n_tags,): positions in `models` of the models with the same tags.
    """

    store: FeatureStore
    models: Sequence[ModelId]
    tag_sources: Sequence[int] = (0,)

    @property
    def name(self) -> str:
        return " + ".join(map(str, self.models))

    def get(self, track_id: TrackId) -> Embedding | None:
        """Return a track's embedding, or None if a model has none."""
        return self.get_many([track_id]).get(track_id)

    def get_many(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Embedding]:
        """Return the embeddings of these tracks; tracks that a model has none of are omitted."""
        ids = list(track_ids)
        first, *others = (self.store.embeddings.get_many(ids, model) for model in self.models)
        if not others:
            return first
        return {
            id_: self.join([embedding, *(other[id_] for other in others)])
            for id_, embedding in first.items()
            if all(id_ in other for other in others)
        }

    def join(self, embeddings: Sequence[Embedding]) -> Embedding:
        """Join a track's embeddings by the models, in their order, to one."""
        if len(embeddings) == 1:
            return embeddings[0]
        tags: FloatArray = np.mean([embeddings[i].tags for i in self.tag_sources], axis=0, dtype=np.float32)
        return replace(embeddings[0], vector=np.concatenate([one.vector for one in embeddings]), tags=tags)

    def tags(self, track_ids: Iterable[TrackId]) -> dict[TrackId, FloatArray]:
        """Return the tag probabilities of these tracks; tracks that a tag source has none of are omitted."""
        ids = list(track_ids)
        first, *others = (self.store.embeddings.tags(ids, self.models[i]) for i in self.tag_sources)
        if not others:
            return first
        known = [id_ for id_ in first if all(id_ in other for other in others)]
        return {id_: np.mean([tags[id_] for tags in (first, *others)], axis=0, dtype=np.float32) for id_ in known}

    def select(self, clauses: Sequence[Clause]) -> Selected:
        """Return the catalogue's tracks that have an embedding and meet every clause."""
        first, *others = (self.store.selection.select(clauses, model) for model in self.models)
        return Selected(first.ids.intersection(*(other.ids for other in others)), first.unknown)
