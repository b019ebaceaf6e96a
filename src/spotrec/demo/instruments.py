"""The instruments of the demo: strings, an amplifier and drums, each a few lines of physics."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import signal

from spotrec.vectors import FloatArray

Instrument = Callable[[float, float], FloatArray]
"""Pitch in Hz, length in s -> shape (n_samples,), peak about 1."""

SAMPLE_RATE_HZ = 22_050


def envelope(length_s: float, attack_s: float, decay_s: float = 1e9) -> FloatArray:
    """Return loudness over time, shape (n_samples,): up in `attack_s`, decay to 1/e in `decay_s`, down at the end."""
    t = np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
    edges = np.clip(np.minimum(t, length_s - t) / attack_s, 0, 1)
    shape: FloatArray = (np.exp(-t / decay_s) * edges).astype(np.float32, copy=False)
    return shape


def band_pass(sound: FloatArray, low_hz: float, high_hz: float) -> FloatArray:
    """Filter a sound, shape (..., n_samples), to the band between two frequencies."""
    sections = signal.butter(1, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    band: FloatArray = signal.sosfilt(sections.astype(np.float32), sound).astype(np.float32)
    return band


@dataclass(frozen=True, slots=True)
class Strings:
    """A string, struck, plucked or bowed `at` a share of its length. Its partials decay, higher ones sooner.

    Without damping it is also a pulse (slope 1) or a triangle (slope 2, `at` half the length).
    """

    n_partials: int
    at: float
    slope: float  # partial k has strength 1 / k**slope
    decay_s: float = 1e9  # to 1/e, of the lowest partial of middle C
    damping: float = 0.0
    stiffness: float = 0.0
    attack_s: float = 0.002

    def __call__(self, hz: float, length_s: float) -> FloatArray:
        k = np.arange(1, min(self.n_partials, int(0.4 * SAMPLE_RATE_HZ / hz)) + 1)
        strength = np.abs(np.sin(np.pi * k * self.at)) / k**self.slope
        decay_s = self.decay_s * np.sqrt(262 / hz) / (1 + self.damping * k**2)
        pole = (2j * np.pi * hz * k * np.sqrt(1 + self.stiffness * k**2) - 1 / decay_s) / SAMPLE_RATE_HZ
        # a decaying sine is its pole's powers: every 256th of them times the first 256 is one matrix product
        n_samples = int(length_s * SAMPLE_RATE_HZ)
        coarse = (np.exp(np.arange(0, n_samples, 256)[:, np.newaxis] * pole) * strength).astype(np.complex64)
        fine = np.exp(pole[:, np.newaxis] * np.arange(256)).astype(np.complex64)
        sound: FloatArray = (coarse @ fine).imag.ravel()[:n_samples] * envelope(length_s, self.attack_s)
        sound /= np.abs(sound).max()
        return sound


@dataclass(frozen=True, slots=True)
class Overdriven:
    """Strings at several `ratios` of the pitch, through an overdriven amplifier and a loudspeaker."""

    strings: Strings
    ratios: tuple[float, ...]

    def __call__(self, hz: float, length_s: float) -> FloatArray:
        strings = np.sum([self.strings(ratio * hz, length_s) for ratio in self.ratios], axis=0)
        rattle = 1 + 0.6 * np.random.default_rng(2).standard_normal(strings.size, np.float32)
        return band_pass(np.tanh(15 * strings * rattle), 100, 6000)


@dataclass(frozen=True, slots=True)
class Drum:
    """A drum skin whose pitch falls by `fall_hz`, mixed with filtered noise: `noisiness` is the share of noise."""

    decay_s: float
    noisiness: float = 0.0
    fall_hz: float = 150.0
    low_hz: float = 200.0
    high_hz: float = 10_500.0
    attack_s: float = 0.001

    def __call__(self, hz: float, length_s: float) -> FloatArray:
        t = np.arange(int(length_s * SAMPLE_RATE_HZ), dtype=np.float32) / SAMPLE_RATE_HZ
        skin = np.sin(2 * np.pi * (hz * t + self.fall_hz * 0.025 * (1 - np.exp(-t / 0.025))))
        noise = band_pass(np.random.default_rng(1).standard_normal(t.size, np.float32), self.low_hz, self.high_hz)
        sound = (1 - self.noisiness) * skin + self.noisiness * noise / np.abs(noise).max()
        shaped: FloatArray = sound * envelope(length_s, self.attack_s, self.decay_s)
        return shaped


PIANO = Strings(15, at=0.12, slope=1.5, decay_s=1.5, damping=0.05, stiffness=4e-4)
ELECTRIC_PIANO = Strings(6, at=0.3, slope=1, decay_s=0.9, damping=0.1)
GUITAR = Strings(40, at=0.22, slope=0.9, decay_s=0.45, damping=0.01)
BELL = Strings(3, at=0.4, slope=1.7, decay_s=1.3, damping=0.2, stiffness=0.01)
PAD = Strings(10, at=0.3, slope=1.4, decay_s=20, damping=0.3, attack_s=4)
PULSE = Strings(40, at=0.25, slope=1, decay_s=0.4)
TRIANGLE = Strings(15, at=0.5, slope=2)
SYNTH = Strings(40, at=0.04, slope=1.2, decay_s=0.25, damping=0.01)
SYNTH_BASS = Strings(12, at=0.1, slope=1.3, decay_s=0.2, damping=0.04)
POWER_CHORD = Overdriven(Strings(24, at=0.1, slope=1, decay_s=1.2, damping=0.003), (1, 1.4983, 2.003))
PALM_MUTE = Overdriven(Strings(24, at=0.1, slope=1, decay_s=0.04, damping=0.003), (1, 1.4983))
SOLO = Overdriven(Strings(24, at=0.1, slope=1, decay_s=2, damping=0.003), (1, 1.005))
KICK = Drum(0.1)
SUB_BASS = Drum(0.5, fall_hz=80)
SNARE = Drum(0.08, 0.7, low_hz=1000)
CLAP = Drum(0.06, 1, low_hz=900, high_hz=3500)
HAT = Drum(0.025, 1, low_hz=7000)
SHAKER = Drum(0.04, 1, low_hz=5000, attack_s=0.015)
OPEN_HAT = Drum(0.08, 1, low_hz=6000)
CRASH = Drum(0.7, 1, low_hz=3000)
WIND = Drum(1e9, 1, low_hz=150, high_hz=600, attack_s=5)
