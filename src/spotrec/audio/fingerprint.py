"""Acoustic fingerprints: bits that stay nearly the same in every copy of a recording, and agree in no other.

As Haitsma and Kalker do (“A highly robust audio fingerprinting system”, ISMIR 2002): a bit tells whether the difference
of energy between two neighbouring bands rises or falls. How loud a copy is, its codec, bit rate and sample rate change
few bits; silence before it, or a cut, moves them. `docs/quality.md` has how the figures were chosen.
"""

import numpy as np

from spotrec.vectors import Fingerprint, FloatArray

SAMPLE_RATE_HZ = 12_000
WORDS_PER_S = 15
VERSION = 1
"""Of how a fingerprint is made. Fingerprints of two versions are never compared."""
_FRAME = 4_096  # 0.34 s
_HOP = SAMPLE_RATE_HZ // WORDS_PER_S
_LAG = 4  # frames between the two energies that are compared: 0.27 s
_BANDS = 33
_LOWEST_HZ, _HIGHEST_HZ = 250, 2_500
_AT_ONCE = 16  # frames that stay in the cache


def fingerprint(samples: FloatArray) -> Fingerprint:
    """Return the fingerprint of mono samples, shape (n_samples,), at `SAMPLE_RATE_HZ`; it is empty below 0.7 s."""
    from scipy.fft import rfft

    n_frames = (len(samples) - _FRAME) // _HOP + 1
    if n_frames <= _LAG:
        return np.zeros(0, np.uint32)
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float32, copy=False), _FRAME)[::_HOP]
    window = np.hanning(_FRAME).astype(np.float32)
    edges = np.round(np.geomspace(_LOWEST_HZ, _HIGHEST_HZ, _BANDS + 1) * _FRAME / SAMPLE_RATE_HZ).astype(int)
    energies = np.empty((n_frames, _BANDS), np.float32)
    for start in range(0, n_frames, _AT_ONCE):
        spectra = rfft(frames[start : start + _AT_ONCE] * window, axis=1)[:, : edges[-1]]
        powers = np.square(spectra.real) + np.square(spectra.imag)
        energies[start : start + _AT_ONCE] = np.add.reduceat(powers, edges[:-1], axis=1)
    steps = energies[:, :-1] - energies[:, 1:]
    bits = np.packbits(steps[_LAG:] > steps[:-_LAG], axis=1)
    return np.ascontiguousarray(bits).view(">u4")[:, 0].astype(np.uint32)


def bit_error_rate(one: Fingerprint, other: Fingerprint, offset: int) -> float:
    """Return the share of bits that differ, 0 to 1, where word `i + offset` of `one` meets word `i` of `other`.

    Where they do not overlap at all it is 1.
    """
    one, other = one[max(0, offset) :], other[max(0, -offset) :]
    n = min(len(one), len(other))
    return float(np.bitwise_count(one[:n] ^ other[:n]).mean() / 32) if n else 1.0
