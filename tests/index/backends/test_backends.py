"""One contract for every way to search."""

import resource
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spotrec.errors import IndexFault, UsageError
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.index import columns
from spotrec.index import manifest as manifests
from spotrec.index.arrays import SealedFiles
from spotrec.index.backends import BACKENDS, Backend, annoy, backend_of, cells, choose_backend, exact, names_of_backends
from spotrec.index.backends.annoy import AnnoySearch, annoy_works, build_trees
from spotrec.index.backends.exact import ExactSearch
from spotrec.index.bounds import WIDTHS, in_brief
from spotrec.index.columns import Columns
from spotrec.index.neighbours import NeighbourSearch
from spotrec.index.space import fit
from spotrec.progress import Silent
from spotrec.system.installation import install_command
from support.large_catalogue import Realistic

MODULES: list[Backend] = [exact, cells, annoy]
"""That each has what a backend must have is what mypy looks at here."""
Open = Callable[[np.ndarray], NeighbourSearch]


def unit(n: int, dim: int = 16, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def placed(n: int) -> np.ndarray:
    vectors = Realistic(n).vectors()
    return fit(vectors, CHOI_1.moments()).place(vectors)


def opened(folder: Path, backend: Backend, vectors: np.ndarray, trees: int = 10) -> NeighbourSearch:
    """Written into a folder and opened from there, as an index does it."""
    folder.mkdir(exist_ok=True)
    np.save(folder / "vectors.npy", vectors)
    backend.write(folder, trees, Silent())
    sealed = {path.name: manifests.seal(path) for path in folder.iterdir()}
    manifest = manifests.Manifest(
        3, "x-1", vectors.shape[1], "angular", "", trees, 1, len(vectors), "", {}, 0, [], sealed
    )
    return backend.load(SealedFiles(folder, manifest), vectors)


@pytest.fixture(params=[*BACKENDS, "in brief", "columns"])
def search(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    def open_(vectors: np.ndarray) -> NeighbourSearch:
        if request.param == "in brief":  # small catalogues are not told in brief by themselves
            return ExactSearch(vectors, in_brief(vectors, min(WIDTHS[0], vectors.shape[1] + 1)))
        if request.param == "columns":
            blocks = columns.blocks_of(vectors, columns.n_axes(vectors))
            return ExactSearch(vectors, columns=Columns(blocks, *vectors.shape))
        return opened(tmp_path / request.param, backend_of(request.param), vectors)

    return open_


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


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_writes_its_own_files_and_no_others(tmp_path: Path, name: str) -> None:
    backend = backend_of(name)
    opened(tmp_path / name, backend, placed(exact.BOUNDED_FROM))
    assert {path.name for path in (tmp_path / name).iterdir()} == {"vectors.npy", *backend.FILES}


def test_every_backend_of_the_registry_is_held_to_the_contract() -> None:
    assert [backend_of(name) for name in BACKENDS] == MODULES


def test_small_catalogues_are_searched_exactly_and_large_ones_in_cells() -> None:
    assert [choose_backend("auto", n) for n in (0, 1, 199_999, 200_000, 10**7)] == ["exact"] * 3 + ["cells"] * 2


@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_that_is_named_is_taken_at_any_size(name: str) -> None:
    assert choose_backend(name, 3) == choose_backend(name, 10**7) == name


@pytest.mark.parametrize("name", ["", "Exact", "hnsw", "backends", "../exact"])
def test_what_is_no_backend_is_refused_and_the_hint_names_all(name: str) -> None:
    with pytest.raises(UsageError, match="there is no backend") as refused:
        choose_backend(name, 3)
    assert refused.value.hint == "choose auto, exact, cells or annoy" == f"choose {names_of_backends()}"
    with pytest.raises(IndexFault, match="no index backend"):
        backend_of(name)


def test_trees_that_find_no_room_take_none_while_the_process_lives(tmp_path: Path) -> None:
    """Annoy does not close a file that it cannot write."""
    vectors = np.random.default_rng(0).standard_normal((20_000, 16)).astype(np.float32)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        with pytest.raises(OSError, match="Unable to write"):
            build_trees(vectors, tmp_path / "trees.ann", 5)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "trees.ann").stat().st_size


def test_without_annoy_its_backend_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "annoy", None)
    assert not annoy.is_installed()
    np.save(tmp_path / "vectors.npy", unit(20))
    for attempt in (
        annoy.versions,
        lambda: annoy.write(tmp_path, 5, Silent()),
        lambda: AnnoySearch(tmp_path, unit(20)),
    ):
        with pytest.raises(IndexFault, match="needs Annoy, which is not installed") as refused:
            attempt()
        assert install_command("annoy") in refused.value.hint
        assert "`spotrec index`" in refused.value.hint
    assert choose_backend("auto", 100) == "exact"
    assert choose_backend("auto", 1_000_000) == "cells"
