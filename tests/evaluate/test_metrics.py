"""Retrieval metrics against hand-made rankings, and against others' implementations."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import skew
from sklearn.metrics import label_ranking_average_precision_score, ndcg_score

from spotrec.evaluate.intervals import Codes
from spotrec.evaluate.metrics import FIGURES, Answers, Candidates, ask, codes_of, cosine
from spotrec.vectors import FloatArray, unit


def on_a_circle(*degrees: float) -> FloatArray:
    """Unit vectors; the nearer the angle, the higher the cosine."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def nobody(n_asked: int) -> None:
    """Looks on."""


def asked(vectors: FloatArray, values: Codes, k: int, excluded: Sequence[Codes] = ()) -> Answers:
    candidates = Candidates(excluded)
    return ask(cosine(vectors), len(vectors), [(candidates, {"x": values})], candidates, k, nobody)


def means_of(answers: Answers) -> dict[str, float]:
    return dict(zip(FIGURES, answers.by_label["x"].figures.mean(axis=0), strict=True))


def test_a_ranking_that_can_be_checked_by_hand() -> None:
    """Seen from 0°: 10° is of another value, 20° of the same, 40° of another, 60° of the same."""
    answers = asked(on_a_circle(0, 10, 20, 40, 60), codes_of(["red", "blue", "red", None, "red"]), 3)
    assert list(answers.by_label["x"].queries) == [0, 2, 4], "blue has no company"
    # 0°: blue, red, none | 20°: blue, then red and none, equally near: the earlier first | 60°: none, red, blue
    found = means_of(answers)
    assert found["precision"] == pytest.approx((1 / 3 + 1 / 3 + 1 / 3) / 3)
    assert found["mrr"] == pytest.approx((1 / 2 + 1 / 2 + 1 / 2) / 3)
    assert found["hit_rate"] == 1
    gain, ideal = 1 / np.log2(3), 1 + 1 / np.log2(3)
    assert found["ndcg"] == pytest.approx(gain / ideal)


def test_ndcg_and_reciprocal_rank_are_what_scikit_learn_makes_of_them() -> None:
    rng = np.random.default_rng(3)
    vectors = unit(rng.standard_normal((40, 8)).astype(np.float32))
    values = codes_of([f"{n}" for n in rng.integers(0, 4, 40)])
    found = means_of(asked(vectors, values, 5))
    similarity = vectors @ vectors.T
    ndcg, reciprocal = [], []
    for i in range(40):
        others = np.arange(40) != i
        relevance, near = (values[others] == values[i]).astype(float), similarity[i, others]
        ndcg.append(ndcg_score([relevance], [near], k=5))
        nearest = relevance * (near == near[relevance > 0].max())  # with one relevant, its precision is 1 / rank
        reciprocal.append(label_ranking_average_precision_score([nearest], [near]))
    assert found["ndcg"] == pytest.approx(np.mean(ndcg))
    assert found["mrr"] == pytest.approx(np.mean(reciprocal))


@pytest.mark.parametrize("seed", range(5))
def test_ties_go_to_the_earlier_track_as_a_stable_sort_has_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 4, (30, 30)).astype(np.float32)  # full of ties
    values, k = codes_of([f"{n}" for n in rng.integers(0, 5, 30)]), 7
    copies = codes_of([f"{n}" for n in rng.integers(0, 12, 30)])
    candidates = Candidates([copies])
    found = ask(lambda rows: matrix[rows], 30, [(candidates, {"x": values})], candidates, k, nobody)
    expected = []
    for i in found.by_label["x"].queries:
        others = [j for j in range(30) if copies[j] != copies[i]]
        ranked = [values[j] == values[i] for j in sorted(others, key=lambda j: -matrix[i, j])]
        expected.append((sum(ranked[:k]) / k, 1 / (1 + ranked.index(True)), any(ranked[:k])))
    assert np.allclose(found.by_label["x"].figures[:, :3], expected)


def test_what_is_excluded_is_never_found() -> None:
    vectors, values = on_a_circle(0, 1, 50), codes_of(["a", "a", "a"])
    copies = codes_of(["one recording", "one recording", None])
    assert means_of(asked(vectors, values, 1))["precision"] == 1
    apart = asked(vectors, values, 1, [copies])
    assert means_of(apart)["precision"] == 1
    assert apart.hubness.coverage == pytest.approx(2 / 3)


def test_without_company_nobody_is_asked() -> None:
    for values in (["a", "b", None], [None, "", None]):
        assert asked(on_a_circle(0, 1, 2), codes_of(values), 1).by_label["x"].figures.shape == (0, 4)


def test_a_hub_shows_as_skewness_and_as_tracks_that_are_never_recommended() -> None:
    """Everybody's nearest is the one in the middle."""
    spokes = np.eye(8, dtype=np.float32)
    vectors = unit(np.vstack([spokes, spokes.sum(axis=0, keepdims=True)]))
    found = asked(vectors, codes_of([None] * 9), 1).hubness
    assert found.coverage == pytest.approx(2 / 9)
    assert found.never_recommended == pytest.approx(7 / 9)
    assert found.skewness == pytest.approx(skew([1, 0, 0, 0, 0, 0, 0, 0, 8]))


def test_identical_tracks_are_ranked_by_their_order() -> None:
    answers = asked(np.ones((6, 2), np.float32), codes_of(["a", "a", "a", "b", "b", "b"]), 2)
    assert list(answers.by_label["x"].figures[:, 0]) == [1, 1, 1, 0, 0, 0]
    assert np.isfinite(answers.by_label["x"].figures).all()
    assert answers.hubness.coverage == 0.5
