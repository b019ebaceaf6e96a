"""Front ends for decode workers that do what the worst files do to decoders. A clip's length says what."""

import ctypes
import time

import numpy as np

from spotrec.vectors import FloatArray

RATE_HZ = 8_000
CRASHES_S, HANGS_S, EATS_MEMORY_S, BREAKS_S = 3.25, 3.5, 3.75, 4.25


def wild(samples: FloatArray) -> FloatArray:
    """The first thousand samples of a tame clip."""
    length_s = round(samples.size / RATE_HZ, 2)
    if length_s == CRASHES_S:
        ctypes.string_at(0)
    if length_s == HANGS_S:
        time.sleep(600)
    if length_s == EATS_MEMORY_S:
        np.ones(10 << 30, np.uint8)
    if length_s == BREAKS_S:
        raise ZeroDivisionError("a bug of ours")
    return samples[:1000]
