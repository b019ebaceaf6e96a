"""What came since an index was built, searched exactly beside it until the next build.

The manifest keeps anchors: rows of the store as they were. Behind the latest one that is still there unchanged lies all
that is new, so that a query need not look at the rest. Where none holds, the index is of another store: then what the
index lacks is looked for by id, and what was heard anew is not noticed.
"""

from dataclasses import dataclass, replace

import numpy as np

from spotrec.index.backends.exact import ExactSearch
from spotrec.index.index import Index
from spotrec.index.segment import Segment
from spotrec.store import FeatureStore
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray, Mask

REBUILD_ABOVE = 1_000
REBUILD_ABOVE_SHARE = 0.1
_SAME = 1e-5  # how far a number of a vector may lie from itself, placed among others


@dataclass(frozen=True, slots=True)
class Changes:
    """How many of an index's tracks are beside it: those that are new, and those that replace what it has."""

    new: int
    replaced: int


def with_changes(index: Index, store: FeatureStore, model: ModelId) -> Index:
    """The index and, beside it, what the store has and it lacks; a track that was heard anew counts as it is now."""
    (built,) = index.segments
    found = store.catalogue.since(model, index.manifest.anchors)
    if found is None:
        found = store.catalogue.of(model, _not_in(built, store.embeddings.track_ids(model)))
    if not len(found):
        return index
    ids, placed = np.array([id_.encode() for id_ in found.ids]), index.place(found.vectors)
    positions, known = built.where(ids)
    differs = _are_numbers(found.vectors) & _are_numbers(found.tags)
    differs[known] &= np.abs(built.vectors[positions[known]] - placed[known]).max(axis=1) > _SAME
    if not differs.any():
        return index
    fresh = Segment(ids[differs], placed[differs], found.tags[differs], ExactSearch(placed[differs]))
    return replace(index, segments=(replace(built, replaced=positions[known & differs]), fresh))


def changes(index: Index) -> Changes:
    """What `with_changes` put beside an index."""
    replaced = len(index.segments[0].replaced)
    return Changes(sum(map(len, index.segments[1:])) - replaced, replaced)


def rebuild_is_due(n_changed: int, n_indexed: int) -> bool:
    """Whether so many tracks came, changed or went that it is felt, or that the space would be another one."""
    return n_changed > max(REBUILD_ABOVE, REBUILD_ABOVE_SHARE * n_indexed)


def _are_numbers(rows: FloatArray) -> Mask:
    return np.asarray(np.isfinite(rows).all(axis=1))


def _not_in(built: Segment, heard: list[TrackId]) -> list[TrackId]:
    _, known = built.where(np.array([id_.encode() for id_ in heard] or [b""][:0], "S"))
    return [id_ for id_, is_known in zip(heard, known.tolist(), strict=True) if not is_known]
