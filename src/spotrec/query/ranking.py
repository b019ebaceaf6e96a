"""Seeds → a score for every candidate, best first.

With one liked track this is a search of the index. Scores of more than one cosine are computed exactly: for the whole
catalogue if it is small, else for the neighbours of the liked tracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spotrec.errors import IndexFault
from spotrec.query.agreement import Affinity
from spotrec.query.neighbourhood import Block, Neighbourhood
from spotrec.track import TrackId, track_ids
from spotrec.vectors import FloatArray

SCORED_WHOLE_UP_TO = 50_000
"""In catalogues up to this size, every track is scored."""
NEIGHBOURS_OF_ALL = 2_000
NEIGHBOURS_OF_EACH = 200
"""In larger ones, this many neighbours of the seeds are scored, but at least this many and at least `n` of each."""
_DECIMALS = 6
"""Scores that are equal to this many decimals count as equal: a matrix product rounds each row differently."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A track and its score: with one liked track, the cosine with it."""

    track_id: TrackId
    similarity: float


class Score(Protocol):
    """A score of tracks, for one part of a request."""

    def of(self, block: Block) -> FloatArray:
        """Return the score of each track, shape (n_tracks,), finite, about -1 to 1; higher is better."""


@dataclass(frozen=True, slots=True)
class Weighted:
    """A score with its weight: its share of the total, 0 to 1.

    `is_local`: it orders the tracks around the seeds, and brings none from elsewhere.
    """

    score: Score
    weight: float
    is_local: bool = False


class Ranking(Protocol):
    """A catalogue in order of score."""

    def __len__(self) -> int:
        """Return the number of ranked tracks."""

    def first(self, n: int) -> Sequence[Hit]:
        """Return the best `n`, best first; equal ones in order of id."""


class NearestFirst:
    """A ranking by the cosine with one point, searched in the index."""

    def __init__(self, within: Neighbourhood, point: FloatArray) -> None:
        self._within = within
        self._point = point

    def __len__(self) -> int:
        return len(self._within)

    def first(self, n: int) -> Sequence[Hit]:
        near = self._within.nearest(self._point, min(n, len(self)))
        hits = [Hit(one.track_id, round(one.similarity, _DECIMALS)) for one in near]
        return sorted(hits, key=lambda hit: (-hit.similarity, hit.track_id))


class BestFirst:
    """A ranking by any score, computed for every track."""

    def __init__(self, within: Neighbourhood, score: Score) -> None:
        scored = [(block.ids, score.of(block).astype(np.float64)) for block in within.blocks()]
        ids = np.concatenate([ids for ids, _ in scored]) if scored else np.zeros(0, "S1")
        scores = np.concatenate([scores for _, scores in scored]).round(_DECIMALS) if scored else np.zeros(0)
        if not np.isfinite(scores).all():
            raise IndexFault(
                "the index is damaged: some of its values are not numbers", "build it again: `spotrec index`"
            )
        order = np.lexsort((ids, -scores))
        self._ids, self._scores = ids[order], scores[order]

    def __len__(self) -> int:
        return len(self._ids)

    def first(self, n: int) -> Sequence[Hit]:
        return list(map(Hit, track_ids(self._ids[:n].tolist()), self._scores[:n].tolist()))


class BestAround:
    """A ranking by a score, by default the similarity to several seeds, computed for the seeds' neighbours."""

    def __init__(self, within: Neighbourhood, affinity: Affinity, score: Score | None = None) -> None:
        self._within = within
        self._affinity = affinity
        self._score = score or affinity
        self._found: tuple[int, BestFirst] | None = None

    def __len__(self) -> int:
        return len(self._within)

    def first(self, n: int) -> Sequence[Hit]:
        around = list(self._affinity.around())
        depth = min(max(n, NEIGHBOURS_OF_EACH, NEIGHBOURS_OF_ALL // len(around)), len(self))
        if self._found is None or self._found[0] < depth:
            near = {hit.track_id for point in around for hit in self._within.nearest(point, depth)}
            self._found = (depth, BestFirst(self._within.among(near), self._score))
        return self._found[1].first(n)


@dataclass(frozen=True, slots=True)
class Sum:
    """The weighted sum of scores."""

    parts: Sequence[Weighted]

    def of(self, block: Block) -> FloatArray:
        total = np.zeros(len(block.ids), np.float32)
        for part in self.parts:
            total += np.float32(part.weight) * part.score.of(block)
        return total


def ranked(within: Neighbourhood, affinity: Affinity | None, beside: Sequence[Weighted] = ()) -> Ranking:
    """Rank the catalogue.

    Args:
        affinity: similarity to the seeds; None without seeds.
        beside: other scores. The seeds have the rest of the weight.
    """
    if affinity is not None and not beside:
        if affinity.is_one_point:
            return NearestFirst(within, affinity.points[0])
        return (BestAround if len(within) > SCORED_WHOLE_UP_TO else BestFirst)(within, affinity)
    rest = 1 - sum(one.weight for one in beside)
    seeds = [] if affinity is None else [Weighted(affinity, rest)]
    score = Sum([*seeds, *beside])
    if affinity is not None and all(one.is_local for one in beside):
        return BestAround(within, affinity, score)
    return BestFirst(within, score)
