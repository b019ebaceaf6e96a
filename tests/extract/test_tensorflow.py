"""TensorFlow is loaded once, by whichever thread comes first, and changes nothing for others."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LOADED_BY_EIGHT = """
import os, sys, threading
from concurrent.futures import ThreadPoolExecutor

from spotrec.extract.tensorflow import load_tensorflow

stderr = os.fstat(2)
begin = threading.Barrier(8)

def load(_):
    begin.wait()
    return load_tensorflow()

with ThreadPoolExecutor(8) as threads:
    (tensorflow,) = set(threads.map(load, range(8)))
assert "keras" not in sys.modules
assert tensorflow.config.threading.get_intra_op_parallelism_threads() == 1
assert os.path.samestat(os.fstat(2), stderr)
assert not {"TF_NUM_INTRAOP_THREADS", "TF_CPP_MIN_LOG_LEVEL"} & set(os.environ)
assert not [finder for finder in sys.meta_path if type(finder).__module__.startswith("spotrec")]
"""


def test_threads_that_come_at_once_load_it_once_and_nothing_else_changes() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED_BY_EIGHT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_it_says_while_it_is_loaded_does_not_reach_the_person(
    spotrec_process: Callable[..., Any], music: Path, weights: Path
) -> None:
    file = min(music.rglob("*.flac"))
    heard = spotrec_process("embed", file, "--no-progress", SPOTREC_WEIGHTS=str(weights))
    assert file.name in heard.stdout
    assert heard.stderr == ""
