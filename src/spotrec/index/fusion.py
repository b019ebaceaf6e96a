"""Several models' indexes as one: how alike two tracks are is the weighted sum of what each model says.

Where a track is placed is where each model places it, side by side, each times the root of its weight: of two tracks
the dot product is that sum, the cosine of what each of several ears hears. A track counts where all of them heard it.

The nearest are found as Fagin, Lotem and Naor have it ("Optimal aggregation algorithms for middleware", PODS 2001):
each index names its nearest, and all that are named are scored; as no other track can score more than the last that
each of them named, the best are known as soon as they score as much. So nothing is lost that the indexes do not lose.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spotrec.index.backends.exact import ExactSearch
from spotrec.index.index import Index, Neighbour, Rows
from spotrec.index.neighbours import DECIMALS, cosines_by_row
from spotrec.index.segment import Segment
from spotrec.track import TrackId
from spotrec.vectors import FloatArray, Mask

_ASKED_AT_FIRST = 200
_DEEPER = 4
_ROUNDING = 1e-5  # who scores as much as the last may be its equal


@dataclass(frozen=True, slots=True)
class FusedIndex:
    """Loaded indexes, one a model.

    Attributes:
        weights: what each counts; they sum to 1.
        tag_sources: positions in `indexes` of those that tell the same tags.
    """

    indexes: tuple[Index, ...]
    weights: tuple[float, ...]
    tag_sources: tuple[int, ...] = (0,)

    @property
    def name(self) -> str:
        return " + ".join(index.name for index in self.indexes)

    @property
    def tag_means(self) -> FloatArray:
        means: FloatArray = np.mean([self.indexes[i].tag_means for i in self.tag_sources], axis=0, dtype=np.float32)
        return means

    def __len__(self) -> int:
        """How many there are at most: not all of them need be in every index."""
        return min(map(len, self.indexes))

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Bring embeddings, each model's side by side, shape (n, sum of dims), to where they are searched."""
        pieces = zip(self._roots, self.indexes, self._pieces(embeddings), strict=True)
        return np.concatenate([root * index.place(piece) for root, index, piece in pieces], axis=1)

    def parts_of(self, embeddings: FloatArray, n_parts: int) -> FloatArray:
        """What each model adds to `place`, shape (n, n_models, dim); there are no other parts."""
        assert n_parts == len(self.indexes)
        pieces = self._pieces(self.place(embeddings))
        alone = [[piece if i == j else np.zeros_like(piece) for j, piece in enumerate(pieces)] for i in range(n_parts)]
        return np.stack([np.concatenate(one, axis=1) for one in alone], axis=1)

    def nearest(self, point: FloatArray, n: int) -> list[Neighbour]:
        """The `n` tracks nearest to a placed point, shape (sum of dims,), best first; equals in order of id."""
        pieces = [piece[0] for piece in self._pieces(point[None, :])]
        lengths = [float(np.linalg.norm(piece)) for piece in pieces]
        if not any(lengths):  # at the very mean of all ears nothing is nearer than anything else
            lengths = [1.0] * len(lengths)
        asked = max(_ASKED_AT_FIRST, 2 * n)
        while True:
            named = [
                index.nearest_ids(piece / np.float32(length), asked)
                for index, piece, length in zip(self.indexes, pieces, lengths, strict=True)
                if length
            ]
            found = self._best(np.unique(np.concatenate([ids for ids, _ in named])), pieces, n)
            # an index that named all it has leaves none out; of another no track is nearer than the last it named
            if any(len(ids) < asked for ids, _ in named):
                return found
            shares = [float(root) * length for root, length in zip(self._roots, lengths, strict=True) if length]
            of_others = sum(share * float(cosines[-1]) for share, (_, cosines) in zip(shares, named, strict=True))
            if len(found) == n and found[-1].similarity > of_others + _ROUNDING:
                return found
            asked *= _DEEPER

    def among(self, track_ids: Collection[TrackId]) -> "FusedIndex":
        """Only those of `track_ids` that are here, searched exactly."""
        return replace(self, indexes=tuple(index.among(track_ids) for index in self.indexes))

    def blocks(self) -> Iterator[Segment]:
        """All tracks, a bounded number at a time."""
        for block in self.indexes[0].blocks():
            heard = [index.rows_of(block.ids) for index in self.indexes]
            everywhere = _known(heard)
            placed = [root * one.vectors[everywhere] for root, one in zip(self._roots, heard, strict=True)]
            vectors = np.concatenate(placed, axis=1)
            tags = [heard[i].tags for i in self.tag_sources]
            told = [one[everywhere] for one in tags if one is not None]
            mean: FloatArray | None = None if len(told) < len(tags) else np.mean(told, axis=0, dtype=np.float32)
            yield Segment(block.ids[everywhere], vectors, mean, ExactSearch(vectors))

    @property
    def _roots(self) -> FloatArray:
        return np.sqrt(np.array(self.weights, np.float32))

    def _pieces(self, rows: FloatArray) -> list[FloatArray]:
        """Each model's part of rows, shape (n, sum of dims)."""
        ends = np.cumsum([index.manifest.dim for index in self.indexes])[:-1]
        return np.split(rows, ends, axis=1)

    def _best(self, ids: npt.NDArray[np.bytes_], pieces: Sequence[FloatArray], n: int) -> list[Neighbour]:
        """The best `n` of these tracks, their ids ascending: those that all of them heard."""
        heard = [index.rows_of(ids) for index in self.indexes]
        rows = np.arange(len(ids))
        cosines = [cosines_by_row(one.vectors, rows, piece) for one, piece in zip(heard, pieces, strict=True)]
        scores = sum(
            (root * one for root, one in zip(self._roots, cosines, strict=True)), np.zeros(len(ids), np.float32)
        ).round(DECIMALS)
        everywhere = np.flatnonzero(_known(heard))
        order = everywhere[np.argsort(-scores[everywhere], kind="stable")][:n]
        return [
            Neighbour(TrackId(id_.decode()), min(max(score, -1.0), 1.0))
            for id_, score in zip(ids[order].tolist(), scores[order].tolist(), strict=True)
        ]


def _known(heard: Sequence[Rows]) -> Mask:
    """Which tracks all of them know."""
    known: Mask = np.logical_and.reduce([one.known for one in heard])
    return known
