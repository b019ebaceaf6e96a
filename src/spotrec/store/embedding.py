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

    `vectors` has shape (n_tracks, model.dim), in the order of `ids`; `tag_means`, shape (n_tags,), is how probable
    each tag is on average.
    """

    ids: list[TrackId]
    vectors: FloatArray
    tag_means: FloatArray


def blob(values: FloatArray) -> bytes:
    """Numbers as they are stored: float32, little-endian."""
    return np.ascontiguousarray(values, dtype="<f4").tobytes()
