"""The indexes of several models as one: the similarity of two tracks is the weighted sum of the models' cosines.

A point consists of the models' points side by side, each multiplied by the square root of its weight, so that the dot
product of two points is this sum. Only tracks that are in every index count.

The nearest tracks are found by the threshold algorithm (Fagin, Lotem and Naor, "Optimal aggregation algorithms for
middleware", PODS 2001): each index lists its nearest tracks, and all listed tracks are scored. A track that is not
listed cannot score more than the sum of the last listed cosines, so the search ends when the best `n` reach that sum.
It misses nothing that the indexes themselves do not miss.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spotrec.index.backends.exact import ExactSearch
from spotrec.index.index import Index, Neighbour, Rows
from spotrec.index.neighbours import DECIMALS, cosines_by_row
from spotrec.index.segment import Segment
from spotrec.track import TrackId, track_ids
from spotrec.vectors import FloatArray, Mask

_ASKED_AT_FIRST = 200
_DEEPER = 4
_ROUNDING = 1e-5  # scores that differ by less may be equal


@dataclass(frozen=True, slots=True)
class FusedIndex:
    """The loaded indexes of several models.

    Attributes:
        weights: the weight of each index; their sum is 1.
        tag_sources: positions in `indexes` of the models with the same tags.
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
        """Return an upper bound of the number of tracks: some may be missing in one of the indexes."""
        return min(map(len, self.indexes))

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Transform embeddings, the models' side by side, shape (n, sum of dims), to points of the searched space."""
        pieces = zip(self._roots, self.indexes, self._pieces(embeddings), strict=True)
        return np.concatenate([root * index.place(piece) for root, index, piece in pieces], axis=1)

    def parts_of(self, embeddings: FloatArray, n_parts: int) -> FloatArray:
        """Return what each model adds to `place`, shape (n, n_models, dim). `n_parts` must be the number of models."""
        assert n_parts == len(self.indexes)
        pieces = self._pieces(self.place(embeddings))
        alone = [[piece if i == j else np.zeros_like(piece) for j, piece in enumerate(pieces)] for i in range(n_parts)]
        return np.stack([np.concatenate(one, axis=1) for one in alone], axis=1)

    def nearest(self, point: FloatArray, n: int) -> list[Neighbour]:
        """Return the `n` tracks nearest to a placed point, shape (sum of dims,), best first; equal ones by id."""
        pieces = [piece[0] for piece in self._pieces(point[None, :])]
        lengths = [float(np.linalg.norm(piece)) for piece in pieces]
        if not any(lengths):  # at the mean of every model, all tracks are equally near
            lengths = [1.0] * len(lengths)
        asked = max(_ASKED_AT_FIRST, 2 * n)
        while True:
            named = [
                index.nearest_ids(piece / np.float32(length), asked)
                for index, piece, length in zip(self.indexes, pieces, lengths, strict=True)
                if length
            ]
            found = self._best(np.unique(np.concatenate([ids for ids, _ in named])), pieces, n)
            # an index that listed all its tracks misses none; in any other, no track is nearer than the last listed
            if any(len(ids) < asked for ids, _ in named):
                return found
            shares = [float(root) * length for root, length in zip(self._roots, lengths, strict=True) if length]
            of_others = sum(share * float(cosines[-1]) for share, (_, cosines) in zip(shares, named, strict=True))
            if len(found) == n and found[-1].similarity > of_others + _ROUNDING:
                return found
            asked *= _DEEPER

    def among(self, track_ids: Collection[TrackId]) -> "FusedIndex":
        """Return only these tracks, as far as they are in it, searched exactly."""
        return replace(self, indexes=tuple(index.among(track_ids) for index in self.indexes))

    def blocks(self) -> Iterator[Segment]:
        """Yield all tracks, a limited number at a time."""
        for block in self.indexes[0].blocks():
            rows = [index.rows_of(block.ids) for index in self.indexes]
            everywhere = _in_all(rows)
            placed = [root * one.vectors[everywhere] for root, one in zip(self._roots, rows, strict=True)]
            vectors = np.concatenate(placed, axis=1)
            sources = [rows[i].tags for i in self.tag_sources]
            tags = [one[everywhere] for one in sources if one is not None]
            mean: FloatArray | None = None if len(tags) < len(sources) else np.mean(tags, axis=0, dtype=np.float32)
            yield Segment(block.ids[everywhere], vectors, mean, ExactSearch(vectors))

    @property
    def _roots(self) -> FloatArray:
        return np.sqrt(np.array(self.weights, np.float32))

    def _pieces(self, rows: FloatArray) -> list[FloatArray]:
        """Split rows, shape (n, sum of dims), into each model's part."""
        ends = np.cumsum([index.manifest.dim for index in self.indexes])[:-1]
        return np.split(rows, ends, axis=1)

    def _best(self, ids: npt.NDArray[np.bytes_], pieces: Sequence[FloatArray], n: int) -> list[Neighbour]:
        """Return the best `n` of these tracks that are in every index. `ids` must be ascending."""
        rows = [index.rows_of(ids) for index in self.indexes]
        every = np.arange(len(ids))
        cosines = [cosines_by_row(one.vectors, every, piece) for one, piece in zip(rows, pieces, strict=True)]
        scores = sum(
            (root * one for root, one in zip(self._roots, cosines, strict=True)), np.zeros(len(ids), np.float32)
        ).round(DECIMALS)
        everywhere = np.flatnonzero(_in_all(rows))
        order = everywhere[np.argsort(-scores[everywhere], kind="stable")][:n]
        return [
            Neighbour(id_, min(max(score, -1.0), 1.0))
            for id_, score in zip(track_ids(ids[order].tolist()), scores[order].tolist(), strict=True)
        ]


def _in_all(rows: Sequence[Rows]) -> Mask:
    """Return a mask of the tracks that are in every index."""
    known: Mask = np.logical_and.reduce([one.known for one in rows])
    return known
