"""Apple's previews, against a search on loopback, through the real command."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.servers import Answer, FakeItunes, FakeSpotify

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))


@pytest.fixture(autouse=True)
def _only_apple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "itunes")


def crawl(spotrec: Run, track: str, code: int) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", track, "--json", code=code).stdout)
    return report


def outcome(home: Path) -> tuple[str, str, str | None]:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (row,) = store.rows("select outcome, reason, reference from preview_outcome where provider = 'itunes'")
        return row[0], row[1], row[2]


def test_a_verified_hit_is_taken_though_it_is_not_the_first(
    spotrec: Run, spotify: FakeSpotify, itunes: FakeItunes, home: Path
) -> None:
    itunes.add("Song 1 (Karaoke Version)", "Artist 1", 30_000)
    itunes.add("Song 1", "Artist 1", 30_400, preview=PREVIEW)
    assert crawl(spotrec, spotify.add_track(1), 0)["fetched"] == 1
    assert outcome(home) == ("found", "", "itunes:track:1001")


@pytest.mark.parametrize(
    ("title", "artist", "duration_ms"),
    [("Song 1 (Live)", "Artist 1", 30_000), ("Song 1", "Somebody Else", 30_000), ("Song 1", "Artist 1", 90_000)],
)
def test_what_only_resembles_the_track_is_rejected(
    spotrec: Run, spotify: FakeSpotify, itunes: FakeItunes, home: Path, title: str, artist: str, duration_ms: int
) -> None:
    itunes.add(title, artist, duration_ms, preview=PREVIEW)
    crawl(spotrec, spotify.add_track(1), 3)
    assert outcome(home)[0] == "rejected"


def test_one_refusal_by_apple_costs_a_pause_and_no_track(
    spotrec: Run, spotify: FakeSpotify, itunes: FakeItunes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_ITUNES_LIMIT", "90/2")
    monkeypatch.setenv("SPOTREC_CONNECTIONS_PER_HOST", "2")
    for n in range(10):
        itunes.add(f"Song {n}", f"Artist {n}", 30_000, preview=PREVIEW)
    itunes.faults["/search"] = [*[None] * 3, Answer("", 403), None]
    listed = spotify.add_playlist(5000, [spotify.add_track(n) for n in range(10)])
    result = spotrec("crawl", f"spotify:playlist:{listed}", "--json")
    assert json.loads(result.stdout)["providers"] == {"itunes": {"found": 10}}
    assert re.search(r"Apple asks us to wait: spotrec asks it again at \d\d:\d\d:\d\d", result.stderr)
    times = sorted(t for t, path in itunes.arrivals if path == "/search")
    refused_at, on_its_way = times[3], 1
    assert sum(time - refused_at > 1.9 for time in times) >= 10 - 3 - on_its_way, "the others wait too"


def test_an_apple_that_keeps_refusing_is_left_until_a_moment_that_is_said(
    spotrec: Run, spotify: FakeSpotify, itunes: FakeItunes
) -> None:
    itunes.faults["/search"] = [Answer("", 403)]
    listed = spotify.add_playlist(5000, [spotify.add_track(n) for n in range(40)])
    result = spotrec("crawl", f"spotify:playlist:{listed}", "--max-wait", 2, code=3)
    assert itunes.asked("/search") < 40
    assert "error: itunes, for Artist" in result.stderr
    assert "and 39 other tracks: Apple asks us to wait" in result.stderr
    assert re.search(r"run the same command again then \(after \d\d:\d\d:\d\d\)", result.stderr)


def test_no_hits_mean_absent(spotrec: Run, spotify: FakeSpotify, itunes: FakeItunes, home: Path) -> None:
    crawl(spotrec, spotify.add_track(1), 3)
    assert outcome(home)[0] == "absent"


@pytest.mark.parametrize("answer", [Answer("", 403), Answer("", 404), Answer("<html>"), Answer({"results": "x"})])
def test_a_refusal_or_nonsense_is_never_absence(
    spotrec: Run, spotify: FakeSpotify, itunes: FakeItunes, home: Path, answer: Answer
) -> None:
    itunes.faults["/search"] = [answer]
    crawl(spotrec, spotify.add_track(1), 3)
    assert outcome(home)[0] == "unavailable"
