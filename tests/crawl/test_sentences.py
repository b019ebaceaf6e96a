"""What a service does wrong is said in words, with the name of the service and without a library's text."""

from collections.abc import Callable
from typing import Any

import pytest

from support.raw_server import raw_server, silence
from support.servers import Answer, FakeDeezer, FakeItunes, spotify_id
from support.spotify_embed import FakeEmbed

Run = Callable[..., Any]
LIBRARY_WORDS = (
    "Errno",
    "Expecting",
    "timed out",
    "Connection",
    "_ssl",
    "HTTPException",
    "127.0.0.1",
    "localhost",
    "char 0",
)

FAULTS = {
    "a web page": (Answer("<!DOCTYPE html><title>Sign in to the hotel's network</title>"), "sent a web page, not JSON"),
    "JSON that is cut": (Answer('{"id": 1, "title": "Song'), "sent JSON that breaks off"),
    "JSON cut between values": (Answer('{"id": 1, "title":'), "sent JSON that breaks off"),
    "nothing": (Answer(""), "sent an empty answer"),
    "no JSON": (Answer("hello"), "answered something that is not JSON"),
    "an answer cut on its way": (Answer('{"id": 1}', content_length=100), "it broke off its answer"),
    "not gzip": (Answer("{}", headers={"Content-Encoding": "gzip"}), "sent an answer that cannot be unpacked"),
    "an unknown encoding": (Answer("{}", headers={"Content-Encoding": "br"}), "packs its answer in an unknown way"),
    "a server error": (Answer("", 503), "has an error (HTTP 503)"),
}
every_fault = pytest.mark.parametrize(("answer", "sentence"), FAULTS.values(), ids=FAULTS.keys())


def check(said: str, service: str, sentence: str) -> None:
    assert service in said
    assert sentence in said
    assert [word for word in LIBRARY_WORDS if word in said] == []


@every_fault
def test_what_deezer_does_wrong_is_said_in_words(
    spotrec: Run, deezer: FakeDeezer, answer: Answer, sentence: str
) -> None:
    deezer.faults["/"] = [answer]
    check(" ".join(spotrec("crawl", "https://www.deezer.com/track/1", code=1).stderr.split()), "Deezer", sentence)


def test_a_deezer_that_hangs_is_said_to_send_nothing(spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(silence) as server:
        monkeypatch.setenv("SPOTREC_DEEZER_API_URL", server.url)
        monkeypatch.setenv("SPOTREC_TIMEOUT_S", "0.2")
        said = spotrec("crawl", "https://www.deezer.com/track/1", code=1).stderr
    check(said, "Deezer", "cannot be reached: it has sent nothing for 0.2 s")


@every_fault
def test_what_apple_does_wrong_is_said_in_words(
    spotrec: Run, itunes: FakeItunes, home: Any, answer: Answer, sentence: str
) -> None:
    itunes.faults["/search"] = [answer]
    (home / "list.csv").write_text("Track name,Artist name,ISRC\nSong,Artist,\n")
    result = spotrec("crawl", home / "list.csv", "--json", code=None)
    check(" ".join(f"{result.stdout} {result.stderr}".split()), "Apple", sentence)


@pytest.mark.parametrize("service", ["SPOTIFY_EMBED", "DEEZER_API"])
def test_a_service_out_of_reach_has_its_name(spotrec: Run, monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    monkeypatch.setenv(f"SPOTREC_{service}_URL", "http://no-such-host.invalid")
    link = {
        "SPOTIFY_EMBED": f"spotify:track:{spotify_id(1)}",
        "DEEZER_API": "https://www.deezer.com/track/1",
    }[service]
    said = spotrec("crawl", link, code=1).stderr
    check(
        said, "Spotify" if service == "SPOTIFY_EMBED" else "Deezer", "cannot be found: its address cannot be looked up"
    )


def test_a_web_api_that_hangs_or_refuses_is_said_in_words(spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTIFY_TOKEN", "a-token")
    monkeypatch.setenv("SPOTREC_EMBED_PAGES", "off")
    said = spotrec("crawl", f"spotify:track:{spotify_id(1)}", code=1).stderr
    check(said, "Spotify", "cannot be reached: it refuses the connection")
    with raw_server(silence) as server:
        monkeypatch.setenv("SPOTREC_SPOTIFY_API_URL", server.url)
        monkeypatch.setenv("SPOTREC_TIMEOUT_S", "0.2")
        said = spotrec("crawl", f"spotify:track:{spotify_id(1)}", code=1).stderr
    check(said, "Spotify", "cannot be reached: it does not answer")


def test_a_refusal_of_the_public_page_has_spotifys_name(spotrec: Run, embed: FakeEmbed) -> None:
    embed.faults["/embed"] = [Answer("", 404)]
    said = spotrec("crawl", f"spotify:track:{spotify_id(1)}", code=5).stderr
    check(said, "Spotify", "has nothing at this address (HTTP 404)")
