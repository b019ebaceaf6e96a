"""Processor time of a model on this machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from spotrec.extract.models import AudioModel, Network
from spotrec.vectors import FloatArray

CLIP_S = 30
N_MEASURES = 2 * (1 + 3)
"""How often `measure_cost` calls `advance`."""
_BATCH = 8  # as in extraction


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one core for a clip of 30 s: the median of three runs after a warm-up."""

    front_end_ms: float
    network_ms: float


def measure_cost(model: AudioModel, network: Network, advance: Callable[[], object]) -> Cost:
    """Measure a model with synthetic clips, as many at once as in extraction."""
    clips = clips_of_noise(model.sample_rate_hz, _BATCH)
    prepared = [model.prepare(clip) for clip in clips]
    return Cost(
        front_end_ms=_cpu_ms(lambda: [model.prepare(clip) for clip in clips], advance) / _BATCH,
        network_ms=_cpu_ms(lambda: network.embed(prepared), advance) / _BATCH,
    )


def clips_of_noise(sample_rate_hz: int, n: int) -> list[FloatArray]:
    """Make synthetic clips of 30 s, each different."""
    return [_noise(sample_rate_hz, seed) for seed in range(n)]


def _noise(sample_rate_hz: int, seed: int) -> FloatArray:
    """Make noise that swells and fades: no part is silent or a copy of another part."""
    n = CLIP_S * sample_rate_hz
    noise = np.random.default_rng(seed).standard_normal(n, np.float32)
    swell = 0.3 + 0.2 * np.sin(np.arange(n, dtype=np.float32) * (2 * np.pi / sample_rate_hz))
    clip: FloatArray = (0.3 * noise * swell).astype(np.float32)
    return clip


def _cpu_ms(work: Callable[[], object], advance: Callable[[], object]) -> float:
    """Return the median CPU time of `work` over all threads of this process, without the first run."""
    took = []
    for _ in range(N_MEASURES // 2):
        started = time.process_time()
        work()
        took.append(1000 * (time.process_time() - started))
        advance()
    return median(took[1:])
