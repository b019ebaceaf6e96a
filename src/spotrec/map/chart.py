"""A catalogue that was laid out: all that a page or a picture shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.map.colouring import Groups
from spotrec.map.regions import Region
from spotrec.track import Track


@dataclass(frozen=True, slots=True)
class Chart:
    """Tracks and where they lie.

    Attributes:
        title, summary: what the map is called, and what is on it.
        places: shape (n_tracks, 2), within -1 to 1; y points down.
        tags: what tells most of each track, at most three, the most telling first.
        near: the positions of each track's true neighbours, the nearest first.
        regions: the most general first.
    """

    title: str
    summary: str
    tracks: list[Track]
    places: npt.NDArray[np.float64]
    tags: list[tuple[str, ...]]
    near: list[tuple[int, ...]]
    groups: Groups
    regions: list[Region]
