"""Samples → the mel-spectrogram that Choi's network was trained on.

The front end of kapre 0.0.3 as in the original (measured difference: at most 4.7e-4 dB). Needs only NumPy, so that a
process that only decodes starts quickly.
"""

import numpy as np

from spotrec.extract.mel import HOP, N_FFT, fit_length, mel_power
from spotrec.vectors import FloatArray

SAMPLE_RATE_HZ = 12_000
N_SAMPLES = 348_000  # 29.0 s
N_FRAMES = 1_360
TOP_DB = 80.0
_PADDING = 257  # half a frame plus one sample: the original's kernels were flipped in time


def log_melspectrogram(samples: FloatArray) -> FloatArray:
    """Return decibels relative to the clip's own maximum, clipped at -80; they do not depend on gain.

    Args:
        samples: shape (n_samples,), mono, 12 kHz; cut or tiled to 29.0 s.

    Returns:
        shape (96 mel bands from 0 to 6000 Hz, 1360 frames), float32, in [-80, 0].
    """
    padded = np.zeros((N_FRAMES - 1) * HOP + N_FFT, np.float32)
    padded[_PADDING : _PADDING + N_SAMPLES] = fit_length(samples, N_SAMPLES)
    decibels: FloatArray = 10 * np.log10(np.maximum(mel_power(padded, N_FRAMES, SAMPLE_RATE_HZ), 1e-10))
    decibels -= decibels.max()
    return np.maximum(decibels, -TOP_DB)
