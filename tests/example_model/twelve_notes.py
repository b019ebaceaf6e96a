"""An example model: how strong each of the twelve notes is in any octave. It needs no weights."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spotrec.extract.models import AudioModel, ModelCard
from spotrec.track import ModelId
from spotrec.vectors import FloatArray

SAMPLE_RATE_HZ = 11_025
FRAME = 8_192


def power_of_notes(samples: FloatArray) -> FloatArray:
    """Return the power of C, C sharp … B in each frame of 0.74 s, shape (n_frames, 12)."""
    n_frames = max(1, len(samples) // FRAME)
    frames = np.resize(samples, (n_frames, FRAME)) * np.hanning(FRAME)
    hz = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE_HZ)
    is_used = (hz > 55) & (hz < 4_000)
    note_of = np.round(12 * np.log2(hz[is_used] / 440) + 9).astype(int) % 12
    power = np.abs(np.fft.rfft(frames)[:, is_used]) ** 2
    notes: FloatArray = (power @ np.eye(12)[note_of]).astype(np.float32)
    return notes


class TwelveNotes:
    """The network, although it has nothing to learn."""

    def __init__(self, model: ModelId) -> None:
        self.id = model

    def embed(self, prepared: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Return vectors, shape (n_clips, 12), and no tags, shape (n_clips, 0)."""
        loudness = np.stack([np.log(clip.mean(axis=0) + 1e-6) for clip in prepared])
        vectors = loudness - loudness.mean(axis=1, keepdims=True)
        return vectors.astype(np.float32), np.zeros((len(prepared), 0), np.float32)


def load(weights: Path | None, model: ModelId) -> TwelveNotes:
    """Return the network under this id; it has no weights."""
    return TwelveNotes(model)


NOTES = AudioModel(
    id=ModelId("notes", version=1, dim=12),
    card=ModelCard(
        title="Twelve notes",
        licence="MIT",
        source="https://example.org/twelve-notes",
        citation="none",
        trained_on="nothing",
    ),
    sample_rate_hz=SAMPLE_RATE_HZ,
    prepare=power_of_notes,
    load=load,
)
