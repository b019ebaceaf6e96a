"""What every preview provider keeps to, each over a stand-in of its own."""

import math
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spotrec.crawl.previews import PreviewProvider
from spotrec.crawl.previews.registry import open_providers
from spotrec.errors import Forbidden, NotFound, RateLimited, ServiceUnavailable, TrackError, UsageError
from spotrec.net.hosts import is_allowed
from spotrec.net.http import HttpClient
from spotrec.settings import Settings, resolve
from spotrec.track import Outcome
from support.providers import SIGNATURE, STANDINS, Standin
from support.servers import Answer, serving

AUDIO = b"the preview's bytes"
BROKEN = {
    "500": Answer("", 500),
    "404": Answer("", 404),
    "403": Answer("", 403),
    "html": Answer("<html>blocked</html>"),
    "cut": Answer('{"data": [', content_length=5000),
    "empty": Answer(b""),
    "text": Answer({"error": "string"}),
    "no object": Answer("[]"),
    "null": Answer("null"),
    "nothing": Answer({}),
    "not a number": Answer("NaN"),
    "deep": Answer("[" * 100_000),
    "bytes": Answer(b"\xff\xfe\x00"),
    "strange hits": Answer({"data": [1], "results": [None], "preview": 5}),
    "hits that are none": Answer({"data": [{}], "results": [{}]}),
    "a word for hits": Answer({"data": "x", "results": "x"}),
}
MEANS_SOMETHING = {("spotify-embed", "404")}


def standins(*, asking: bool = False) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("standin", [s for s in STANDINS if s.throttled or not asking], indirect=True)


@pytest.fixture
def standin(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Standin]:
    with serving(request.param.server_type()) as server:
        yield request.param(server, tmp_path)


@pytest.fixture
def provider(standin: Standin) -> Iterator[PreviewProvider]:
    settings = standin.settings()
    with HttpClient(settings) as http:
        (provider,) = open_providers(settings, http)
        yield provider


def hours_ahead(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - datetime.now(UTC)) / timedelta(hours=1)


@standins()
def test_a_preview_is_planned_found_and_fetched(standin: Standin, provider: PreviewProvider) -> None:
    track = standin.has(5, AUDIO)
    assert provider.plan(track) == standin.plan
    assert standin.server.requests == [], "a plan asks nobody"
    outcome = provider.find(track)
    assert (outcome.provider, outcome.outcome, outcome.reason) == (standin.name, Outcome.FOUND, "")
    assert outcome.preview is not None
    assert outcome.preview.reference
    assert provider.fetch(outcome.preview) == AUDIO


@standins()
def test_what_a_provider_has_not_is_absent_for_a_week(standin: Standin, provider: PreviewProvider) -> None:
    outcome = provider.find(standin.lacks())
    assert (outcome.provider, outcome.outcome, outcome.preview) == (standin.name, Outcome.ABSENT, None)
    assert outcome.reason
    assert math.isclose(hours_ahead(outcome.ask_again_at), 7 * 24, abs_tol=0.1)


@standins()
def test_what_is_not_the_track_is_rejected_for_hours(standin: Standin, provider: PreviewProvider) -> None:
    for track in standin.mistakes():
        outcome = provider.find(track)
        assert (outcome.provider, outcome.outcome, outcome.preview) == (standin.name, Outcome.REJECTED, None)
        assert outcome.reason
        assert 1 < hours_ahead(outcome.ask_again_at) < 24


@standins(asking=True)
def test_a_provider_that_asks_us_to_wait_says_nothing_of_the_track(standin: Standin) -> None:
    track = standin.has(5, AUDIO)
    for answer in standin.throttled:
        standin.server.faults["/"] = [answer]
        settings = standin.settings(max_wait_s=3)
        with HttpClient(settings) as http, pytest.raises(RateLimited):
            open_providers(settings, http)[0].find(track)


@pytest.mark.usefixtures("no_pauses")
@standins(asking=True)
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_answer_says_nothing_of_the_track(standin: Standin, provider: PreviewProvider, fault: str) -> None:
    track = standin.has(5, AUDIO)
    standin.server.faults["/"] = [BROKEN[fault]]
    if (standin.name, fault) in MEANS_SOMETHING:
        assert provider.find(track).outcome is Outcome.ABSENT
    else:
        with pytest.raises(RateLimited if (standin.name, fault) == ("itunes", "403") else ServiceUnavailable):
            provider.find(track)


@standins()
def test_without_anything_to_ask_with_nobody_is_asked(standin: Standin, provider: PreviewProvider) -> None:
    for track in standin.cannot_be_asked():
        assert provider.plan(track) is None
        outcome = provider.find(track)
        assert outcome.outcome is Outcome.ABSENT
        assert outcome.reason
        assert math.isclose(hours_ahead(outcome.ask_again_at), 7 * 24, abs_tol=0.1)
    assert standin.server.requests == []


@standins()
def test_no_signed_address_is_kept_or_shown(standin: Standin, provider: PreviewProvider) -> None:
    outcome = provider.find(standin.has(5, AUDIO))
    assert outcome.preview is not None
    if standin.name not in ("file", "subsonic"):
        assert "?" in outcome.preview.url or standin.name == "itunes"
    shown = repr(outcome)
    assert SIGNATURE not in shown
    assert "hdnea" not in shown
    assert standin.server.url not in shown


@standins()
def test_only_a_users_own_file_has_a_path(standin: Standin, provider: PreviewProvider) -> None:
    track = standin.has(5, AUDIO)
    preview = provider.find(track).preview
    assert preview is not None
    assert preview.path == (Path(track.path) if track.path else None)


@standins()
def test_eight_threads_each_get_their_own_track(standin: Standin, provider: PreviewProvider) -> None:
    wanted = {n: (standin.has(n, f"audio {n}".encode()), f"audio {n}".encode()) for n in range(1, 9)}
    order = [n for n in wanted for _ in range(6)]
    random.Random(0).shuffle(order)

    def get(n: int) -> bytes:
        preview = provider.find(wanted[n][0]).preview
        assert preview is not None
        return provider.fetch(preview)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(get, order)) == [wanted[n][1] for n in order]


@pytest.mark.usefixtures("no_pauses")
@standins()
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer("", 403), Forbidden),
        (Answer("", 401), Forbidden),
        (Answer("", 404), NotFound),
        (Answer("", 429, {"Retry-After": "7200"}), RateLimited),
        (Answer("", 500), ServiceUnavailable),
        (Answer(b"x" * 8_000_001), ServiceUnavailable),
        (Answer("", 302, {"Location": "http://localhost:9/x"}), ServiceUnavailable),
    ],
    ids=["403", "401", "404", "429", "500", "endless", "elsewhere"],
)
def test_a_download_that_fails_says_how(
    standin: Standin, provider: PreviewProvider, answer: Answer, error: type[Exception]
) -> None:
    preview = provider.find(standin.has(5, AUDIO)).preview
    assert preview is not None
    for path in standin.sent_from:
        standin.server.faults[path] = [answer]
    if preview.path is not None:
        preview.path.unlink()
        error = TrackError
    with pytest.raises(error):
        provider.fetch(preview)


@standins()
def test_once_found_again_an_expired_preview_is_fetched(standin: Standin, provider: PreviewProvider) -> None:
    track = standin.has(5, AUDIO)
    for path in standin.sent_from:
        standin.server.faults[path] = [Answer("", 403), Answer(AUDIO)]
    expired, found_again = provider.find(track).preview, provider.find(track).preview
    assert expired is not None
    assert found_again is not None
    if expired.path is None:
        with pytest.raises(Forbidden):
            provider.fetch(expired)
    assert provider.fetch(found_again) == AUDIO


def providers_of(settings: Settings) -> list[str]:
    with HttpClient(settings) as http:
        return [provider.name for provider in open_providers(settings, http)]


def test_the_settings_name_every_provider_and_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPOTREC_PROVIDERS")
    every = ["file", "subsonic", "spotify", "deezer", "itunes", "spotify-embed"]
    assert providers_of(resolve({"subsonic_url": "https://music.example.org"})) == every
    assert providers_of(resolve()) == [name for name in every if name != "subsonic"], "no music server is set"
    assert {standin.name for standin in STANDINS} == set(resolve().providers)
    assert providers_of(resolve({"embed_pages": "off"})) == ["file", "spotify", "deezer", "itunes"]
    assert providers_of(resolve({"providers": "itunes,deezer,itunes"})) == ["itunes", "deezer"]
    with pytest.raises(UsageError, match="no preview provider “napster”"):
        providers_of(resolve({"providers": "deezer,napster"}))


@pytest.mark.parametrize(
    ("host", "may"),
    [
        ("cdnt-preview.dzcdn.net", True),
        ("cdns-preview-d.dzcdn.net", True),
        ("audio-ssl.itunes.apple.com", True),
        ("a1.mzstatic.com", True),
        ("p.scdn.co", True),
        ("evil-dzcdn.net", False),
        ("dzcdn.net.evil.org", False),
        ("scdn.co.evil.org", False),
        ("xscdn.co", False),
        ("apple.com", False),
        ("evil.org/.dzcdn.net", False),
        ("evil.org?.dzcdn.net", False),
        ("evil.org#.dzcdn.net", False),
        ("p.scdn.co@evil.org", False),
        ("127.0.0.1", False),
    ],
)
def test_previews_come_from_the_services_own_hosts_only(monkeypatch: pytest.MonkeyPatch, host: str, may: bool) -> None:
    monkeypatch.delenv("SPOTREC_PREVIEW_HOSTS")
    settings = resolve()
    address = f"https://{host}/preview.mp3"
    assert is_allowed(address, settings.preview_hosts) == may
    if not may:
        with HttpClient(settings) as http, pytest.raises(ServiceUnavailable, match="not an allowed host"):
            http.download(address, max_bytes=10, allowed_hosts=settings.preview_hosts)
