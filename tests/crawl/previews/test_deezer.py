"""Deezer's previews by name, and the public page's own, through the real command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeSpotify

Run = Callable[..., Any]
ISRC = "GBAYE0000001"


@pytest.fixture(autouse=True)
def _only_deezer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "deezer")


def crawl(spotrec: Run, code: int, *arguments: object) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def offer(deezer: FakeDeezer, title: str, artist: str = "Artist 1", duration_s: int = 30) -> None:
    number = len(deezer.hits) + 1
    deezer.previews[f"hit-{number}"] = encoded(tune(number))
    deezer.hits.append(
        {
            "id": number,
            "title": title,
            "duration": duration_s,
            "preview": f"{deezer.url}/preview/hit-{number}.mp3",
            "artist": {"name": artist},
        }
    )


def outcome(home: Path) -> tuple[str, str, str | None]:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (row,) = store.rows("select outcome, reason, reference from preview_outcome where provider = 'deezer'")
        return row[0], row[1], row[2]


@pytest.mark.parametrize("isrc", [None, ISRC])
def test_a_track_without_a_known_isrc_is_found_by_name(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path, isrc: str | None
) -> None:
    offer(deezer, "Song 1 (Live)")
    offer(deezer, "Song 1", duration_s=31)
    assert crawl(spotrec, 0, spotify.add_track(1, isrc=isrc))["fetched"] == 1
    assert outcome(home) == ("found", "", "deezer:track:2")


def test_a_wrong_isrc_does_not_end_the_search(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews[ISRC], deezer.durations_s[ISRC] = encoded(tune(9)), 300
    offer(deezer, "Song 1", duration_s=31)
    assert crawl(spotrec, 0, spotify.add_track(1, isrc=ISRC))["fetched"] == 1
    assert outcome(home) == ("found", "", "deezer:track:1")


def test_an_answer_with_another_isrc_counts_only_if_it_is_the_track_by_its_name(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    stranger = deezer.add_track(7, "USRC17607839", preview=f"{deezer.url}/preview/hit-1.mp3")
    deezer.faults[f"/track/isrc:{ISRC}"] = [Answer(deezer.tracks[stranger])]
    offer(deezer, "Song 1")
    assert crawl(spotrec, 0, spotify.add_track(1, isrc=ISRC))["fetched"] == 1
    assert outcome(home) == ("found", "", "deezer:track:1")


@pytest.mark.parametrize(("title", "said"), [(None, "another recording under its ISRC"), ("Song 1 (Live)", "version")])
def test_a_wrong_isrc_and_no_match_by_name_are_rejected(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path, title: str | None, said: str
) -> None:
    deezer.previews[ISRC], deezer.durations_s[ISRC] = encoded(tune(9)), 300
    if title:
        offer(deezer, title)
    crawl(spotrec, 3, spotify.add_track(1, isrc=ISRC))
    result, why, _ = outcome(home)
    assert result == "rejected"
    assert said in why


def test_a_search_that_fails_after_a_wrong_isrc_is_no_rejection(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews[ISRC], deezer.durations_s[ISRC] = encoded(tune(9)), 300
    deezer.faults["/search"] = [Answer("", 500)]
    crawl(spotrec, 3, spotify.add_track(1, isrc=ISRC))
    assert outcome(home)[0] == "unavailable"


def test_versions_stand_in_for_each_other_only_when_told_to(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    offer(deezer, "Song 1 (Live)")
    id_ = spotify.add_track(1)
    crawl(spotrec, 3, id_)
    said, why, _ = outcome(home)
    assert said == "rejected"
    assert "version" in why
    assert crawl(spotrec, 0, "--retry-all", "--loose")["fetched"] == 1


def test_quotation_marks_in_a_title_stay_out_of_the_question(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    offer(deezer, "“Heroes”")
    assert crawl(spotrec, 0, spotify.add_track(1, name='"Heroes"'))["fetched"] == 1


def test_why_there_is_none_is_said_exactly(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path) -> None:
    id_ = spotify.add_track(1)
    crawl(spotrec, 3, id_)
    assert outcome(home) == ("absent", "Deezer does not have it", None)
    offer(deezer, "Song 1")
    deezer.hits[0]["preview"] = ""
    crawl(spotrec, 3, "--retry-all")
    assert outcome(home) == ("absent", "Deezer has no preview under this name", None)


@pytest.mark.parametrize("hits", ["nonsense", None])
def test_a_search_that_makes_no_sense_is_never_absence(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path, hits: Any
) -> None:
    deezer.faults["/search"] = [Answer({"data": hits})]
    crawl(spotrec, 3, spotify.add_track(1))
    assert outcome(home)[0] == "unavailable"
