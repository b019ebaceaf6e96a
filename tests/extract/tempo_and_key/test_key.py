"""The key of music whose key is known."""

import numpy as np
import pytest
import soxr

from spotrec.extract.tempo_and_key.key import hear_key, note_weights
from spotrec.names.keys import MAJOR, MINOR
from support.rhythms import chords


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("is_major", [True, False])
def test_the_chords_of_each_key_are_in_this_key(tonic: int, *, is_major: bool) -> None:
    key, confidence = hear_key([chords(tonic, is_major=is_major)])
    assert key == (MAJOR if is_major else MINOR)[tonic]
    assert confidence > 0.6


@pytest.mark.parametrize("cents", [-40, -25, 25, 40])
def test_music_may_be_tuned_higher_or_lower(cents: int) -> None:
    rate = round(12_000 * 2 ** (cents / 1200))
    played_faster = soxr.resample(chords(9, is_major=False), rate, 12_000)
    assert hear_key([played_faster])[0] == "Am"


def test_one_note_is_one_note() -> None:
    t = np.arange(5 * 12_000) / 12_000
    notes = note_weights([np.sin(2 * np.pi * 261.63 * t).astype(np.float32)])
    assert notes.argmax() == 0
    assert notes[0] > 0.9 * notes.sum()


def test_excerpts_of_one_recording_count_as_one() -> None:
    quiet = 1e-6 * np.random.default_rng(0).standard_normal(10 * 12_000).astype(np.float32)
    assert hear_key([chords(2, is_major=True), quiet])[0] == "D"


@pytest.mark.parametrize("samples", [np.zeros(36_000), np.ones(36_000), np.eye(1, 36_000, 9)[0], np.full(36_000, 1e12)])
def test_what_is_no_music_has_no_warning(samples: np.ndarray) -> None:
    with np.errstate(all="raise", under="ignore"):
        _, confidence = hear_key([samples.astype(np.float32)])
    assert 0 <= confidence <= 1
