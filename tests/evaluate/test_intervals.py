"""Bootstrap intervals, against scipy's, and differences that are paired."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from spotrec.evaluate.intervals import FEWEST_QUERIES, Figures, Means, means


def of(*columns: Figures, values: int = 1) -> list[Means]:
    """Each column a space with one figure."""
    n = len(columns[0])
    return means([column[:, None] for column in columns], np.arange(n) % values)


def test_an_interval_is_what_scipy_makes_of_it() -> None:
    column = np.random.default_rng(1).uniform(size=200)
    (found,) = of(column)
    theirs = bootstrap((column,), np.mean, method="percentile", n_resamples=5000, rng=np.random.default_rng(5))
    ours = found.intervals()[0]
    assert ours.value == pytest.approx(column.mean())
    assert (ours.low, ours.high) == pytest.approx(theirs.confidence_interval, abs=0.004)
    assert of(column)[0].intervals() == found.intervals(), "the same on every run"


def test_intervals_narrow_with_more_queries_and_equal_figures_leave_no_doubt() -> None:
    rng = np.random.default_rng(1)
    few, many = (of(rng.uniform(size=n))[0].intervals()[0] for n in (20, 2000))
    assert many.high - many.low < few.high - few.low
    same = of(np.full(7, 0.1))[0].intervals()[0]
    assert (same.value, same.low, same.high) == (0.1, 0.1, 0.1)
    one = of(np.array([0.3]))[0].intervals()[0]
    assert (one.low, one.high) == (0.3, 0.3)


def test_the_macro_average_counts_values_not_tracks_and_has_its_interval() -> None:
    figures = np.array([[1.0], [1.0], [1.0], [1.0], [1.0], [0.0]])
    (found,) = means([figures], np.array([0, 0, 0, 0, 1, 1]))
    macro = found.intervals()[-1]
    assert macro.value == pytest.approx((1 + 1 / 2) / 2)
    assert macro.low < macro.value < macro.high == 1
    assert np.isfinite(found.resampled).all(), "a value of which nobody is drawn is left out"


def test_a_small_gain_on_every_query_is_told_though_the_intervals_overlap() -> None:
    column = np.random.default_rng(2).uniform(size=100)
    first, better, same, noisy = of(column, column + 0.01, column, np.roll(column, 1))
    overlap = better.intervals()[0].low < first.intervals()[0].high
    gain = better.differences(first, 100)[0]
    assert overlap
    assert gain.is_significant
    assert gain.value == pytest.approx(0.01)
    nothing = same.differences(first, 100)[0]
    assert (nothing.value, nothing.low, nothing.high, nothing.is_significant) == (0, 0, 0, False)
    assert not noisy.differences(first, 100)[0].is_significant


def test_of_few_queries_nothing_is_called_significant() -> None:
    n = FEWEST_QUERIES - 1
    first, better = of(np.zeros(n), np.ones(n))
    assert better.differences(first, n)[0].low == 1
    assert not better.differences(first, n)[0].is_significant
