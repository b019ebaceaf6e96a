"""One contract for every search."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spotrec.extract.models.choi.model import CHOI_1
from spotrec.index.bounds import in_brief
from spotrec.index.cells import CellSearch, write_cells
from spotrec.index.neighbours import AnnoySearch, ExactSearch, NeighbourSearch, annoy_works, build_trees
from spotrec.index.space import fit
from spotrec.progress import Silent
from support.catalogues import Realistic

CELLS = ("centres", "starts", "order", "cells")
Open = Callable[[np.ndarray], NeighbourSearch]


def unit(n: int, dim: int = 16, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def placed(n: int) -> np.ndarray:
    vectors = Realistic(n).vectors()
    return fit(vectors, CHOI_1.moments()).place(vectors)


@pytest.fixture(params=["exact", "in brief", "cells", "annoy"])
def search(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    def opened(vectors: np.ndarray) -> NeighbourSearch:
        if request.param == "exact":
            return ExactSearch(vectors)
        if request.param == "in brief":
            return ExactSearch(vectors, in_brief(vectors))
        if request.param == "cells":
            np.save(tmp_path / "vectors.npy", vectors)
            write_cells(tmp_path, Silent())
            return CellSearch(vectors, *(np.load(tmp_path / f"{name}.npy") for name in CELLS))
        build_trees(vectors, tmp_path / "trees.ann", 10)
        return AnnoySearch(tmp_path / "trees.ann", vectors)

    return opened


def test_the_nearest_come_first_with_their_true_cosines(search: Open) -> None:
    vectors = unit(2000)
    positions, cosines = search(vectors).nearest(vectors[42], 10)
    assert positions[0] == 42
    truth = vectors @ vectors[42]
    np.testing.assert_array_equal(positions, np.argsort(-truth, kind="stable")[:10])
    np.testing.assert_allclose(cosines, truth[positions], atol=1e-6)


@pytest.mark.parametrize("n_vectors", [1, 2, 10])
def test_a_small_catalogue_gives_all_it_has(search: Open, n_vectors: int) -> None:
    positions, cosines = search(unit(n_vectors)).nearest(unit(1, seed=5)[0], 10)
    assert sorted(positions.tolist()) == list(range(n_vectors))
    assert (np.diff(cosines) <= 0).all()


def test_equals_are_in_order_of_position(search: Open) -> None:
    vectors = np.repeat(unit(2), 6, axis=0)
    positions, _ = search(vectors).nearest(vectors[0], 8)
    assert positions.tolist()[:6] == [0, 1, 2, 3, 4, 5]
    assert positions.tolist()[6:] == [6, 7]


def test_identical_vectors_are_in_order_of_position(search: Open) -> None:
    vectors = np.repeat(unit(1, 160), 7000, axis=0)
    positions, cosines = search(vectors).nearest(vectors[0], 4)
    np.testing.assert_allclose(cosines, 1, atol=1e-5)
    assert len(set(positions.tolist())) == 4
    assert (np.diff(positions) > 0).all()


def test_a_vector_without_direction_is_answered_without_nan(search: Open) -> None:
    positions, cosines = search(unit(50, 160)).nearest(np.zeros(160, np.float32), 5)
    assert positions.tolist() == [0, 1, 2, 3, 4]
    assert cosines.tolist() == [0] * 5


def test_nearly_all_of_the_nearest_are_found_where_tracks_lie_as_real_ones_do(search: Open) -> None:
    vectors = placed(8_000)
    asked, exact, opened = vectors[::160], ExactSearch(vectors), search(vectors)
    hits = [np.isin(exact.nearest(v, 10)[0], opened.nearest(v, 10)[0]).mean() for v in asked]
    assert np.mean(hits) >= 0.97


def test_the_same_question_has_the_same_answer(search: Open) -> None:
    vectors = unit(3000)
    one, other = search(vectors), search(vectors)
    for seed in range(5):
        question = unit(1, seed=100 + seed)[0]
        np.testing.assert_array_equal(one.nearest(question, 20)[0], other.nearest(question, 20)[0])


def test_trees_of_another_number_of_items_are_refused(tmp_path: Path) -> None:
    build_trees(unit(20), tmp_path / "trees.ann", 5)
    with pytest.raises(ValueError, match="20 items in the trees, 19 vectors"):
        AnnoySearch(tmp_path / "trees.ann", unit(19))


def test_trees_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        build_trees(unit(500), tmp_path / name, 10)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_annoy_works_here() -> None:
    assert annoy_works()
