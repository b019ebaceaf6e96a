"""Confidence intervals of means and of their differences: percentile bootstraps over the queries (Efron 1979).

All spaces are evaluated on the same resamples, so that a difference is paired: a query that is hard in both spaces does
not show which space is better.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Figures = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

CONFIDENCE = 0.95
RESAMPLES = 2_000
FEWEST_QUERIES = 10
"""With fewer queries a bootstrap interval is too narrow, and no difference is called significant."""
_AT_ONCE = 10_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean's difference from the mean of the first space, with its 95 % confidence interval and its significance."""

    value: float
    low: float
    high: float
    is_significant: bool


@dataclass(frozen=True, slots=True)
class Means:
    """The mean of each figure, and its resamples.

    Attributes:
        found: shape (n_figures + 1,); the last one is the macro-average of the first figure.
        resampled: shape (RESAMPLES, n_figures + 1).
    """

    found: Figures
    resampled: Figures

    def intervals(self) -> list[Interval]:
        low, high = _percentiles(self.resampled)
        return [Interval(*map(float, triple)) for triple in zip(self.found, low, high, strict=True)]

    def differences(self, first: "Means", n_queries: int) -> list[Difference]:
        """Return the differences from the means of `first` over the same queries."""
        low, high = _percentiles(self.resampled - first.resampled)
        is_significant = ((low > 0) | (high < 0)) & (n_queries >= FEWEST_QUERIES)
        triples = zip(self.found - first.found, low, high, is_significant, strict=True)
        return [Difference(float(value), float(lo), float(hi), bool(real)) for value, lo, hi, real in triples]


def means(figures: Sequence[Figures], values: Codes, seed: int = 0) -> list[Means]:
    """Return means and resamples of the figures of several spaces on the same queries.

    Args:
        figures: of each space, shape (n_queries, n_figures), n_queries > 0.
        values: the label's value of each query; the macro-average is the mean over values of the mean over queries. It
            leaves out a value of which a resample has no query.
    """
    by_value = np.argsort(values, kind="stable")
    columns = [one[by_value] for one in figures]
    starts = np.flatnonzero(np.diff(values[by_value], prepend=-2))
    once = np.ones((1, len(values)))
    found = [_weighted_means(one, once, starts)[0] for one in columns]
    parts: list[list[Figures]] = [[] for _ in columns]
    for counts in _resamples(len(values), seed):
        for part, one in zip(parts, columns, strict=True):
            part.append(_weighted_means(one, counts, starts))
    return [Means(mean, np.concatenate(part)) for mean, part in zip(found, parts, strict=True)]


def _weighted_means(figures: Figures, counts: Figures, starts: Codes) -> Figures:
    """Return means in which query i counts `counts[:, i]` times: shape (n_resamples, n_figures + 1)."""
    n = counts.shape[1]
    plain = counts @ figures / n
    same = (figures == figures[:1]).all(axis=0)
    plain[:, same] = figures[0, same]  # without rounding errors
    of_value = np.add.reduceat(counts, starts, axis=1)
    sums = np.add.reduceat(counts * figures[:, 0], starts, axis=1)
    macro = (sums / np.maximum(of_value, 1)).sum(axis=1) / (of_value > 0).sum(axis=1)
    if same[0]:
        macro[:] = figures[0, 0]
    return np.column_stack([plain, macro])


def _resamples(n: int, seed: int) -> Iterator[Figures]:
    """Yield how often each of `n` queries is drawn, some resamples at a time: shape (n_resamples, n)."""
    rng = np.random.default_rng(seed)
    at_once = max(1, min(RESAMPLES, _AT_ONCE // n))
    for done in range(0, RESAMPLES, at_once):
        size = min(at_once, RESAMPLES - done)
        drawn = rng.integers(0, n, (size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def _percentiles(resampled: Figures) -> Figures:
    tail = 50 * (1 - CONFIDENCE)
    found: Figures = np.percentile(resampled, [tail, 100 - tail], axis=0)
    return found
