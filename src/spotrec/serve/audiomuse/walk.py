"""The order of a walk: from the seed, each time to the nearest track that is left, so that neighbours sound alike.

AudioMuse-AI calls it `radius_similarity`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.recommender import Recommender


def walk(recommender: "Recommender", seed: TrackId, track_ids: Sequence[TrackId]) -> list[TrackId]:
    """Return tracks in the order of a walk from a seed. Tracks that have no features any more are at the end."""
    with recommender.session.view() as view:
        known = view.embeddings.get_many([seed, *track_ids])
        ids = [id_ for id_ in (seed, *track_ids) if id_ in known]
        if not ids or ids[0] != seed:
            return list(track_ids)
        points = view.index().place(np.stack([known[id_].vector for id_ in ids]))
    cosines = points @ points.T
    here, left, order = 0, set(range(1, len(ids))), []
    while left:
        here = max(sorted(left), key=lambda other: float(cosines[here, other]))
        left.remove(here)
        order.append(ids[here])
    return order + [id_ for id_ in track_ids if id_ not in known]
