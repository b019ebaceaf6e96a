"""The embeddings of some ears as one: their vectors side by side, and their tags as one vocabulary."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from spotrec.store.catalogue import CatalogueSnapshot
from spotrec.store.embedding import Anchor, Catalogue, Embedding
from spotrec.store.selection import Clause, Selected
from spotrec.store.store import FeatureStore
from spotrec.track import Ears, TrackId
from spotrec.vectors import FloatArray

TagMix = Callable[[FloatArray], FloatArray]
"""The ears' tags side by side, shape (n, sum of n_tags) → the tags of their vocabulary, shape (n, n_words)."""


@dataclass(frozen=True, slots=True)
class JointEmbeddings:
    """Embeddings of some ears. A track has one if each of them has one."""

    store: FeatureStore
    ears: Ears
    mix: TagMix

    @property
    def name(self) -> str:
        return self.ears.name

    def get(self, track_id: TrackId) -> Embedding | None:
        """Return a track's embedding, or None if one of the ears has none."""
        return self.get_many([track_id]).get(track_id)

    def get_many(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Embedding]:
        """Return the embeddings of these tracks; tracks that one of the ears has none of are omitted."""
        each = self.store.embeddings.of_models(track_ids, self.ears.models)
        known = _in_all(each)
        tags = self._mixed([[one[id_].tags for one in each] for id_ in known])
        return {id_: _side_by_side([one[id_] for one in each], words) for id_, words in zip(known, tags, strict=True)}

    def join(self, embeddings: Sequence[Embedding]) -> Embedding:
        """Join a track's embeddings by the ears, in their order, to one."""
        (tags,) = self._mixed([[one.tags for one in embeddings]])
        return _side_by_side(embeddings, tags)

    def tags(self, track_ids: Iterable[TrackId]) -> dict[TrackId, FloatArray]:
        """Return the tag probabilities of these tracks; tracks that one of the ears has none of are omitted."""
        each = self.store.embeddings.tags(track_ids, self.ears.models)
        known = _in_all(each)
        return dict(zip(known, self._mixed([[one[id_] for one in each] for id_ in known]), strict=True))

    def select(self, clauses: Sequence[Clause]) -> Selected:
        """Return the catalogue's tracks that have an embedding and meet every clause."""
        first, *others = (self.store.selection.select(clauses, model) for model in self.ears.models)
        return Selected(first.ids.intersection(*(other.ids for other in others)), first.unknown)

    def failing(self, clauses: Sequence[Clause]) -> Selected | None:
        """Return the catalogue's tracks that do not meet every clause; None if they are more than half of it."""
        return self.store.selection.failing(clauses, self.ears.models[0])

    @contextmanager
    def snapshot(self) -> "Iterator[JointSnapshot]":
        """Yield the catalogue as it is now, whatever is written later."""
        with self.store.catalogue.snapshot(self.ears) as snapshot:
            yield JointSnapshot(snapshot, self._with_mixed_tags)

    def since(self, anchors: Sequence[Anchor]) -> Catalogue | None:
        """Return the tracks that were added after these anchors; see `Catalogues.since`."""
        found = self.store.catalogue.since(self.ears, anchors)
        return None if found is None else self._with_mixed_tags(found)

    def of(self, track_ids: Sequence[TrackId]) -> Catalogue:
        """Return the tracks among these that may be recommended, in order of id."""
        return self._with_mixed_tags(self.store.catalogue.of(self.ears, track_ids))

    def track_ids(self) -> list[TrackId]:
        """Return the tracks that all ears have heard, in order of id."""
        first, *others = (self.store.embeddings.track_ids(model) for model in self.ears.models)
        everywhere = set(first).intersection(*others)
        return [id_ for id_ in first if id_ in everywhere] if others else first

    def _mixed(self, tags: Sequence[Sequence[FloatArray]]) -> FloatArray:
        """Mix the tags of tracks, each by each of the ears."""
        if not tags:
            return np.zeros((0, 0), np.float32)
        return self.mix(np.concatenate([array for row in tags for array in row]).reshape(len(tags), -1))

    def _with_mixed_tags(self, catalogue: Catalogue) -> Catalogue:
        return replace(catalogue, tags=self.mix(catalogue.tags)) if len(catalogue) else catalogue


def _side_by_side(embeddings: Sequence[Embedding], tags: FloatArray) -> Embedding:
    return replace(
        embeddings[0],
        vector=np.concatenate([one.vector for one in embeddings]),
        tags=tags,
        excerpts=min(one.excerpts for one in embeddings),
        has_more=any(one.has_more for one in embeddings),
    )


def _in_all(each: Sequence[Mapping[TrackId, object]]) -> list[TrackId]:
    return [id_ for id_ in each[0] if all(id_ in one for one in each[1:])]


@dataclass(frozen=True, slots=True)
class JointSnapshot:
    """A catalogue at one moment, with the tags of the ears' vocabulary."""

    snapshot: CatalogueSnapshot
    with_mixed_tags: Callable[[Catalogue], Catalogue]

    @property
    def anchors(self) -> Sequence[Anchor]:
        return self.snapshot.anchors

    @property
    def n_partly_heard(self) -> int:
        """How many other tracks only some of the ears have heard."""
        return self.snapshot.n_partly_heard

    def __len__(self) -> int:
        return len(self.snapshot)

    def blocks(self) -> Iterator[Catalogue]:
        """Yield the same blocks every time; see `CatalogueSnapshot.blocks`."""
        return map(self.with_mixed_tags, self.snapshot.blocks())
