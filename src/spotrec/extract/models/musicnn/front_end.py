"""Samples → the patches of a log-mel-spectrogram that musicnn was trained on.

Needs only NumPy, so that a process that only decodes starts quickly.
"""

import numpy as np

from spotrec.extract.mel import HOP, N_FFT, N_MELS, fit_length, mel_power
from spotrec.vectors import FloatArray

SAMPLE_RATE_HZ = 16_000
N_SAMPLES = 480_000  # 30 s, like the excerpts that the reference moments come from
PATCH_FRAMES = 187  # 3 s
MIN_SAMPLES = (PATCH_FRAMES - 1) * HOP
_LOUDNESS = np.float32(10_000)


def log_mel_patches(samples: FloatArray) -> FloatArray:
    """Return one patch after another, without the incomplete last one.

    Args:
        samples: shape (n_samples,), mono, 16 kHz; cut to 30 s; shorter audio than one patch is tiled.

    Returns:
        shape (n_patches, 96 mel bands from 0 to 8000 Hz, 187 frames), float32, log10(10,000 power + 1).
    """
    excerpt = fit_length(samples, min(max(samples.size, MIN_SAMPLES), N_SAMPLES))
    n_patches = (1 + excerpt.size // HOP) // PATCH_FRAMES
    n_frames = n_patches * PATCH_FRAMES
    padded = np.pad(excerpt, N_FFT // 2, mode="reflect")
    loudness = np.log10(_LOUDNESS * mel_power(padded, n_frames, SAMPLE_RATE_HZ) + np.float32(1))
    return np.ascontiguousarray(loudness.reshape(N_MELS, n_patches, PATCH_FRAMES).swapaxes(0, 1))
