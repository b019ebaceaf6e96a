"""What a network heard in a track, as it is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spotrec.track import TrackId
from spotrec.vectors import FloatArray

BLOCK = 16_384
"""How many tracks are read at a time: what that takes is not felt beside NumPy."""


_SAME = 1e-5  # heard on another processor, or by more threads, a number differs by 1e-6


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

    def sounds_like(self, other: "Embedding") -> bool:
        """Whether both heard the same, but for what another processor rounds in another way."""
        return _agree(self.vector, other.vector) and _agree(self.tags, other.tags)


@dataclass(frozen=True, slots=True)
class Anchor:
    """One row of the store's embeddings as it was: while it is there unchanged, what came later lies behind it."""

    rowid: int
    digest: str


class CatalogueBlocks(Protocol):
    """All that may be recommended, as one network hears it, in order of track id, a piece at a time.

    `anchors` are rows of the store that it was read from, the last one first; none where there is no store.
    """

    @property
    def anchors(self) -> Sequence[Anchor]: ...

    def __len__(self) -> int: ...

    def blocks(self) -> "Iterator[Catalogue]":
        """The same pieces every time."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that may be recommended, as one network hears it.

    `vectors` has shape (n_tracks, model.dim), `tags` (n_tracks, n_tags), both in the order of `ids`.
    """

    ids: list[TrackId]
    vectors: FloatArray
    tags: FloatArray

    anchors: tuple[Anchor, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def blocks(self) -> "Iterator[Catalogue]":
        """The same, a bounded number at a time."""
        for start in range(0, len(self), BLOCK):
            part = slice(start, start + BLOCK)
            yield Catalogue(self.ids[part], self.vectors[part], self.tags[part])

    @property
    def tag_means(self) -> FloatArray:
        """How probable each tag is on average, shape (n_tags,)."""
        means: FloatArray = self.tags.sum(axis=0, dtype=np.float64).astype(np.float32) / np.float32(
            max(len(self.ids), 1)
        )
        return means


def _agree(numbers: FloatArray, others: FloatArray) -> bool:
    if numbers.shape != others.shape:
        return False
    return bool((np.abs(numbers - others) <= _SAME * np.maximum(1, np.abs(others))).all())


def blob(values: FloatArray) -> bytes:
    """Numbers as they are stored: float32, little-endian."""
    return np.ascontiguousarray(values, dtype="<f4").tobytes()
