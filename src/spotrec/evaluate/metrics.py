"""How well neighbours agree with labels: each track is asked with, and its neighbours are looked at.

A neighbour is relevant when it has the label of the track that was asked with. Definitions:

- precision@k: the share of the first k that are relevant; macro: the mean over the labels' values of the mean over the
  tracks that have the value, so that a large genre counts as much as a small one;
- reciprocal rank: 1 / rank of the first relevant one, anywhere in the ranking (MRR is its mean);
- hit rate: whether any of the first k is relevant;
- nDCG@k: sum of 1 / log2(1 + rank) over the relevant ones of the first k, over the most that could be (Järvelin and
  Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 2002);
- k-occurrence: in how many lists of k a track appears; its skewness is hubness (Radovanović, Nanopoulos, Ivanović,
  "Hubs in space", JMLR 2010); coverage is the share of tracks that appear at all.

Intervals are percentile bootstraps over the tracks asked with (Efron 1979).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int64]
"""One number per track and label value; -1 where a track has none."""

Similarity = Callable[[slice], FloatArray]
"""How alike the tracks of some rows are to all: shape (n_rows, n_tracks), the higher the more."""

CONFIDENCE = 0.95
RESAMPLES = 2_000
_ROWS = 512


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and where it lies with 95 % confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How well neighbours agree with one label. `n_queries` tracks have company that they could find."""

    label: str
    n_queries: int
    n_values: int
    precision: Interval
    macro_precision: float
    mrr: Interval
    hit_rate: Interval
    ndcg: Interval


@dataclass(frozen=True, slots=True)
class Hubness:
    """Who is recommended, whatever the labels: over all lists of k neighbours."""

    coverage: float
    skewness: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may be a neighbour of what: never a track of the same group, where it is in one.

    Attributes:
        excluded: codes, each of shape (n_tracks,): recordings, so that no copy is found; artists, for an artist filter.
    """

    excluded: Sequence[Codes]

    def of(self, rows: slice, n: int) -> npt.NDArray[np.bool_]:
        """Shape (n_rows, n_tracks)."""
        mask = np.ones((len(range(*rows.indices(n))), n), bool)
        mask[np.arange(mask.shape[0]), np.arange(n)[rows]] = False
        for codes in self.excluded:
            mask &= (codes[rows, None] != codes[None, :]) | (codes[rows, None] < 0)
        return mask


def codes_of(values: Sequence[str | None]) -> Codes:
    """Values as numbers, in order of first appearance; None and "" as -1."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(value, len(known)) if value else -1 for value in values], np.int64)


def cosine(vectors: FloatArray) -> Similarity:
    """The similarity of vectors of unit length, shape (n_tracks, dim)."""
    return lambda rows: vectors[rows] @ vectors.T


def score_label(
    label: str, similarity: Similarity, values: Codes, candidates: Candidates, k: int, seed: int = 0
) -> LabelScores | None:
    """Ask with every track that has a value and company of that value. Ties go to the earlier track.

    Args:
        values: the label of each track.

    Returns:
        None where no track has company.
    """
    asked, precision, reciprocal, hit, ndcg = [], [], [], [], []
    n = len(values)
    for start in range(0, n, _ROWS):
        rows = slice(start, min(start + _ROWS, n))
        allowed = candidates.of(rows, n)
        relevant = allowed & (values[rows, None] == values[None, :]) & (values[rows, None] >= 0)
        near = np.where(allowed, similarity(rows), -np.inf)
        for i in np.flatnonzero(relevant.any(axis=1)):
            order = np.argsort(-near[i], kind="stable")
            found = relevant[i][order]
            gains = found[:k] / np.log2(np.arange(2, 2 + len(found[:k])))
            ideal = 1 / np.log2(np.arange(2, 2 + min(k, int(found.sum()))))
            asked.append(start + i)
            precision.append(found[:k].sum() / k)
            reciprocal.append(1 / (1 + int(found.argmax())))
            hit.append(float(found[:k].any()))
            ndcg.append(gains.sum() / ideal.sum())
    if not asked:
        return None
    of_asked = values[np.array(asked)]
    by_value = [np.mean(np.array(precision)[of_asked == value]) for value in np.unique(of_asked)]
    return LabelScores(
        label=label,
        n_queries=len(asked),
        n_values=len(by_value),
        precision=interval(precision, seed),
        macro_precision=float(np.mean(by_value)),
        mrr=interval(reciprocal, seed),
        hit_rate=interval(hit, seed),
        ndcg=interval(ndcg, seed),
    )


def hubness(similarity: Similarity, n: int, candidates: Candidates, k: int) -> Hubness:
    """How evenly `n` tracks are recommended, each asked with once."""
    from scipy.stats import skew

    occurrences = np.zeros(n, np.int64)
    for start in range(0, n, _ROWS):
        rows = slice(start, min(start + _ROWS, n))
        allowed = candidates.of(rows, n)
        near = np.where(allowed, similarity(rows), -np.inf)
        first = np.argsort(-near, axis=1, kind="stable")[:, :k]
        shown = np.take_along_axis(allowed, first, axis=1)
        np.add.at(occurrences, first[shown], 1)
    spread = float(skew(occurrences)) if occurrences.std() > 0 else 0.0
    return Hubness(coverage=float((occurrences > 0).mean()) if n else 0.0, skewness=spread)


def interval(values: Sequence[float], seed: int = 0) -> Interval:
    """The mean of one number per query; of a single one, or of equal ones, the interval is that number."""
    from scipy.stats import bootstrap

    mean = float(np.mean(values))
    if len(set(values)) == 1:
        return Interval(mean, mean, mean)
    found = bootstrap(
        (np.asarray(values),),
        np.mean,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        batch=max(1, 20_000_000 // len(values)),
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(mean, float(found.low), float(found.high))
