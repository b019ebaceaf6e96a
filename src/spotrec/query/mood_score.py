"""How well tracks fit a mood.

The model tags nearly everything as “rock” and hardly anything as “happy”, so a probability p alone says little. Each
tag is compared with the catalogue: z is log(1 + p / mean p), minus its mean, divided by its standard deviation over all
tracks. Of several tags every one counts, not the loudest: 2 tanh(z / 2) is at most 2, so that a track with much of one
tag does not pass one that has something of each. A mood's m is the sum over the wanted tags minus the sum over the
unwanted ones, minus its mean, divided by its standard deviation over the catalogue. Its score is tanh(m / 4), -1 to 1:
spread over a catalogue like cosines, so that a mood and seeds can be mixed by weight. (Log-odds would separate
improbable tags from very improbable ones, and `-folk` would outweigh the rest.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.query.mood import Mood
from spotrec.query.neighbourhood import Block, tag_columns
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
        signs: 1 for wanted tags, -1 for unwanted ones, shape (n_named,).
        centre, scale: mean and standard deviation over the catalogue of the sum that m is made of.
    """

    mood: Mood
    tags: npt.NDArray[np.int64]
    usual: DoubleArray
    mean: DoubleArray
    spread: DoubleArray
    signs: DoubleArray
    centre: float
    scale: float

    @classmethod
    def over(cls, blocks: Iterable[Block], tag_means: FloatArray, mood: Mood, tag_names: Sequence[str]) -> "MoodScore":
        """Measure a mood against a catalogue.

        Args:
            tag_means: the mean probability of each tag over the catalogue, shape (n_tags,).

        Raises:
            IndexFault: the index has no tags, or values that are not numbers.
        """
        tags = np.array([tag_names.index(name) for name in (*mood.wanted, *mood.unwanted)], np.int64)
        signs = np.array([1.0] * len(mood.wanted) + [-1.0] * len(mood.unwanted))
        usual = np.maximum(tag_means[tags].astype(np.float64), _LEAST_PROBABLE)
        heard = [_lifts(tag_columns(block, tags), usual) for block in blocks]
        lifts = np.concatenate(heard) if heard else np.zeros((1, len(tags)))
        mean, spread = lifts.mean(axis=0), lifts.std(axis=0)
        sums = _sums((lifts - mean) * _inverse(spread), signs)
        return cls(mood, tags, usual, mean, spread, signs, float(sums.mean()), float(sums.std()))

    def of(self, block: Block) -> FloatArray:
        """Return the score of each track, shape (n_tracks,), -1 to 1; 0 is the catalogue's average."""
        z = self._z(tag_columns(block, self.tags))
        m = (_sums(z, self.signs) - self.centre) * _inverse(self.scale)
        return np.tanh(m / _SCALE).astype(np.float32)

    def deviations(self, probabilities: FloatArray) -> dict[str, float]:
        """Return z of each named tag, for a track's probabilities, shape (n_tags,)."""
        z = self._z(probabilities[self.tags])
        return dict(zip((*self.mood.wanted, *self.mood.unwanted), z.tolist(), strict=True))

    def _z(self, probabilities: FloatArray) -> DoubleArray:
        return (_lifts(probabilities, self.usual) - self.mean) * _inverse(self.spread)


def _sums(z: DoubleArray, signs: DoubleArray) -> DoubleArray:
    """Return the sum over the tags of a mood, shape (n_tracks,), for z of shape (n_tracks, n_named)."""
    sums: DoubleArray = (2 * np.tanh(z / 2) if len(signs) > 1 else z) @ signs
    return sums


def _lifts(probabilities: FloatArray, usual: DoubleArray) -> DoubleArray:
    """Return log(1 + p / usual), of the same shape, finite."""
    return np.log1p(np.clip(np.nan_to_num(probabilities.astype(np.float64), nan=0.0), 0, 1) / usual)


def _inverse(spread: npt.ArrayLike) -> DoubleArray:
    """Return 1 / spread, and 0 where the spread is (nearly) 0."""
    spreads = np.asarray(spread, np.float64)
    return np.where(spreads > _SMALLEST_SPREAD, 1 / np.maximum(spreads, _SMALLEST_SPREAD), 0.0)
