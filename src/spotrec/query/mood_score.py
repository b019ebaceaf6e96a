"""How well tracks fit a mood.

The network calls nearly everything “rock” and hardly anything “happy”, so a probability says little by itself. Each
tag's log-odds are held against the catalogue: z = (log-odds − mean) / spread over all its tracks. A mood's m is the sum
of z over the tags wanted less that over those not wanted, divided by its own spread over the catalogue, and its score
tanh(m / 4): -1 to 1, and spread over a catalogue as cosines are, so that a mood and seeds can be mixed by weight.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.query.mood import Mood
from spotrec.query.neighbourhood import Block

FloatArray = npt.NDArray[np.float32]
MomentArray = npt.NDArray[np.float64]

_SCALE = 4.0
_NEAREST_TO_CERTAIN = 1e-6
_SMALLEST_SPREAD = 1e-3  # of log-odds: all tracks are alike in it


@dataclass(frozen=True, slots=True)
class MoodScore:
    """A mood held against a catalogue.

    Attributes:
        tags: positions of the tags that are named, shape (n_named,).
        mean: their mean log-odds over the catalogue, shape (n_named,).
        weights: what each adds to m for a unit of log-odds, shape (n_named,); below zero where it is not wanted.
    """

    tags: npt.NDArray[np.int64]
    mean: MomentArray
    weights: MomentArray

    @classmethod
    def over(cls, blocks: Iterable[Block], mood: Mood) -> "MoodScore":
        """Measure the catalogue that the mood is asked of.

        Raises:
            IndexFault: an earlier spotrec built the index, without tags.
        """
        tags = np.array([*mood.wanted, *mood.unwanted], np.int64)
        signs = np.array([1.0] * len(mood.wanted) + [-1.0] * len(mood.unwanted))
        n, total, products = 0, np.zeros(len(tags)), np.zeros((len(tags), len(tags)))
        for block in blocks:
            odds = _log_odds(block, tags)
            n += len(odds)
            total += odds.sum(axis=0)
            products += odds.T @ odds
        mean = total / max(n, 1)
        covariance = products / max(n, 1) - np.outer(mean, mean)
        weights = signs * _inverse(np.sqrt(np.maximum(np.diag(covariance), 0)))
        spread = np.sqrt(max(float(weights @ covariance @ weights), 0.0))
        return cls(tags, mean, weights * _inverse(np.array(spread)))

    def of(self, block: Block) -> FloatArray:
        """Shape (n_tracks,), -1 to 1; 0 is what is usual in the catalogue."""
        m = (_log_odds(block, self.tags) - self.mean) @ self.weights
        return np.tanh(m / _SCALE).astype(np.float32)


def _log_odds(block: Block, tags: npt.NDArray[np.int64]) -> MomentArray:
    """Shape (n_tracks, n_named), finite."""
    if block.tags is None:
        raise IndexFault("the index keeps no tags: an earlier spotrec built it", "`spotrec index` builds it anew")
    p = np.nan_to_num(block.tags[:, tags].astype(np.float64), nan=0.0)
    p = np.clip(p, _NEAREST_TO_CERTAIN, 1 - _NEAREST_TO_CERTAIN)
    return np.log(p) - np.log1p(-p)


def _inverse(spread: MomentArray) -> MomentArray:
    """1 / spread; 0 where there is none."""
    return np.where(spread > _SMALLEST_SPREAD, 1 / np.maximum(spread, _SMALLEST_SPREAD), 0.0)
