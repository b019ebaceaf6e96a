"""How energetic tracks sound."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from spotrec import Recommender
from spotrec.audio.decode import decode
from spotrec.errors import UsageError
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.words import WORDS
from spotrec.query.energy import energetic, energy_of


def test_every_known_vocabulary_has_words_for_it() -> None:
    assert energetic([word.name for word in WORDS]).wanted == ("exciting", "angry", "energetic")
    assert energetic([word.name for word in WORDS]).unwanted == ("sad", "tender", "calm")
    loud = energetic(TAGS)
    assert "metal" in loud.wanted
    assert "Mellow" in loud.unwanted


def test_a_model_without_such_words_says_so() -> None:
    with pytest.raises(UsageError, match="how energetic"):
        energetic(["loud", "quiet"])


def test_louder_clips_are_more_energetic(shared: Path, heard_clips: Path) -> None:
    with Recommender(data_dir=heard_clips) as recommender, recommender.session.view() as view:
        index = view.index()
        tracks = [record.track for record in recommender.tracks()]
        heard = view.embeddings.get_many([track.id for track in tracks])
        found = energy_of(np.stack([heard[track.id].tags for track in tracks]), index, view.tag_names)
    loudness = [rms(Path(track.path or "")) for track in tracks]
    assert spearmanr(found, loudness)[0] > 0.35


def rms(path: Path) -> float:
    samples = decode(path.read_bytes(), 16_000)
    return float(np.sqrt(np.mean(np.square(samples))))
