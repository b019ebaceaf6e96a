"""Retrieval metrics against hand-made rankings, and against another's implementation."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from spotrec.evaluate.evaluate import unit
from spotrec.evaluate.metrics import Candidates, FloatArray, codes_of, cosine, hubness, interval, score_label


def on_a_circle(*degrees: float) -> FloatArray:
    """Unit vectors; the nearer the angle, the higher the cosine."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_ranking_that_can_be_checked_by_hand() -> None:
    """Seen from 0°: 10° is of another value, 20° of the same, 40° of another, 60° of the same."""
    vectors = on_a_circle(0, 10, 20, 40, 60)
    score = score_label("colour", cosine(vectors), codes_of(["red", "blue", "red", None, "red"]), Candidates([]), k=3)
    assert score is not None
    assert (score.n_queries, score.n_values) == (3, 1), "blue has no company"
    # 0°: blue, red, none | 20°: blue, then red and none, equally near: the earlier first | 60°: none, red, blue
    assert score.precision.value == pytest.approx((1 / 3 + 1 / 3 + 1 / 3) / 3)
    assert score.mrr.value == pytest.approx((1 / 2 + 1 / 2 + 1 / 2) / 3)
    assert score.hit_rate.value == 1
    gain, ideal = 1 / np.log2(3), 1 + 1 / np.log2(3)
    assert score.ndcg.value == pytest.approx(gain / ideal)


def test_ndcg_is_what_scikit_learn_makes_of_it() -> None:
    rng = np.random.default_rng(3)
    vectors = unit(rng.standard_normal((40, 8)).astype(np.float32))
    values = codes_of([f"{n}" for n in rng.integers(0, 4, 40)])
    score = score_label("x", cosine(vectors), values, Candidates([]), k=5)
    assert score is not None
    similarity = vectors @ vectors.T
    expected = []
    for i in range(40):
        others = np.arange(40) != i
        relevance = (values[others] == values[i]).astype(float)
        expected.append(ndcg_score([relevance], [similarity[i, others]], k=5))
    assert score.ndcg.value == pytest.approx(np.mean(expected))


def test_the_macro_mean_counts_values_not_tracks() -> None:
    vectors = on_a_circle(0, 1, 2, 3, 90, 180)
    values = codes_of(["many", "many", "many", "many", "few", "few"])
    score = score_label("x", cosine(vectors), values, Candidates([]), k=1)
    assert score is not None
    assert score.precision.value == pytest.approx(4 / 6 + 1 / 6, abs=1e-9)  # 90° sees 3° first, 180° sees 90°
    assert score.macro_precision == pytest.approx((1 + 1 / 2) / 2)


def test_what_is_excluded_is_never_found() -> None:
    vectors = on_a_circle(0, 1, 50)
    values = codes_of(["a", "a", "a"])
    copies = codes_of(["one recording", "one recording", None])
    near = score_label("x", cosine(vectors), values, Candidates([]), k=1)
    apart = score_label("x", cosine(vectors), values, Candidates([copies]), k=1)
    assert near
    assert apart
    assert near.precision.value == apart.precision.value == 1
    assert hubness(cosine(vectors), 3, Candidates([copies]), 1).coverage == pytest.approx(2 / 3)


def test_without_company_there_is_no_score() -> None:
    vectors = on_a_circle(0, 1, 2)
    assert score_label("x", cosine(vectors), codes_of(["a", "b", None]), Candidates([]), k=1) is None
    assert score_label("x", cosine(vectors), codes_of([None, "", None]), Candidates([]), k=1) is None


def test_a_hub_shows_as_skewness() -> None:
    """Everybody's nearest is the one in the middle."""
    spokes = np.eye(8, dtype=np.float32)
    vectors = unit(np.vstack([spokes, spokes.sum(axis=0, keepdims=True)]))
    found = hubness(cosine(vectors), 9, Candidates([]), 1)
    assert found.skewness > 2
    assert found.coverage == pytest.approx(2 / 9)


def test_intervals_hold_the_mean_and_narrow_with_more_queries() -> None:
    few, many = (list(np.random.default_rng(1).uniform(size=n)) for n in (20, 2000))
    wide, narrow = interval(few), interval(many)
    assert wide.low < wide.value < wide.high
    assert narrow.high - narrow.low < wide.high - wide.low
    assert interval([0.5, 0.5]) == interval([0.5])
    assert interval(few) == wide, "the same on every run"
