"""The same map however many cores there are, and nothing changed for the rest of the process."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from spotrec.errors import SpotrecError
from spotrec.map.layout import lay_out
from spotrec.map.neighbours import nearest
from spotrec.map.placement import Placement, place
from spotrec.progress import Meter, Silent
from support.catalogue import unit_points

DIGEST = """
import hashlib, numpy as np
from spotrec.map.placement import place
from spotrec.progress import Silent
points = np.random.default_rng(1).standard_normal((150, 20)).astype(np.float32)
points /= np.linalg.norm(points, axis=1, keepdims=True)
placed = place(points, 5, progress=Silent())
print(hashlib.sha256(placed.places.tobytes() + placed.near.tobytes()).hexdigest())
"""


def digest(placed: Placement) -> str:
    return hashlib.sha256(placed.places.tobytes() + placed.near.tobytes()).hexdigest()


def test_the_same_vectors_give_the_same_map_bit_for_bit_on_any_number_of_threads() -> None:
    digests = set()
    for threads in ("1", "2", "2"):
        limits = {f"{vendor}_NUM_THREADS": threads for vendor in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
        done = subprocess.run(
            [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True, env={**os.environ, **limits}
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1
    assert len(digests.pop()) == len(hashlib.sha256().hexdigest())


@pytest.mark.usefixtures("many_blas_threads")
def test_maps_drawn_at_once_are_those_drawn_alone_and_blas_keeps_its_threads() -> None:
    before = [pool["num_threads"] for pool in threadpool_info()]
    points = [unit_points(60, seed=seed) for seed in range(2)]
    alone = [digest(place(one, 5, progress=Silent())) for one in points]
    with ThreadPoolExecutor() as threads:
        at_once = [threads.submit(place, one, 5, progress=Silent()) for one in points]
        while not all(one.done() for one in at_once):
            assert [pool["num_threads"] for pool in threadpool_info()] == before
            threading.Event().wait(0.05)
        assert [digest(one.result()) for one in at_once] == alone


def test_it_is_what_layout_and_neighbours_come_to() -> None:
    points = unit_points(8)
    placed = place(points, 3, progress=Silent())
    np.testing.assert_allclose(placed.places, lay_out(points, progress=Silent()), atol=1e-6)
    np.testing.assert_array_equal(placed.near, nearest(points, 3, progress=Silent())[0])
    assert place(points[:1], 0, progress=Silent()).near.shape == (1, 0)


class Shown:
    """What a person is shown: of each meter how far it came, and its total."""

    def __init__(self) -> None:
        self.done: dict[str, tuple[int, int | None]] = {}

    @contextmanager
    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> Iterator[Meter]:
        shown = self

        class Counting:
            def advance(self, n: int = 1, note: str = "") -> None:
                done, total = shown.done[what]
                shown.done[what] = done + n, total

            def expect(self, total: int) -> None:
                shown.done[what] = shown.done[what][0], total

        self.done.setdefault(what, (0, total))
        yield Counting()

    def note(self, text: str) -> None:
        raise AssertionError(text)


def test_its_progress_is_shown_here() -> None:
    shown = Shown()
    place(unit_points(60), 5, progress=shown)
    assert shown.done == {"compare": (120, 60), "lay out": (750, 750)}


@dataclass
class WhenItBegins:
    """Does something when the process first tells how far it is."""

    do: Callable[[], None]

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:
        self.do()
        return Silent().meter(what, total, unit)

    def note(self, text: str) -> None:
        raise AssertionError(text)


def children() -> list[int]:
    """Our processes that place. Linux's list of a thread's children may lack some while others end, so all are read."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # others end at any time
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"placement" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="Linux's /proc tells of processes")


@needs_proc
def test_a_process_that_ends_before_it_is_done_is_told() -> None:
    def kill() -> None:
        (pid,) = children()
        os.kill(pid, signal.SIGKILL)  # as a machine does that runs out of memory

    with pytest.raises(SpotrecError, match="ended early") as told:
        place(unit_points(1_500), 5, progress=WhenItBegins(kill))
    assert told.value.hint
    assert children() == []


@needs_proc
def test_when_the_work_is_broken_off_the_process_is_gone() -> None:
    def interrupt() -> None:
        assert children()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place(unit_points(1_500), 5, progress=WhenItBegins(interrupt))
    assert children() == []
