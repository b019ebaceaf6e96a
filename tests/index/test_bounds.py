"""What is told in brief bounds the cosine, and a search that looks only at what the bound lets through is exact."""

import numpy as np
import pytest

from spotrec.extract.models.choi.model import CHOI_1
from spotrec.index import bounds
from spotrec.index.backends.exact import ExactSearch
from spotrec.index.space import fit
from support.large_catalogue import Realistic


@pytest.fixture(scope="module")
def placed() -> np.ndarray:
    vectors = Realistic(20_000).vectors()
    return fit(vectors, CHOI_1.moments()).place(vectors)


@pytest.mark.parametrize("width", [2, *bounds.WIDTHS, 161])
def test_the_product_of_two_tellings_is_never_below_the_cosine(placed: np.ndarray, width: int) -> None:
    brief = bounds.in_brief(placed[:2000], width)
    assert brief.shape == (2000, width)
    assert (brief @ brief.T >= placed[:2000] @ placed[:2000].T - 1e-6).all()


@pytest.mark.parametrize("n", [1, 10, 300, 20_000, 30_000])
def test_nothing_is_missed(placed: np.ndarray, n: int) -> None:
    plain, brief = ExactSearch(placed), ExactSearch(placed, bounds.in_brief(placed, bounds.width(placed)))
    rng = np.random.default_rng(1)
    elsewhere = rng.standard_normal((3, 160)).astype(np.float32)
    for point in (*placed[[0, 7_000, 19_999]], *(elsewhere / np.linalg.norm(elsewhere, axis=1, keepdims=True))):
        expected, found = plain.nearest(point, n), brief.nearest(point, n)
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])


def test_copies_and_vectors_without_direction_are_in_order_of_position(placed: np.ndarray) -> None:
    same = np.repeat(placed[:2], 3000, axis=0)
    for point in (placed[0], np.zeros(160, np.float32)):
        positions, cosines = ExactSearch(same, bounds.in_brief(same, 64)).nearest(point, 5)
        assert positions.tolist() == [0, 1, 2, 3, 4]
        assert np.isfinite(cosines).all()


def test_vectors_that_need_more_numbers_have_longer_short_forms(placed: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    flat = rng.standard_normal((500, 160)).astype(np.float32)
    assert bounds.width(flat / np.linalg.norm(flat, axis=1, keepdims=True)) == 161
    assert bounds.width(placed) in bounds.WIDTHS
    leading = placed.copy()
    leading[:, :120] *= 0.01
    assert bounds.width(leading / np.linalg.norm(leading, axis=1, keepdims=True)) == bounds.WIDTHS[0]
    assert bounds.width(placed[:, :40]) == 41
    assert bounds.width(placed[:0]) == 161


def test_an_index_of_an_earlier_version_keeps_its_short_forms(placed: np.ndarray) -> None:
    for width in (64, 161):
        bounds.check_width(bounds.in_brief(placed, width), placed)
    for wrong in (placed[:, :1], bounds.in_brief(placed[1:], 64), np.zeros((20_000, 162), np.float32)):
        with pytest.raises(ValueError, match="short forms"):
            bounds.check_width(wrong, placed)
