"""Orders that follow a curve of energy."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.query.curve import Curve, path_on_curve, places_by_energy
from spotrec.query.short_path import length_of, short_path
from spotrec.vectors import DoubleArray
from support.catalogue import unit_points


def distances(n: int, seed: int = 0) -> DoubleArray:
    points = unit_points(n, 20, seed).astype(np.float64)
    found = np.clip(1 - points @ points.T, 0, 2)
    np.fill_diagonal(found, 0)
    return np.asarray((found + found.T) / 2)


def energies(n: int, seed: int = 0) -> list[float]:
    return [float(one) for one in np.random.default_rng(seed).normal(size=n)]


def off_the_curve(order: list[int], energy: list[float], curve: Curve) -> int:
    """By how many places the energy of any track is away from its place on the curve."""
    n = len(order)
    rank_of_track = np.argsort(np.argsort(energy))
    rank_of_place = np.argsort(places_by_energy(n, curve))
    return int(max(abs(rank_of_track[track] - rank_of_place[place]) for place, track in enumerate(order)))


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize("n", [1, 2, 3, 12, 30, 80])
def test_every_track_is_at_most_a_tenth_of_the_list_away_from_its_place(n: int, curve: Curve) -> None:
    energy = energies(n)
    found = path_on_curve(distances(n), energy, curve)
    assert sorted(found.order) == list(range(n))
    assert off_the_curve(found.order, energy, curve) <= max(1, round(0.1 * n))
    assert found.length == pytest.approx(length_of(found.order, distances(n)))
    assert found.bound <= found.length + 1e-9


@pytest.mark.parametrize("curve", Curve)
def test_a_few_tracks_are_in_the_shortest_order_on_the_curve(curve: Curve) -> None:
    away, energy = distances(7), energies(7)
    fitting = (list(order) for order in permutations(range(7)) if off_the_curve(list(order), energy, curve) <= 1)
    found = path_on_curve(away, energy, curve)
    assert found.length == pytest.approx(min(length_of(order, away) for order in fitting))
    assert found.bound == found.length


@pytest.mark.parametrize("curve", Curve)
def test_given_ends_are_kept_wherever_the_curve_is(curve: Curve) -> None:
    for n in (2, 9, 40):
        found = path_on_curve(distances(n), energies(n), curve, 1, 0)
        assert (found.order[0], found.order[-1]) == (1, 0)
        assert sorted(found.order) == list(range(n))


def test_the_energy_rises_falls_and_comes_in_waves() -> None:
    energy = energies(64)
    for curve, slope in ((Curve.RISE, 1), (Curve.FALL, -1)):
        order = path_on_curve(distances(64), energy, curve).order
        assert slope * np.corrcoef(np.arange(64), np.array(energy)[order])[0, 1] > 0.8
    order = path_on_curve(distances(64), energy, Curve.WAVE).order
    waves = -np.cos(2 * np.pi * 4 * (np.arange(64) + 0.5) / 64)
    assert np.corrcoef(waves, np.array(energy)[order])[0, 1] > 0.8


def test_sound_still_counts_on_a_curve() -> None:
    away, energy = distances(80), energies(80)
    strict = length_of([int(one) for one in np.argsort(energy)], away)
    free = short_path(away).length
    on_curve = path_on_curve(away, energy, Curve.RISE).length
    assert free < on_curve < free + 0.6 * (strict - free)


@given(st.integers(1, 30), st.sampled_from(Curve), st.integers(0, 5))
@settings(max_examples=40)
def test_tracks_of_the_same_energy_have_an_order_too(n: int, curve: Curve, seed: int) -> None:
    energy = [float(one) for one in np.random.default_rng(seed).integers(0, 2, n)]
    assert sorted(path_on_curve(distances(n, seed), energy, curve).order) == list(range(n))


@pytest.mark.parametrize(("curve", "most"), [(Curve.RISE, 0.15), (Curve.FALL, 0.15), (Curve.WAVE, 0.30)])
def test_few_trials_shorten_a_long_list(curve: Curve, most: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes at random places left 18 % and, with waves, 37 %."""
    monkeypatch.setattr("spotrec.query.curve._MOST_TRIALS", 200_000)  # as many a track as 3,000 tracks have
    away, energy = distances(300), energies(300)
    found = path_on_curve(away, energy, curve)
    assert found.length <= (1 + most) * found.bound
    assert off_the_curve(found.order, energy, curve) <= 30
    assert found.length == pytest.approx(length_of(found.order, away))
