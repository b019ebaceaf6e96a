"""Orders that follow a curve: the energy rises, falls, or comes in waves, and neighbours still sound alike.

The places of a list have an order of their own: the calmest place, the next calmest, … and so have the tracks. A track
may only be at a place that is at most a tenth of the list away from its own in this order. Among the orders that keep
to that, the shortest is found by dynamic programming over the sets of tracks that came before, as long as there are
few of them (some 50 tracks if the energy rises or falls); else a short one by annealing (Kirkpatrick, Gelatt and
Vecchi, 1983), which brings two near tracks together: it exchanges tracks or pieces, moves a few, or turns a piece
around, and at first also takes what is a little longer.
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
_TRIALS, _MOST_TRIALS, _AT_ONCE = 12_000, 2_000_000, 50_000
_HOT, _COLD = 0.12, 0.01
"""The temperature at the beginning and at the end, as shares of the mean step."""
_MOST_STATES = 12_000
"""Sets of tracks that came before some place, of which the shortest order is still found."""
_NEAR = 10
"""Neighbours of a track beside which a change puts it."""
_PIECE, _MOST_MOVED = 7, 3
"""The mean length of pieces that are exchanged, and the most tracks that are moved."""
_EXCHANGE, _MOVE, _TURN, _EXCHANGE_PIECES = range(4)
_SETTLED = 0.9
"""From this share of the trials on, the shortest order so far is remembered."""
_EPSILON = 1e-9
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
    may_follow = fits[:, :-1].astype(np.float32) @ fits[:, 1:].astype(np.float32).T > 0
    may_follow |= may_follow.T
    order = _Annealing(distances, fits, may_follow, _start(fits, energies, curve, first, last)).search()
    length = length_of(order, distances)
    possible = np.where(may_follow, distances, _NEVER)
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
    """Shortens an order by small changes, each of which keeps every track where it fits.

    A change is not any: it makes neighbours of two tracks that are near each other and may be neighbours on the curve.
    """

    def __init__(self, distances: DoubleArray, fits: Mask, may_follow: Mask, start: Positions) -> None:
        n = len(start)
        # an additional track at both ends, at no distance from any
        wide = np.zeros((n + 1, n + 1))
        wide[:n, :n] = distances
        self._n = n
        self._flat = wide.ravel().data
        self._fits = [row.tobytes() for row in fits.astype(np.uint8)]
        self._near = _near(distances, may_follow)
        self._order = [n, *start.tolist(), n]
        self._place = np.argsort([*start.tolist(), n]).tolist()  # of a track in `_order`, less one
        self._mean = length_of(start.tolist(), distances) / max(n - 1, 1)

    def search(self) -> list[int]:
        """Return the shortest order that was found."""
        gained = best_gained = 0.0
        best = self._order.copy()
        n_trials = min(_TRIALS * self._n, _MOST_TRIALS)
        order, place, flat, m = self._order, self._place, self._flat, self._n + 1
        for done, (limit, kind, one, near, after, length) in enumerate(self._trials(n_trials)):
            other, p = self._near[one][near], place[one] + 1
            now = order[p + 1] if after else order[p - 1]
            if now == other or flat[one * m + other] - flat[one * m + now] > limit:
                continue  # it would not bring anything nearer
            q = place[other] + 1
            if kind == _MOVE:
                gained -= self._move(p, q, limit, after=after, length=min(length, _MOST_MOVED))
            elif kind == _TURN:
                gained -= self._turn(p, q, limit, after=after)
            else:
                gained -= self._exchange(p, q, limit, after=after, length=length if kind == _EXCHANGE_PIECES else 1)
            if gained > best_gained + _EPSILON and done > n_trials * _SETTLED:
                best, best_gained = self._order.copy(), gained
        return (best if best_gained >= gained - _EPSILON else self._order)[1:-1]

    def _trials(self, n: int) -> Iterator[tuple[float, int, int, int, bool, int]]:
        """Yield by how much a change may lengthen the order; its kind; a track, which track near it is to come before
        it or after it; and the length of a piece.
        """
        random = np.random.default_rng(self._n)
        k = len(self._near[0])
        for start in range(0, n, _AT_ONCE):
            m = min(_AT_ONCE, n - start)
            at = np.arange(start, start + m) / n
            limits = -np.log(1 - random.random(m)) * self._mean * _HOT * (_COLD / _HOT) ** at
            kinds, tracks = random.integers(0, 4, m), random.integers(0, self._n, m)
            near = np.minimum(random.random(m) ** 2 * k, k - 1).astype(np.int64)  # rather the nearest
            after, lengths = random.integers(0, 2, m) == 1, random.geometric(1 / _PIECE, m)
            columns = (limits, kinds, tracks, near, after, lengths)
            yield from zip(*(column.tolist() for column in columns), strict=True)

    def _exchange(self, p: int, q: int, limit: float, *, after: bool, length: int) -> float:
        """Exchange tracks after place `p` with as many from `q` on, or before `p` with those up to `q`.

        Returns by how much longer the order got.
        """
        i, j = sorted((p + 1, q) if after else (p - length, q - length + 1))
        if i < 1 or i == j or i + length > j or j + length - 1 > self._n:
            return 0.0
        order, flat, m = self._order, self._flat, self._n + 1
        before_i, first_i, last_i, after_i = order[i - 1] * m, order[i], order[i + length - 1] * m, order[i + length]
        before_j, first_j, last_j, after_j = order[j - 1] * m, order[j], order[j + length - 1] * m, order[j + length]
        longer: float
        if i + length == j:
            longer = flat[before_i + first_j] + flat[last_j + first_i] + flat[last_i + after_j]
            longer -= flat[before_i + first_i] + flat[last_i + first_j] + flat[last_j + after_j]
        else:
            longer = (
                flat[before_i + first_j] + flat[last_j + after_i] - flat[before_i + first_i] - flat[last_i + after_i]
            )
            longer += (
                flat[before_j + first_i] + flat[last_i + after_j] - flat[before_j + first_j] - flat[last_j + after_j]
            )
        if longer > limit:
            return 0.0
        one, other = order[i : i + length], order[j : j + length]
        if not (self._fit(other, i) and self._fit(one, j)):
            return 0.0
        self._put(other, i)
        self._put(one, j)
        return longer

    def _move(self, p: int, q: int, limit: float, *, after: bool, length: int) -> float:
        """Move tracks from place `q` on to behind place `p`, or those up to `q` to before it."""
        i, j = (q, q + length - 1) if after else (q - length + 1, q)
        to = p if after else p - 1  # they come behind this place
        if i < 1 or j > self._n or i - 1 <= to <= j:
            return 0.0
        order, flat, m = self._order, self._flat, self._n + 1
        before, first, last, behind = order[i - 1] * m, order[i], order[j] * m, order[j + 1]
        left, right = order[to] * m, order[to + 1]
        longer: float = flat[before + behind] + flat[left + first] + flat[last + right]
        longer -= flat[before + first] + flat[last + behind] + flat[left + right]
        if longer > limit:
            return 0.0
        piece = order[i : j + 1]
        if to > j:
            return self._put_where_it_fits([*order[j + 1 : to + 1], *piece], i, longer)
        return self._put_where_it_fits([*piece, *order[to + 1 : i]], to + 1, longer)

    def _turn(self, p: int, q: int, limit: float, *, after: bool) -> float:
        """Turn a piece around, so that the tracks of places `p` and `q` become neighbours."""
        i, j = (min(p, q) + 1, max(p, q)) if after else (min(p, q), max(p, q) - 1)
        if i >= j:
            return 0.0
        order, flat, m = self._order, self._flat, self._n + 1
        before, first, last, behind = order[i - 1] * m, order[i], order[j], order[j + 1]
        longer: float = flat[before + last] + flat[first * m + behind] - flat[before + first] - flat[last * m + behind]
        if longer > limit:
            return 0.0
        return self._put_where_it_fits(order[i : j + 1][::-1], i, longer)

    def _put_where_it_fits(self, piece: list[int], i: int, longer: float) -> float:
        if not self._fit(piece, i):
            return 0.0
        self._put(piece, i)
        return longer

    def _fit(self, piece: list[int], i: int) -> bool:
        """Return whether tracks fit at the places from `i` on."""
        fits = self._fits
        return all(fits[track][place] for place, track in enumerate(piece, i - 1))

    def _put(self, piece: list[int], i: int) -> None:
        self._order[i : i + len(piece)] = piece
        for place, track in enumerate(piece, i - 1):
            self._place[track] = place


def _near(distances: DoubleArray, may_follow: Mask) -> list[list[int]]:
    """Return the nearest tracks that may be neighbours of each, nearest first."""
    away = np.where(may_follow, distances, _NEVER)
    np.fill_diagonal(away, np.inf)
    nearest = np.argsort(away, axis=1, kind="stable")[:, : min(_NEAR, len(away) - 1)]
    return [row.tolist() for row in nearest]
