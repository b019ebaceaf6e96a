"""Processes of pools that outlive their pool: a test's tag readers and decoders are those of the test before it.

To start one costs 0.2 s of CPU, and hundreds of tests would start two or four. They are the real ones: only their end
is put off, unless a job ended or interrupted them. A process of other settings is not taken. All are told whole paths,
so it does not matter in which folder one was started.
"""

import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from spotrec.system.process_pool import _Worker

_MOST = 8
_SETTINGS = ("PYTHON", "LD_", "OMP_", "OPENBLAS_", "TF_", "LANG", "LC_")
_Key = tuple[bytes, float, tuple[tuple[str, str], ...]]


_ITS_OWN = {name: getattr(_Worker, name) for name in ("_start", "_answer", "close")}


@contextmanager
def shared_processes() -> Iterator[None]:
    """Let the pools of this process share idle processes."""
    idle: list[tuple[_Key, Any, Any]] = []
    start, answer, close = _ITS_OWN.values()

    def start_or_take(worker: Any) -> None:
        key = worker.key = _key(worker)
        for one in [one for one in idle if one[0] == key]:
            idle.remove(one)
            if one[1].poll() is None:
                _, worker._process, worker._connection = one
                worker._is_ready = True
                return
        start(worker)

    def answer_and_note(worker: Any, job: Any) -> Any:
        worker.is_in_a_job = True
        found = answer(worker, job)
        worker.is_in_a_job = False
        return found

    def close_or_keep(worker: Any) -> None:
        with worker._lock:
            is_idle = worker._process and worker._is_ready and not worker._is_busy
            if is_idle and not getattr(worker, "is_in_a_job", False) and worker._process.poll() is None:
                idle.append((worker.key, worker._process, worker._connection))
                worker._process = None
        close(worker)
        while len(idle) > _MOST:
            _end(*idle.pop(0)[1:])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Worker, "_start", start_or_take)
        patch.setattr(_Worker, "_answer", answer_and_note)
        patch.setattr(_Worker, "close", close_or_keep)
        yield
    for _, process, connection in idle:
        _end(process, connection)


@contextmanager
def own_processes() -> Iterator[None]:
    """Let pools start and end their own again."""
    with pytest.MonkeyPatch.context() as patch:
        for name, method in _ITS_OWN.items():
            patch.setattr(_Worker, name, method)
        yield


def _key(worker: Any) -> _Key:
    settings = sorted(one for one in os.environ.items() if one[0].startswith(_SETTINGS))
    return pickle.dumps(worker._work), worker._timeout_s, tuple(settings)


def _end(process: Any, connection: Any) -> None:
    process.kill()
    process.wait()
    connection.close()
