"""Embeddings and catalogues of them, as values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spotrec.track import TrackId
from spotrec.vectors import FloatArray

BLOCK = 16_384
"""How many tracks are read at a time. The memory for this is small compared with NumPy itself."""


_SAME = 1e-5  # on another processor, or with more threads, a number differs by 1e-6


@dataclass(frozen=True, slots=True)
class Embedding:
    """The output of a model for one track.

    Attributes:
        vector: shape (model.dim,).
        tags: shape (n_tags,), probabilities in the model's own order.
        excerpts: how many excerpts of the audio they are the mean of.
        has_more: whether the audio has more excerpts. A preview, short audio or audio that is silent elsewhere has not.
    """

    track_id: TrackId
    vector: FloatArray
    tags: FloatArray
    provider: str
    audio_sha256: str
    excerpts: int = 1
    has_more: bool = False

    def sounds_like(self, other: "Embedding") -> bool:
        """Return whether both are equal, except for the rounding of another processor."""
        return _agree(self.vector, other.vector) and _agree(self.tags, other.tags)


@dataclass(frozen=True, slots=True)
class Anchor:
    """One row of the table of embeddings and its digest. While it is unchanged, later rows have larger rowids."""

    rowid: int
    digest: str


class CatalogueBlocks(Protocol):
    """All tracks that may be recommended, with their embeddings by all of some ears, in order of track id.

    Attributes:
        anchors: rows of the store that it was read from, the last one first; without a store it is empty.
        n_partly_heard: how many other tracks only some of the ears have heard.
    """

    @property
    def anchors(self) -> Sequence[Anchor]: ...

    @property
    def n_partly_heard(self) -> int: ...

    def __len__(self) -> int: ...

    def blocks(self) -> "Iterator[Catalogue]":
        """Yield the same blocks every time."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All tracks that may be recommended, with their embeddings by all of some ears.

    Everything is in the order of `ids`.

    Attributes:
        vectors: shape (n_tracks, ears.dim), the ears' vectors side by side.
        tags: shape (n_tracks, n_tags), the ears' tags side by side.
        artists: the first artist of each track, None if it has no artist. Empty if not known, as `recordings`.
        recordings: equal for copies of one recording.
    """

    ids: list[TrackId]
    vectors: FloatArray
    tags: FloatArray

    anchors: tuple[Anchor, ...] = ()
    artists: Sequence[str | None] = ()
    recordings: Sequence[str] = ()
    n_partly_heard: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    def blocks(self) -> "Iterator[Catalogue]":
        """Yield the same tracks, at most `BLOCK` at a time."""
        for start in range(0, len(self), BLOCK):
            part = slice(start, start + BLOCK)
            artists, recordings = self.artists[part], self.recordings[part]
            yield Catalogue(self.ids[part], self.vectors[part], self.tags[part], (), artists, recordings)

    @property
    def tag_means(self) -> FloatArray:
        """The mean probability of each tag, shape (n_tags,)."""
        means: FloatArray = self.tags.sum(axis=0, dtype=np.float64).astype(np.float32) / np.float32(
            max(len(self.ids), 1)
        )
        return means


def _agree(numbers: FloatArray, others: FloatArray) -> bool:
    if numbers.shape != others.shape:
        return False
    return bool((np.abs(numbers - others) <= _SAME * np.maximum(1, np.abs(others))).all())


def blob(values: FloatArray) -> bytes:
    """Return numbers as they are stored: float32, little-endian."""
    return np.ascontiguousarray(values, dtype="<f4").tobytes()
