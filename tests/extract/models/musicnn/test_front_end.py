"""musicnn's front end against librosa."""

import pickle
import subprocess
import sys
import time

import librosa
import numpy as np
import pytest
from librosa.filters import mel as librosas_filters

from spotrec.extract.mel import mel_filters
from spotrec.extract.models.musicnn.front_end import MIN_SAMPLES, N_SAMPLES, SAMPLE_RATE_HZ, log_mel_patches
from support.music import tune


def sound(seconds: float, seed: int = 5) -> np.ndarray:
    return tune(seed, seconds=seconds, rate=SAMPLE_RATE_HZ)


def librosas(samples: np.ndarray) -> np.ndarray:
    """All frames: shape (96, n_frames)."""
    power = librosa.feature.melspectrogram(
        y=samples, sr=16_000, n_fft=512, hop_length=256, n_mels=96, center=True, pad_mode="reflect", power=2.0
    )
    loudness: np.ndarray = np.log10(10_000 * power.astype(np.float32) + 1)
    return loudness


@pytest.mark.parametrize(("seconds", "n_patches"), [(3, 1), (5.99, 2), (29.9, 9), (29.91, 10), (30, 10)])
def test_patches_are_librosas_frames_one_after_the_other(seconds: float, n_patches: int) -> None:
    samples = sound(seconds)
    patches = log_mel_patches(samples)
    assert patches.dtype == np.float32
    assert patches.shape == (n_patches, 96, 187)
    assert patches.flags.c_contiguous
    in_a_row = np.concatenate(list(patches), axis=1)
    np.testing.assert_allclose(in_a_row, librosas(samples)[:, : n_patches * 187], atol=1e-5, rtol=0)


def test_the_filters_are_librosas() -> None:
    theirs = librosas_filters(sr=16_000, n_fft=512, n_mels=96, dtype=np.float64)
    np.testing.assert_allclose(mel_filters(16_000), theirs, atol=1e-9, rtol=0)


def test_the_mirrored_ends_are_heard() -> None:
    """What fits into a patch exactly ends with half a frame of its own reflection."""
    samples = sound(4)[:MIN_SAMPLES]
    heard, theirs = log_mel_patches(samples)[0], librosas(samples)
    np.testing.assert_allclose(heard[:, :-1], theirs[:, :-1], atol=1e-5, rtol=0)
    np.testing.assert_allclose(heard[:, -1], theirs[:, -1], atol=3e-5, rtol=0)  # librosa is 2e-5 from float64 here


def test_short_audio_is_tiled_to_one_patch() -> None:
    short = sound(1)
    np.testing.assert_array_equal(log_mel_patches(short), log_mel_patches(np.resize(short, MIN_SAMPLES)))
    assert log_mel_patches(np.ones(1, np.float32)).shape == (1, 96, 187)
    np.testing.assert_array_equal(log_mel_patches(np.zeros(0, np.float32)), np.zeros((1, 96, 187)))


def test_of_long_audio_thirty_seconds_are_heard_and_no_more_is_done() -> None:
    long = np.tile(sound(60), 60)
    start = time.process_time()
    patches = log_mel_patches(long)
    assert time.process_time() - start < 1
    np.testing.assert_array_equal(patches, log_mel_patches(long[:N_SAMPLES]))


def test_silence_is_heard_as_silence() -> None:
    np.testing.assert_array_equal(log_mel_patches(np.zeros(N_SAMPLES, np.float32)), np.zeros((10, 96, 187)))


def test_the_loudest_sound_is_a_number() -> None:
    assert np.isfinite(log_mel_patches(sound(3) * np.float32(1e12))).all()


def test_another_process_runs_the_front_end_without_a_network() -> None:
    samples = sound(6)
    code = """
import pickle, sys
prepare, samples = pickle.load(sys.stdin.buffer)
patches = prepare(samples)
slow = {"tensorflow", "keras", "librosa", "scipy", "h5py"} & set(sys.modules)
pickle.dump((patches, slow), sys.stdout.buffer)
"""
    job = pickle.dumps((log_mel_patches, samples))
    done = subprocess.run([sys.executable, "-c", code], input=job, capture_output=True, check=True)
    patches, slow = pickle.loads(done.stdout)
    np.testing.assert_array_equal(patches, log_mel_patches(samples))
    assert not slow
