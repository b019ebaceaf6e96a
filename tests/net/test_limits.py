"""The limits of services hold for all that runs with one data folder, and a killed process keeps nobody waiting."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from spotrec.errors import RateLimited
from spotrec.net.http import HttpClient
from spotrec.net.limits import FILE_NAME, SharedLimit
from spotrec.net.pacing import HostPacer, NeverSent, Patience
from spotrec.settings import Settings
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, LoopbackServer, serving
from support.waiting import wait_until

_ASK = """
import sys
from spotrec.net.http import HttpClient
from spotrec.settings import resolve
with HttpClient(resolve({})) as http:
    for n in range(int(sys.argv[2])):
        http.json(f"{sys.argv[1]}/{n}")
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    with serving(LoopbackServer(lambda *_: Answer({"ok": True}))) as server:
        monkeypatch.setenv("SPOTREC_DEEZER_API_URL", server.url)
        monkeypatch.setenv("SPOTREC_DEEZER_LIMIT", "10/1")
        yield server


@pytest.fixture
def pacer(home: Path) -> Callable[..., HostPacer]:
    """A pacer as each process has one, over the same data folder."""

    def make(**settings: Any) -> HostPacer:
        return HostPacer(Settings(data_dir=home / "data", deezer_limit="2/1", **settings))

    return make


DEEZER = Settings().deezer_api_url


def ask(server: LoopbackServer, n: int) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", _ASK, server.url, str(n)], text=True)


def most_in_a_second(server: LoopbackServer, prefix: str = "/") -> int:
    times = [at for at, path in server.arrivals if path.startswith(prefix)]
    return max(sum(start <= at < start + 1 for at in times) for start in times)


def start(pacer: HostPacer) -> float:
    """Start one request; return how long it had to wait, in seconds."""
    began = time.monotonic()
    with pacer.request(DEEZER):
        return time.monotonic() - began


def pause(pacer: HostPacer, seconds: float) -> None:
    pacer.pause(DEEZER, RateLimited("Deezer", seconds), Patience(60))


def test_two_processes_at_once_keep_one_limit(server: LoopbackServer) -> None:
    both = [ask(server, 20), ask(server, 20)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert len(server.requests) == 40
    assert most_in_a_second(server) <= 12  # some arrive later after their departure than others


def test_two_crawls_at_once_keep_deezers_limit(
    spotrec_process: Any, deezer: FakeDeezer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_DEEZER_LIMIT", "10/1")
    lists = []
    for half in range(2):
        isrcs = [f"GBAYE00{half}{n:04d}" for n in range(15)]
        deezer.previews |= dict.fromkeys(isrcs, encoded(tune(half)))
        lists.append(home / f"{half}.csv")
        rows = [f"Song {half} {n},Artist {n},{isrc}" for n, isrc in enumerate(isrcs)]
        lists[-1].write_text("\n".join(["Track name,Artist name,ISRC", *rows]))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda path: spotrec_process("crawl", path), lists))
    assert deezer.asked("/track/isrc:") == 30
    assert most_in_a_second(deezer, "/track") <= 12


def test_a_killed_process_leaves_no_lock_and_no_damage(server: LoopbackServer, home: Path) -> None:
    for _ in range(3):
        before = len(server.requests)
        process = ask(server, 10_000)
        wait_until(lambda at_least=before + 3: len(server.requests) >= at_least)  # type: ignore[misc]
        process.send_signal(signal.SIGKILL)
        process.wait()
    began, before = time.monotonic(), len(server.requests)
    assert ask(server, 5).wait(60) == 0
    assert len(server.requests) == before + 5
    assert time.monotonic() - began < 20
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_stopped_process_keeps_nobody_waiting_for_ever(server: LoopbackServer) -> None:
    stopped = ask(server, 10_000)
    try:
        wait_until(lambda: len(server.requests) >= 3)
        os.kill(stopped.pid, signal.SIGSTOP)
        assert ask(server, 3).wait(120) == 0  # it goes on alone after 60 s if the other stopped while it wrote
    finally:
        stopped.kill()
        stopped.wait()


def test_a_request_of_another_process_counts(pacer: Callable[..., HostPacer]) -> None:
    first, second = pacer(), pacer()
    assert start(first) < 0.5
    assert start(second) < 0.5
    assert start(first) > 0.5
    first.close()
    second.close()


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_request_that_never_reached_its_host_does_not_count(
    pacer: Callable[..., HostPacer], home: Path, is_shared: bool
) -> None:
    if not is_shared:
        (home / "data" / FILE_NAME).mkdir(parents=True)  # no file can be written: the limit holds in the process
    ours = pacer()
    started = time.monotonic()
    for _ in range(20):  # two a second are allowed
        with suppress(NeverSent), ours.request(DEEZER):
            raise NeverSent
    assert time.monotonic() - started < 5


def test_the_request_that_is_taken_back_is_that_one(home: Path) -> None:
    ours, theirs = (SharedLimit("h", "2/60", home / "data") for _ in range(2))
    mine, other = ours.wait(), theirs.wait()
    ours.take_back(mine)
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as db:
        assert [row[0] for row in db.execute("select name from 'requests to h'")] == [other]


def test_all_wait_while_a_service_has_asked_one_to_wait(pacer: Callable[..., HostPacer]) -> None:
    first, second, impatient = pacer(), pacer(), pacer(max_wait_s=0.1)
    pause(first, 1.0)
    pause(first, 0.5)  # does not shorten it
    with pytest.raises(RateLimited, match="Deezer asks us to wait 1 s"):
        start(impatient)
    assert 0.5 < start(second) < 5


def test_who_waits_because_a_service_has_asked_another_process_is_told_until_when(
    pacer: Callable[..., HostPacer],
) -> None:
    first, second = pacer(), pacer()
    pause(first, 1.5)
    notes: list[str] = []
    with second.telling(notes.append):
        assert start(second) > 1.2
    (note,) = notes
    assert note.startswith("Deezer asks us to wait: spotrec asks it again at ")


@pytest.mark.parametrize("damage", [b"not a database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_of_limits_is_made_anew(pacer: Callable[..., HostPacer], home: Path, damage: bytes) -> None:
    (home / "data").mkdir()
    (home / "data" / FILE_NAME).write_bytes(damage)
    start(pacer())
    start(pacer())
    assert start(pacer()) > 0.5


def test_where_no_file_can_be_written_the_limit_holds_in_the_process(
    pacer: Callable[..., HostPacer], home: Path
) -> None:
    (home / "data" / FILE_NAME).mkdir(parents=True)
    alone = pacer()
    assert start(alone) + start(alone) < 0.5
    assert start(alone) > 0.5
    pause(alone, 0.6)
    assert start(alone) > 0.4


def test_a_clock_that_was_set_back_keeps_nobody_waiting(pacer: Callable[..., HostPacer], home: Path) -> None:
    start(pacer())
    tomorrow_ms = (time.time_ns() // 1_000_000) + 86_400_000
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as db, db:
        db.executemany("insert into 'requests to api.deezer.com' values (?, ?)", [("x", tomorrow_ms)] * 50)
        db.execute("insert into pause values ('api.deezer.com', ?, ?)", (tomorrow_ms, tomorrow_ms + 60_000))
    assert start(pacer()) < 0.5


def test_a_client_that_was_closed_can_be_opened_again(server: LoopbackServer) -> None:
    settings = Settings(deezer_api_url=server.url)
    for _ in range(2):
        with HttpClient(settings) as http:
            assert http.json(f"{server.url}/x") == {"ok": True}
