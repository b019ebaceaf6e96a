"""Samples → the log-mel-spectrograms that mn04 was trained on, one for each window of 10 s.

The front end of EfficientAT, with Kaldi's mel bands. It loads no network: `scipy.fft` takes 0.2 s to start, in a
process that decodes while TensorFlow loads, and transforms float32 in 0.6 of NumPy's time.
"""

from functools import cache

import numpy as np

from spotrec.extract.mel import fit_length
from spotrec.vectors import FloatArray

SAMPLE_RATE_HZ = 32_000
WINDOW_SAMPLES = 320_000  # 10 s
N_SAMPLES = 3 * WINDOW_SAMPLES
N_MELS, N_FRAMES = 128, 1000
_N_FFT, _HOP, _FRAME = 1024, 320, 800
_HIGHEST_HZ = 15_000
_BEFORE = _FRAME // 2  # samples before the middle of the first frame: mirrored
_PREEMPHASIS = np.float32(0.97)
_FRAMES_AT_ONCE = 100  # intermediate results stay in the processor's cache, and BLAS spreads no product over threads
_BANDS_AT_ONCE = 8


def log_mel_windows(samples: FloatArray) -> FloatArray:
    """Return one window after another. A last piece of 5 s or more is tiled to a window, a shorter one left out.

    Args:
        samples: shape (n_samples,), mono, 32 kHz; cut to 30 s; audio shorter than 10 s is tiled.

    Returns:
        shape (n_windows, 1000 frames, 128 mel bands from 0 to 15,000 Hz), float32, (ln(power + 1e-5) + 4.5) / 5.
    """
    starts = range(0, min(samples.size, N_SAMPLES) - WINDOW_SAMPLES // 2 + 1, WINDOW_SAMPLES) or range(1)
    windows = np.empty((len(starts), N_FRAMES, N_MELS), np.float32)
    for window, start in zip(windows, starts, strict=True):
        _fill(window, fit_length(samples[start:], WINDOW_SAMPLES))
    return windows


def _fill(window: FloatArray, samples: FloatArray) -> None:
    """Write a window, shape (1000, 128), from its samples, shape (320000,)."""
    from scipy.fft import rfft

    # where a frame lies within the transform makes no difference
    frames = np.zeros((_FRAMES_AT_ONCE, _N_FFT), np.float32)
    for first in range(0, N_FRAMES, _FRAMES_AT_ONCE):
        emphasised = _emphasised(samples, first * _HOP - _BEFORE)
        steps = (_HOP * emphasised.itemsize, emphasised.itemsize)
        overlapping = np.ndarray((_FRAMES_AT_ONCE, _FRAME), np.float32, emphasised, strides=steps)
        np.multiply(overlapping, _hann(), out=frames[:, :_FRAME])
        squares = rfft(frames).view(np.float32)  # real and imaginary parts in turn
        np.multiply(squares, squares, out=squares)
        mel = window[first : first + _FRAMES_AT_ONCE]
        for bands, parts, weights in _filter_blocks():
            np.matmul(squares[:, parts], weights, out=mel[:, bands])
        mel += np.float32(1e-5)
        np.log(mel, out=mel)
        mel *= np.float32(1 / 5)
        mel += np.float32(4.5 / 5)


def _emphasised(samples: FloatArray, start: int) -> FloatArray:
    """Return y[n] = x[n + 1] - 0.97 x[n] for the next frames, from n = `start`; beyond both ends y is mirrored.

    Only for as many frames as are needed now: 1.3 MB for the whole window would come from the system each time.
    """
    end = start + (_FRAMES_AT_ONCE - 1) * _HOP + _FRAME
    first, last = max(start, 0), min(end, samples.size - 1)
    emphasised = samples[first:last] * -_PREEMPHASIS
    emphasised += samples[first + 1 : last + 1]
    if (first, last) != (start, end):
        emphasised = np.pad(emphasised, (first - start, end - last), mode="reflect")
    return emphasised


def mel_filters() -> FloatArray:
    """Return Kaldi's triangles: evenly spaced and linear on the scale mel(f) = 1127 ln(1 + f / 700), not normalised.

    Returns:
        shape (128 bands, 513 bins); the last bin counts nothing.
    """
    edges = np.linspace(0, _mel(np.array(_HIGHEST_HZ)), N_MELS + 2)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = _mel(np.fft.rfftfreq(_N_FFT, 1 / SAMPLE_RATE_HZ))
    filters: FloatArray = np.maximum(np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)), 0)
    filters[:, -1] = 0
    return filters.astype(np.float32)


def _mel(hz: np.ndarray) -> np.ndarray:
    return np.asarray(1127 * np.log1p(hz / 700))


@cache
def _hann() -> FloatArray:
    """Return the symmetric window."""
    return np.hanning(_FRAME).astype(np.float32)


@cache
def _filter_blocks() -> list[tuple[slice, slice, FloatArray]]:
    """Return blocks of bands, each with the squares that it uses: two for each bin, with the same weight.

    Without most of the zeros, and without a step that adds the two squares.
    """
    filters = mel_filters()
    blocks = []
    for first in range(0, N_MELS, _BANDS_AT_ONCE):
        bands = slice(first, first + _BANDS_AT_ONCE)
        used = np.flatnonzero(filters[bands].any(axis=0))
        weights = np.repeat(filters[bands, used[0] : used[-1] + 1], 2, axis=1).T
        blocks.append((bands, slice(2 * used[0], 2 * used[-1] + 2), np.ascontiguousarray(weights)))
    return blocks
