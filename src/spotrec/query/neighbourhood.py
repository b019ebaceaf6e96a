"""The catalogue as a query sees it: an index, or a choice of its tracks."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spotrec.track import TrackId
from spotrec.vectors import FloatArray


class NearbyTrack(Protocol):
    """A track and the cosine of its sound with a point."""

    @property
    def track_id(self) -> TrackId: ...

    @property
    def similarity(self) -> float: ...


class Block(Protocol):
    """Some tracks side by side.

    `ids` (n,) bytes, ascending; `vectors` (n, dim), placed, unit length; `tags` (n, n_tags), probabilities, or None
    where the index was made by a spotrec that kept none.
    """

    @property
    def ids(self) -> npt.NDArray[np.bytes_]: ...

    @property
    def vectors(self) -> FloatArray: ...

    @property
    def tags(self) -> FloatArray | None: ...


class Neighbourhood(Protocol):
    """A catalogue that can be searched by sound."""

    @property
    def tag_means(self) -> FloatArray:
        """How probable each tag is over the catalogue, shape (n_tags,)."""

    def __len__(self) -> int: ...

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Bring embeddings, shape (n, dim), to where they are searched: unit length."""

    def parts_of(self, embeddings: FloatArray, n_parts: int) -> FloatArray:
        """What each of so many equal pieces of embeddings adds to `place`; shape (n, n_parts, dim)."""

    def nearest(self, point: FloatArray, n: int) -> Sequence[NearbyTrack]:
        """The `n` tracks nearest to a placed point, shape (dim,), best first."""

    def among(self, track_ids: Collection[TrackId]) -> "Neighbourhood":
        """Only those of `track_ids` that are here, searched exactly."""

    def blocks(self) -> Iterator[Block]:
        """All tracks, a bounded number at a time."""
