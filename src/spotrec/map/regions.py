"""The names of regions on a map: what the tracks of a part have more than the rest.

The map is divided into squares, smaller ones at each level. A square is named after what its tracks have most above
the catalogue's average. Neighbouring squares with the same name form one region.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.vectors import DoubleArray, FloatArray

LEVELS = 4
_SQUARES_AT_FIRST = 5
_FEWEST_TRACKS = (0.02, 4)
"""The smallest region: this share of the catalogue at the first level, and this number of tracks at every level."""
_LIFT_AT_LEAST = 1.3
_Square = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Region:
    """A name at a place of the map, -1 to 1. It is shown from the zoom 2 ** level on."""

    x: float
    y: float
    name: str
    level: int
    n_tracks: int


def regions(places: DoubleArray, weights: FloatArray, names: Sequence[str], *, at_least: float) -> list[Region]:
    """Return the regions of all levels, first level first, and within a level largest first.

    Args:
        places: shape (n, 2).
        weights: shape (n, n_names): how strongly each track has each name.
        names: the possible names of regions.
        at_least: the mean weight of a name that a region's tracks must have.
    """
    found: list[Region] = []
    if not names or len(places) < _FEWEST_TRACKS[1]:
        return found
    means = np.maximum(weights.mean(axis=0, dtype=np.float64), 1e-12)
    naming = _Names(weights, means, at_least)
    for level in range(LEVELS):
        fewest = max(len(places) * _FEWEST_TRACKS[0] / 4**level, _FEWEST_TRACKS[1])
        found += sorted(
            _of_level(places, naming, names, level, fewest),
            key=lambda region: (-region.n_tracks, region.name, region.x, region.y),
        )
    return found


@dataclass(frozen=True, slots=True)
class _Names:
    weights: FloatArray
    means: DoubleArray
    at_least: float

    def name_of(self, tracks: list[int]) -> int | None:
        """Return the name that these tracks have most above the average; None if no name is far enough above it."""
        own = self.weights[tracks].mean(axis=0, dtype=np.float64)
        lifts = np.where(own >= self.at_least, own / self.means, 0)
        best = int(lifts.argmax())
        return best if lifts[best] >= _LIFT_AT_LEAST else None


def _of_level(places: DoubleArray, naming: _Names, names: Sequence[str], level: int, fewest: float) -> list[Region]:
    side = 2 / (_SQUARES_AT_FIRST * 2**level)
    members: defaultdict[_Square, list[int]] = defaultdict(list)
    for track, (column, row) in enumerate(np.floor((places + 1) / side).astype(int).tolist()):
        members[column, row].append(track)
    called: dict[_Square, int] = {}
    for square in sorted(members):
        name = naming.name_of(members[square])
        if name is not None:
            called[square] = name
    return [
        _region(places, [track for square in joined for track in members[square]], names[called[joined[0]]], level)
        for joined in _joined(called)
        if sum(len(members[square]) for square in joined) >= fewest
    ]


def _joined(called: dict[_Square, int]) -> list[list[_Square]]:
    """Return groups of neighbouring squares with the same name."""
    left = dict(called)
    groups = []
    while left:
        first, name = left.popitem()
        group, edge = [first], [first]
        while edge:
            column, row = edge.pop()
            for neighbour in ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)):
                if left.get(neighbour) == name:
                    del left[neighbour]
                    group.append(neighbour)
                    edge.append(neighbour)
        groups.append(group)
    return groups


def _region(places: DoubleArray, tracks: list[int], name: str, level: int) -> Region:
    """Return a region. Its name is placed near the track nearest to its centre, because a region may be curved."""
    own = places[sorted(tracks)]
    middle = own.mean(axis=0)
    x, y = own[int(((own - middle) ** 2).sum(axis=1).argmin())]
    return Region(float(x + middle[0]) / 2, float(y + middle[1]) / 2, name, level, len(tracks))
