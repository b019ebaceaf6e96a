"""What a model costs on this machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from spotrec.extract.models import AudioModel, Network
from spotrec.vectors import FloatArray

CLIP_S = 30
N_MEASURES = 2 * (1 + 3)
"""How often `measured` tells that it goes on."""
_BATCH = 8  # as extraction does


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds of one core for a clip of 30 s: the median of three runs, after one that does not count."""

    front_end_ms: float
    network_ms: float


def measured(model: AudioModel, network: Network, advance: Callable[[], object]) -> Cost:
    """Let a model hear made-up clips, as many at once as extraction gives it."""
    clips = [_made_up(model.sample_rate_hz, seed) for seed in range(_BATCH)]
    prepared = [model.prepare(clip) for clip in clips]
    return Cost(
        front_end_ms=_cpu_ms(lambda: [model.prepare(clip) for clip in clips], advance) / _BATCH,
        network_ms=_cpu_ms(lambda: network.embed(prepared), advance) / _BATCH,
    )


def _made_up(sample_rate_hz: int, seed: int) -> FloatArray:
    """Noise that grows and fades: nothing about it is silent or the same twice."""
    n = CLIP_S * sample_rate_hz
    noise = np.random.default_rng(seed).standard_normal(n, np.float32)
    swell = 0.3 + 0.2 * np.sin(np.arange(n, dtype=np.float32) * (2 * np.pi / sample_rate_hz))
    clip: FloatArray = (0.3 * noise * swell).astype(np.float32)
    return clip


def _cpu_ms(work: Callable[[], object], advance: Callable[[], object]) -> float:
    """Of all threads of this process."""
    took = []
    for _ in range(N_MEASURES // 2):
        begun = time.process_time()
        work()
        took.append(1000 * (time.process_time() - begun))
        advance()
    return median(took[1:])
