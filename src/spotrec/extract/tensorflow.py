"""TensorFlow, loaded once, without Keras."""

import os
import platform
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from spotrec.vectors import FloatArray

_X86 = ("x86_64", "amd64")
_WITH_IT = ("choi", "mn04", "musicnn")
"""The models of this package. Those of other packages may bring a framework of their own."""
_turn = threading.Lock()


def is_to_start(models: Iterable[Any]) -> bool:
    """Return whether one of these models will load TensorFlow: it is not loaded yet, and takes seconds."""
    return "tensorflow" not in sys.modules and any(model.id.name in _WITH_IT for model in models)


def load_tensorflow() -> Any:
    """Load the module `tensorflow`, in little more than half the time of `import tensorflow`.

    Each operation runs on one core, unless TF_NUM_INTRAOP_THREADS is set; the cores process different clips instead.
    So a clip's vector is the same on one machine, bit for bit, on any number of cores. With more threads for an
    operation, or on another processor, its numbers differ by at most 1e-6. If a program has used TensorFlow already,
    its own setting stays.
    """
    with _turn:
        return _tensorflow()


@cache
def _tensorflow() -> ModuleType:
    if platform.machine().lower() in _X86:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # TensorFlow's own default only with AVX-512 or similar
    # TensorFlow imports Keras only to register its optimizers, and works without it
    with _left_out("keras.src"):
        import tensorflow
    if "TF_NUM_INTRAOP_THREADS" not in os.environ:
        with suppress(RuntimeError):  # the program has already computed something with it
            tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    module: ModuleType = tensorflow
    return module


def embed_in_parallel(
    network: Any, prepared: Sequence[FloatArray], dim: int, n_tags: int
) -> tuple[FloatArray, FloatArray]:
    """Run a network on clips, one clip at a time on each core.

    Args:
        network: a `tf.function`: a clip's input → its vector and its tags.

    Returns:
        vectors, shape (n_clips, dim), and tag probabilities, shape (n_clips, n_tags).
    """
    from concurrent.futures import ThreadPoolExecutor

    vectors, tags = np.empty((len(prepared), dim), np.float32), np.empty((len(prepared), n_tags), np.float32)

    def embed(i: int) -> None:
        vector, probabilities = network(prepared[i])
        vectors[i], tags[i] = vector.numpy(), probabilities.numpy()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(embed, range(len(prepared))):
            pass  # raises the errors of `embed`
    return vectors, tags


@contextmanager
def _left_out(module: str) -> Iterator[None]:
    """Make the import of `module` raise ImportError, in this thread only and for now, unless it is already imported."""
    finder = _Refusal(module, threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Refusal:
    """A module finder that refuses one module to one thread, and finds no other module."""

    def __init__(self, module: str, thread: int) -> None:
        self._module = module
        self._thread = thread

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002 - as importlib calls it
        if name == self._module and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is left out", name=name)
