"""TensorFlow, loaded without what is not needed here."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from spotrec.audio.quiet import quiet_libraries


def load_tensorflow() -> Any:
    """The module `tensorflow`, in a bit more than half the time that `import tensorflow` takes.

    It computes an operation on one core unless TF_NUM_INTRAOP_THREADS says otherwise: the cores share clips instead,
    and a clip's vector is the same on any number of them.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    # TensorFlow imports Keras only to register its optimizers, and goes on without it
    with quiet_libraries(), _no_garbage_collection(), _left_out("keras.src.optimizers"):
        import tensorflow
    return tensorflow


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
