"""Manners and bounds of the one HTTP client, counted at the server."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from spotrec.errors import RateLimited, ServiceUnavailable, UsageError
from spotrec.http import HttpClient, retry_after_s
from spotrec.pacing import FAILURES_IN_A_ROW, HostPacer
from spotrec.settings import Settings
from support.servers import Answer, LoopbackServer, serving


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
        with pytest.raises(ServiceUnavailable, match="left alone"):
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
    with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="no web address"):
        http.download(url, max_bytes=10)


def test_json_nested_without_end_is_no_json(server: Counting) -> None:
    server.faults["/deep"] = [Answer("[" * 200_000)]
    with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="not JSON"):
        http.json(f"{server.url}/deep")


@pytest.mark.parametrize("limit", ["often", "0", "10", "1/0", "-1/5", "1/inf"])
def test_a_limit_that_makes_no_sense_is_refused(limit: str) -> None:
    with pytest.raises(UsageError, match="is no limit"):
        HostPacer(Settings(deezer_limit=limit))


def test_retry_after_is_read_in_both_forms() -> None:
    assert retry_after_s("7") == 7
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after_s("soon") is None
    assert retry_after_s(None) is None
