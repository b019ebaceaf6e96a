"""Orders that follow a curve: the energy rises, falls, or comes in waves, and neighbours still sound alike.

The places of a list have an order of their own: the calmest place, the next calmest, … and so have the tracks. A track
may only be at a place that is at most a tenth of the list away from its own in this order. Among the orders that keep
to that, the shortest is found by dynamic programming over the sets of tracks that came before, as long as there are
few of them (some 50 tracks if the energy rises or falls); else a short one by annealing (Kirkpatrick, Gelatt and
Vecchi, 1983), which exchanges two tracks, turns a piece around or moves a track, and at first also takes what is a
little longer.
"""

import math
from collections.abc import Iterator, Sequence
from enum import StrEnum

import numpy as np

from spotrec.query.path_bound import least_length
from spotrec.query.short_path import ShortPath, length_of
from spotrec.vectors import DoubleArray, Mask, Positions

_WAVE = 16
"""Tracks of one wave: about an hour."""
_SHARE = 0.1
"""How far from its place on the curve a track may be, as a share of the list."""
_TRIALS, _MOST_TRIALS, _AT_ONCE = 12_000, 1_500_000, 50_000
_HOT, _COLD = 0.12, 0.01
"""The temperature at the beginning and at the end, as shares of the mean step."""
_MOST_STATES = 12_000
"""Sets of tracks that came before some place, of which the shortest order is still found."""
_LONGEST_PIECE = 40
_NEVER = 4.0
"""The distance between tracks that are never neighbours: more than any two tracks have."""


class Curve(StrEnum):
    """How the energy goes."""

    RISE = "rise"
    FALL = "fall"
    WAVE = "wave"


def path_on_curve(
    distances: DoubleArray,
    energies: Sequence[float],
    curve: Curve,
    first: int | None = None,
    last: int | None = None,
) -> ShortPath:
    """Return a short order in which the energy follows a curve.

    Args:
        distances: shape (n, n), symmetric, not negative, at most 2.
        energies: how energetic each track is.
        first, last: the track to begin and to end with, wherever the curve is; they differ.
    """
    n = len(distances)
    fits = _fits(n, np.asarray(energies, np.float64), curve, first, last)
    if exact := _shortest(distances, fits):
        length = length_of(exact, distances)
        return ShortPath(exact, length, length)
    order = _Annealing(distances, fits, _start(fits, energies, curve, first, last)).search()
    length = length_of(order, distances)
    may_follow = fits[:, :-1].astype(np.float32) @ fits[:, 1:].astype(np.float32).T > 0
    possible = np.where(may_follow | may_follow.T, distances, _NEVER)
    return ShortPath(order, length, least_length(possible, length, first, last))


def places_by_energy(n: int, curve: Curve) -> Positions:
    """Return the places of a list from the calmest to the most energetic."""
    at = np.arange(n, dtype=np.float64)
    if curve is not Curve.WAVE:
        return np.argsort(at if curve is Curve.RISE else -at, kind="stable")
    n_waves = max(1, round(n / _WAVE))
    return np.argsort(np.round(1 - np.cos(2 * math.pi * n_waves * (at + 0.5) / n), 9), kind="stable")


def _free(n: int, first: int | None, last: int | None) -> tuple[Positions, Positions]:
    """Return the tracks and the places that are not given."""
    tracks = np.array([i for i in range(n) if i not in (first, last)], np.int64)
    return tracks, np.arange(first is not None, n - (last is not None))


def _fits(n: int, energies: DoubleArray, curve: Curve, first: int | None, last: int | None) -> Mask:
    """Return which tracks may be at which places, shape (n_tracks, n_places)."""
    tracks, places = _free(n, first, last)
    m = len(tracks)
    rank_of_track, rank_of_place = np.zeros(m, np.int64), np.zeros(m, np.int64)
    rank_of_track[np.argsort(energies[tracks], kind="stable")] = np.arange(m)
    rank_of_place[places_by_energy(m, curve)] = np.arange(m)
    fits = np.zeros((n, n), bool)
    off = np.abs(rank_of_track[:, None] - rank_of_place)
    fits[np.ix_(tracks, places)] = off <= max(1, round(_SHARE * m))
    for track, place in ((first, 0), (last, n - 1)):
        if track is not None:
            fits[track, place] = True
    return fits


def _start(fits: Mask, energies: Sequence[float], curve: Curve, first: int | None, last: int | None) -> Positions:
    """Return the order that follows the curve exactly."""
    n = len(fits)
    tracks, places = _free(n, first, last)
    order = np.zeros(n, np.int64)
    for track, place in ((first, 0), (last, n - 1)):
        if track is not None:
            order[place] = track
    by_energy = tracks[np.argsort(np.asarray(energies, np.float64)[tracks], kind="stable")]
    order[places[places_by_energy(len(tracks), curve)]] = by_energy
    return order


def _shortest(distances: DoubleArray, fits: Mask) -> list[int] | None:
    """Return the shortest order in which every track is where it fits; None if that takes too long."""
    n = len(fits)
    flat = np.ascontiguousarray(distances).ravel().data
    at_place = [[(int(one), 1 << int(one)) for one in np.flatnonzero(fits[:, place])] for place in range(n)]
    latest = [int(np.flatnonzero(row)[-1]) for row in fits]
    due = [sum(1 << one for one in range(n) if latest[one] <= place) for place in range(n)]
    # [the tracks so far, the last of them] → the shortest way there, and the track before
    layers: list[dict[tuple[int, int], tuple[float, int]]] = [{(bit, one): (0.0, -1) for one, bit in at_place[0]}]
    for place in range(1, n):
        layer: dict[tuple[int, int], tuple[float, int]] = {}
        for (tracks, before), (length, _) in layers[-1].items():
            for one, bit in at_place[place]:
                now = tracks | bit
                if tracks & bit or now & due[place] != due[place]:
                    continue
                longer = length + flat[before * n + one]
                known = layer.get((now, one))
                if known is None or longer < known[0]:
                    layer[now, one] = longer, before
        if len(layer) > _MOST_STATES:
            return None
        layers.append(layer)
    tracks, one = min(layers[-1], key=lambda state: layers[-1][state][0])
    order = []
    for layer in reversed(layers):
        order.append(one)
        before = layer[tracks, one][1]
        tracks, one = tracks ^ (1 << one), before
    return order[::-1]


class _Annealing:
    """Shortens an order by small changes, each of which keeps every track where it fits."""

    def __init__(self, distances: DoubleArray, fits: Mask, start: Positions) -> None:
        n = len(start)
        # an additional track at both ends, at no distance from any
        wide = np.zeros((n + 1, n + 1))
        wide[:n, :n] = distances
        self._n = n
        self._flat = wide.ravel().data
        self._fits = fits
        self._order = [n, *start.tolist(), n]
        self._mean = length_of(start.tolist(), distances) / max(n - 1, 1)

    def search(self) -> list[int]:
        """Return the shortest order that was found."""
        n_trials = min(_TRIALS * self._n, _MOST_TRIALS)
        gained = best_gained = 0.0
        best = self._order.copy()
        for limit, kind, i, j in self._trials(n_trials):
            if kind == 0:
                longer = self._exchange(i, j, limit)
            else:
                end = i + 1 + (i + j) % _LONGEST_PIECE
                longer = self._turn(i, end, limit) if kind == 1 else self._move(i, end, limit, forward=j % 2 == 0)
            gained -= longer
            if gained > best_gained + 1e-9:
                best, best_gained = self._order.copy(), gained
        return best[1:-1]

    def _trials(self, n: int) -> Iterator[tuple[float, int, int, int]]:
        """Yield by how much a change may lengthen the order, its kind, and two places, from 1."""
        random = np.random.default_rng(self._n)
        for start in range(0, n, _AT_ONCE):
            at = np.arange(start, min(start + _AT_ONCE, n)) / n
            limits = -np.log(1 - random.random(len(at))) * self._mean * _HOT * (_COLD / _HOT) ** at
            kinds = random.integers(0, 3, len(at))
            places = random.integers(1, self._n + 1, (2, len(at)))
            yield from zip(limits.tolist(), kinds.tolist(), *places.tolist(), strict=True)

    def _exchange(self, i: int, j: int, limit: float) -> float:
        """Exchange the tracks of two places that are not neighbours; return how much longer the order got."""
        if i > j:
            i, j = j, i
        if j - i < 2:
            return 0.0
        order, flat, m = self._order, self._flat, self._n + 1
        a, b = order[i], order[j]
        before_a, after_a, before_b, after_b = order[i - 1], order[i + 1], order[j - 1], order[j + 1]
        longer: float = (
            flat[before_a * m + b] + flat[b * m + after_a] + flat[before_b * m + a] + flat[a * m + after_b]
        ) - (flat[before_a * m + a] + flat[a * m + after_a] + flat[before_b * m + b] + flat[b * m + after_b])
        if longer > limit or not (self._fits[a, j - 1] and self._fits[b, i - 1]):
            return 0.0
        order[i], order[j] = b, a
        return longer

    def _turn(self, i: int, j: int, limit: float) -> float:
        """Turn the tracks from place `i` to `j` around."""
        if j > self._n:
            return 0.0
        order, flat, m = self._order, self._flat, self._n + 1
        before, after, a, b = order[i - 1], order[j + 1], order[i], order[j]
        longer = flat[before * m + b] + flat[a * m + after] - flat[before * m + a] - flat[b * m + after]
        if longer > limit:
            return 0.0
        return longer if self._put(i, order[i : j + 1][::-1]) else 0.0

    def _move(self, i: int, j: int, limit: float, *, forward: bool) -> float:
        """Move the track at place `i` to `j`, or the one at `j` to `i`; the tracks between move up."""
        if j > self._n:
            return 0.0
        order, flat, m = self._order, self._flat, self._n + 1
        before, after, a, b = order[i - 1], order[j + 1], order[i], order[j]
        if forward:
            second = order[i + 1]
            longer = flat[before * m + second] + flat[b * m + a] + flat[a * m + after]
            longer -= flat[before * m + a] + flat[a * m + second] + flat[b * m + after]
            piece = [*order[i + 1 : j + 1], a]
        else:
            second = order[j - 1]
            longer = flat[before * m + b] + flat[b * m + a] + flat[second * m + after]
            longer -= flat[before * m + a] + flat[second * m + b] + flat[b * m + after]
            piece = [b, *order[i:j]]
        if longer > limit:
            return 0.0
        return longer if self._put(i, piece) else 0.0

    def _put(self, i: int, piece: list[int]) -> bool:
        """Put tracks at the places from `i` on, if they fit there."""
        if not self._fits[piece, np.arange(i - 1, i - 1 + len(piece))].all():
            return False
        self._order[i : i + len(piece)] = piece
        return True
