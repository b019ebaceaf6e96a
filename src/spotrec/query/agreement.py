"""How well a track matches several seeds together.

With s(x, t) the cosine of a candidate x with a track t, T = 0.15, and soft(v) = T · log(mean(exp(v / T))):

- for one seed track, a(x) is the cosine with it; for a collection, soft over its five tracks that are nearest to x;
- for all liked seeds, A(x) = soft over their a(x);
- unliked seeds lower the score: A(x) − ½ · max(0, u(x)), u being the largest a(x) of an unliked seed.

soft lies between the mean and the maximum. A mean, or a centroid, prefers tracks that are a little similar to every
seed; with soft, a track that is near some of the seeds may be far from the others. Of two equally near tracks, the one
that more seeds agree on wins: twice as many seeds add T · log 2 = 0.10 of cosine. For one seed, soft is the cosine.
`benchmarks/seeds.py` compares this with other methods.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.query.neighbourhood import Block
from spotrec.vectors import FloatArray, evenly

SOFTNESS = 0.15
NEAREST_OF_A_COLLECTION = 5
UNLIKE_WEIGHT = 0.5
SEARCHED_AROUND = 32
"""In a large catalogue, candidates are searched around at most this many liked tracks, evenly chosen."""


@dataclass(frozen=True, slots=True)
class Affinity:
    """Similarity to the liked seeds, lowered by similarity to the unliked ones.

    Attributes:
        likes, unlikes: for each seed, the placed points of its tracks, shape (n, dim).
    """

    likes: Sequence[FloatArray]
    unlikes: Sequence[FloatArray] = ()

    @property
    def is_one_point(self) -> bool:
        """Whether it is only the cosine with one point."""
        return not self.unlikes and len(self.likes) == 1 and len(self.likes[0]) == 1

    @property
    def points(self) -> FloatArray:
        """The points of all liked tracks, shape (n, dim)."""
        return np.concatenate(self.likes)

    def around(self) -> Iterator[FloatArray]:
        """Yield the points around which good candidates lie: liked tracks and their centre, each of shape (dim,)."""
        points = self.points
        yield from points[evenly(len(points), SEARCHED_AROUND)]
        if len(points) == 1:
            return
        centre = points.mean(axis=0)
        if length := float(np.linalg.norm(centre)):
            yield (centre / np.float32(length)).astype(np.float32)

    def of(self, block: Block) -> FloatArray:
        """Return the score of each track, shape (n_tracks,), -1.5 to 1."""
        liked = soft(np.stack([_to_one(block.vectors, points) for points in self.likes]))
        if not self.unlikes:
            return liked
        unliked = np.max([_to_one(block.vectors, points) for points in self.unlikes], axis=0)
        away = liked - np.float32(UNLIKE_WEIGHT) * np.maximum(unliked, 0)
        rest: FloatArray = away.astype(np.float32, copy=False)
        return rest


def soft(values: FloatArray) -> FloatArray:
    """Return T · log(mean(exp(values / T))) over the first axis, T = 0.15; for one value, that value."""
    if len(values) == 1:
        only: FloatArray = values[0]
        return only
    highest = values.max(axis=0)
    t = np.float32(SOFTNESS)
    above = highest + t * np.log(np.exp((values - highest) / t).mean(axis=0))
    softened: FloatArray = above.astype(np.float32, copy=False)
    return softened


def of_nearest(cosines: FloatArray) -> FloatArray:
    """Return soft over the five largest values of each column; shape (n, m) → (m,)."""
    if len(cosines) > NEAREST_OF_A_COLLECTION:
        cosines = -np.partition(-cosines, NEAREST_OF_A_COLLECTION - 1, axis=0)[:NEAREST_OF_A_COLLECTION]
    return soft(cosines)


def _to_one(vectors: FloatArray, points: FloatArray) -> FloatArray:
    """Return the similarity of vectors, shape (n, dim), to one seed of these points. Shape (n,)."""
    return of_nearest(points @ vectors.T)
