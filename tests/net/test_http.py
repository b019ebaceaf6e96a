"""Manners and bounds of the one HTTP client, counted at the server."""

import gzip
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from spotrec.errors import RateLimited, ServiceUnavailable, UsageError
from spotrec.net.http import HttpClient, retry_after_s
from spotrec.net.pacing import FAILURES_IN_A_ROW, HostPacer
from spotrec.settings import Settings
from support.servers import Answer, LoopbackServer, serving
from support.waiting import wait_until


class Counting(LoopbackServer):
    """Notes when requests came, and how many were under way at once."""

    def __init__(self, takes_s: float = 0.0) -> None:
        super().__init__()
        self.times: list[float] = []
        self.most_at_once = 0
        self._takes_s = takes_s
        self._under_way = 0
        self._lock = threading.Lock()

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        with self._lock:
            self.times.append(time.monotonic())
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        time.sleep(self._takes_s)
        with self._lock:
            self._under_way -= 1
        return Answer({"ok": True})


@pytest.fixture
def server() -> Iterator[Counting]:
    with serving(Counting(takes_s=0.02)) as server:
        assert isinstance(server, Counting)
        yield server


def test_no_window_ever_holds_more_requests_than_the_limit(server: Counting) -> None:
    settings = Settings(deezer_api_url=server.url, deezer_limit="10/1", max_wait_s=5)
    with HttpClient(settings) as http, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: http.json(f"{server.url}/track/{n}"), range(35)))
    assert len(server.times) == 35
    for start in server.times:
        # some arrive later after their departure than others: so we keep to 40 where Deezer allows 50
        assert sum(start <= t < start + 1 for t in server.times) <= 12


def test_no_more_requests_are_under_way_at_one_host_than_allowed(server: Counting) -> None:
    with HttpClient(Settings(connections_per_host=3)) as http, ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: http.json(f"{server.url}/{n}"), range(30)))
    assert server.most_at_once == 3


def test_a_host_that_keeps_failing_is_left_alone(server: Counting) -> None:
    server.faults["/"] = [Answer("", 500)]
    with HttpClient(Settings()) as http:
        for _ in range(4):
            with pytest.raises(ServiceUnavailable):
                http.json(f"{server.url}/x")
        assert len(server.requests) == FAILURES_IN_A_ROW
        with pytest.raises(ServiceUnavailable, match="keeps failing"):
            http.json(f"{server.url}/x")
    assert len(server.requests) == FAILURES_IN_A_ROW


def test_a_refusal_is_no_failure_of_the_host(server: Counting) -> None:
    server.faults["/x"] = [Answer("", 429, {"Retry-After": "999"})]
    with HttpClient(Settings()) as http:
        for _ in range(FAILURES_IN_A_ROW + 2):
            with pytest.raises(RateLimited):
                http.json(f"{server.url}/x")
        assert http.json(f"{server.url}/y") == {"ok": True}


def test_a_short_link_is_followed_to_the_first_host_that_is_not_its_own(server: Counting) -> None:
    server.faults["/a"] = [Answer("", 302, {"Location": "/b"})]
    server.faults["/b"] = [Answer("", 301, {"Location": "https://open.spotify.com/track/x"})]
    server.faults["/round"] = [Answer("", 302, {"Location": "/round"})]
    allowed = (f"127.0.0.1:{server.port}",)
    with HttpClient(Settings()) as http:
        assert http.resolve(f"{server.url}/a", allowed) == "https://open.spotify.com/track/x"
        assert http.resolve("https://elsewhere.example/x", allowed) == "https://elsewhere.example/x"
        with pytest.raises(ServiceUnavailable, match="without end"):
            http.resolve(f"{server.url}/round", allowed)


@pytest.mark.parametrize("url", ["http://h:99999/", "http://[::1/", "ftp://h/x", "http://", "javascript:x", "//h"])
def test_what_is_no_web_address_is_never_asked(url: str) -> None:
    with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="not a web address"):
        http.download(url, max_bytes=10)


def test_json_nested_without_end_is_no_json(server: Counting) -> None:
    server.faults["/deep"] = [Answer("[" * 200_000)]
    with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="not JSON"):
        http.json(f"{server.url}/deep")


@pytest.mark.parametrize("limit", ["often", "0", "10", "1/0", "-1/5", "1/inf"])
def test_a_limit_that_makes_no_sense_is_refused(limit: str) -> None:
    with pytest.raises(UsageError, match="is not a limit"):
        HostPacer(Settings(deezer_limit=limit))


def test_retry_after_is_read_in_both_forms() -> None:
    assert retry_after_s("7") == 7
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after_s("soon") is None
    assert retry_after_s(None) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("-7", 0),
        ("1e400", None),
        ("inf", None),
        ("nan", None),
        ("1e300", 7 * 86_400),
        ("9" * 5000, None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 86_400),
        ("Mon, 01 Jan 0001 00:00:00 +1400", 0),
        ("Mon, 01 Jan 0001 00:00:00 -0000", 0),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_a_retry_after_that_makes_no_sense_says_nothing_or_a_week_at_most(header: str, seconds: float | None) -> None:
    assert retry_after_s(header) == seconds


def test_a_host_left_alone_is_asked_again_after_a_while_and_others_meanwhile() -> None:
    pacer = HostPacer(Settings(), block_s=0.3)

    def may_be_asked() -> bool:
        with suppress(ServiceUnavailable), pacer.request("https://p.scdn.co/b"):
            return True
        return False

    for _ in range(FAILURES_IN_A_ROW):
        pacer.note_failure("https://p.scdn.co/a")
    with pytest.raises(ServiceUnavailable, match="keeps failing"), pacer.request("https://p.scdn.co/b"):
        pytest.fail("it was asked")
    with pacer.request("https://cdnt-preview.dzcdn.net/a"):
        pass
    wait_until(may_be_asked)
    with pacer.request("https://p.scdn.co/b"):
        pacer.note_failure("https://p.scdn.co/b")
    with pytest.raises(ServiceUnavailable, match="keeps failing"), pacer.request("https://p.scdn.co/b"):
        pytest.fail("once more failed, and asked at once")
    wait_until(may_be_asked)
    with pacer.request("https://p.scdn.co/b"):
        pacer.note_answer("https://p.scdn.co/b")
    with pacer.request("https://p.scdn.co/b"):
        pass


def test_whoever_waited_for_a_host_that_failed_meanwhile_leaves_it_alone() -> None:
    pacer = HostPacer(Settings(connections_per_host=1))
    asked: list[str] = []

    def wait_for_it() -> None:
        with pytest.raises(ServiceUnavailable, match="keeps failing"), pacer.request("https://h/x"):
            asked.append("x")

    with ThreadPoolExecutor(1) as pool:
        with pacer.request("https://h/first"):
            waiting = pool.submit(wait_for_it)
            wait_until(waiting.running)
            for _ in range(FAILURES_IN_A_ROW):
                pacer.note_failure("https://h/first")
        waiting.result(timeout=60)
    assert asked == []


def test_a_host_whose_bodies_are_always_cut_is_left_alone(server: Counting) -> None:
    server.faults["/"] = [Answer("{}", content_length=100)]
    with HttpClient(Settings()) as http:
        for _ in range(3):
            with pytest.raises(ServiceUnavailable):
                http.json(f"{server.url}/x")
    assert len(server.requests) == FAILURES_IN_A_ROW


@pytest.mark.parametrize("packed", [gzip.compress(b'{"ok": true}', mtime=0), zlib.compress(b'{"ok": true}')])
def test_a_packed_answer_is_unpacked(server: Counting, packed: bytes) -> None:
    server.faults["/"] = [Answer(packed, headers={"Content-Encoding": "gzip" if packed[0] == 0x1F else "deflate"})]
    with HttpClient(Settings()) as http:
        assert http.json(f"{server.url}/x") == {"ok": True}


def test_certificates_that_cannot_be_read_matter_to_https_alone(
    monkeypatch: pytest.MonkeyPatch, server: Counting, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    with HttpClient(Settings()) as http:
        assert http.download(f"{server.url}/x", max_bytes=1_000)
        with pytest.raises(UsageError, match="the certificates cannot be read") as refused:
            http.download("https://127.0.0.1:9/x", max_bytes=1_000)
    assert "SSL_CERT_FILE" in refused.value.hint


def test_a_bomb_is_never_unpacked(server: Counting) -> None:
    bomb = gzip.compress(bytes(500_000_000), 1)
    server.faults["/"] = [Answer(bomb, headers={"Content-Encoding": "gzip"})]
    tracemalloc.start()
    try:
        with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="more than 1,000,000 bytes"):
            http.download(f"{server.url}/x", max_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_short_link_that_cannot_be_followed_is_said(spotrec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    result = spotrec("crawl", "https://spotify.link/abc", code=1)
    why = "Spotify cannot be reached through the proxy http://127.0.0.1:9: it refuses the conn"
    assert f"error: https://spotify.link/abc: {why}" in result.stderr
    assert "hint: " in result.stderr
