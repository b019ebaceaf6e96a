"""Builds at once, killed builds, and readers meanwhile."""

import itertools
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from index.test_index import EARS, built, catalogue
from spotrec.index.build import build
from spotrec.index.generations import list_generations, make_current
from spotrec.index.index import Index, load
from spotrec.progress import Meter, Silent
from spotrec.store import Catalogue

WAIT_S = 30


class Held:
    """A catalogue that lies ready, and is not given a second time, to be written, before `go` is set."""

    anchors, n_partly_heard = (), 0

    def __init__(self, whole: Catalogue) -> None:
        self._whole = whole
        self.times_read = 0
        self.is_written, self.go = threading.Event(), threading.Event()

    def __len__(self) -> int:
        return len(self._whole)

    def blocks(self) -> Iterator[Catalogue]:
        self.times_read += 1
        if self.times_read > 1:
            self.is_written.set()
            assert self.go.wait(WAIT_S)
        yield self._whole


class Listening:
    """Tells when a build waits for another one."""

    def __init__(self) -> None:
        self.waits = threading.Event()

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:
        if what == "wait for another build":
            self.waits.set()
        return Silent().meter(what, total, unit)

    def note(self, text: str) -> None:
        raise AssertionError(text)


def at_once(root: Path, *seeds: int) -> tuple[list[Index], list[Held]]:
    """Builds in threads, of which the second begins while the first one writes."""
    catalogues, heard = [Held(catalogue(60, seed)) for seed in seeds], Listening()
    with ThreadPoolExecutor() as threads:
        first = threads.submit(build, root, EARS, catalogues[0], progress=Silent())
        assert catalogues[0].is_written.wait(WAIT_S)
        second = threads.submit(build, root, EARS, catalogues[1], progress=heard)
        assert heard.waits.wait(WAIT_S)
        assert not catalogues[1].is_written.is_set()
        for one in catalogues:
            one.go.set()
        return [first.result(), second.result()], catalogues


def names_in(root: Path) -> set[str]:
    return {path.name for path in (root / str(EARS)).iterdir()}


def test_two_builds_of_one_catalogue_in_one_process_write_it_once(tmp_path: Path) -> None:
    (first, second), catalogues = at_once(tmp_path, 0, 0)
    assert first.folder == second.folder
    assert [one.times_read for one in catalogues] == [2, 1], "the second finds what the first one wrote"
    assert names_in(tmp_path) == {".lock", "current", first.folder.name}


def test_two_builds_of_two_catalogues_in_one_process_both_stay_and_the_later_is_in_use(tmp_path: Path) -> None:
    (first, second), _ = at_once(tmp_path, 0, 1)
    assert load(tmp_path, EARS, thorough=True).folder == second.folder
    assert names_in(tmp_path) == {".lock", "current", first.folder.name, second.folder.name}
    assert [one.fault for one in list_generations(tmp_path / str(EARS))] == ["", ""]


_BUILD = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from index.test_index import built
print("ready", flush=True)
sys.stdin.readline()
for seed in map(int, sys.argv[2:]):
    print(built(Path(sys.argv[1]), 2_000, seed=seed).name, flush=True)
"""


def process(root: Path, *seeds: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _BUILD, str(root), *map(str, seeds)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("seeds", [((1, 1, 1), (1, 1, 1)), ((1, 2, 3), (3, 2, 1))], ids=["one catalogue", "several"])
def test_builds_in_two_processes_do_not_disturb_each_other(
    tmp_path: Path, seeds: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    processes = [process(tmp_path, *own) for own in seeds]
    for one in processes:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    said = []
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in processes:
        out, err = one.communicate(timeout=60)
        assert one.returncode == 0, err
        said.append(out.split())
    made = {name.rpartition("/")[2] for name in itertools.chain(*said)}
    assert names_in(tmp_path) == {".lock", "current", *made}
    assert load(tmp_path, EARS, thorough=True).name in said[0] + said[1]


def test_a_reader_is_never_disturbed_by_builds_that_keep_nothing(tmp_path: Path) -> None:
    def build_all() -> None:
        for seed in range(25):
            build(tmp_path, EARS, catalogue(60, seed), progress=Silent(), keep=1)

    def read() -> int:
        n = 0
        while not done.is_set():
            index = load(tmp_path, EARS)
            (near,) = index.nearest(index.segments[0].vectors[7], 1)
            assert near.track_id == catalogue(60).ids[7]
            n += 1
        return n

    built(tmp_path)
    done = threading.Event()
    with ThreadPoolExecutor() as threads:
        readers = [threads.submit(read) for _ in range(3)]
        try:
            build_all()
        finally:
            done.set()
        assert all(reader.result() for reader in readers)


def test_what_was_loaded_answers_after_its_generation_is_gone(tmp_path: Path) -> None:
    index = built(tmp_path, 300, "cells")
    before = index.nearest(index.segments[0].vectors[7], 10)
    build(tmp_path, EARS, catalogue(60, 1), progress=Silent(), keep=1)
    assert not index.folder.exists()
    assert index.nearest(index.segments[0].vectors[7], 10) == before


_BUILD_FOR_EVER = f"""
import sys, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from index.test_index import EARS, catalogue
from spotrec.index.build import build
from spotrec.progress import Silent
class Endless:
    anchors, n_partly_heard, n = (), 0, 0
    def __len__(self): return 60
    def blocks(self):
        self.n += 1
        if self.n > 1:
            print("writing", flush=True)
            time.sleep(600)
        yield catalogue(60, 9)
build(Path(sys.argv[1]), EARS, Endless(), progress=Silent())
"""


def test_what_a_killed_build_left_aside_is_swept_by_the_next(tmp_path: Path) -> None:
    home = built(tmp_path).folder.parent
    command = [sys.executable, "-c", _BUILD_FOR_EVER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "writing\n"
        (left,) = home.glob(".aside-*")
        assert any(left.iterdir())
        killed.send_signal(signal.SIGKILL)
    index = built(tmp_path)
    assert names_in(tmp_path) == {".lock", "current", index.folder.name}


def test_what_builds_of_spotrec_0_1_left_aside_is_swept(tmp_path: Path) -> None:
    home = built(tmp_path).folder.parent
    stale = home / ".building-999999999-x"
    stale.mkdir()
    (stale / "vectors.npy").write_bytes(b"half")
    (home / ".building-999999999-current").write_text("half")
    (home / ".current.0123456789abcdef.part").write_text("half")
    index = built(tmp_path, seed=3)
    assert {name for name in names_in(tmp_path) if name.startswith(".")} == {".lock"}
    assert index.folder.is_dir()


def test_a_build_that_fails_leaves_nothing_aside(tmp_path: Path) -> None:
    home = built(tmp_path).folder.parent

    def fail(folder: Path) -> None:
        (folder / "vectors.npy").write_bytes(b"half")
        raise RuntimeError

    before = names_in(tmp_path)
    with pytest.raises(RuntimeError):
        make_current(home, "0123456789abcdef", fail)
    assert names_in(tmp_path) == before
