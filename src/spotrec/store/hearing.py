"""What the networks of a query heard, of one or of several as of one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spotrec.store.embedding import Embedding
from spotrec.store.selection import Clause, Selected
from spotrec.store.store import FeatureStore
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class Hearing:
    """Embeddings of `models`, at least one. Of several a track has one where each of them heard it.

    Its vector is theirs side by side, shape (sum of dims,); its tags are the mean of those that `tellers` give, shape
    (n_tags,): positions in `models` of those that tell the same tags.
    """

    store: FeatureStore
    models: Sequence[ModelId]
    tellers: Sequence[int] = (0,)

    @property
    def name(self) -> str:
        return " + ".join(map(str, self.models))

    def embedding(self, track_id: TrackId) -> Embedding | None:
        """What was heard in a track; None where one of them did not hear it."""
        return self.embeddings([track_id]).get(track_id)

    def embeddings(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Embedding]:
        """What was heard in those of these tracks that all of them heard."""
        ids = list(track_ids)
        first, *others = (self.store.embeddings.get_many(ids, model) for model in self.models)
        if not others:
            return first
        return {
            id_: self.joined([heard, *(other[id_] for other in others)])
            for id_, heard in first.items()
            if all(id_ in other for other in others)
        }

    def joined(self, heard: Sequence[Embedding]) -> Embedding:
        """One track as each of them heard it, in their order, as one embedding."""
        if len(heard) == 1:
            return heard[0]
        tags: FloatArray = np.mean([heard[i].tags for i in self.tellers], axis=0, dtype=np.float32)
        return replace(heard[0], vector=np.concatenate([one.vector for one in heard]), tags=tags)

    def tags(self, track_ids: Iterable[TrackId]) -> dict[TrackId, FloatArray]:
        """Tag probabilities of those of these tracks that all who tell them heard."""
        ids = list(track_ids)
        first, *others = (self.store.embeddings.tags(ids, self.models[i]) for i in self.tellers)
        if not others:
            return first
        known = [id_ for id_ in first if all(id_ in other for other in others)]
        return {id_: np.mean([told[id_] for told in (first, *others)], axis=0, dtype=np.float32) for id_ in known}

    def select(self, clauses: Sequence[Clause]) -> Selected:
        """The catalogue's tracks that were heard and for which every clause holds."""
        first, *others = (self.store.selection.select(clauses, model) for model in self.models)
        return Selected(first.ids.intersection(*(other.ids for other in others)), first.unknown)
