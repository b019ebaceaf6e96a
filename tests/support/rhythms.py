"""Made-up music with a known tempo or key."""

import numpy as np

from spotrec.vectors import FloatArray


def clicks(bpm: float, seconds: float = 30.0, rate: int = 12_000) -> FloatArray:
    """Short bursts of noise, one a beat."""
    rng = np.random.default_rng(1)
    samples = 1e-4 * rng.standard_normal(int(seconds * rate))
    burst = rng.standard_normal(rate // 25) * np.exp(-np.arange(rate // 25) / (rate / 100))
    for at_s in np.arange(0.2, seconds - 0.1, 60 / bpm):
        samples[int(at_s * rate) :][: burst.size] += 0.5 * burst
    return samples.astype(np.float32)


def chords(tonic: int, *, is_major: bool, bpm: float = 120, seconds: float = 30.0, rate: int = 12_000) -> FloatArray:
    """The chords I IV V I of a key, one a bar of four struck beats, with their overtones; `tonic` 0 is C."""
    third = 4 if is_major else 3
    bars = [(0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7)]
    beat_s = 60 / bpm
    t = np.arange(int(beat_s * rate)) / rate
    beats = []
    for n in range(int(seconds / beat_s)):
        pitches = [60 + tonic + step for step in bars[n // 4 % 4]]
        tones = [(440 * 2 ** ((pitch - 69) / 12) * k, 1 / k**2) for pitch in pitches for k in (1, 2, 3)]
        beats.append(sum(loud * np.sin(2 * np.pi * hz * t) for hz, loud in tones) * np.exp(-3 * t) / 12)
    return np.concatenate(beats).astype(np.float32)
