"""TensorFlow, loaded without what is not needed here."""

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.audio.quiet import quiet_libraries

FloatArray = npt.NDArray[np.float32]


def load_tensorflow() -> Any:
    """The module `tensorflow`, in a bit more than half the time that `import tensorflow` takes.

    It computes an operation on one core unless TF_NUM_INTRAOP_THREADS says otherwise: the cores share clips instead.
    So a clip's vector is the same on one machine, bit for bit, on any number of cores. With more threads an operation,
    or on another processor, its numbers differ by at most 1e-6.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    # TensorFlow imports Keras only to register its optimizers, and goes on without it
    with quiet_libraries(), _no_garbage_collection(), _left_out("keras.src.optimizers"):
        import tensorflow
    return tensorflow


def heard_side_by_side(
    network: Any, prepared: Sequence[FloatArray], dim: int, n_tags: int
) -> tuple[FloatArray, FloatArray]:
    """Hear each clip by itself, as many side by side as there are cores.

    Args:
        network: a `tf.function` from what a clip was prepared to, to its vector and its tags.

    Returns:
        vectors, shape (n_clips, dim), and tag probabilities, shape (n_clips, n_tags).
    """
    from concurrent.futures import ThreadPoolExecutor

    vectors, tags = np.empty((len(prepared), dim), np.float32), np.empty((len(prepared), n_tags), np.float32)

    def hear(i: int) -> None:
        vector, probabilities = network(prepared[i])
        vectors[i], tags[i] = vector.numpy(), probabilities.numpy()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(hear, range(len(prepared))):
            pass  # raises what was raised there
    return vectors, tags


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """An import makes a great many objects and no garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def _left_out(module: str) -> Iterator[None]:
    """Importing `module` raises ImportError for now, unless it is there already; afterwards it works again."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment] # Python's own sign for this
    try:
        yield
    finally:
        del sys.modules[module]
