"""The tracks that a journey may go by: of a small catalogue all, of a large one some hundreds, found by its index.

A good journey goes from neighbour to neighbour, beside the great circle between its ends, where there are few tracks.
So the index is searched around points of the great circle, and from both ends in rounds: around the end; then around
those tracks that were found from it, are similar to the other end and can be reached without a bad step; and so on.
Of all found, those by which the best journeys can go come first.

In a large catalogue the best journey may go by a track that is not found: docs/quality.md has how much that costs.
"""

from dataclasses import dataclass, field

import numpy as np

from spotrec.query.arc import Arc
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.query.worst_step import DECIMALS, steps_between, ways_by_each
from spotrec.track import TrackId
from spotrec.vectors import FloatArray

WHOLE = 400
"""All tracks of a catalogue of this size or smaller are candidates."""
_ON_THE_ARC = 6
_ROUNDS = 6
_IN_A_ROUND = 4
_AROUND_EACH = 60


def tracks_between(within: Neighbourhood, ends: FloatArray, n: int, left_out: frozenset[TrackId]) -> list[TrackId]:
    """Return tracks for a journey of `n`, the best first; of a small catalogue all.

    Args:
        ends: start and end, placed, shape (2, dim).
        left_out: tracks that are not among them, nor searched around, such as the ends.
    """
    if len(within) <= WHOLE:
        return [one.track_id for one in within.nearest(ends[0], len(within)) if one.track_id not in left_out]
    found = _Found(within, left_out)
    for point in Arc.between(*ends).at(np.arange(1, _ON_THE_ARC + 1) / (_ON_THE_ARC + 1)).astype(np.float32):
        found.around(point)
    for one, other in (ends, ends[::-1]):
        found.onwards(one, other, min(_ROUNDS, n // 2))
    ids, vectors = within.vectors_of(found.ids)
    points = np.concatenate([ends[:1], vectors, ends[1:]]).astype(np.float64)
    worst, steps = ways_by_each(steps_between(points), max(n, 3))
    return [ids[i] for i in np.lexsort((np.array(ids), steps[1:-1], -worst[1:-1]))]


@dataclass(slots=True)
class _Found:
    """What the searches of an index found."""

    within: Neighbourhood
    left_out: frozenset[TrackId]
    ids: set[TrackId] = field(default_factory=set)

    def around(self, point: FloatArray) -> dict[TrackId, float]:
        """Search around a point; return the tracks and their similarity to it."""
        near = {one.track_id: one.similarity for one in self.within.nearest(point, _AROUND_EACH)}
        new = {id_: similarity for id_, similarity in near.items() if id_ not in self.left_out}
        self.ids.update(new)
        return new

    def onwards(self, start: FloatArray, end: FloatArray, n_rounds: int) -> None:
        """Search around `start`, and in further rounds around tracks that lead on to `end`."""
        worst = self.around(start)
        searched: set[TrackId] = set()
        for _ in range(n_rounds - 1):
            ids, vectors = self.within.vectors_of(worst.keys() - searched)
            if not ids:
                return
            promise = np.round(vectors.astype(np.float64) @ end.astype(np.float64), DECIMALS)
            promise += [worst[id_] for id_ in ids]
            for i in np.lexsort((np.array(ids), -promise))[:_IN_A_ROUND]:
                searched.add(ids[i])
                for id_, similarity in self.around(vectors[i]).items():
                    worst[id_] = max(min(worst[ids[i]], similarity), worst.get(id_, -1.0))
