"""Servers that are never silent and never done: no request to them lasts longer than one exchange may."""

import time
from typing import Any

import pytest

from spotrec.errors import ServiceUnavailable
from spotrec.net.http import SLOWEST_ANSWER, HttpClient
from spotrec.settings import Settings
from support.raw_server import ENDLESS, Script, drip, raw_server, silence
from support.servers import Answer, LoopbackServer, serving

TIMEOUT_S = 0.3
LONGEST_S = TIMEOUT_S * SLOWEST_ANSWER
SLACK_S = 3.0  # of a busy machine, and pauses between attempts

endless = pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS.keys())


@endless
def test_an_answer_without_end_is_given_up(script: Script) -> None:
    with raw_server(script) as server, HttpClient(Settings(timeout_s=TIMEOUT_S)) as http:
        started = time.monotonic()
        with pytest.raises(ServiceUnavailable, match=r"is too slow|sent more than|does not answer with HTTP"):
            http.download(f"{server.url}/x", max_bytes=100_000)
        assert time.monotonic() - started < LONGEST_S + SLACK_S


@pytest.mark.parametrize("url", ["http://p.invalid/x", "https://p.invalid/x"])
@endless
def test_a_proxy_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch, script: Script, url: str) -> None:
    with raw_server(script) as server:
        monkeypatch.setenv("ALL_PROXY", server.url)
        started = time.monotonic()
        with HttpClient(Settings(timeout_s=TIMEOUT_S)) as http, pytest.raises(ServiceUnavailable):
            http.download(url, max_bytes=100_000)
        assert time.monotonic() - started < LONGEST_S + SLACK_S


def test_a_tls_handshake_without_end_is_given_up() -> None:
    record = b"\x16\x03\x03\x40\x00" + b"\x02\x00\x3f\xf0"  # 16 kB of a server's hello, which never comes to its end
    with raw_server(drip(b"\0", after=record)) as server, HttpClient(Settings(timeout_s=TIMEOUT_S)) as http:
        started = time.monotonic()
        with pytest.raises(ServiceUnavailable):
            http.download(f"https://127.0.0.1:{server.port}/x", max_bytes=100_000)
        assert time.monotonic() - started < LONGEST_S + SLACK_S


def test_all_redirects_of_a_request_have_one_time_together() -> None:
    with raw_server(ENDLESS["dripped headers"]) as slow, serving(LoopbackServer()) as server:
        server.before = lambda _: time.sleep(TIMEOUT_S * 0.9)  # just fast enough
        for n in range(3):
            server.faults[f"/{n}"] = [Answer("", 302, {"Location": f"/{n + 1}"})]
        server.faults["/3"] = [Answer("", 302, {"Location": f"{slow.url}/x"})]
        started = time.monotonic()
        with (
            HttpClient(Settings(timeout_s=TIMEOUT_S)) as http,
            pytest.raises(ServiceUnavailable, match=r"is too slow: it was not done after 1\.8 s"),
        ):
            http.download(f"{server.url}/0", max_bytes=100_000, allowed_hosts=("127.0.0.1",))
        assert slow.connections == 1
        assert time.monotonic() - started < LONGEST_S + SLACK_S


def test_a_name_that_is_looked_up_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(60))  # the resolver is outside this machine
    with HttpClient(Settings(timeout_s=TIMEOUT_S)) as http:
        started = time.monotonic()
        with pytest.raises(ServiceUnavailable, match="cannot be found"):
            http.download("http://slow.invalid/x", max_bytes=100_000)
        assert time.monotonic() - started < LONGEST_S + SLACK_S


@endless
def test_a_crawl_goes_on_after_a_web_api_that_never_ends_its_answer(
    spotrec: Any, monkeypatch: pytest.MonkeyPatch, script: Script
) -> None:
    with raw_server(script) as server:
        monkeypatch.setenv("SPOTREC_SPOTIFY_API_URL", server.url)
        monkeypatch.setenv("SPOTREC_TIMEOUT_S", str(TIMEOUT_S))
        monkeypatch.setenv("SPOTREC_EMBED_PAGES", "off")
        monkeypatch.setenv("SPOTIFY_TOKEN", "a-token")
        started = time.monotonic()
        result = spotrec("crawl", "spotify:track:" + "0" * 22, code=None)
        assert result.exit_code != 0
        assert "error: " in result.stderr
        assert time.monotonic() - started < 3 * LONGEST_S + SLACK_S


def test_a_service_that_hangs_is_said_to_send_nothing() -> None:
    with raw_server(silence) as server, HttpClient(Settings(timeout_s=TIMEOUT_S, deezer_api_url=server.url)) as http:
        with pytest.raises(ServiceUnavailable) as caught:
            http.json(f"{server.url}/track/1")
        assert str(caught.value) == "Deezer cannot be reached: it has sent nothing for 0.3 s"
