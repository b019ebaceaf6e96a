"""A catalogue with a place for each track: everything that a page or a picture shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.map.colouring import Groups
from spotrec.map.regions import Region
from spotrec.track import Track


@dataclass(frozen=True, slots=True)
class Chart:
    """Tracks and their places on the map.

    Attributes:
        title, summary: the name of the map, and a line that describes it.
        places: shape (n_tracks, 2), -1 to 1; y points down.
        tags: the most characteristic tags of each track, at most three, most characteristic first.
        near: the positions of each track's true neighbours, nearest first.
        regions: most general first.
    """

    title: str
    summary: str
    tracks: list[Track]
    places: npt.NDArray[np.float64]
    tags: list[tuple[str, ...]]
    near: list[tuple[int, ...]]
    groups: Groups
    regions: list[Region]
