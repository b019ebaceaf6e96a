"""Maps of made-up tracks."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pytest

from spotrec.map.chart import Chart
from spotrec.map.colouring import Groups
from spotrec.map.regions import Region
from spotrec.track import Track


class Draft(Protocol):
    def __call__(self, tracks: Sequence[Track], **fields: object) -> Chart: ...


@pytest.fixture
def draft() -> Draft:
    """A map of these tracks, evenly around a circle, the first of which is a group of its own."""

    def drawn(tracks: Sequence[Track], **fields: object) -> Chart:
        n = len(tracks)
        angles = np.linspace(0, 2 * np.pi, n, endpoint=False)
        known = {
            "title": "My music",
            "summary": f"{n} tracks",
            "tracks": list(tracks),
            "places": np.stack([np.cos(angles), np.sin(angles)], axis=1) if n > 1 else np.zeros((1, 2)),
            "tags": [("rock", "sad")] * n,
            "near": [tuple((i + step) % n for step in range(1, min(4, n))) for i in range(n)],
            "groups": Groups("tag", ("rock", "other"), np.minimum(np.arange(n), 1)),
            "regions": [Region(0.5, 0.0, "rock", 0, n)],
        }
        return Chart(**(known | fields))  # type: ignore[arg-type] # fields by name

    return drawn
