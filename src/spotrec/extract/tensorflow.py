"""TensorFlow, loaded once, without what is not needed here."""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from spotrec.vectors import FloatArray

_turn = threading.Lock()


def load_tensorflow() -> Any:
    """The module `tensorflow`, in a bit more than half the time that `import tensorflow` takes.

    It computes an operation on one core unless TF_NUM_INTRAOP_THREADS says otherwise: the cores share clips instead.
    So a clip's vector is the same on one machine, bit for bit, on any number of cores. With more threads an operation,
    or on another processor, its numbers differ by at most 1e-6. In a program that has used TensorFlow already, it goes
    on as that program has set it.
    """
    with _turn:
        return _tensorflow()


@cache
def _tensorflow() -> ModuleType:
    # TensorFlow imports Keras only to register its optimizers, and goes on without it
    with _left_out("keras.src"):
        import tensorflow
    if "TF_NUM_INTRAOP_THREADS" not in os.environ:
        with suppress(RuntimeError):  # it has computed something already
            tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    module: ModuleType = tensorflow
    return module


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
def _left_out(module: str) -> Iterator[None]:
    """Importing `module` raises ImportError for now, in this thread alone, unless it is there already."""
    finder = _Refusal(module, threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Refusal:
    """A finder of modules that refuses one of them to one thread, and has nothing to say of any other."""

    def __init__(self, module: str, thread: int) -> None:
        self._module = module
        self._thread = thread

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002 - as importlib calls it
        if name == self._module and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is left out", name=name)
