"""What a person likes and dislikes as a score: lean towards the one, away from the other.

With s(x, t) the cosine of a candidate x with a track t, a signal's cosine c(x) is that with its track; for an artist or
an album, which counts as one, soft over its five tracks that are nearest to x. A signal that is a half-life older than
the latest one counts as 0.10 less of cosine (T · log 2, as if half as many said it). Then

    taste(x) = soft over the five liked signals that are nearest to x, − ½ · max(0, the same over the disliked ones)

and a query's score is half the seeds' and half the taste's, computed for the tracks around the seeds. Only the nearest
signals count, so a seed brings out the part of the taste that is near it, and a taste of many kinds has no middle
between them. `benchmarks/taste.py` compares this with other methods.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from spotrec.query.agreement import SOFTNESS, UNLIKE_WEIGHT, of_nearest
from spotrec.query.neighbourhood import Block
from spotrec.vectors import FloatArray

TASTE_WEIGHT = 0.5
"""The share of the taste in the score, if there are seeds or a mood."""
_SAME = 0.999
"""A liked track is not near itself: it is ranked by the others."""
_FAR = -1.0
_NEAR = 0.3
"""From this cosine on, an explanation names what a result is near."""
_OLDEST = 10
"""In half-lives: what is older counts as if it were so old."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One liked or disliked thing: the placed `points` of its tracks, shape (n, dim), and its age in half-lives."""

    points: FloatArray
    age: float = 0.0
    name: str = ""


@dataclass(frozen=True, slots=True)
class TasteScore:
    """The score of a taste.

    Attributes:
        likes, dislikes: one of the two may be empty.
    """

    likes: Sequence[Opinion]
    dislikes: Sequence[Opinion] = ()

    def of(self, block: Block) -> FloatArray:
        """Return the score of each track, shape (n_tracks,), about -0.5 to 1."""
        score = np.zeros(len(block.vectors), np.float32)
        if self.likes:
            score += _nearest(self.likes, block.vectors, without_itself=True)
        if self.dislikes:
            disliked = _nearest(self.dislikes, block.vectors, without_itself=False)
            score -= np.float32(UNLIKE_WEIGHT) * np.maximum(disliked, 0)
        return score

    def nearest_likes(self, vectors: FloatArray) -> list[str]:
        """Return the name of the liked thing that is nearest to each of these points, "" if none is near."""
        if not self.likes:
            return [""] * len(vectors)
        cosines = np.stack([_cosines(one.points, vectors, without_itself=True).max(axis=0) for one in self.likes])
        nearest = cosines.argmax(axis=0)
        return [
            self.likes[which].name if cosines[which, i] >= _NEAR else "" for i, which in enumerate(nearest.tolist())
        ]


def _nearest(opinions: Sequence[Opinion], vectors: FloatArray, *, without_itself: bool) -> FloatArray:
    """Return the similarity of vectors, shape (n, dim), to the opinions nearest to each. Shape (n,)."""
    cosines = partial(_cosines, vectors=vectors, without_itself=without_itself)
    singles = [one for one in opinions if len(one.points) == 1]
    groups = [one for one in opinions if len(one.points) > 1]
    rows = [cosines(np.concatenate([one.points for one in singles]))] if singles else []
    rows += [of_nearest(cosines(one.points))[None] for one in groups]
    ages = np.array([min(one.age, _OLDEST) for one in (*singles, *groups)], np.float32)
    return of_nearest(np.concatenate(rows) - np.float32(SOFTNESS * np.log(2)) * ages[:, None])


def _cosines(points: FloatArray, vectors: FloatArray, *, without_itself: bool) -> FloatArray:
    found: FloatArray = points @ vectors.T
    if without_itself:
        found[found > _SAME] = _FAR
    return found
