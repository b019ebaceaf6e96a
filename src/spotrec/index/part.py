"""Some tracks that can be searched: those of a generation, those that came since, or a choice of either."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.index.neighbours import ExactSearch, NeighbourSearch
from spotrec.track import TrackId

FloatArray = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Tracks side by side, in order of id.

    Attributes:
        ids: shape (n_tracks,), bytes, ascending.
        vectors: shape (n_tracks, dim), placed in the index's space, unit length.
        tags: shape (n_tracks, n_tags), probabilities; None for an index of a spotrec that did not keep them.
    """

    ids: npt.NDArray[np.bytes_]
    vectors: FloatArray
    tags: FloatArray | None
    search: NeighbourSearch

    def __len__(self) -> int:
        return len(self.ids)

    def positions_of(self, track_ids: Collection[TrackId]) -> Positions:
        """Where those of `track_ids` that are here stand, ascending."""
        if not track_ids:
            return np.zeros(0, np.int64)
        wanted = np.array(sorted(id_.encode() for id_ in track_ids))
        found = np.searchsorted(self.ids, wanted)
        here = found < len(self.ids)
        here[here] = self.ids[found[here]] == wanted[here]
        positions: Positions = found[here].astype(np.int64)
        return positions

    def at(self, positions: Positions) -> "Part":
        """Only these, searched exactly."""
        vectors = self.vectors[positions]
        tags = None if self.tags is None else self.tags[positions]
        return Part(self.ids[positions], vectors, tags, ExactSearch(vectors))
