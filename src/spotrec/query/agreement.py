"""How well a track goes with several seeds at once.

With s(x, t) the cosine of a candidate x with a track t, T = 0.15, and soft(v) = T · log(mean(exp(v / T))):

- to one thing that was asked with, a(x) is the cosine with it; to a collection, soft over the five of its tracks
  that x is nearest to;
- to all that is liked, A(x) = soft over what was asked with;
- what is unliked takes off: A(x) − ½ · max(0, u(x)), u the largest a(x) to any of it.

soft lies between mean and maximum. A track that is near some of the seeds is not held against those that it is far
from, as in a mean or a centroid, which lead to what is like everything a little; and of two equally near ones that
wins which more seeds agree on: twice as many are worth T · log 2 = 0.10 of cosine. Of one seed it is the cosine.
`benchmarks/seeds.py` compares it with what else might be done.
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
"""In a large catalogue candidates are looked for around at most so many liked tracks, evenly chosen."""


@dataclass(frozen=True, slots=True)
class Affinity:
    """Likeness to what is liked, unlikeness to what is not.

    Attributes:
        likes, unlikes: for each thing that was asked with, the placed points of its tracks, shape (n, dim).
    """

    likes: Sequence[FloatArray]
    unlikes: Sequence[FloatArray] = ()

    @property
    def is_one_point(self) -> bool:
        """Whether it is the cosine with one point and nothing else."""
        return not self.unlikes and len(self.likes) == 1 and len(self.likes[0]) == 1

    @property
    def points(self) -> FloatArray:
        """All that is liked, shape (n, dim)."""
        return np.concatenate(self.likes)

    def around(self) -> Iterator[FloatArray]:
        """Points, each of shape (dim,), around which all lies that may answer: liked tracks, and their centre."""
        points = self.points
        yield from points[evenly(len(points), SEARCHED_AROUND)]
        centre = points.mean(axis=0)
        if length := float(np.linalg.norm(centre)):
            yield (centre / np.float32(length)).astype(np.float32)

    def of(self, block: Block) -> FloatArray:
        """Shape (n_tracks,), -1.5 to 1."""
        liked = soft(np.stack([_to_one(block.vectors, points) for points in self.likes]))
        if not self.unlikes:
            return liked
        unliked = np.max([_to_one(block.vectors, points) for points in self.unlikes], axis=0)
        away = liked - np.float32(UNLIKE_WEIGHT) * np.maximum(unliked, 0)
        rest: FloatArray = away.astype(np.float32, copy=False)
        return rest


def soft(values: FloatArray) -> FloatArray:
    """T · log(mean(exp(values / T))) over the first axis, T = 0.15; of one value, that value."""
    if len(values) == 1:
        only: FloatArray = values[0]
        return only
    highest = values.max(axis=0)
    t = np.float32(SOFTNESS)
    above = highest + t * np.log(np.exp((values - highest) / t).mean(axis=0))
    softened: FloatArray = above.astype(np.float32, copy=False)
    return softened


def _to_one(vectors: FloatArray, points: FloatArray) -> FloatArray:
    """How alike vectors, shape (n, dim), are to one thing that was asked with. Shape (n,)."""
    cosines = points @ vectors.T
    if len(points) > NEAREST_OF_A_COLLECTION:
        cosines = -np.partition(-cosines, NEAREST_OF_A_COLLECTION - 1, axis=0)[:NEAREST_OF_A_COLLECTION]
    return soft(cosines)
