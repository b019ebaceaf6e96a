"""Every fault of every service, through the real command line.

Each ends in bounded time with its exit code, a message and a hint; nothing that was only broken is remembered as
absent; what came is kept; and once the fault is over the same crawl is completed.
"""

import gzip
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.catalogue import write
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeItunes, FakeSpotify, LoopbackServer, serving
from support.spotify_embed import FakeEmbed

Run = Callable[..., Any]
PREVIEW = encoded(tune(1, seconds=1))
LONGEST_S = 12.0
BOMB = gzip.compress(bytes(40_000_000))
FAULTS = {
    "401": Answer({"error": {"status": 401, "message": "no"}}, 401),
    "403": Answer({"error": {"status": 403, "message": "no"}}, 403),
    "404": Answer({"error": {"status": 404, "message": "no"}}, 404),
    "throttled for a day": Answer("", 429, {"Retry-After": "86400"}),
    "throttled for ever": Answer("", 429, {"Retry-After": "1e400"}),
    "throttled until no day": Answer("", 429, {"Retry-After": "abc"}),
    "throttled until year 9999": Answer("", 429, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    "500": Answer("", 500),
    "html": Answer("<html><body>blocked</body></html>", headers={"Content-Type": "text/html"}),
    "a string for an error": Answer({"error": "string"}),
    "cut": Answer(b"\xff" * 100, content_length=50_000),
    "a lying length": Answer(b"{" * 50_000, content_length=10),
    "dripping": Answer(b"{", pause_s=0.1, is_endless=True),
    "endless": Answer(b"{" * 65_536, is_endless=True),
    "a bomb": Answer(BOMB, headers={"Content-Encoding": "gzip"}),
    "a bomb in a bomb": Answer(gzip.compress(BOMB), headers={"Content-Encoding": "gzip, gzip"}),
    "no gzip": Answer(b"{}", headers={"Content-Encoding": "gzip"}),
    "a redirect to nowhere": Answer("", 302, {"Location": "http://[::1/x"}),
    "a redirect in a circle": Answer("", 302, {"Location": "?again"}),
}
SIGN_IN = dict.fromkeys(("401", "403"), 4)
THROTTLED = dict.fromkeys((name for name in FAULTS if name.startswith("throttled")), 3)


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, no_pauses: None) -> None:
    monkeypatch.setenv("SPOTREC_TIMEOUT_S", "0.5")
    monkeypatch.setenv("SPOTREC_MAX_WAIT_S", "3")


@pytest.fixture
def elsewhere() -> Iterator[LoopbackServer]:
    """Another server on a private address, which nobody has business with."""
    with serving(LoopbackServer(lambda *_: Answer({"secret": "inside"}))) as server:
        yield server


@dataclass
class Service:
    """What is asked for, of whom, and what its faults come to where that is not failure (1)."""

    server: LoopbackServer
    prefix: str
    link: str
    codes: dict[str, int]
    name: str = ""


@pytest.fixture(params=["spotify-api", "spotify-accounts", "spotify-embed", "deezer-list"])
def listing(request: pytest.FixtureRequest, deezer: FakeDeezer) -> Service:
    """A service that lists a playlist of three tracks, whose previews Deezer has."""
    for n in range(1, 4):
        deezer.previews[isrc(n)] = PREVIEW
    if request.param == "deezer-list":
        rows = [deezer.add_track(n, isrc(n)) for n in range(1, 4)]
        return Service(deezer, deezer.add_list("/playlist/9", rows), "https://www.deezer.com/playlist/9", SIGN_IN)
    if request.param == "spotify-embed":
        embed: FakeEmbed = request.getfixturevalue("embed")
        url = f"{embed.url}/preview"
        embed.previews["/preview"] = PREVIEW
        listed = embed.add_list(9, [embed.row(n, url) for n in range(1, 4)])
        monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        monkeypatch.setenv("SPOTREC_PREVIEW_HOSTS", f"127.0.0.1:{embed.port}")
        return Service(embed, "/embed", f"spotify:playlist:{listed}", SIGN_IN | {"404": 5})
    spotify: FakeSpotify = request.getfixturevalue("spotify")
    listed = spotify.add_playlist(9, [spotify.add_track(n, isrc=isrc(n)) for n in range(1, 4)])
    if request.param == "spotify-accounts":
        return Service(spotify, "/api/token", f"spotify:playlist:{listed}", SIGN_IN)
    return Service(spotify, f"/v1/playlists/{listed}/items", f"spotify:playlist:{listed}", SIGN_IN | {"404": 5})


@pytest.fixture(params=["deezer", "deezer-preview", "itunes", "itunes-preview", "spotify-embed", "spotify-preview"])
def provider(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service that gives previews of three tracks, listed in a file."""
    name, is_preview, _ = request.param.partition("-preview")
    server: Any = request.getfixturevalue({"spotify": "embed"}.get(name, name.rpartition("-")[2]))
    monkeypatch.setenv("SPOTREC_PREVIEW_HOSTS", f"127.0.0.1:{server.port}")
    monkeypatch.setenv("SPOTREC_PROVIDERS", name)
    rows = ["Track URI,Track Name,Artist Name(s),ISRC,Track Duration (ms),Preview URL"]
    for n in range(1, 4):
        if isinstance(server, FakeDeezer):
            server.previews[isrc(n)] = PREVIEW
        elif isinstance(server, FakeItunes):
            server.add(f"Song {n}", f"Artist {n}", 30_000, PREVIEW)
        else:
            server.previews[f"/preview/{n}"] = PREVIEW
            server.add_track(n, f"{server.url}/preview/{n}")
        url = f"{server.url}/preview/{n}" if name == "spotify" else ""
        rows.append(f"spotify:track:{n:022d},Song {n},Artist {n},{isrc(n)},30000,{url}")
    (home / "list.csv").write_text("\n".join(rows))
    prefix = "/preview" if is_preview else {"deezer": "/track", "itunes": "/search"}.get(name, "/embed")
    return Service(server, prefix, str(home / "list.csv"), {}, name)


def outcomes(home: Path) -> Counter[str]:
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        return Counter(row["outcome"] for row in store.rows("select outcome from preview_outcome"))


def crawled(spotrec: Run, *arguments: object, code: int | None = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


@pytest.mark.parametrize("fault", FAULTS)
def test_a_list_that_cannot_be_had_is_said_with_its_exit_code_and_had_once_the_fault_is_over(
    spotrec: Run, listing: Service, fault: str
) -> None:
    listing.server.faults[listing.prefix] = [FAULTS[fault]]
    started = time.monotonic()
    result = spotrec("crawl", listing.link, code=(THROTTLED | listing.codes).get(fault, 1))
    assert time.monotonic() - started < LONGEST_S
    said = result.stderr.partition("error: ")[2]
    assert len(said.partition("hint: ")[0]) > 10
    assert len(said.partition("hint: ")[2]) > 10
    assert len(result.stderr) < 600
    listing.server.faults.clear()
    assert crawled(spotrec, listing.link)["with_audio"] == 3


@pytest.mark.parametrize("fault", FAULTS)
def test_a_preview_that_cannot_be_had_is_never_absent_and_had_once_the_fault_is_over(
    spotrec: Run, provider: Service, fault: str, home: Path
) -> None:
    provider.server.faults[provider.prefix] = [FAULTS[fault]]
    started = time.monotonic()
    result = spotrec("crawl", provider.link, code=3)
    assert time.monotonic() - started < LONGEST_S
    assert "3 without audio" in result.stdout
    said = outcomes(home)
    assert said.total() == 3
    if (provider.prefix, fault) == ("/embed", "404"):
        assert said["absent"] == 3, "a page that is not there is a clean answer"
    elif provider.prefix == "/preview" and fault in ("404", "html", "a string for an error", "a lying length"):
        assert said["rejected"] == 3, "what came is no audio"
    else:
        assert said["unavailable"] == 3
        assert "hint: " in result.stderr
    provider.server.faults.clear()
    assert crawled(spotrec, *again(provider, home))["fetched"] == 3
    assert crawled(spotrec, provider.link)["with_audio"] == 3


def again(provider: Service, home: Path) -> list[str]:
    """What queries a provider again: a list of URLs must be read again, because they are not stored."""
    os.environ["SPOTREC_TIMEOUT_S"] = (
        "30"  # the server answers now, but a busy machine takes its time; `impatient` ends it
    )
    if provider.name != "spotify":
        return ["--retry-all"]
    write(home / "data" / "spotrec.db", "update preview_outcome set ask_again_at = '2000-01-01T00:00:00+00:00'")
    return [provider.link]


def test_a_server_that_says_nothing_is_not_waited_for_long(spotrec: Run, listing: Service) -> None:
    silence = threading.Event()
    listing.server.before = lambda path: silence.wait(30) if path.startswith(listing.prefix) else None
    started = time.monotonic()
    result = spotrec("crawl", listing.link, code=1)
    assert time.monotonic() - started < LONGEST_S
    assert "cannot be reached" in result.stderr
    listing.server.before = lambda _: None
    silence.set()
    assert crawled(spotrec, listing.link)["with_audio"] == 3


def test_a_provider_that_says_nothing_is_not_waited_for_long(spotrec: Run, provider: Service, home: Path) -> None:
    silence = threading.Event()
    provider.server.before = lambda path: silence.wait(30) if path.startswith(provider.prefix) else None
    started = time.monotonic()
    spotrec("crawl", provider.link, code=3)
    assert time.monotonic() - started < LONGEST_S
    silence.set()
    assert outcomes(home) == {"unavailable": 3}
    provider.server.before = lambda _: None
    assert crawled(spotrec, *again(provider, home))["fetched"] == 3


def test_a_list_that_redirects_to_a_private_address_is_not_followed(
    spotrec: Run, listing: Service, elsewhere: LoopbackServer
) -> None:
    for address in (f"{elsewhere.url}/x", f"http://localhost:{elsewhere.port}/x", f"//127.0.0.1:{elsewhere.port}/x"):
        for status in (301, 302, 303, 307, 308):
            listing.server.faults[listing.prefix] = [Answer("", status, {"Location": address})]
            assert "hint: " in spotrec("crawl", listing.link, code=1).stderr
    assert elsewhere.requests == [], "no token and no question ever left"


def test_a_provider_that_redirects_to_a_private_address_is_not_followed(
    spotrec: Run, provider: Service, elsewhere: LoopbackServer, home: Path
) -> None:
    provider.server.faults[provider.prefix] = [Answer("", 302, {"Location": f"{elsewhere.url}/x"})]
    spotrec("crawl", provider.link, code=3)
    assert elsewhere.requests == []
    assert outcomes(home) == {"unavailable": 3}


@pytest.mark.parametrize("retry_after", ["1", "-5", "0", "0.1", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_bearable_wait_is_waited_for(spotrec: Run, listing: Service, deezer: FakeDeezer, retry_after: str) -> None:
    wait = Answer("", 429, {"Retry-After": retry_after})
    listing.server.faults |= {listing.prefix: [wait, None], "/preview": [wait, None]}
    deezer.faults |= {"/track/isrc": [wait, None], "/preview": [wait, None]}
    report = crawled(spotrec, listing.link)
    assert report["with_audio"] == 3
    assert "unavailable" not in str(report["providers"])


@pytest.mark.parametrize("fault", ["500", "cut", "dripping", "endless", "html", "throttled for a day"])
def test_what_was_listed_before_the_fault_is_kept(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, fault: str
) -> None:
    for n in range(120):
        deezer.previews[isrc(n)] = PREVIEW
    ids = [spotify.add_track(n, isrc=isrc(n)) for n in range(120)]
    link = f"spotify:playlist:{spotify.add_playlist(9000, ids)}"
    spotify.faults[f"/v1/playlists/{link[-22:]}/items"] = [None, FAULTS[fault]]
    report = crawled(spotrec, link, code=3)
    assert (report["with_audio"], len(report["failed_sources"])) == (50, 1)
    spotify.faults.clear()
    report = crawled(spotrec, link)
    assert (report["with_audio"], report["fetched"]) == (120, 70)
