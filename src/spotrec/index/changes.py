"""Tracks that were added or changed after an index was built, searched exactly in addition to it until the next build.

The manifest contains anchors: rows of the store and their digests. All new rows come after the latest anchor that is
unchanged, so a query need not read the others. If no anchor is unchanged, the index belongs to another store: then
missing tracks are found by id, and changed embeddings are not noticed.
"""

from dataclasses import dataclass, replace

import numpy as np

from spotrec.index.backends.exact import ExactSearch
from spotrec.index.index import Index
from spotrec.index.segment import Segment
from spotrec.store import JointEmbeddings
from spotrec.track import TrackId
from spotrec.vectors import FloatArray, Mask

REBUILD_ABOVE = 1_000
REBUILD_ABOVE_SHARE = 0.1
_SAME = 1e-5  # vectors placed in different blocks differ by rounding


@dataclass(frozen=True, slots=True)
class Changes:
    """The number of tracks that are new since the build, and of tracks whose embedding has been replaced."""

    new: int
    replaced: int


def with_changes(index: Index, embeddings: JointEmbeddings) -> Index:
    """Return the index with the store's newer embeddings added; a replaced embedding counts as it is now."""
    (built,) = index.segments
    found = embeddings.since(index.manifest.anchors)
    if found is None:
        found = embeddings.of(_not_in(built, embeddings.track_ids()))
    if not len(found):
        return index
    sound = np.flatnonzero(_are_numbers(found.vectors) & _are_numbers(found.tags))
    if not len(sound):
        return index
    ids, placed = np.array([found.ids[row].encode() for row in sound]), index.place(found.vectors[sound])
    positions, known = built.where(ids)
    differs = np.ones(len(sound), bool)
    differs[known] &= np.abs(built.vectors[positions[known]] - placed[known]).max(axis=1) > _SAME
    if not differs.any():
        return index
    fresh = Segment(ids[differs], placed[differs], found.tags[sound][differs], ExactSearch(placed[differs]))
    return replace(index, segments=(replace(built, replaced=positions[known & differs]), fresh))


def changes(index: Index) -> Changes:
    """Count what `with_changes` added to an index."""
    replaced = len(index.segments[0].replaced)
    return Changes(sum(map(len, index.segments[1:])) - replaced, replaced)


def rebuild_is_due(n_changed: int, n_indexed: int) -> bool:
    """Return whether so many tracks changed that queries become slower, or the space would be a different one."""
    return n_changed > max(REBUILD_ABOVE, REBUILD_ABOVE_SHARE * n_indexed)


def _are_numbers(rows: FloatArray) -> Mask:
    return np.asarray(np.isfinite(rows).all(axis=1))


def _not_in(built: Segment, ids: list[TrackId]) -> list[TrackId]:
    _, known = built.where(np.array([id_.encode() for id_ in ids] or [b""][:0], "S"))
    return [id_ for id_, is_known in zip(ids, known.tolist(), strict=True) if not is_known]
