"""Metrics of how well neighbours agree with labels; each track is a query.

A neighbour is relevant if it has the query's label. Definitions:

- precision@k: the share of relevant tracks among the first k; macro: the mean over the label's values of the mean over
  the tracks with the value, so that a large genre counts as much as a small one;
- reciprocal rank: 1 / rank of the first relevant neighbour, anywhere in the ranking (MRR is its mean);
- hit rate: whether any of the first k is relevant;
- nDCG@k: sum of 1 / log2(1 + rank) over the relevant neighbours among the first k, divided by the largest possible sum
  (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 2002);
- k-occurrence: in how many lists of k a track appears; its skewness is hubness (Radovanović, Nanopoulos, Ivanović,
  "Hubs in space", JMLR 2010); coverage is the share of tracks in any list; the rest are never
  recommended.

If similarities are equal, the earlier track comes first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from spotrec.evaluate.intervals import Codes, Figures
from spotrec.vectors import FloatArray, Mask

Similarity = Callable[[slice], FloatArray]
"""Similarity of the tracks of some rows to all tracks: shape (n_rows, n_tracks)."""

FIGURES = ("precision", "mrr", "hit_rate", "ndcg")
"""The columns of a label's figures."""
_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Hubness:
    """Which tracks are recommended over all lists of k neighbours, whatever the labels.

    `coverage` is the share of tracks in any list, `never_recommended` is 1 - coverage. `skewness` of k-occurrence is 0
    if all tracks are recommended equally often, and above 1 if a few are recommended for everything.
    """

    coverage: float
    never_recommended: float
    skewness: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """Allowed neighbours of each track: never the track itself, nor a track of the same group.

    Attributes:
        excluded: group codes, each of shape (n_tracks,), -1 for no group: recordings to exclude copies, artists for an
            artist filter.
    """

    excluded: Sequence[Codes]

    def of(self, rows: slice, n: int) -> Mask:
        """Return the allowed neighbours of some rows, shape (n_rows, n_tracks)."""
        mask = np.ones((len(range(*rows.indices(n))), n), bool)
        mask[np.arange(mask.shape[0]), np.arange(n)[rows]] = False
        for codes in self.excluded:
            mask &= (codes[rows, None] != codes[None, :]) | (codes[rows, None] < 0)
        return mask


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """Figures of a label: the positions of `queries`, shape (n,), and their `figures`, shape (n, 4)."""

    queries: Codes
    figures: Figures


@dataclass(slots=True)
class Answers:
    """Results of a space: the figures of each label, and its hubness."""

    by_label: dict[str, LabelFigures] = field(default_factory=dict)
    hubness: Hubness = Hubness(0.0, 0.0, 0.0)


def codes_of(values: Sequence[str | None]) -> Codes:
    """Number values in order of first appearance; None and "" become -1."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(value, len(known)) if value else -1 for value in values], np.int64)


def cosine(vectors: FloatArray) -> Similarity:
    """Return the cosine similarity of vectors of unit length, shape (n_tracks, dim)."""
    return lambda rows: vectors[rows] @ vectors.T


def ask(
    similarity: Similarity,
    n: int,
    labels: Sequence[tuple[Candidates, Mapping[str, Codes]]],
    recommended: Candidates,
    k: int,
    advance: Callable[[int], None],
) -> Answers:
    """Query a space with each of `n` tracks. A label counts queries that have a value and a relevant neighbour.

    Args:
        labels: the codes of labels, grouped by allowed neighbours.
        recommended: the allowed neighbours for hubness.
        k: below `n`.
        advance: called with the number of finished queries.
    """
    parts: dict[str, list[LabelFigures]] = {name: [] for _, judged in labels for name in judged}
    occurrences = np.zeros(n, np.int64)
    for rows in _blocks(n):
        similarities = similarity(rows)
        for candidates, judged in [*labels, (recommended, {})]:
            allowed = candidates.of(rows, n)
            near = np.where(allowed, similarities, -np.inf)
            first = _first(near, k)
            for name, codes in judged.items():
                relevant = allowed & (codes[rows, None] == codes[None, :]) & (codes[rows, None] >= 0)
                parts[name].append(_judged(near, relevant, first, rows.start))
            if candidates is recommended:
                occurrences += np.bincount(first[np.take_along_axis(allowed, first, axis=1)], minlength=n)
        advance(rows.stop - rows.start)
    by_label = {
        name: LabelFigures(*map(np.concatenate, zip(*map(_both, part), strict=True))) for name, part in parts.items()
    }
    return Answers(by_label, _hubness(occurrences))


def _both(part: LabelFigures) -> tuple[Codes, Figures]:
    return part.queries, part.figures


def _blocks(n: int) -> Iterator[slice]:
    size = max(1, _AT_ONCE // max(n, 1))
    return (slice(start, min(start + size, n)) for start in range(0, n, size))


def _first(near: FloatArray, k: int) -> Codes:
    """Return the columns of the `k` highest of each row, highest first, equal ones in order. Shape (n_rows, k)."""
    picked = np.argpartition(-near, k - 1, axis=1)[:, :k]
    picked.sort(axis=1)
    lowest = np.take_along_axis(near, picked, axis=1).min(axis=1, keepdims=True)
    is_tied = (near >= lowest).sum(axis=1) > k  # several have the lowest value: take the earlier ones
    if is_tied.any():
        picked[is_tied] = np.sort(np.argsort(-near[is_tied], axis=1, kind="stable")[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(near, picked, axis=1), axis=1, kind="stable")
    return np.take_along_axis(picked, order, axis=1)


def _judged(near: FloatArray, relevant: Mask, first: Codes, start: int) -> LabelFigures:
    """Compute the figures of rows that have a relevant neighbour."""
    rows = np.flatnonzero(relevant.any(axis=1))
    near, relevant, k = near[rows], relevant[rows], first.shape[1]
    found = np.take_along_axis(relevant, first[rows], axis=1)
    discount = 1 / np.log2(np.arange(2, 2 + k))
    ideal = np.cumsum(discount)[np.minimum(relevant.sum(axis=1), k) - 1]
    figures = (found.mean(axis=1), 1 / _rank_of_first(near, relevant), found.any(axis=1), found @ discount / ideal)
    return LabelFigures(start + rows, np.column_stack(figures).astype(np.float64))


def _rank_of_first(near: FloatArray, relevant: Mask) -> Codes:
    """Return the rank of the nearest relevant neighbour, without sorting: 1 + the number before it. Shape (n_rows,)."""
    at = np.where(relevant, near, -np.inf).argmax(axis=1)
    height = near[np.arange(len(near)), at][:, None]
    before = (near > height).sum(axis=1)
    ties = (near == height) & (np.arange(near.shape[1]) < at[:, None])
    rank: Codes = 1 + before + ties.sum(axis=1)
    return rank


def _hubness(occurrences: Codes) -> Hubness:
    coverage = float((occurrences > 0).mean()) if occurrences.size else 0.0
    spread = occurrences.std()
    centred = occurrences - occurrences.mean() if occurrences.size else occurrences
    skewness = float((centred**3).mean() / spread**3) if spread > 0 else 0.0
    return Hubness(coverage, 1 - coverage, skewness)
