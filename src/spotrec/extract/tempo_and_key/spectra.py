"""Short-time spectra of mono samples, as tempo and key are heard from."""

import numpy as np

from spotrec.vectors import FloatArray

SAMPLE_RATE_HZ = 12_000


def magnitudes(samples: FloatArray, frame: int, hop: int) -> FloatArray:
    """Return the magnitudes of Hann-windowed spectra, shape (n_samples // hop + 1, frame // 2 + 1)."""
    from scipy.fft import rfft

    padded = np.pad(samples.astype(np.float32, copy=False), frame // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    window = np.hanning(frame + 1)[:-1].astype(np.float32)
    found: FloatArray = np.abs(rfft(frames * window, axis=1))
    return found


def mel_bands(frame: int, n: int, low_hz: float, high_hz: float) -> FloatArray:
    """Return triangular bands on the mel scale, shape (frame // 2 + 1, n)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (low_hz, high_hz))
    edges = 700 * (10 ** (np.linspace(low, high, n + 2) / 2595) - 1)
    hz = np.arange(frame // 2 + 1)[:, np.newaxis] * SAMPLE_RATE_HZ / frame
    up = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    bands: FloatArray = np.clip(np.minimum(up, down), 0, None).astype(np.float32)
    return bands
