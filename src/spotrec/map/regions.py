"""Names of regions, as on a map of a country: what a part of it has that the rest has not.

The map is cut into squares, at each level into smaller ones. A square is called by what its tracks have most above the
catalogue's average; squares side by side that are called the same are one region.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.vectors import DoubleArray, FloatArray

LEVELS = 4
_SQUARES_AT_FIRST = 5
_FEWEST_TRACKS = (0.02, 4)
"""A region is at least so large: this share of the catalogue at the first level, and this many at any."""
_LIFT_AT_LEAST = 1.3
_Square = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Region:
    """A name at a place of the map, -1 to 1. It is worth showing from the zoom 2 ** level on."""

    x: float
    y: float
    name: str
    level: int
    n_tracks: int


def regions(places: DoubleArray, weights: FloatArray, names: Sequence[str], *, at_least: float) -> list[Region]:
    """The regions of all levels, those of the first level first, in each the largest first.

    Args:
        places: shape (n, 2).
        weights: shape (n, n_names): how much of each name a track has.
        names: what regions may be called.
        at_least: how much of a name a region's tracks must have on average.
    """
    found: list[Region] = []
    if not names or len(places) < _FEWEST_TRACKS[1]:
        return found
    means = np.maximum(weights.mean(axis=0, dtype=np.float64), 1e-12)
    judge = _Judge(weights, means, at_least)
    for level in range(LEVELS):
        fewest = max(len(places) * _FEWEST_TRACKS[0] / 4**level, _FEWEST_TRACKS[1])
        found += sorted(
            _of_level(places, judge, names, level, fewest),
            key=lambda region: (-region.n_tracks, region.name, region.x, region.y),
        )
    return found


@dataclass(frozen=True, slots=True)
class _Judge:
    weights: FloatArray
    means: DoubleArray
    at_least: float

    def name_of(self, tracks: list[int]) -> int | None:
        """What these have most above the average; None where that is nothing much."""
        own = self.weights[tracks].mean(axis=0, dtype=np.float64)
        lifts = np.where(own >= self.at_least, own / self.means, 0)
        best = int(lifts.argmax())
        return best if lifts[best] >= _LIFT_AT_LEAST else None


def _of_level(places: DoubleArray, judge: _Judge, names: Sequence[str], level: int, fewest: float) -> list[Region]:
    side = 2 / (_SQUARES_AT_FIRST * 2**level)
    members: defaultdict[_Square, list[int]] = defaultdict(list)
    for track, (column, row) in enumerate(np.floor((places + 1) / side).astype(int).tolist()):
        members[column, row].append(track)
    called: dict[_Square, int] = {}
    for square in sorted(members):
        name = judge.name_of(members[square])
        if name is not None:
            called[square] = name
    return [
        _region(places, [track for square in joined for track in members[square]], names[called[joined[0]]], level)
        for joined in _joined(called)
        if sum(len(members[square]) for square in joined) >= fewest
    ]


def _joined(called: dict[_Square, int]) -> list[list[_Square]]:
    """Squares side by side that are called the same."""
    left = dict(called)
    groups = []
    while left:
        first, name = left.popitem()
        group, edge = [first], [first]
        while edge:
            column, row = edge.pop()
            for beside in ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)):
                if left.get(beside) == name:
                    del left[beside]
                    group.append(beside)
                    edge.append(beside)
        groups.append(group)
    return groups


def _region(places: DoubleArray, tracks: list[int], name: str, level: int) -> Region:
    """Written where its tracks are: at the one nearest to the middle, for a region may be bent."""
    own = places[sorted(tracks)]
    middle = own.mean(axis=0)
    x, y = own[int(((own - middle) ** 2).sum(axis=1).argmin())]
    return Region(float(x + middle[0]) / 2, float(y + middle[1]) / 2, name, level, len(tracks))
