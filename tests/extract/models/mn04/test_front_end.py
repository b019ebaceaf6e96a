"""mn04's front end against the authors', and against its description in float64."""

import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from spotrec.extract.models.mn04.front_end import N_SAMPLES, SAMPLE_RATE_HZ, WINDOW_SAMPLES, log_mel_windows
from support.music import tune


def sound(seconds: float, seed: int = 5) -> np.ndarray:
    return tune(seed, seconds=seconds, rate=SAMPLE_RATE_HZ)


def described(samples: np.ndarray) -> np.ndarray:
    """The description, step by step in float64: one window of exactly 10 s → (128, 1000)."""
    x = samples.astype(np.float64)
    y = np.pad(x[1:] - 0.97 * x[:-1], 512, mode="reflect")
    window = np.zeros(1024)
    window[112:912] = np.hanning(800)
    power = np.stack([np.abs(np.fft.rfft(y[320 * i : 320 * i + 1024] * window)) ** 2 for i in range(1000)], axis=1)
    mel = 1127 * np.log(1 + np.arange(512) * 31.25 / 700)
    points = np.linspace(0, 1127 * np.log(1 + 15_000 / 700), 130)
    triangles = np.stack([np.interp(mel, points[i : i + 3], [0, 1, 0], left=0, right=0) for i in range(128)])
    loudness: np.ndarray = (np.log(triangles @ power[:512] + 1e-5) + 4.5) / 5
    return loudness


def test_the_spectrograms_of_real_clips_are_the_authors(shared: Path) -> None:
    with np.load(shared / "parity" / "mn04_clips.npz") as parity:
        for audio, mel in zip(parity["audio"], parity["mel"], strict=True):
            np.testing.assert_allclose(log_mel_windows(audio)[0].T, mel, atol=1e-3, rtol=0)


@pytest.mark.parametrize("gain", [1, 0.001])
def test_a_spectrogram_is_what_its_description_says(gain: float) -> None:
    samples = sound(10) * np.float32(gain)
    np.testing.assert_allclose(log_mel_windows(samples)[0].T, described(samples), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("seconds", "n_windows"), [(0.5, 1), (10, 1), (14.99, 1), (15, 2), (24.9, 2), (29.9, 3), (30, 3), (34, 3), (60, 3)]
)
def test_windows_come_one_after_the_other_and_a_last_piece_of_five_seconds_counts(
    seconds: float, n_windows: int
) -> None:
    samples = sound(seconds)
    windows = log_mel_windows(samples)
    assert windows.dtype == np.float32
    assert windows.shape == (n_windows, 1000, 128)
    assert windows.flags.c_contiguous
    last = samples[(n_windows - 1) * WINDOW_SAMPLES : n_windows * WINDOW_SAMPLES]
    np.testing.assert_array_equal(windows[-1], log_mel_windows(np.resize(last, WINDOW_SAMPLES))[0])


def test_short_audio_is_tiled_to_a_window() -> None:
    short = sound(3)
    np.testing.assert_array_equal(log_mel_windows(short), log_mel_windows(np.resize(short, WINDOW_SAMPLES)))
    assert log_mel_windows(np.ones(1, np.float32)).shape == (1, 1000, 128)


def test_silence_is_heard_as_silence() -> None:
    silence = np.full((1, 1000, 128), (np.log(1e-5) + 4.5) / 5)
    for samples in (np.zeros(0, np.float32), np.zeros(WINDOW_SAMPLES, np.float32)):
        np.testing.assert_allclose(log_mel_windows(samples), silence, atol=1e-6, rtol=0)


def test_of_long_audio_thirty_seconds_are_heard_and_no_more_is_done() -> None:
    long = np.tile(sound(60), 60)
    log_mel_windows(long[:WINDOW_SAMPLES])  # scipy starts
    start = time.process_time()
    windows = log_mel_windows(long)
    assert time.process_time() - start < 1
    np.testing.assert_array_equal(windows, log_mel_windows(long[:N_SAMPLES]))


def test_the_loudest_sound_is_a_number() -> None:
    assert np.isfinite(log_mel_windows(sound(10) * np.float32(1e12))).all()


def test_another_process_runs_the_front_end_without_a_network() -> None:
    samples = sound(10)
    code = """
import pickle, sys
prepare, samples = pickle.load(sys.stdin.buffer)
windows = prepare(samples)
slow = {"tensorflow", "keras", "librosa", "h5py"} & set(sys.modules)
pickle.dump((windows, slow), sys.stdout.buffer)
"""
    job = pickle.dumps((log_mel_windows, samples))
    done = subprocess.run([sys.executable, "-c", code], input=job, capture_output=True, check=True)
    windows, slow = pickle.loads(done.stdout)
    np.testing.assert_array_equal(windows, log_mel_windows(samples))
    assert not slow
