"""The catalogue as a query sees it: an index, or some of its tracks."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.track import TrackId, track_ids
from spotrec.vectors import FloatArray


class NearbyTrack(Protocol):
    """A track and the cosine of its vector with a point."""

    @property
    def track_id(self) -> TrackId: ...

    @property
    def similarity(self) -> float: ...


class Block(Protocol):
    """Some tracks as arrays.

    `ids` (n,) bytes, ascending; `vectors` (n, dim), placed, unit length; `tags` (n, n_tags), probabilities, or None
    if an earlier version of spotrec built the index without tags.
    """

    @property
    def ids(self) -> npt.NDArray[np.bytes_]: ...

    @property
    def vectors(self) -> FloatArray: ...

    @property
    def tags(self) -> FloatArray | None: ...


def tag_columns(block: Block, positions: npt.ArrayLike) -> FloatArray:
    """Return the probabilities of some tags, shape (n, n_positions).

    Raises:
        IndexFault: the index has no tags, or values that are not numbers.
    """
    if block.tags is None:
        raise IndexFault("the index has no tags: an earlier version of spotrec built it", "build it: `spotrec index`")
    columns: FloatArray = block.tags[:, np.asarray(positions, np.int64)]
    _check("tags", columns)
    return columns


def _check(name: str, values: FloatArray) -> None:
    if not np.isfinite(values).all():
        raise IndexFault(f"the index is damaged: some of its {name} are not numbers", "build it: `spotrec index`")


class Neighbourhood(Protocol):
    """A catalogue that can be searched by similarity."""

    @property
    def tag_means(self) -> FloatArray:
        """The mean probability of each tag over the catalogue, shape (n_tags,)."""

    def __len__(self) -> int: ...

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Transform embeddings, shape (n, dim), to points of the searched space, unit length."""

    def parts_of(self, embeddings: FloatArray, n_parts: int) -> FloatArray:
        """Split embeddings into `n_parts` equal pieces and return what each adds to `place`, (n, n_parts, dim)."""

    def nearest(self, point: FloatArray, n: int) -> Sequence[NearbyTrack]:
        """Return the `n` tracks nearest to a placed point, shape (dim,), best first."""

    def among(self, track_ids: Collection[TrackId]) -> "Neighbourhood":
        """Return only these tracks, as far as they are in it, searched exactly."""

    def without(self, track_ids: Collection[TrackId]) -> "Neighbourhood":
        """Return all tracks but these."""

    def vectors_of(self, track_ids: Collection[TrackId]) -> tuple[list[TrackId], FloatArray]:
        """Return these tracks, as far as they are in it, and their placed vectors, shape (n, dim), in any order.

        Raises:
            IndexFault: they are not numbers.
        """

    def blocks(self) -> Iterator[Block]:
        """Yield all tracks, a limited number at a time."""


def points_of(within: Neighbourhood, ids: Collection[TrackId]) -> dict[TrackId, FloatArray]:
    """Return the placed vectors of the tracks among these that a catalogue has, each of shape (dim,).

    Raises:
        IndexFault: they are not numbers.
    """
    return dict(zip(*within.vectors_of(ids), strict=True))


def tags_of(within: Neighbourhood, ids: Collection[TrackId]) -> dict[TrackId, FloatArray]:
    """Return the tags of the tracks among these that a catalogue has with their tags, each of shape (n_tags,).

    Raises:
        IndexFault: they are not numbers.
    """
    found: dict[TrackId, FloatArray] = {}
    for block in within.among(ids).blocks():
        if block.tags is not None:
            tags = block.tags.astype(np.float32)
            _check("tags", tags)
            found |= zip(track_ids(block.ids.tolist()), tags, strict=True)
    return found
