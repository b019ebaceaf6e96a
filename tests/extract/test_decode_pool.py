"""Real processes that decode, and clips that crash them, hang them and eat their memory."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotrec.errors import CacheError, Reason, SpotrecError, TrackError
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.decode_worker import Clip, DecodeJob
from spotrec.extract.front_end import FrontEnd
from spotrec.system.digests import sha256
from spotrec.track import Ears, ModelId, StoredAudio, TrackId
from support.front_ends import BREAKS_S, CRASHES_S, EATS_MEMORY_S, HANGS_S, RATE_HZ, wild
from support.music import encoded, tune
from support.waiting import wait_until

WILD = ModelId("wild", 1, 1000)
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[DecodePool]:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))  # where the workers find the front end
    pool = DecodePool({WILD: FrontEnd(RATE_HZ, wild)}, n=2, timeout_s=3)
    pool.start(2)
    yield pool
    pool.close()


def job(seconds: float = 3.0, **fields: object) -> DecodeJob:
    content = encoded(tune(1, seconds, RATE_HZ), "WAV", RATE_HZ)
    audio = StoredAudio(TrackId("file:1"), "s3://bucket/clip", True, sha256(content), len(content), "file")
    return DecodeJob(audio, content, 10_000_000, Ears.of(WILD))


def pids(pool: DecodePool) -> list[int]:
    return [worker._process.pid for worker in pool._processes._workers if worker._process]


def test_a_clip_comes_back_as_the_front_end_gives_it(pool: DecodePool) -> None:
    clip = pool.prepare(job()).inputs[WILD][0]
    assert clip.shape == (1000,)
    assert clip.dtype == np.float32
    assert np.allclose(clip, tune(1, 3.0, RATE_HZ)[:1000], atol=1e-4)


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (CRASHES_S, Reason.CRASHED),
        (HANGS_S, Reason.TOO_SLOW),
        (EATS_MEMORY_S, Reason.TOO_LARGE),
        (BREAKS_S, Reason.CRASHED),
        (1.0, Reason.TOO_SHORT),
    ],
)
def test_a_poisonous_clip_costs_itself_and_the_next_is_heard(pool: DecodePool, seconds: float, reason: Reason) -> None:
    for _ in range(3):  # more often than there are processes
        with pytest.raises(TrackError) as caught:
            pool.prepare(job(seconds))
        assert caught.value.reason is reason
    assert pool.prepare(job()).inputs[WILD][0].shape == (1000,)
    assert len(pids(pool)) <= 2


def test_a_process_that_is_killed_is_replaced_and_no_clip_is_blamed(pool: DecodePool) -> None:
    pool.prepare(job())
    before = pids(pool)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    for worker in pool._processes._workers:
        assert isinstance(clip := worker.run(job()), Clip)
        assert clip.inputs[WILD][0].shape == (1000,)
    assert not set(before) & set(pids(pool))


def test_what_has_changed_since_it_was_crawled_is_not_heard(pool: DecodePool) -> None:
    asked = job()
    changed = replace(asked, content=asked.content and asked.content + b"x")
    with pytest.raises(TrackError) as caught:
        pool.prepare(changed)
    assert caught.value.reason is Reason.AUDIO_GONE


def test_a_cache_that_cannot_be_read_is_no_fault_of_the_clip(pool: DecodePool, tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()
    audio = StoredAudio(TrackId("file:1"), str(tmp_path / "key"), True, "0" * 64, 1, "deezer")
    with pytest.raises(CacheError):
        pool.prepare(DecodeJob(audio, None, 1000, Ears.of(WILD)))


def test_clips_are_decoded_side_by_side(pool: DecodePool) -> None:
    """While one process hangs, the other goes on."""

    def hang() -> None:
        with pytest.raises(TrackError):
            pool.prepare(job(HANGS_S))

    hanging = threading.Thread(target=hang)
    hanging.start()
    wait_until(lambda: pool._processes._idle.qsize() == 1)
    for _ in range(5):
        assert pool.prepare(job()).inputs[WILD][0].shape == (1000,)
    assert hanging.is_alive()
    hanging.join()


def test_when_the_parent_is_gone_so_are_its_processes(pool: DecodePool) -> None:
    pool.prepare(job())
    before = pids(pool)
    for worker in pool._processes._workers:
        assert worker._process
        worker._connection.close()  # as the kernel does for a parent that was killed
        worker._process.wait(60)
    assert not [pid for pid in before if Path(f"/proc/{pid}/cmdline").exists()]


def test_a_front_end_that_cannot_be_imported_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    pool = DecodePool({WILD: FrontEnd(RATE_HZ, wild)}, n=1)
    with pytest.raises(SpotrecError, match="no decoding process can be started"):
        pool.prepare(job())
    pool.close()


def test_processes_start_when_they_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    pool = DecodePool({WILD: FrontEnd(RATE_HZ, wild)}, n=4)
    assert not pids(pool)
    for _ in range(3):
        pool.prepare(job())
    assert len(pids(pool)) == 1, "clips that come one after the other need one process"
    with ThreadPoolExecutor(16) as threads:
        assert {clip.inputs[WILD][0].shape for clip in threads.map(pool.prepare, [job()] * 48)} == {(1000,)}
    assert 1 < len(pids(pool)) <= 4
    pool.close()
    assert not pids(pool)


def test_closed_it_finishes_what_is_under_way_and_begins_no_more(pool: DecodePool) -> None:
    pool.prepare(job())
    with ThreadPoolExecutor(1) as threads:
        hanging = threads.submit(pool.prepare, job(HANGS_S))
        wait_until(lambda: any(worker._is_busy for worker in pool._processes._workers))
        pool.close()
        with pytest.raises(SpotrecError, match="decoding was closed"):
            pool.prepare(job())
        with pytest.raises(TrackError) as caught:
            hanging.result()
    assert caught.value.reason is Reason.TOO_SLOW, "it had all its time"
    assert not pids(pool)


def test_a_process_whose_clip_hangs_does_not_outlive_its_parent_for_long(pool: DecodePool) -> None:
    """The parent was killed: nobody ends the process, and it does not come to see that its socket is closed."""
    worker = pool._processes._workers[0]
    worker._wait_until_ready()
    worker._connection.send(job(HANGS_S))
    assert worker._process
    assert worker._process.wait(30) == -signal.SIGALRM
