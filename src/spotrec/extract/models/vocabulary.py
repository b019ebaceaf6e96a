"""The tags of some ears as one vocabulary.

One model has its own tags. Two that know the same tags have the mean of theirs. With mn04 there is one vocabulary of
plain words (`words.py`): each word is heard by the network that knows it best, and its value is calibrated, so that at
least `HAS_IT` means “has it” for every word. Uncalibrated, 0.1 would be little for “rock” and far too much for
“lullaby”: the probabilities of AudioSet's labels are small numbers.

The value of a word whose tag has the probability p and the bound b is 1 / (1 + 9 · odds(b) / odds(p)): `HAS_IT` at the
bound, and 0 to 1 in the same order as p. The bound is the probability that one in fourteen excerpts of music at large
reaches (the share that reach 0.1 of a tag of Last.fm in real music), but at least 0.02 and at most 0.3: a word that
hardly any of that music has needs more than to be above the rest. For voices and speech it was chosen by recordings
with known voices. `benchmarks/vocabulary.py --calibrate` measures `calibration.json`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from spotrec.extract.models import AudioModel
from spotrec.extract.models.words import AUDIOSET, LASTFM, WORDS, Sum, Word
from spotrec.system.digests import sha256
from spotrec.vectors import FloatArray, Positions

HAS_IT = 0.1
"""The value from which on a track has a word of the joint vocabulary."""
SPEECH = "speech"
"""The word for tracks that may be no music."""
_LEAST = 1e-6  # probabilities nearer to 0 or 1 count as this near

Calibration = dict[str, dict[str, float]]
"""By word and the model that hears it: the log-odds of its bound."""


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The tags of some ears.

    Attributes:
        names: each once.
        mix: the ears' tags side by side, shape (n, sum of n_tags) → tags of the vocabulary, shape (n, len(names)).
        version: a digest of names and calibration, "" for the models' own tags. Indexes contain it.
    """

    names: tuple[str, ...]
    mix: Callable[[FloatArray], FloatArray]
    version: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Words as sums of log-odds.

    Attributes:
        columns: the tags that are used, by group, shape (n_used,); of a group, the largest counts.
        starts: where each group begins, shape (n_groups,).
        shares: factors of the groups, shape (n_groups, n_words).
        bounds: the score that means “has it”, shape (n_words,).
    """

    columns: Positions
    starts: Positions
    shares: FloatArray
    bounds: FloatArray

    def scores(self, tags: FloatArray) -> FloatArray:
        """Return the log-odds of each word, shape (n, n_words), for tags side by side."""
        used = np.clip(tags[:, self.columns], _LEAST, 1 - _LEAST)
        odds = np.log(used / (1 - used))
        scores: FloatArray = np.maximum.reduceat(odds, self.starts, axis=1) @ self.shares
        return scores

    def mix(self, tags: FloatArray) -> FloatArray:
        """Return the calibrated values of each word, shape (n, n_words), 0 to 1."""
        mixed: FloatArray = 1 / (1 + np.exp(self.bounds - self.scores(tags)) * np.float32((1 - HAS_IT) / HAS_IT))
        return mixed


@lru_cache(8)  # for each request
def vocabulary_of(models: tuple[AudioModel, ...]) -> Vocabulary:
    """Return the vocabulary of models, in their order."""
    if any(model.id.name == AUDIOSET for model in models):
        names, pool = pool_of(models, calibration())
        return Vocabulary(names, pool.mix, _version(names, pool))
    every = [name for model in models for name in model.tag_names]
    names = tuple(dict.fromkeys(every))
    if len(names) == len(every):
        return Vocabulary(names, lambda tags: tags)
    shares = np.zeros((len(every), len(names)), np.float32)
    shares[np.arange(len(every)), [names.index(name) for name in every]] = 1
    shares /= shares.sum(axis=0)
    return Vocabulary(names, lambda tags: np.clip(tags @ shares, 0, 1))


def pool_of(models: tuple[AudioModel, ...], calibrated: Calibration) -> tuple[tuple[str, ...], Pool]:
    """Return the names and the pool of the joint vocabulary of models, one of which hears AudioSet's labels.

    Args:
        calibrated: words that it lacks get the bound 0.
    """
    column = {tag: i for i, tag in enumerate((model.id.name, tag) for model in models for tag in model.tag_names)}
    heard = {model.id.name for model in models}
    lastfm = next((name for name in LASTFM if name in heard), "")
    columns: list[int] = []
    starts: list[int] = []
    shares: list[tuple[int, int, float]] = []
    bounds: dict[str, float] = {}

    def add(name: str, model: str, labels: Sum, bound: float) -> None:
        for factor, tags in labels:
            shares.append((len(starts), len(bounds), factor))
            starts.append(len(columns))
            columns.extend(column[model, tag] for tag in tags)
        bounds[name] = bound

    for word in WORDS:
        model, labels = heard_by(word, lastfm)
        if labels:
            add(word.name, model, labels, calibrated.get(word.name, {}).get(model, 0.0))
    for model, tag in column:  # of other packages' models, as they are
        if model not in (AUDIOSET, *LASTFM) and tag.casefold() not in bounds:
            add(tag, model, ((1.0, (tag,)),), float(np.log(HAS_IT / (1 - HAS_IT))))
    matrix = np.zeros((len(starts), len(bounds)), np.float32)
    for group, position, factor in shares:
        matrix[group, position] = factor
    return tuple(bounds), Pool(
        np.array(columns, np.int64), np.array(starts, np.int64), matrix, np.array([*bounds.values()], np.float32)
    )


def heard_by(word: Word, lastfm: str) -> tuple[str, Sum]:
    """Return the model that hears a word, and its tags; no tags if none of the models does.

    Args:
        lastfm: the model that hears Last.fm's tags; "" if none does.
    """
    if lastfm and word.lastfm:
        return lastfm, ((1.0, (word.lastfm,)),)
    return AUDIOSET, word.labels


@cache
def calibration() -> Calibration:
    """Return the measured bounds."""
    bounds: Calibration = json.loads(Path(__file__).with_name("calibration.json").read_bytes())
    return bounds


def _version(names: tuple[str, ...], pool: Pool) -> str:
    content = "\n".join(names).encode() + pool.columns.tobytes() + pool.shares.tobytes() + pool.bounds.tobytes()
    return sha256(content)[:16]
