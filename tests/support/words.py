"""Stores whose tracks are heard by Choi's network and mn04, with words that a test writes down."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from spotrec.extract.models.choi.model import CHOI_2
from spotrec.extract.models.mn04.model import MN04
from spotrec.extract.models.vocabulary import calibration, heard_by
from spotrec.extract.models.words import WORDS
from spotrec.store import FeatureStore
from spotrec.track import Track
from spotrec.vectors import FloatArray
from support.catalogue import embedding

QUIET = 1e-5
"""The probability of a tag that is not heard."""


def probabilities(n: int, words: Mapping[str, Mapping[int, float]]) -> FloatArray:
    """mn04's probabilities, shape (n, 527), with which tracks have words `factor` times as surely as their bounds say.

    Args:
        words: by word, track → factor of the odds: 1 is the bound itself, 0.5 half as sure.
    """
    tags = np.full((n, len(MN04.tag_names)), QUIET, np.float32)
    for name, tracks in words.items():
        (word,) = (one for one in WORDS if one.name == name)
        model, ((_, labels),) = heard_by(word, "")
        odds = np.exp(calibration()[name][model])
        for track, factor in tracks.items():
            tags[track, MN04.tag_names.index(labels[0])] = factor * odds / (1 + factor * odds)
    return tags


def fill_words(home: Path, tracks: Sequence[Track], words: Mapping[str, Mapping[int, float]]) -> None:
    """Put tracks, and what both networks heard in them, into the store of a home: see `probabilities`."""
    rng = np.random.default_rng(0)
    unheard = np.full((len(tracks), len(CHOI_2.tag_names)), 0.01, np.float32)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add(tracks)
        for model, tags in ((CHOI_2.id, unheard), (MN04.id, probabilities(len(tracks), words))):
            vectors = rng.normal(size=(len(tracks), model.dim))
            store.embeddings.save(model, [embedding(*one) for one in zip(tracks, vectors, tags, strict=True)])
