"""Vectors become places: the same on every run, at any number, near where they are near."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import pytest

from spotrec.errors import UsageError
from spotrec.map.layout import FEWEST_FOR_TSNE, lay_out, need_reducer
from spotrec.map.neighbours import nearest
from spotrec.progress import Silent
from spotrec.vectors import FloatArray

DIGEST = """
import hashlib, numpy as np
from spotrec.map.layout import lay_out
from spotrec.progress import Silent
from spotrec.vectors import FloatArray
points = np.random.default_rng(1).standard_normal((150, 20)).astype(np.float32)
points /= np.linalg.norm(points, axis=1, keepdims=True)
print(hashlib.sha256(lay_out(points, progress=Silent()).tobytes()).hexdigest())
"""


def unit(n: int, dim: int = 20, seed: int = 0) -> FloatArray:
    points = np.random.default_rng(seed).standard_normal((n, dim))
    length = np.linalg.norm(points, axis=1, keepdims=True)
    return np.asarray(points / length, np.float32)


def laid_out(points: FloatArray) -> npt.NDArray[np.float64]:
    places = lay_out(points, progress=Silent())
    assert places.shape == (len(points), 2)
    assert np.isfinite(places).all()
    assert np.abs(places).max(initial=0) <= 1 + 1e-9
    return places


@pytest.mark.parametrize("n", [1, 2, 3, FEWEST_FOR_TSNE - 1, FEWEST_FOR_TSNE, 31])
def test_few_tracks_are_a_map_too(n: int) -> None:
    places = laid_out(unit(n))
    assert len(np.unique(places.round(6), axis=0)) == n, "no two lie on each other"
    width, height = np.ptp(places, axis=0)
    assert width >= height
    assert n == 1 or width == pytest.approx(2)


@pytest.mark.parametrize("n", [2, 10, 200])
def test_copies_lie_side_by_side(n: int) -> None:
    alone = laid_out(np.repeat(unit(1), n, axis=0))
    assert len(np.unique(alone.round(6), axis=0)) == n
    mixed = laid_out(np.concatenate([unit(60), np.repeat(unit(1), n, axis=0)]))
    copies = mixed[[0, *range(60, 60 + n)]]
    assert len(np.unique(copies.round(6), axis=0)) == n + 1
    assert np.ptp(copies, axis=0).max() < 0.15


def test_vectors_without_direction_have_a_place() -> None:
    laid_out(np.zeros((15, 20), np.float32))
    laid_out(np.concatenate([np.zeros((1, 20), np.float32), unit(14)]))


def test_tracks_that_differ_along_one_line_lie_on_one() -> None:
    angles = np.linspace(0, 1e-3, 5)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    places = laid_out(points)
    assert np.ptp(places[:, 1]) < 0.01
    assert sorted(places[:, 0]) in (places[:, 0].tolist(), places[::-1, 0].tolist())


def test_the_same_vectors_give_the_same_map_bit_for_bit_on_any_number_of_threads() -> None:
    digests = set()
    for threads in ("1", "2", "2"):
        limits = {f"{vendor}_NUM_THREADS": threads for vendor in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True, env={**os.environ, **limits}
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1
    assert len(digests.pop()) == len(hashlib.sha256().hexdigest())


def test_what_sounds_alike_lies_together() -> None:
    """Twenty groups of ten: on the map, a track's nearest are of its group."""
    group = np.arange(200) // 10
    points = unit(20, 40)[group] + 0.4 * unit(200, 40, seed=1)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    places = laid_out(points.astype(np.float32))
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1)[:, :5]
    assert (group[near] == group[:, None]).mean() > 0.9


def test_neighbours_are_the_true_ones() -> None:
    points = unit(600)
    positions, cosines = nearest(points, 7, progress=Silent())
    truth = points @ points.T
    np.fill_diagonal(truth, -np.inf)
    assert (positions == np.argsort(-truth, axis=1, kind="stable")[:, :7]).all()
    assert np.allclose(cosines, np.take_along_axis(truth, positions, axis=1), atol=1e-6)
    assert nearest(points[:1], 0, progress=Silent())[0].shape == (1, 0)


def test_equal_neighbours_come_in_order() -> None:
    positions, _ = nearest(np.repeat(unit(1), 6, axis=0), 5, progress=Silent())
    assert positions.tolist() == [[j for j in range(6) if j != i] for i in range(6)]


def test_without_the_reducer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(UsageError) as caught:
        need_reducer()
    assert caught.value.hint == "pip install 'spotrec[plots]'"
