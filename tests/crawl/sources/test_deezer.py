"""Crawling Deezer links against a Deezer on loopback, through the real command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeSpotify

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def store(home: Path) -> FeatureStore:
    return FeatureStore(home / "data" / "spotrec.db", create=False)


def add_tracks(deezer: FakeDeezer, n: int) -> list[int]:
    for i in range(1, n + 1):
        deezer.previews[isrc(i)] = PREVIEW
        deezer.add_track(i, isrc(i))
    return list(range(1, n + 1))


def test_a_playlist_is_crawled_to_its_end(spotrec: Run, deezer: FakeDeezer, home: Path) -> None:
    deezer.add_list("/playlist/77", add_tracks(deezer, 60))
    report = crawled(spotrec, "https://www.deezer.com/us/playlist/77?utm_source=x")
    assert (report["seen"], report["new"], report["fetched"]) == (60, 60, 60)
    assert deezer.asked("/playlist/77/tracks") == 3
    with store(home) as s:
        (row,) = s.rows("select id, kind, title from collection")
        assert tuple(row) == ("deezer:playlist:77", "playlist", "Mixtape")
        positions = s.rows("select track_id from collection_track order by position")
    assert [r[0] for r in positions] == [f"deezer:track:{n}" for n in range(1, 61)]


def test_each_new_track_is_asked_for_its_isrc_and_known_ones_never_again(spotrec: Run, deezer: FakeDeezer) -> None:
    deezer.add_list("/playlist/77", add_tracks(deezer, 3))
    crawled(spotrec, "deezer:playlist:77")
    asked = deezer.asked("/track/")
    assert asked == 6  # each once for its ISRC, once for its preview
    assert crawled(spotrec, "deezer:playlist:77")["new"] == 0
    assert deezer.asked("/track/") == asked


@pytest.mark.parametrize(
    ("said", "bpm"), [(123.4, 123.4), (0, None), (-1, None), ("fast", None), (None, None), (True, None)]
)
def test_a_tracks_tempo_is_known_where_deezer_knows_it(
    spotrec: Run, deezer: FakeDeezer, home: Path, said: object, bpm: float | None
) -> None:
    add_tracks(deezer, 1)
    deezer.tracks[1]["bpm"] = said
    deezer.add_list("/playlist/77", [1])
    crawled(spotrec, "deezer:playlist:77")
    with store(home) as s:
        (track,) = s.tracks.find_by_words("song 1")
    assert track.bpm == bpm


def test_an_album_names_itself_in_its_tracks(spotrec: Run, deezer: FakeDeezer, home: Path) -> None:
    add_tracks(deezer, 1)
    row = {k: v for k, v in deezer.tracks.pop(1).items() if k not in ("album", "isrc", "release_date")}
    deezer.add_list("/album/302127", [row], "Discovery")
    crawled(spotrec, "deezer.com/album/302127", code=3)  # nothing but its own row is known, so no preview is
    with store(home) as s:
        (track,) = s.tracks.find_by_words("song 1")
    assert (track.id, track.album, track.release_date) == ("deezer:track:1", "Discovery", "1999-01-02")


def test_a_single_track_is_crawled_with_all_its_artists(spotrec: Run, deezer: FakeDeezer, home: Path) -> None:
    deezer.previews[isrc(9)] = PREVIEW
    deezer.add_track(9, isrc(9), contributors=[{"name": "Artist 9"}, {"name": "Guest"}], duration=31)
    assert crawled(spotrec, "https://www.deezer.com/track/9")["fetched"] == 1
    with store(home) as s:
        track = s.tracks.get("deezer:track:9")
    assert track is not None
    assert (track.artists, track.isrc, track.duration_ms) == (("Artist 9", "Guest"), isrc(9), 31_000)
    assert track.url == "https://www.deezer.com/track/9"
    asked = len(deezer.requests)
    assert crawled(spotrec, "deezer:track:9")["new"] == 0
    assert len(deezer.requests) == asked


def test_a_recording_known_from_spotify_is_not_fetched_again(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    add_tracks(deezer, 1)
    crawled(spotrec, spotify.add_track(1, isrc=isrc(1)))
    report = crawled(spotrec, "deezer:track:1")
    assert (report["with_audio"], report["fetched"]) == (1, 0)


def test_a_link_to_the_next_page_is_not_followed_elsewhere(spotrec: Run, deezer: FakeDeezer) -> None:
    rows = add_tracks(deezer, 26)
    deezer.add_list("/playlist/77", rows)
    for next_ in ("http://127.0.0.1:9/evil?index=25", "x", "https://api.deezer.com/playlist/77/tracks?index=999999"):
        deezer.requests.clear()
        first = {"data": deezer.lists["/playlist/77"]["rows"][:25], "total": 26, "next": next_}
        last = {"data": deezer.lists["/playlist/77"]["rows"][25:], "total": 26}
        deezer.faults["/playlist/77/tracks"] = [Answer(first), Answer(last)]
        assert crawled(spotrec, "deezer:playlist:77")["seen"] == 26


def test_a_page_short_of_hidden_entries_is_not_the_end(spotrec: Run, deezer: FakeDeezer) -> None:
    add_tracks(deezer, 2)
    following = "https://api.deezer.com/playlist/77/tracks?index=25"
    deezer.add_list("/playlist/77", [])
    deezer.faults["/playlist/77/tracks"] = [
        Answer({"data": [], "total": 30, "next": following}),
        Answer({"data": [deezer.tracks[1], deezer.tracks[2]], "total": 30}),
    ]
    assert crawled(spotrec, "deezer:playlist:77")["seen"] == 2


def test_entries_that_are_no_tracks_are_skipped_with_their_reasons(spotrec: Run, deezer: FakeDeezer) -> None:
    own = {"id": -5, "title": "Mine", "type": "track"}
    talk = {"id": 6, "title": "Talk", "type": "episode"}
    deezer.add_list("/playlist/77", [None, own, talk, {"id": "7"}, {"id": True}, *add_tracks(deezer, 1)])
    report = crawled(spotrec, "deezer:playlist:77", code=3)
    assert report["fetched"] == 1
    assert [entry["reason"] for entry in report["skipped"]] == [
        "empty entry",
        "a file of the playlist's owner",
        "not a track",
        "not a track",
        "not a track",
    ]


@pytest.mark.parametrize("kind", ["playlist", "album", "track"])
def test_what_deezer_does_not_have_is_not_found(spotrec: Run, deezer: FakeDeezer, kind: str) -> None:
    result = spotrec("crawl", f"deezer:{kind}:404", code=5)
    assert "Deezer does not have it" in result.stderr
    assert "hint:" in result.stderr


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Answer({"error": {"type": "ParameterException", "message": "?", "code": 500}}), 1, "error 500"),
        (Answer({"error": "boom"}), 1, "error None"),
        (Answer([1]), 1, "does not understand"),
        (Answer("<html>"), 1, "not JSON"),
        (Answer("[" * 200_000), 1, "not JSON"),
        (Answer("", 429, {"Retry-After": "9999"}), 3, "wait 3 h"),
        (Answer("", 500), 1, "HTTP 500"),
    ],
)
def test_a_playlist_that_deezer_does_not_give_says_why(
    spotrec: Run, deezer: FakeDeezer, answer: Answer, code: int, said: str
) -> None:
    deezer.faults["/playlist"] = [answer]
    result = spotrec("crawl", "deezer:playlist:77", code=code)
    assert said in result.stderr
    assert "hint:" in result.stderr


def test_a_list_of_the_wrong_shape_says_so(spotrec: Run, deezer: FakeDeezer) -> None:
    deezer.add_list("/playlist/77", [])
    deezer.faults["/playlist/77/tracks"] = [Answer({"data": {"0": 1}})]
    assert "no list of entries" in spotrec("crawl", "deezer:playlist:77", code=1).stderr


def test_another_track_than_the_one_asked_for_is_refused(spotrec: Run, deezer: FakeDeezer) -> None:
    deezer.add_track(1, isrc(1), id=2)
    assert "something other" in spotrec("crawl", "deezer:track:1", code=1).stderr


@pytest.mark.parametrize(
    "fields",
    [
        {"title": None, "artist": "x", "duration": True, "isrc": 5, "album": []},
        {"title": "a\x1b[31m\nb" * 999, "artist": {"name": {}}, "duration": 10**30, "isrc": "nonsense"},
    ],
)
def test_values_of_the_wrong_kind_are_left_out(
    spotrec: Run, deezer: FakeDeezer, home: Path, fields: dict[str, Any]
) -> None:
    deezer.add_track(1, isrc(1))
    deezer.tracks[1] |= fields
    crawled(spotrec, "deezer:track:1", code=3)
    with store(home) as s:
        track = s.tracks.get("deezer:track:1")
    assert track is not None
    assert track.title.isprintable()
    assert (track.isrc, track.duration_ms, track.artists) == (None, None, ())


def test_a_short_link_of_deezers_says_what_to_do(spotrec: Run, deezer: FakeDeezer) -> None:
    assert "open it in a browser" in spotrec("crawl", "https://deezer.page.link/abc", code=2).stderr
    assert deezer.requests == []
