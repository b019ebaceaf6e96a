"""Vectors become places: the same on every run, at any number, near where they are near."""

import sys

import numpy as np
import numpy.typing as npt
import pytest

from spotrec.errors import UsageError
from spotrec.map.layout import FEWEST_FOR_TSNE, lay_out, need_tsne
from spotrec.progress import Silent
from spotrec.system.installation import install_command
from spotrec.vectors import FloatArray
from support.catalogue import unit_points


def laid_out(points: FloatArray) -> npt.NDArray[np.float64]:
    places = lay_out(points, progress=Silent())
    assert places.shape == (len(points), 2)
    assert np.isfinite(places).all()
    assert np.abs(places).max(initial=0) <= 1 + 1e-9
    return places


@pytest.mark.parametrize("n", [1, 2, 3, FEWEST_FOR_TSNE - 1, FEWEST_FOR_TSNE, 31])
def test_few_tracks_are_a_map_too(n: int) -> None:
    places = laid_out(unit_points(n))
    assert len(np.unique(places.round(6), axis=0)) == n, "no two lie on each other"
    width, height = np.ptp(places, axis=0)
    assert width >= height
    assert n == 1 or width == pytest.approx(2)


@pytest.mark.parametrize("n", [2, 10, 200])
def test_copies_lie_side_by_side(n: int) -> None:
    alone = laid_out(np.repeat(unit_points(1), n, axis=0))
    assert len(np.unique(alone.round(6), axis=0)) == n
    mixed = laid_out(np.concatenate([unit_points(60), np.repeat(unit_points(1), n, axis=0)]))
    copies = mixed[[0, *range(60, 60 + n)]]
    assert len(np.unique(copies.round(6), axis=0)) == n + 1
    assert np.ptp(copies, axis=0).max() < 0.15


def test_vectors_without_direction_have_a_place() -> None:
    laid_out(np.zeros((15, 20), np.float32))
    laid_out(np.concatenate([np.zeros((1, 20), np.float32), unit_points(14)]))


def test_tracks_that_differ_along_one_line_lie_on_one() -> None:
    angles = np.linspace(0, 1e-3, 5)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    places = laid_out(points)
    assert np.ptp(places[:, 1]) < 0.01
    assert sorted(places[:, 0]) in (places[:, 0].tolist(), places[::-1, 0].tolist())


def test_what_sounds_alike_lies_together() -> None:
    """Twenty groups of ten: on the map, a track's nearest are of its group."""
    group = np.arange(200) // 10
    points = unit_points(20, 40)[group] + 0.4 * unit_points(200, 40, seed=1)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    places = laid_out(points.astype(np.float32))
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1)[:, :5]
    assert (group[near] == group[:, None]).mean() > 0.9


def test_without_the_reducer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(UsageError) as caught:
        need_tsne()
    assert caught.value.hint == install_command("plots")
