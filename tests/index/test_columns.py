"""Columns of small integers bound the cosine, and a search that reads them first is exact."""

from pathlib import Path

import numpy as np
import pytest

from spotrec.errors import IndexFault
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.index import columns
from spotrec.index.backends.exact import BOUNDED_FROM, ExactSearch
from spotrec.index.build import build
from spotrec.index.columns import Columns
from spotrec.index.index import load
from spotrec.index.recall import recall_at
from spotrec.index.space import fit
from spotrec.progress import Silent
from spotrec.store import Catalogue
from spotrec.vectors import mapped
from support.catalogue import CHOI_EARS
from support.earlier_index import give_short_forms
from support.large_catalogue import Realistic, track_id

N = 2 * columns.BLOCK + 700


@pytest.fixture(scope="module")
def placed() -> np.ndarray:
    vectors = Realistic(N).vectors()
    return fit(vectors, CHOI_1.moments()).place(vectors)


def columns_of(vectors: np.ndarray, axes: int) -> Columns:
    return Columns(columns.blocks_of(vectors, axes), *vectors.shape)


def directions(n: int, seed: int = 1) -> np.ndarray:
    found = np.random.default_rng(seed).standard_normal((n, 160)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found


def spikes(dim: int = 160) -> np.ndarray:
    """The vectors with the largest integers, and the ones that rounding shortens or lengthens most."""
    axes = np.eye(dim, dtype=np.float32)
    level = np.full((1, dim), dim**-0.5, np.float32)
    halves = np.full((1, dim), 0.5 / 127, np.float32)
    halves[0, -1] = (1 - (halves[0, :-1] ** 2).sum()) ** 0.5
    return np.concatenate([axes, -axes, level, -level, halves, np.roll(halves, 1, axis=1)])


@pytest.mark.parametrize("axes", [1, *columns.AXES])
def test_the_bound_is_never_below_the_cosine(placed: np.ndarray, axes: int) -> None:
    vectors = np.concatenate([spikes(), placed[:1000], directions(200), np.zeros((1, 160), np.float32)])
    brief = columns_of(vectors, axes)
    for point in vectors[::7]:
        ceilings = brief.ceilings(point)
        at_most = ceilings.numbers.astype(np.float64) / ceilings.per_unit + ceilings.error
        assert (at_most >= vectors.astype(np.float64) @ point).all()


def test_the_bound_is_close_with_all_axes(placed: np.ndarray) -> None:
    ceilings = columns_of(placed, 160).ceilings(placed[5])
    at_most = ceilings.numbers / ceilings.per_unit + ceilings.error
    assert (at_most - placed @ placed[5]).max() < 0.1


@pytest.mark.parametrize("n", [1, 10, 300, N, N + 10])
def test_nothing_is_missed(placed: np.ndarray, n: int) -> None:
    plain = ExactSearch(placed)
    for axes in (64, columns.n_axes(placed), 160):
        search = ExactSearch(placed, columns=columns_of(placed, axes))
        for point in (*placed[[0, 5_000, N - 1]], *directions(3), *spikes()[[3, 200]], 3 * placed[7]):
            expected, found = plain.nearest(point, n), search.nearest(point, n)
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])


def test_few_vectors_are_compared_in_full(placed: np.ndarray) -> None:
    """Else the columns would be of no use."""
    search = ExactSearch(placed, columns=columns_of(placed, columns.n_axes(placed)))
    assert np.mean([len(search._candidates(point, 10)) for point in placed[::100]]) < N / 20


def test_copies_and_vectors_without_direction_are_in_order_of_position(placed: np.ndarray) -> None:
    same = np.repeat(placed[:2], 3000, axis=0)
    for point in (placed[0], np.zeros(160, np.float32)):
        positions, cosines = ExactSearch(same, columns=columns_of(same, 96)).nearest(point, 5)
        assert positions.tolist() == [0, 1, 2, 3, 4]
        assert np.isfinite(cosines).all()


@pytest.mark.parametrize("n", [1, columns.BLOCK, columns.BLOCK + 1])
def test_a_file_contains_the_columns(placed: np.ndarray, tmp_path: Path, n: int) -> None:
    columns.write(tmp_path / "columns.npy", placed[:n])
    found = mapped(tmp_path / "columns.npy")
    np.testing.assert_array_equal(found, columns.blocks_of(placed[:n], columns.n_axes(placed[:n])))
    columns.check(found, placed[:n])


def test_vectors_that_need_more_numbers_have_more_columns(placed: np.ndarray) -> None:
    assert columns.n_axes(placed) in columns.AXES[1:-1]
    leading = placed.copy()
    leading[:, :120] *= 0.01
    assert columns.n_axes(leading / np.linalg.norm(leading, axis=1, keepdims=True)) == columns.AXES[0]
    assert columns.n_axes(directions(500)) == columns.AXES[-1]
    assert columns.n_axes(placed[:, :40]) == 40
    assert columns.n_axes(np.hstack([placed, placed])) <= columns.MOST_AXES


def test_what_cannot_be_columns_is_refused(placed: np.ndarray) -> None:
    blocks = columns.blocks_of(placed, 96)
    for wrong in (blocks[:-1], blocks.astype(np.int16), blocks[:, :, :-1], blocks[0], blocks[:, :2]):
        with pytest.raises(ValueError, match="columns"):
            Columns(wrong, *placed.shape)
    with pytest.raises(ValueError, match="number of axes"):
        Columns(blocks, N, 90)


@pytest.mark.parametrize("row", [0, 50, 96, 97])
def test_columns_of_other_vectors_are_found_by_a_check(placed: np.ndarray, row: int) -> None:
    blocks = columns.blocks_of(placed, 96)
    columns.check(blocks, placed)
    blocks[1, row, 77] -= 2
    with pytest.raises(IndexFault, match="columns"):
        columns.check(blocks, placed)


def test_an_index_has_columns_and_one_of_an_earlier_version_answers_the_same(tmp_path: Path) -> None:
    n = BOUNDED_FROM + 1_000
    vectors = Realistic(n).vectors()
    ids = sorted(track_id(i) for i in range(n))
    index = build(tmp_path, CHOI_EARS, Catalogue(ids, vectors, np.zeros((n, 3), np.float32)), progress=Silent())
    assert (index.folder / "columns.npy").is_file()
    assert "columns.npy" in index.manifest.files
    assert recall_at(index, progress=Silent()) == 1
    points = index.place(vectors[::600])
    expected = [index.nearest(point, 20) for point in points]

    give_short_forms(index.folder)
    earlier = load(tmp_path, CHOI_EARS, thorough=True)
    assert "columns.npy" not in earlier.manifest.files
    assert [earlier.nearest(point, 20) for point in points] == expected
