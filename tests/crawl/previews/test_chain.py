"""Providers and downloads that misbehave: nothing is lost, and throttling is never remembered as absence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import TrackId
from support.catalogue import write
from support.music import encoded, tune, write_tagged
from support.servers import Answer, FakeDeezer, FakeSpotify

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))
ISRC = "GBAYE0000001"


@pytest.fixture
def track(spotify: FakeSpotify, deezer: FakeDeezer) -> str:
    deezer.previews[ISRC] = PREVIEW
    return spotify.add_track(1, isrc=ISRC)


def crawl(spotrec: Run, track: str, code: int) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", track, "--json", code=code).stdout)
    return report


def outcome(home: Path) -> tuple[str, str]:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (row,) = store.rows("select outcome, reason from preview_outcome where provider = 'deezer'")
        return row[0], row[1]


def test_a_throttled_track_is_never_absent_and_is_asked_again_later(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path
) -> None:
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "7200"})]
    report = crawl(spotrec, track, 3)
    assert report["waiting_for"] == ["Deezer asks us to wait 2 h"]
    assert outcome(home)[0] == "unavailable"
    write(home / "data" / "spotrec.db", "update preview_outcome set ask_again_at = '2000-01-01T00:00:00+00:00'")
    del deezer.faults["/track"]
    assert crawl(spotrec, track, 0)["fetched"] == 1


def test_a_short_retry_after_is_waited_for(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "0"}), Answer("", 500)]
    deezer.faults["/track"][1] = deezer.handle(f"/track/isrc:{ISRC}", {}, {}) or Answer()
    assert crawl(spotrec, track, 0)["fetched"] == 1


def test_a_passing_server_error_is_tried_again(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    good = deezer.handle("/preview/" + ISRC + ".mp3", {}, {})
    assert good is not None
    deezer.faults["/preview"] = [Answer("", 503), good]
    assert crawl(spotrec, track, 0)["fetched"] == 1


def test_one_fault_of_the_provider_does_not_stop_the_other_tracks(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, track: str
) -> None:
    other = spotify.add_track(2, isrc="GBAYE0000002")
    deezer.previews["GBAYE0000002"] = PREVIEW
    deezer.faults[f"/track/isrc:{ISRC}"] = [Answer("", 500)]
    listed = spotify.add_playlist(5000, [track, other])
    report = crawl(spotrec, f"spotify:playlist:{listed}", 3)
    assert (report["fetched"], len(report["missing"])) == (1, 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer("<html>blocked</html>"), "not an audio file"),
        (Answer(b""), "not an audio file"),
        (Answer("", 404), "nothing at this address"),
        (Answer(b"x" * 9_000_000), "more than"),
        (Answer("", 302, {"Location": "http://127.0.0.1:9/secret"}), "not an allowed host"),
        (Answer("", 302, {"Location": "http://localhost:9/secret"}), "not an allowed host"),
        (Answer("", 302, {"Location": "file:///etc/passwd"}), "not a web address"),
        (Answer("", 403), "refuses access"),
        (Answer(PREVIEW, content_length=len(PREVIEW) * 2), "cannot be reached"),
    ],
    ids=["html", "empty", "404", "endless", "private port", "localhost", "file", "403", "cut"],
)
def test_a_download_that_is_not_the_preview_is_refused_with_its_reason(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path, answer: Answer, reason: str
) -> None:
    deezer.faults["/preview"] = [answer]
    crawl(spotrec, track, 3)
    said, why = outcome(home)
    assert reason in why
    assert said in ("unavailable", "rejected")
    assert not list((home / "data").glob("audio/*"))


def test_redirects_without_end_are_left(spotrec: Run, deezer: FakeDeezer, track: str, home: Path) -> None:
    deezer.faults["/preview"] = [Answer("", 302, {"Location": "/preview/again"})]
    crawl(spotrec, track, 3)
    assert "without end" in outcome(home)[1]


def test_a_host_below_an_allowed_one_that_leads_to_a_private_address_is_refused(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PREVIEW_HOSTS", f"127.0.0.1:{deezer.port},.localhost")
    deezer.faults["/preview"] = [Answer("", 302, {"Location": f"http://cdn.localhost:{deezer.port}/x"})]
    crawl(spotrec, track, 3)
    assert "private address" in outcome(home)[1] or "cannot be found" in outcome(home)[1]


def test_deezer_errors_inside_http_200_are_told_apart(spotrec: Run, deezer: FakeDeezer, track: str, home: Path) -> None:
    deezer.faults["/track"] = [Answer({"error": {"type": "ParameterException", "message": "?", "code": 500}})]
    crawl(spotrec, track, 3)
    assert outcome(home)[0] == "unavailable"


def test_an_unknown_provider_is_named(spotrec: Run, track: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "spotify,napster")
    assert "no preview provider “napster”" in spotrec("crawl", track, code=2).stderr


def test_what_is_missing_is_asked_for_again_when_due_or_when_told_to(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path
) -> None:
    preview = deezer.previews.pop(ISRC)
    crawl(spotrec, track, 3)
    asked = deezer.asked("/track")
    report = json.loads(spotrec("crawl", "--retry", "--json", code=3).stdout)
    assert (report["seen"], len(report["missing"])) == (1, 1)
    assert deezer.asked("/track") == asked, "absent is asked for again only after days"
    deezer.previews[ISRC] = preview
    assert json.loads(spotrec("crawl", "--retry-all", "--json").stdout)["fetched"] == 1
    assert json.loads(spotrec("crawl", "--retry-all", "--json").stdout)["seen"] == 0


def test_retry_goes_without_sources(spotrec: Run, track: str) -> None:
    assert "give either sources to crawl or --retry" in spotrec("crawl", track, "--retry", code=2).stderr
    assert "give either sources to crawl or --retry" in spotrec("crawl", code=2).stderr


def test_a_longer_wait_than_allowed_ends_the_asking(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "3"})]
    report = json.loads(spotrec("crawl", track, "--max-wait", "1", "--json", code=3).stdout)
    assert report["waiting_for"] == ["Deezer asks us to wait 3 s"]


def test_a_preview_whose_signature_has_expired_is_found_once_more(spotrec: Run, deezer: FakeDeezer, track: str) -> None:
    deezer.faults["/preview"] = [Answer("", 403), Answer(PREVIEW)]
    assert crawl(spotrec, track, 0)["fetched"] == 1
    assert (deezer.asked("/track"), deezer.asked("/preview")) == (2, 2)


def test_audio_that_was_lost_is_found_again_in_the_users_own_file(
    spotrec: Run, deezer: FakeDeezer, track: str, home: Path, tmp_path: Path
) -> None:
    del deezer.previews[ISRC]
    crawl(spotrec, track, 3)
    file = write_tagged(tmp_path / "mine" / "copy.flac", tune(1), artist="Artist 1", title="Song 1", isrc=ISRC)
    crawl(spotrec, str(file), 0)
    id_ = TrackId(f"spotify:track:{track}")
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.audio.forget(id_)
    asked = len(deezer.requests)
    assert json.loads(spotrec("crawl", "--retry-all", "--json").stdout)["fetched"] == 1
    with FeatureStore(home / "data" / "spotrec.db") as store:
        audio = store.audio.get(id_)
    assert audio is not None
    assert (audio.address, audio.owned, audio.provider) == (str(file), False, "file")
    assert len(deezer.requests) == asked
    assert not list((home / "data").glob("audio/*"))
