"""How energetic a track sounds, by the words that the networks heard in it: a mood that every track has.

With `mn04` it is “energetic”, “exciting” and “angry” against “calm”, “tender” and “sad”; with networks of Last.fm's
tags alone it is loud genres against quiet ones. `benchmarks/reorder.py` compares it with what can be measured in the
audio: loudness, onsets, brightness.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.errors import UsageError
from spotrec.query.mood import Mood
from spotrec.query.mood_score import MoodScore
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.vectors import FloatArray

_MOODS = (frozenset({"energetic", "exciting", "angry"}), frozenset({"calm", "tender", "sad"}))
_GENRES = (
    frozenset({"hard rock", "party", "metal", "heavy metal", "punk", "dance", "electro", "alternative rock"}),
    frozenset({"mellow", "chill", "chillout", "ambient", "beautiful", "easy listening", "acoustic", "sad"}),
)


@dataclass(frozen=True, slots=True)
class _Tracks:
    """Some tracks as a score wants them."""

    ids: npt.NDArray[np.bytes_]
    vectors: FloatArray
    tags: FloatArray


def energy_of(tags: FloatArray, catalogue: Neighbourhood, tag_names: Sequence[str]) -> FloatArray:
    """Return how energetic tracks are, shape (n,), -1 to 1; 0 is the catalogue's average.

    Args:
        tags: the tracks' tag probabilities, shape (n, n_tags).

    Raises:
        UsageError: the models hear no words for it.
        IndexFault: the index has no tags.
    """
    mood = energetic(tag_names)
    score = MoodScore.over(catalogue.blocks(), catalogue.tag_means, mood, tag_names)
    return score.of(_Tracks(np.zeros(len(tags), "S1"), np.zeros((len(tags), 0), np.float32), tags))


def energetic(tag_names: Sequence[str]) -> Mood:
    """Return what counts as energetic among the words of a model.

    Raises:
        UsageError: it has no such words.
    """
    for words in (_MOODS, _GENRES):
        wanted, unwanted = (tuple(name for name in tag_names if name.lower() in some) for some in words)
        if len(wanted) > 1 and len(unwanted) > 1:
            return Mood(wanted, unwanted)
    raise UsageError(
        "the models in use do not hear how energetic music is", "omit `curve`, or use the models choi or mn04"
    )
