"""Made-up audio and seeded weights, for machines that have nothing else."""

import io
from pathlib import Path

import h5py
import mutagen.flac
import numpy as np
import soundfile

from spotrec.vectors import FloatArray

SAMPLE_RATE_HZ = 22_050


def tune(seed: int, seconds: float = 5.0, rate: int = SAMPLE_RATE_HZ) -> FloatArray:
    """A few notes with overtones over soft noise, shape (n_samples,); each seed sounds different."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    sound = rng.standard_normal(t.size) * rng.uniform(0.001, 0.05)
    for pitch_hz in rng.uniform(80, 1500, 4):
        for overtone in range(1, int(rng.integers(2, 6))):
            sound += np.sin(2 * np.pi * pitch_hz * overtone * t) * rng.uniform(0, 0.2) / overtone
    sound *= 1 + 0.8 * np.sin(2 * np.pi * rng.uniform(0.5, 8) * t)
    loud: FloatArray = (sound / np.abs(sound).max() * 0.8).astype(np.float32)
    return loud


def rising(seconds: float, rate: int) -> FloatArray:
    """A tone whose pitch tells the time: 200 Hz and 20 Hz more each second."""
    t = np.arange(int(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * (200 * t + 10 * t**2))).astype(np.float32)


def time_of(samples: FloatArray, rate: int) -> float:
    """When in `rising` these samples sounded, in seconds, at their middle."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), 8 * samples.size))
    pitch_hz = float(spectrum.argmax()) * rate / (8 * samples.size)
    return (pitch_hz - 200) / 20


def encoded(samples: FloatArray, kind: str = "MP3", rate: int = SAMPLE_RATE_HZ) -> bytes:
    """Samples, shape (n_samples,) or (n_samples, n_channels), as a file of a kind that libsndfile writes."""
    file = io.BytesIO()
    channels = samples.shape[1] if samples.ndim > 1 else 1
    with soundfile.SoundFile(file, "w", rate, channels, format=kind) as writer:
        for start in range(0, len(samples), rate):  # libvorbis crashes over a minute at once: it is put on the stack
            writer.write(samples[start : start + rate])
    return file.getvalue()


def write_tagged(path: Path, samples: FloatArray, **tags: str) -> Path:
    """A FLAC file with Vorbis comments."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, SAMPLE_RATE_HZ, format="FLAC")
    file = mutagen.flac.FLAC(path)
    file.update(tags)
    file.save()
    return path


def write_tunes(folder: Path, n: int) -> Path:
    """Write `n` tagged tunes of five seconds; return the folder."""
    for i in range(n):
        write_tagged(folder / f"{i}.flac", tune(i), artist=f"Band {i}", title=f"Tune {i}")
    return folder


def seeded_weights(path: Path, seed: int = 0) -> Path:
    """An HDF5 file laid out as the original's, with random weights: another network, but a network."""
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        for i in range(1, 6):
            fan_in = 9 * (1 if i == 1 else 32)
            kernel = rng.standard_normal((32, 1 if i == 1 else 32, 3, 3)) * np.sqrt(2 / fan_in)
            file[f"ConvBNEluDr/convolution2d_{i}_W"] = kernel.astype(np.float32)
            file[f"ConvBNEluDr/convolution2d_{i}_b"] = np.zeros(32, np.float32)
            file[f"ConvBNEluDr/batchnormalization_{i}_gamma"] = np.ones(32, np.float32)
            file[f"ConvBNEluDr/batchnormalization_{i}_beta"] = np.zeros(32, np.float32)
        file["dense_1/dense_1_W"] = rng.standard_normal((32, 50)).astype(np.float32) * 0.3
        file["dense_1/dense_1_b"] = np.full(50, -1, np.float32)
    return path
