"""Diverse results: tracks that match well and are not all the same.

Maximal marginal relevance (Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents
and producing summaries", SIGIR 1998): the next result is the candidate with the largest
(1 - d) · score(x) - d · max cos(x, y) over the results y so far, d being the diversity.
"""

from collections.abc import Sequence

import numpy as np

from spotrec.errors import IndexFault
from spotrec.query.copies import ScoredTrack
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.track import track_ids
from spotrec.vectors import FloatArray

POOL_OF_EACH = 10
POOL_AT_LEAST = 100
POOL_AT_MOST = 2_000


def pool_size(n: int, diversity: float) -> int:
    """Return how many of the best tracks are candidates for `n` results."""
    if diversity == 0:
        return n
    return min(max(POOL_OF_EACH * n, POOL_AT_LEAST), POOL_AT_MOST)


def diverse(pool: Sequence[ScoredTrack], n: int, diversity: float, within: Neighbourhood) -> list[ScoredTrack]:
    """Choose `n` tracks of the pool, the best first; of equal ones, the first in the pool."""
    if diversity == 0 or not pool:
        return list(pool[:n])
    vectors = _vectors(pool, within)
    answers = (1 - diversity) * np.array([one.similarity for one in pool])
    nearest_chosen = np.full(len(pool), -np.inf)
    chosen: list[int] = []
    while len(chosen) < min(n, len(pool)):
        worth = answers - diversity * nearest_chosen if chosen else answers.copy()
        worth[chosen] = -np.inf
        best = int(np.argmax(np.round(worth, 6))) if chosen else 0
        chosen.append(best)
        nearest_chosen = np.maximum(nearest_chosen, vectors @ vectors[best])
    return [pool[i] for i in chosen]


def _vectors(pool: Sequence[ScoredTrack], within: Neighbourhood) -> FloatArray:
    """Return the placed vectors of the pool's tracks, in its order, shape (n, dim)."""
    by_id = {
        id_: vector
        for block in within.among([one.track.id for one in pool]).blocks()
        for id_, vector in zip(track_ids(block.ids.tolist()), block.vectors, strict=True)
    }
    if not all(one.track.id in by_id for one in pool):
        raise IndexFault("the index is damaged: its ids are not in order", "build it again: `spotrec index`")
    return np.stack([by_id[one.track.id] for one in pool])
