"""The tempo of music whose tempo is known."""

import numpy as np
import pytest

from spotrec.extract.tempo_and_key.tempo import hear_tempo
from support.rhythms import clicks


@pytest.mark.parametrize("bpm", [70, 84.5, 97.3, 120, 128, 141.7])
def test_clicks_have_their_tempo_to_a_tenth(bpm: float) -> None:
    found, confidence = hear_tempo([clicks(bpm)])
    assert found == pytest.approx(bpm, abs=0.11)
    assert confidence > 0.5


def test_the_volume_does_not_matter() -> None:
    samples = clicks(110)
    assert hear_tempo([samples * np.float32(1e-3)])[0] == hear_tempo([samples])[0]


def test_excerpts_of_one_recording_count_as_one() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(30 * 12_000).astype(np.float32)
    found, _ = hear_tempo([clicks(100), 0.01 * noise, clicks(100)])
    assert found == pytest.approx(100, abs=0.11)


def test_an_excerpt_may_be_shorter_than_others() -> None:
    assert hear_tempo([clicks(100), clicks(100, 10)])[0] == pytest.approx(100, abs=0.3)


def test_noise_has_no_tempo() -> None:
    noise = np.random.default_rng(0).standard_normal(30 * 12_000).astype(np.float32)
    assert hear_tempo([noise])[0] is None


@pytest.mark.parametrize("samples", [np.zeros(36_000), np.ones(36_000), np.eye(1, 36_000, 9)[0], np.full(36_000, 1e12)])
def test_what_is_no_music_has_no_tempo_and_no_warning(samples: np.ndarray) -> None:
    with np.errstate(all="raise", under="ignore"):
        found, confidence = hear_tempo([samples.astype(np.float32)])
    assert found is None or 30 <= found <= 300
    assert 0 <= confidence <= 1
