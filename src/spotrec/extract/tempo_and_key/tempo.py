"""The tempo of samples: how regularly onsets return, by autocorrelation and by spectrum together.

Autocorrelation also has peaks at half the tempo and less, the spectrum at twice the tempo and more: their product has
few of either (Peeters, “Time variable tempo detection and beat marking”, ICMC 2005). What remains is decided by how
common a tempo is.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from spotrec.extract.tempo_and_key.spectra import SAMPLE_RATE_HZ, magnitudes, mel_bands
from spotrec.vectors import DoubleArray, FloatArray

MIN_CONFIDENCE = 0.15
_FRAME, _HOP = 1024, 150
_FRAMES_PER_S = SAMPLE_RATE_HZ / _HOP
_FRAMES_PER_MINUTE = 60 * _FRAMES_PER_S
_N_BANDS, _LOW_HZ, _HIGH_HZ = 24, 30.0, 6000.0
_GAIN = 0.3  # of magnitudes at an RMS of 1, before their logarithm
_RISE_FRAMES = 2
_MEAN_S = 1.0  # slower changes of loudness are no rhythm
_SLOWEST, _FASTEST, _PER_OCTAVE = 30.0, 300.0, 200
_COMMON_BPM, _OCTAVES = 110.0, 0.8  # centre and width of how common a tempo is
_N_PERIODS = 4  # that autocorrelation is looked at
_N_HARMONICS = 4  # of a beat, in the spectrum
_N_FFT = 1 << 15
_FINER = (1, 2, 4, 8, 16)  # periods, over which the tempo is refined
_WITHIN = 0.04
_BELIEVED = 0.7  # share of the samples' length up to which autocorrelation is looked at


def hear_tempo(pieces: Sequence[FloatArray]) -> tuple[float | None, float]:
    """Return the tempo in beats per minute, to a tenth, and from 0 to 1 how regularly onsets return at it.

    Args:
        pieces: of one recording, mono, each of shape (n_samples,), at `SAMPLE_RATE_HZ`.

    Returns:
        None for the tempo if onsets do not return regularly.
    """
    onsets = [onset_strength(samples) for samples in pieces]
    n_frames = min(map(len, onsets))
    heard: DoubleArray = np.mean([_autocorrelation(one)[:n_frames] for one in onsets], axis=0)
    spectrum: DoubleArray = np.sum([_spectrum(one) for one in onsets], axis=0)
    tempos = _tempos()
    regular = _regularity(heard, tempos)
    rhythm = sum(np.interp(harmonic * tempos, _spectrum_bpm(), spectrum) for harmonic in range(1, _N_HARMONICS + 1))
    common = np.exp(-0.5 * (np.log2(tempos / _COMMON_BPM) / _OCTAVES) ** 2)
    best = int(np.argmax(regular * np.sqrt(rhythm) * common))
    bpm = _refined(float(tempos[best]), heard)
    confidence = round(min(1.0, float(regular[best])), 3)
    return (round(bpm, 1) if confidence >= MIN_CONFIDENCE else None), confidence


def onset_strength(samples: FloatArray) -> DoubleArray:
    """Return how much louder the bands become at each frame, less its mean over a second, shape (n_frames,)."""
    loudness = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
    spectra = magnitudes(samples / np.float32(max(loudness, 1e-9)), _FRAME, _HOP)
    levels = np.log1p(_GAIN * (spectra @ _bands()))
    rises = np.maximum(0, levels[_RISE_FRAMES:] - levels[:-_RISE_FRAMES]).mean(axis=1, dtype=np.float64)
    window = np.hanning(int(_MEAN_S * _FRAMES_PER_S) + 2)[1:-1]
    strength: DoubleArray = rises - np.convolve(rises, window / window.sum(), "same")
    return strength


def _autocorrelation(onsets: DoubleArray) -> DoubleArray:
    """Return the autocorrelation by lag in frames, 1 at lag 0, as if the samples had no end."""
    from scipy.fft import irfft, next_fast_len, rfft

    n = len(onsets)
    n_fft = next_fast_len(2 * n, real=True)
    found: DoubleArray = irfft(np.abs(rfft(onsets, n_fft)) ** 2, n_fft)[:n] * (n / np.arange(n, 0, -1))
    return found / max(float(found[0]), 1e-12)


def _spectrum(onsets: DoubleArray) -> DoubleArray:
    """Return the magnitudes of the onsets' spectrum, at the frequencies of `_spectrum_bpm`, with a mean square of 1."""
    from scipy.fft import rfft

    found: DoubleArray = np.abs(rfft(onsets * np.hanning(len(onsets)), _N_FFT))
    return found / max(float(np.sqrt(np.mean(found**2))), 1e-12)


def _regularity(autocorrelation: DoubleArray, tempos: DoubleArray) -> DoubleArray:
    """Return the mean of the autocorrelation over the first periods of each tempo, where it is positive."""
    lags = np.arange(len(autocorrelation))
    periods = [
        np.maximum(0, np.interp(k * _FRAMES_PER_MINUTE / tempos, lags, autocorrelation, right=0))
        for k in range(1, _N_PERIODS + 1)
    ]
    mean: DoubleArray = np.mean(periods, axis=0)
    return mean


def _refined(bpm: float, autocorrelation: DoubleArray) -> float:
    """Return a tempo more exactly: the peak of its period, then of more and more periods together."""
    period = _FRAMES_PER_MINUTE / bpm
    for k in _FINER:
        lag = k * period
        if lag > _BELIEVED * len(autocorrelation):
            break
        reach = max(1, int(np.ceil(min(_WITHIN * lag, period / 5))))
        first = max(1, round(lag) - reach)
        at = first + int(np.argmax(autocorrelation[first : round(lag) + reach + 1]))
        if at + 1 < len(autocorrelation):
            left, middle, right = autocorrelation[at - 1 : at + 2]
            bend = left - 2 * middle + right
            period = (at + (float(np.clip((left - right) / 2 / bend, -1, 1)) if bend < 0 else 0.0)) / k
    return _FRAMES_PER_MINUTE / period


@lru_cache(maxsize=1)
def _bands() -> FloatArray:
    return mel_bands(_FRAME, _N_BANDS, _LOW_HZ, _HIGH_HZ)


@lru_cache(maxsize=1)
def _tempos() -> DoubleArray:
    n = int(_PER_OCTAVE * np.log2(_FASTEST / _SLOWEST))
    tempos: DoubleArray = _SLOWEST * 2.0 ** (np.arange(n + 1) / _PER_OCTAVE)
    return tempos


@lru_cache(maxsize=1)
def _spectrum_bpm() -> DoubleArray:
    found: DoubleArray = np.arange(_N_FFT // 2 + 1, dtype=np.float64) * (_FRAMES_PER_MINUTE / _N_FFT)
    return found
