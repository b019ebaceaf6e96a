"""Where requests may go: on the public internet, or where the user says."""

import socket
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from spotrec.errors import ServiceUnavailable
from spotrec.net.hosts import is_allowed, is_public
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from support.servers import Answer, LoopbackServer, serving

PUBLIC = "93.184.215.14"


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with serving(LoopbackServer(lambda *_: Answer({"ok": True}))) as server:
        yield server


def names(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> None:
    """Let every name lead to the first addresses, at the next look-up to the second ones, …, the last ones for ever."""
    system = socket.getaddrinfo

    def look_up(host: str, port: Any, *args: Any, **options: Any) -> Any:
        if options.get("flags") or host[0].isdigit() or ":" in host:
            return system(host, port, *args, **options)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for address in found for entry in system(address, port, *args, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)  # the resolver is outside this machine


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",  # IPv4-compatible
        "::8.8.8.8",
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:8.8.8.8",
        "::ffff:0:127.0.0.1",  # IPv4-translated
        "64:ff9b::127.0.0.1",  # NAT64
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::10.0.0.1",
        "100::1",  # discarded
        "2001::1",  # Teredo
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",  # benchmarking
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:808:808::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_off_the_public_internet_is_not_used(
    monkeypatch: pytest.MonkeyPatch, server: LoopbackServer, address: str
) -> None:
    assert not is_public(address)
    names(monkeypatch, [[address]])
    with HttpClient(Settings(timeout_s=1)) as http, pytest.raises(ServiceUnavailable, match="private address"):
        http.download("http://p.scdn.co/x", max_bytes=10, allowed_hosts=(".scdn.co",))


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:4700::1111", "2a00:1450:4001::1"])
def test_an_address_on_the_public_internet_may_be_used(address: str) -> None:
    assert is_public(address)


def test_a_name_that_leads_home_at_the_second_look_up_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, server: LoopbackServer
) -> None:
    """DNS rebinding: the first answer is harmless, the next one is this machine."""
    names(monkeypatch, [[PUBLIC], ["127.0.0.1"]])
    with HttpClient(Settings(timeout_s=0.2)) as http, pytest.raises(ServiceUnavailable):
        http.download(f"http://p.scdn.co:{server.port}/x", max_bytes=100, allowed_hosts=(".scdn.co",))
    assert server.requests == []


def test_of_several_addresses_only_the_public_ones_are_tried(
    monkeypatch: pytest.MonkeyPatch, server: LoopbackServer
) -> None:
    names(monkeypatch, [["127.0.0.1", PUBLIC]])
    with (
        HttpClient(Settings(timeout_s=0.2)) as http,
        pytest.raises(ServiceUnavailable, match=r"cannot be reached|too slow"),
    ):
        http.download(f"http://p.scdn.co:{server.port}/x", max_bytes=100, allowed_hosts=(".scdn.co",))
    assert server.requests == []


def test_a_connection_that_the_user_allowed_is_no_way_in_for_a_redirect(server: LoopbackServer) -> None:
    with serving(LoopbackServer()) as evil, HttpClient(Settings()) as http:
        evil.faults["/"] = [Answer("", 302, {"Location": f"{server.url}/secret"})]
        assert http.json(f"{server.url}/mine") == {"ok": True}  # its connection stays open
        with pytest.raises(ServiceUnavailable, match="private address"):
            http.json(f"{evil.url}/x")
    assert server.requests == ["/mine"]


@pytest.mark.parametrize(
    "location",
    [
        "http://p.scdn.co:99999/x",
        "http://p.scdn.co:0/x",
        "http://p.scdn.co:-1/x",
        "http://p.scdn.co:port/x",
        "http://[::1/x",
        "http://[v1.x]/x",
        "http://\xe2\x98\x83.scdn.co/x",
        "ftp://p.scdn.co/x",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/plain,x",
        "gopher://127.0.0.1:6379/_x",
    ],
)
def test_a_redirect_to_no_web_address_is_said(server: LoopbackServer, location: str) -> None:
    server.faults["/"] = [Answer("", 302, {"Location": location})]
    allowed = (f"127.0.0.1:{server.port}",)
    with (
        HttpClient(Settings(deezer_api_url=server.url)) as http,
        pytest.raises(ServiceUnavailable, match=r"Deezer redirects to “.*”, which is not a web address"),
    ):
        http.download(f"{server.url}/x", max_bytes=100, allowed_hosts=allowed)


@pytest.mark.parametrize("url", ["http://p.scdn.co:99999/x", "http://[::1/x", "http://p.scdn.co:port/x", ""])
def test_what_is_no_web_address_is_on_no_list(url: str) -> None:
    assert not is_allowed(url, (".scdn.co", "p.scdn.co"))


def through_proxy(monkeypatch: pytest.MonkeyPatch, proxy: LoopbackServer) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_preview_comes_through_a_proxy_where_no_name_can_be_looked_up(
    monkeypatch: pytest.MonkeyPatch, server: LoopbackServer
) -> None:
    through_proxy(monkeypatch, server)
    with HttpClient(Settings()) as http:
        found = http.download("http://p.previews.invalid/x", max_bytes=100, allowed_hosts=(".previews.invalid",))
    assert found == b'{"ok": true}'
    assert server.requests == ["/x"]


@pytest.mark.parametrize(
    "host", [".previews.invalid", "..previews.invalid", "a..previews.invalid", f"{'a' * 64}.previews.invalid"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_not_asked_for_what_cannot_be_a_host(
    monkeypatch: pytest.MonkeyPatch, server: LoopbackServer, scheme: str, host: str
) -> None:
    through_proxy(monkeypatch, server)
    with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="is not a web address"):
        http.download(f"{scheme}://{host}/x", max_bytes=100, allowed_hosts=(".previews.invalid",))
    assert server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.invalid/x",
        "http://previews.invalid.evil.invalid/x",
        "http://xpreviews.invalid/x",
        "http://10.0.0.1/x",
    ],
)
def test_a_proxy_is_not_asked_for_a_host_that_is_not_on_the_list(
    monkeypatch: pytest.MonkeyPatch, server: LoopbackServer, url: str
) -> None:
    through_proxy(monkeypatch, server)
    with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="is not an allowed host"):
        http.download(url, max_bytes=100, allowed_hosts=(".previews.invalid",))
    assert server.requests == []


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/x",
        "http://127.1/x",
        "http://2130706433/x",
        "http://0x7f000001/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://[64:ff9b::7f00:1]/x",
        "http://localhost/x",
        "http://printer.local./x",
    ],
)
def test_a_redirect_into_the_proxys_own_network_is_refused(
    monkeypatch: pytest.MonkeyPatch, server: LoopbackServer, location: str
) -> None:
    through_proxy(monkeypatch, server)
    server.faults["/first"] = [Answer("", 302, {"Location": location})]
    with HttpClient(Settings()) as http, pytest.raises(ServiceUnavailable, match="private address"):
        http.download("http://weights.invalid/first", max_bytes=100)
    assert server.requests == ["/first"]


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        ("gopher://***@127.0.0.1:9", "check its address"),
        ("http://***@[::1", "check its address"),
        ("socks5h://***@127.0.0.1:9", "a SOCKS proxy needs the Python package socksio"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_said(
    spotrec: Any, monkeypatch: pytest.MonkeyPatch, proxy: str, why: str
) -> None:
    if "socks" in proxy and find_spec("socksio"):
        pytest.skip("socksio is installed")
    monkeypatch.setenv("HTTPS_PROXY", proxy.replace("***", "user:planted-password"))
    result = spotrec("crawl", "https://spotify.link/abc", code=2)
    assert f"error: https://spotify.link/abc: spotrec cannot use the proxy {proxy}: {why}" in " ".join(
        result.stderr.split()
    )
    assert "planted-password" not in result.stderr
