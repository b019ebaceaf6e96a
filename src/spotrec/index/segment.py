"""A searchable set of tracks: of a generation, of newer tracks, or some of either."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.index.arrays import SealedFiles
from spotrec.index.backends import backend_of
from spotrec.index.backends.exact import ExactSearch
from spotrec.index.manifest import REBUILD
from spotrec.index.neighbours import NeighbourSearch
from spotrec.track import TrackId, track_ids
from spotrec.vectors import FloatArray, Mask, Positions

_BLOCK = 65_536
_TAGS_SINCE_FORMAT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Tracks as arrays, in order of id.

    Attributes:
        ids: shape (n_tracks,), bytes, ascending.
        vectors: shape (n_tracks, dim), placed in the index's space, unit length.
        tags: shape (n_tracks, n_tags), probabilities; None if an earlier version of spotrec built it without tags.
        replaced: positions, ascending, of tracks that are left out, or have a newer embedding elsewhere; they are
            ignored.
    """

    ids: npt.NDArray[np.bytes_]
    vectors: FloatArray
    tags: FloatArray | None
    search: NeighbourSearch
    replaced: Positions = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.ids) - len(self.replaced)

    def nearest(self, point: FloatArray, n: int) -> Iterator[tuple[TrackId, float]]:
        """Yield the `n` tracks nearest to a placed point with their cosines, best first; equal ones in order of id."""
        positions, cosines = self.nearest_rows(point, n)
        yield from zip(track_ids(self.ids[positions].tolist()), cosines.tolist(), strict=True)

    def nearest_rows(self, point: FloatArray, n: int) -> tuple[Positions, FloatArray]:
        """Do the same as `nearest`, but return positions and cosines, each of shape (at most n,)."""
        wanted = min(n, len(self))
        if wanted <= 0:  # every track is left out
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        asked = wanted
        while True:
            positions, cosines = self.search.nearest(point, asked)
            if len(self.replaced):
                kept = np.isin(positions, self.replaced, invert=True)
                positions, cosines = positions[kept], cosines[kept]
            if len(positions) >= wanted or asked >= len(self.ids):
                break
            asked = min(2 * asked + len(self.replaced), len(self.ids))
        check_numbers(cosines if len(cosines) else np.full(1, np.nan))  # a search drops what is no number
        return positions[:wanted], cosines[:wanted]

    def positions_of(self, track_ids: Collection[TrackId]) -> Positions:
        """Return the positions of these tracks, as far as they are in it, ascending."""
        if not track_ids:
            return np.zeros(0, np.int64)
        positions, here = self.where(np.array(sorted(id_.encode() for id_ in track_ids)))
        return positions[here]

    def vectors_of(self, wanted: Collection[TrackId]) -> tuple[list[TrackId], FloatArray]:
        """Return these tracks, as far as they are in it, in order of id, and their vectors, shape (n, dim)."""
        positions = self.positions_of(wanted)
        vectors = self.vectors[positions]
        check_numbers(vectors)
        return track_ids(self.ids[positions].tolist()), vectors

    def where(self, ids: npt.NDArray[np.bytes_]) -> tuple[Positions, Mask]:
        """Return the position where each id belongs, and whether it is there and not replaced."""
        positions = np.searchsorted(self.ids, ids).astype(np.int64)
        here = positions < len(self.ids)
        here[here] = self.ids[positions[here]] == ids[here]
        if len(self.replaced):
            here[here] = np.isin(positions[here], self.replaced, invert=True)
        return positions, here

    def at(self, positions: Positions | slice) -> "Segment":
        """Return only the tracks at these positions, searched exactly; a slice is not copied."""
        vectors = self.vectors[positions]
        tags = None if self.tags is None else self.tags[positions]
        return Segment(self.ids[positions], vectors, tags, ExactSearch(vectors))

    def without(self, track_ids: Collection[TrackId]) -> "Segment":
        """Return all tracks but these; nothing is copied."""
        return replace(self, replaced=np.union1d(self.replaced, self.positions_of(track_ids)))

    def blocks(self) -> Iterator["Segment"]:
        """Yield the same tracks, a limited number at a time."""
        for start in range(0, len(self.ids), _BLOCK):
            end = min(start + _BLOCK, len(self.ids))
            if not len(self.replaced):
                yield self.at(slice(start, end))
            else:
                yield self.at(np.setdiff1d(np.arange(start, end), self.replaced, assume_unique=True))

    def check(self) -> None:
        """Check every value. This takes seconds for large indexes, so it is only for thorough checks.

        Raises:
            ValueError: the ids are not in order, or some values are not numbers.
            IndexFault: an id is not text.
        """
        if not (self.ids[1:] > self.ids[:-1]).all():
            raise ValueError("the ids are not in order")
        for block in self.blocks():
            track_ids(block.ids.tolist())
            for values in (block.vectors, block.tags):
                if values is not None and not np.isfinite(values).all():
                    raise ValueError("some values are not numbers")


def check_numbers(values: npt.NDArray[Any]) -> None:
    """Check what was computed from an index: somebody else may have written it.

    Raises:
        IndexFault: some values are not finite.
    """
    if not np.isfinite(values).all():
        raise IndexFault("the index is damaged: some of its values are not numbers", REBUILD)


def load_segment(files: SealedFiles, n_tags: int) -> Segment:
    """Load the tracks of a generation.

    Raises:
        ValueError, KeyError, OSError: an array is missing or has the wrong shape.
        IndexFault: this version does not have its backend.
    """
    n, dim = files.manifest.n_tracks, files.manifest.dim
    vectors = files.rows("vectors.npy", (n, dim))
    tags = files.rows("tags.npy", (n, n_tags)) if files.manifest.format >= _TAGS_SINCE_FORMAT else None
    ids = files.array("ids.npy")
    if ids.shape != (n,) or ids.dtype.kind != "S":
        raise ValueError("the ids have the wrong shape")
    return Segment(ids, vectors, tags, backend_of(files.manifest.backend).load(files, vectors))
