"""What a network heard in a track, as it is stored."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.track import TrackId

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedding:
    """One track as a network hears it.

    `vector` has shape (model.dim,), `tags` (n_tags,): probabilities in the model's own order.
    """

    track_id: TrackId
    vector: FloatArray
    tags: FloatArray
    provider: str
    audio_sha256: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that may be recommended, as one network hears it.

    `vectors` has shape (n_tracks, model.dim), `tags` (n_tracks, n_tags), both in the order of `ids`.
    """

    ids: list[TrackId]
    vectors: FloatArray
    tags: FloatArray

    @property
    def tag_means(self) -> FloatArray:
        """How probable each tag is on average, shape (n_tags,)."""
        means: FloatArray = self.tags.sum(axis=0, dtype=np.float64).astype(np.float32) / max(len(self.ids), 1)
        return means


def blob(values: FloatArray) -> bytes:
    """Numbers as they are stored: float32, little-endian."""
    return np.ascontiguousarray(values, dtype="<f4").tobytes()
