"""How well tracks fit a mood.

The model tags nearly everything as “rock” and hardly anything as “happy”, so a probability p alone says little. Each
tag is compared with the catalogue: z is log(1 + p / mean p), minus its mean, divided by its standard deviation over all
tracks. A mood's m is the sum of z over the wanted tags minus the sum over the unwanted ones, divided by the standard
deviation of this difference over the catalogue. Its score is tanh(m / 4), -1 to 1: spread over a catalogue like
cosines, so that a mood and seeds can be mixed by weight. (Log-odds would separate improbable tags from very improbable
ones, and `-folk` would outweigh the rest.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.query.mood import Mood
from spotrec.query.neighbourhood import Block
from spotrec.vectors import DoubleArray, FloatArray

_SCALE = 4.0
_LEAST_PROBABLE = 1e-12
_SMALLEST_SPREAD = 1e-4  # below this, the tag does not distinguish tracks


@dataclass(frozen=True, slots=True)
class MoodScore:
    """A mood, measured against a catalogue.

    Attributes:
        mood: the wanted and unwanted tags.
        tags: positions of these tags among the model's, wanted first, shape (n_named,).
        usual: the mean probability of each tag over the catalogue, shape (n_named,).
        mean, spread: mean and standard deviation of log(1 + p / usual) over the catalogue, shape (n_named,).
        weights: how much each tag adds to m per unit of log(1 + p / usual), shape (n_named,); negative if unwanted.
    """

    mood: Mood
    tags: npt.NDArray[np.int64]
    usual: DoubleArray
    mean: DoubleArray
    spread: DoubleArray
    weights: DoubleArray

    @classmethod
    def over(cls, blocks: Iterable[Block], tag_means: FloatArray, mood: Mood, tag_names: Sequence[str]) -> "MoodScore":
        """Measure a mood against a catalogue.

        Args:
            tag_means: the mean probability of each tag over the catalogue, shape (n_tags,).

        Raises:
            IndexFault: the index has no tags, because an earlier version of spotrec built it.
        """
        tags = np.array([tag_names.index(name) for name in (*mood.wanted, *mood.unwanted)], np.int64)
        signs = np.array([1.0] * len(mood.wanted) + [-1.0] * len(mood.unwanted))
        usual = np.maximum(tag_means[tags].astype(np.float64), _LEAST_PROBABLE)
        n, total, products = 0, np.zeros(len(tags)), np.zeros((len(tags), len(tags)))
        for block in blocks:
            lifts = _lifts(_tags_of(block)[:, tags], usual)
            n += len(lifts)
            total += lifts.sum(axis=0)
            products += lifts.T @ lifts
        mean = total / max(n, 1)
        covariance = products / max(n, 1) - np.outer(mean, mean)
        spread = np.sqrt(np.maximum(np.diag(covariance), 0))
        weights = signs * _inverse(spread)
        of_mood = np.sqrt(np.maximum(weights @ covariance @ weights, 0))
        return cls(mood, tags, usual, mean, spread, weights * _inverse(of_mood))

    def of(self, block: Block) -> FloatArray:
        """Return the score of each track, shape (n_tracks,), -1 to 1; 0 is the catalogue's average."""
        m = (_lifts(_tags_of(block)[:, self.tags], self.usual) - self.mean) @ self.weights
        return np.tanh(m / _SCALE).astype(np.float32)

    def deviations(self, probabilities: FloatArray) -> dict[str, float]:
        """Return z of each named tag, for a track's probabilities, shape (n_tags,)."""
        z = (_lifts(probabilities[self.tags], self.usual) - self.mean) * _inverse(self.spread)
        return dict(zip((*self.mood.wanted, *self.mood.unwanted), z.tolist(), strict=True))


def _tags_of(block: Block) -> FloatArray:
    if block.tags is None:
        raise IndexFault("the index has no tags: an earlier version of spotrec built it", "build it: `spotrec index`")
    return block.tags


def _lifts(probabilities: FloatArray, usual: DoubleArray) -> DoubleArray:
    """Return log(1 + p / usual), of the same shape, finite."""
    return np.log1p(np.clip(np.nan_to_num(probabilities.astype(np.float64), nan=0.0), 0, 1) / usual)


def _inverse(spread: npt.ArrayLike) -> DoubleArray:
    """Return 1 / spread, and 0 where the spread is (nearly) 0."""
    spreads = np.asarray(spread, np.float64)
    return np.where(spreads > _SMALLEST_SPREAD, 1 / np.maximum(spreads, _SMALLEST_SPREAD), 0.0)
