"""How well tracks fit a mood.

The network calls nearly everything “rock” and hardly anything “happy”, so a probability p says little by itself. Each
tag is held against the catalogue: z is log(1 + p / mean p), less its mean and divided by its spread over all tracks.
A mood's m is the sum of z over the tags wanted less that over those not wanted, divided by its own spread over the
catalogue, and its score tanh(m / 4): -1 to 1, and spread over a catalogue as cosines are, so that a mood and seeds can
be mixed by weight. (Log-odds would tell an improbable tag from a very improbable one, and `-folk` drown the rest.)
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
_SMALLEST_SPREAD = 1e-4  # all tracks are alike in it


@dataclass(frozen=True, slots=True)
class MoodScore:
    """A mood held against a catalogue.

    Attributes:
        mood: what it says.
        tags: where its tags, wanted and then unwanted, stand among the model's, shape (n_named,).
        usual: how probable each is over the catalogue, shape (n_named,).
        mean, spread: of log(1 + p / usual) over the catalogue, shape (n_named,).
        weights: what each adds to m for a unit of that, shape (n_named,); below zero where it is not wanted.
    """

    mood: Mood
    tags: npt.NDArray[np.int64]
    usual: DoubleArray
    mean: DoubleArray
    spread: DoubleArray
    weights: DoubleArray

    @classmethod
    def over(cls, blocks: Iterable[Block], tag_means: FloatArray, mood: Mood, tag_names: Sequence[str]) -> "MoodScore":
        """Measure the catalogue that the mood is asked of.

        Args:
            tag_means: how probable each tag is over it, shape (n_tags,).

        Raises:
            IndexFault: an earlier spotrec built the index, without tags.
        """
        tags = np.array([tag_names.index(name) for name in (*mood.wanted, *mood.unwanted)], np.int64)
        signs = np.array([1.0] * len(mood.wanted) + [-1.0] * len(mood.unwanted))
        usual = np.maximum(tag_means[tags].astype(np.float64), _LEAST_PROBABLE)
        n, total, products = 0, np.zeros(len(tags)), np.zeros((len(tags), len(tags)))
        for block in blocks:
            lifts = _lifts(_kept(block)[:, tags], usual)
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
        """Shape (n_tracks,), -1 to 1; 0 is what is usual in the catalogue."""
        m = (_lifts(_kept(block)[:, self.tags], self.usual) - self.mean) @ self.weights
        return np.tanh(m / _SCALE).astype(np.float32)

    def deviations(self, probabilities: FloatArray) -> dict[str, float]:
        """Z of each tag that is named, for a track's probabilities, shape (n_tags,)."""
        z = (_lifts(probabilities[self.tags], self.usual) - self.mean) * _inverse(self.spread)
        return dict(zip((*self.mood.wanted, *self.mood.unwanted), z.tolist(), strict=True))


def _kept(block: Block) -> FloatArray:
    if block.tags is None:
        raise IndexFault("the index keeps no tags: an earlier spotrec built it", "`spotrec index` builds it anew")
    return block.tags


def _lifts(probabilities: FloatArray, usual: DoubleArray) -> DoubleArray:
    """log(1 + p / usual), of the same shape, finite."""
    return np.log1p(np.clip(np.nan_to_num(probabilities.astype(np.float64), nan=0.0), 0, 1) / usual)


def _inverse(spread: npt.ArrayLike) -> DoubleArray:
    """1 / spread; 0 where there is none."""
    spreads = np.asarray(spread, np.float64)
    return np.where(spreads > _SMALLEST_SPREAD, 1 / np.maximum(spreads, _SMALLEST_SPREAD), 0.0)
