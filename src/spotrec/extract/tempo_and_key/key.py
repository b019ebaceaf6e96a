"""The key of samples: how loud each of the twelve notes is, compared with what a key sounds like.

Notes are peaks of long spectra, measured from the tuning of the recording itself. The profiles of the keys are those
of KeyFinder (Shaʼath, “Estimation of key in digital music recordings”, 2011), made for recordings.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from spotrec.extract.tempo_and_key.spectra import SAMPLE_RATE_HZ, magnitudes
from spotrec.names.keys import MAJOR, MINOR
from spotrec.vectors import DoubleArray, FloatArray

MIN_CONFIDENCE = 0.5
_FRAME, _HOP = 8192, 4096
_LOW_HZ, _HIGH_HZ = 55.0, 2000.0
_LOUD_ENOUGH = 0.05  # of the loudest peak of a frame
_A4_HZ, _A4 = 440.0, 69
_MAJOR = (6.6, 2.0, 3.5, 2.3, 4.6, 4.0, 2.5, 5.2, 2.4, 3.7, 2.3, 3.4)
_MINOR = (6.5, 2.7, 3.5, 5.4, 2.6, 3.5, 2.5, 5.2, 4.0, 2.7, 4.3, 3.2)
_TINY = 1e-9


def hear_key(pieces: Sequence[FloatArray]) -> tuple[str | None, float]:
    """Return the key, as `names.keys` spells it, and from 0 to 1 how much the notes are like it.

    Args:
        pieces: of one recording, mono, each of shape (n_samples,), at `SAMPLE_RATE_HZ`.

    Returns:
        None for the key if the notes are like no key.
    """
    notes = note_weights(pieces)
    notes -= notes.mean()
    likeness = _profiles() @ (notes / max(float(np.linalg.norm(notes)), _TINY))
    best = int(np.argmax(likeness))
    confidence = round(float(np.clip(likeness[best], 0, 1)), 3)
    return ((*MAJOR, *MINOR)[best] if confidence >= MIN_CONFIDENCE else None), confidence


def note_weights(pieces: Sequence[FloatArray]) -> DoubleArray:
    """Return how much of the sound is each pitch class, shape (12,), 0 is C."""
    pitches, magnitude, of_frame, frames = (np.concatenate(parts) for parts in zip(*map(_peaks, pieces), strict=True))
    if not pitches.size:
        return np.zeros(12)
    # a frame's loudest peak weighs 1, less if the frame is more quiet than most
    weights = magnitude / of_frame * np.sqrt(np.minimum(1, of_frame / np.median(frames[frames > 0])))
    tuning = np.angle(np.sum(weights * np.exp(2j * np.pi * pitches))) / (2 * np.pi)
    nearest = np.round(pitches - tuning)
    in_tune = np.cos(np.pi * (pitches - tuning - nearest)) ** 2
    notes: DoubleArray = np.bincount(nearest.astype(np.int64) % 12, weights * in_tune, 12).astype(np.float64)
    return notes


def _peaks(samples: FloatArray) -> tuple[DoubleArray, DoubleArray, DoubleArray, DoubleArray]:
    """Return pitch (as a MIDI note) and magnitude of each peak, and its frame's largest; then that of each frame."""
    low, high = (round(hz * _FRAME / SAMPLE_RATE_HZ) for hz in (_LOW_HZ, _HIGH_HZ))
    spectra = magnitudes(samples, _FRAME, _HOP)[:, low - 1 : high + 2]
    middle = spectra[:, 1:-1]
    loudest = middle.max(axis=1, keepdims=True)
    is_peak = (middle > spectra[:, :-2]) & (middle >= spectra[:, 2:]) & (middle > _LOUD_ENOUGH * loudest)
    frame, at = np.nonzero(is_peak)
    left, peak, right = (np.log(spectra[frame, at + step].astype(np.float64) + _TINY) for step in range(3))
    offset = (left - right) / 2 / np.minimum(left - 2 * peak + right, -_TINY)
    hz = (at + low + np.clip(offset, -0.5, 0.5)) * SAMPLE_RATE_HZ / _FRAME
    of_frames = loudest[:, 0].astype(np.float64)
    return 12 * np.log2(hz / _A4_HZ) + _A4, np.exp(peak), of_frames[frame], of_frames


@lru_cache(maxsize=1)
def _profiles() -> DoubleArray:
    """Return the 24 keys as unit vectors, shape (24, 12): major from C to B, then minor."""
    turned = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    centred = turned - turned.mean(axis=1, keepdims=True)
    unit: DoubleArray = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    return unit
