"""Crawling Spotify links against a Spotify and a Deezer on loopback, through the real command."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeSpotify, spotify_id
from support.spotify_embed import FakeEmbed

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


@pytest.fixture
def playlist(spotify: FakeSpotify, deezer: FakeDeezer) -> str:
    """Two pages of tracks that Deezer has previews of."""
    ids = []
    for n in range(60):
        deezer.previews[isrc(n)] = PREVIEW
        ids.append(spotify.add_track(n, isrc=isrc(n)))
    return spotify.add_playlist(5000, ids)


@pytest.mark.parametrize("generation", [2020, 2026])
def test_a_playlist_is_crawled_to_its_end_in_both_generations(
    spotrec: Run, spotify: FakeSpotify, playlist: str, generation: int, home: Path
) -> None:
    spotify.generation = generation
    report = crawled(spotrec, f"https://open.spotify.com/playlist/{playlist}?si=x")
    assert (report["seen"], report["new"], report["with_audio"], report["fetched"]) == (60, 60, 60, 60)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (row,) = store.rows("select kind, title from collection")
        assert tuple(row) == ("playlist", "Mixtape")
        positions = store.rows("select track_id from collection_track order by position")
    assert [r[0] for r in positions] == [f"spotify:track:{spotify_id(n)}" for n in range(60)]


def test_crawling_again_asks_no_provider_again(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, playlist: str
) -> None:
    crawled(spotrec, f"spotify:playlist:{playlist}")
    asked = len(deezer.requests)
    spotify.playlists[playlist]["entries"].append(spotify.add_track(500, isrc=isrc(500)))
    deezer.previews[isrc(500)] = PREVIEW
    report = crawled(spotrec, f"spotify:playlist:{playlist}")
    assert (report["new"], report["fetched"]) == (1, 1)
    assert len(deezer.requests) == asked + 2


def test_the_preview_that_the_api_gives_is_taken_first(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    deezer.previews["direct"] = PREVIEW
    id_ = spotify.add_track(1, preview_url=f"{deezer.url}/preview/direct.mp3", isrc=isrc(1))
    report = crawled(spotrec, id_)
    assert report["fetched"] == 1
    assert deezer.asked("/track") == 0
    assert [p.read_bytes() for p in (home / "data" / "audio").iterdir()] == [PREVIEW]


def test_an_album_asks_each_new_track_for_its_isrc_and_known_ones_never_again(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    for n in (1, 2):
        deezer.previews[isrc(n)] = PREVIEW
    album = spotify.add_album(7000, [spotify.add_track(n, isrc=isrc(n)) for n in (1, 2)])
    assert crawled(spotrec, f"https://open.spotify.com/intl-de/album/{album}")["fetched"] == 2
    assert spotify.asked("/v1/tracks/") == 2
    crawled(spotrec, f"spotify:album:{album}")
    assert spotify.asked("/v1/tracks/") == 2


def test_null_local_and_foreign_entries_are_skipped_with_their_reasons(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    deezer.previews[isrc(1)] = PREVIEW
    good = spotify.add_track(1, isrc=isrc(1))
    episode = {"item": {"type": "episode", "id": spotify_id(2), "name": "Talk"}}
    local = {"is_local": True, "item": {"type": "track", "id": None, "name": "Mine", "is_local": True}}
    listed = spotify.add_playlist(5000, [None, {"item": None}, {"track": True}, local, episode, good])
    report = crawled(spotrec, f"spotify:playlist:{listed}", code=3)
    assert report["with_audio"] == 1
    assert sorted(entry["reason"] for entry in report["skipped"]) == [
        "a local file of the playlist's owner",
        "empty entry",
        "no longer on Spotify",
        "no longer on Spotify",
        "not a track",
    ]


def test_two_tracks_with_one_isrc_are_one_recording(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    deezer.previews[isrc(1)] = PREVIEW
    listed = spotify.add_playlist(5000, [spotify.add_track(n, isrc=isrc(1)) for n in (1, 2)])
    report = crawled(spotrec, f"spotify:playlist:{listed}")
    assert (report["seen"], report["fetched"]) == (2, 1)
    assert deezer.asked("/track/isrc") == 1


def test_a_track_without_any_preview_is_reported_with_what_each_provider_said(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    report = crawled(spotrec, spotify.add_track(1, isrc=isrc(1)), code=3)
    (missing,) = report["missing"]
    assert missing["reason"] == "deezer: Deezer does not have it"
    assert json.loads(spotrec("status", "--json").stdout)["missing_audio"] == [
        ["deezer", "absent", "Deezer does not have it", 1]
    ]
    asked = deezer.asked("/track")
    crawled(spotrec, spotify_id(1), code=3)
    assert deezer.asked("/track") == asked, "an absent preview is asked for again only after days"


def test_a_recording_of_another_length_is_rejected(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    deezer.previews[isrc(1)], deezer.durations_s[isrc(1)] = PREVIEW, 300
    report = crawled(spotrec, spotify.add_track(1, isrc=isrc(1), duration_ms=180_000), code=3)
    assert "another length" in report["missing"][0]["reason"]


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (Answer({"error": {"status": 403, "message": "Forbidden"}}, 403), 4, "does not let this app read"),
        (Answer("Active premium subscription required for the owner of the app", 403), 4, "Premium"),
        (Answer({"error": {"status": 404, "message": "Resource not found"}}, 404), 5, "hides it from this app"),
        (Answer({"error": {"status": 401, "message": "bad token"}}, 401), 4, "refuses the credentials"),
        (Answer({"error": {"status": 429}}, 429, {"Retry-After": "86400"}), 3, "asks us to wait 24 h"),
        (Answer("<html>hello</html>"), 1, "not JSON"),
        (Answer({"error": "boom"}, 400), 1, "does not understand"),
        (Answer({"items": "nonsense"}), 1, "no list of entries"),
        (Answer("", 500), 1, "HTTP 500"),
    ],
)
def test_a_playlist_that_spotify_does_not_give_says_why(
    spotrec: Run, spotify: FakeSpotify, playlist: str, answer: Answer, code: int, said: str
) -> None:
    spotify.faults["/v1/playlists"] = [answer]
    result = spotrec("crawl", f"spotify:playlist:{playlist}", code=code)
    assert said in result.stderr
    assert "hint:" in result.stderr


def test_what_was_listed_before_a_fault_is_kept(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, playlist: str
) -> None:
    page = f"/v1/playlists/{playlist}/items"
    rows = [{"item": spotify.tracks[spotify_id(n)]} for n in range(50)]
    first = Answer({"items": rows, "total": 60, "next": "https://api.spotify.com/more"})
    spotify.faults[page] = [first, Answer({"error": {"status": 429}}, 429, {"Retry-After": "9999"})]
    report = crawled(spotrec, f"spotify:playlist:{playlist}", code=3)
    assert report["fetched"] == 50
    assert "wait 3 h" in report["failed_sources"][0]["error"]
    del spotify.faults[page]
    report = crawled(spotrec, f"spotify:playlist:{playlist}")
    assert (report["fetched"], report["with_audio"]) == (10, 60)
    assert deezer.asked("/track/isrc") == 60


def test_without_credentials_and_public_pages_a_spotify_link_says_what_to_do(
    spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_EMBED_PAGES", "off")
    result = spotrec("crawl", f"spotify:track:{spotify_id(1)}", code=4)
    assert "Spotify needs credentials" in result.stderr
    assert "SPOTIFY_CLIENT_ID" in result.stderr


def test_credentials_that_are_refused_say_so(spotrec: Run, spotify: FakeSpotify) -> None:
    spotify.faults["/api/token"] = [Answer({"error": "invalid_client"}, 400)]
    result = spotrec("crawl", f"spotify:track:{spotify_id(1)}", code=4)
    assert "refuses the app's credentials" in result.stderr
    assert "planted-secret" not in result.stderr + result.stdout


def test_a_user_token_is_used_instead_of_the_client(
    spotrec: Run, spotify: FakeSpotify, playlist: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTIFY_TOKEN", "users-own")
    crawled(spotrec, f"spotify:playlist:{playlist}")
    assert spotify.asked("/api/token") == 0


def test_spotify_out_of_reach_is_no_fault_of_the_tracks(
    spotrec: Run, spotify: FakeSpotify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_SPOTIFY_API_URL", "http://127.0.0.1:9")
    assert "cannot be reached" in spotrec("crawl", spotify.add_track(1), code=1).stderr


@pytest.mark.parametrize("kind", ["episode", "show"])
def test_an_entity_that_cannot_be_crawled_is_named(spotrec: Run, spotify: FakeSpotify, kind: str) -> None:
    assert f"cannot crawl a Spotify {kind}" in spotrec("crawl", f"spotify:{kind}:{spotify_id(1)}", code=2).stderr


@pytest.mark.parametrize(
    "link", ["https://openXspotify.com/track/" + "a" * 22, "https://example.org/x", "spotify:track:short"]
)
def test_a_wrong_link_is_refused_before_anything_is_asked(spotrec: Run, spotify: FakeSpotify, link: str) -> None:
    assert "hint:" in spotrec("crawl", link, code=2).stderr
    assert spotify.requests == []


def test_a_known_track_is_not_looked_up_again(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    deezer.previews[isrc(1)] = PREVIEW
    id_ = spotify.add_track(1, isrc=isrc(1))
    crawled(spotrec, id_)
    asked = len(spotify.requests) + len(deezer.requests)
    report = crawled(spotrec, id_)
    assert (report["seen"], report["new"], report["with_audio"]) == (1, 0, 1)
    assert len(spotify.requests) + len(deezer.requests) == asked


def test_an_m3u_may_name_spotify_tracks(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, tmp_path: Path) -> None:
    deezer.previews[isrc(1)] = PREVIEW
    id_ = spotify.add_track(1, isrc=isrc(1))
    (tmp_path / "list.m3u").write_text(f"https://open.spotify.com/track/{id_}\nspotify:album:{id_}\n")
    report = crawled(spotrec, tmp_path / "list.m3u", code=3)
    assert report["with_audio"] == 1
    assert report["skipped"] == [{"name": f"spotify:album:{id_}", "reason": "not a track"}]


@pytest.mark.parametrize("kind", ["playlist", "album", "links"])
def test_recordings_that_were_crawled_without_credentials_become_one_with_them(
    spotrec: Run,
    spotify: FakeSpotify,
    deezer: FakeDeezer,
    embed: FakeEmbed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """The public pages tell no ISRC."""
    ids = [spotify.add_track(n, isrc=isrc(n)) for n in range(6)]
    for n in range(6):
        deezer.add_track(n + 1, isrc(n))
        embed.add_track(n)
    deezer.add_list("/playlist/7", list(range(1, 7)))
    rows = [embed.row(n) for n in range(6)]
    (tmp_path / "links.txt").write_text("".join(f"spotify:track:{id_}\n" for id_ in ids))
    source = {
        "playlist": f"spotify:playlist:{embed.add_list(5000, rows, 'playlist')}",
        "album": f"spotify:album:{embed.add_list(7000, rows, 'album')}",
        "links": str(tmp_path / "links.txt"),
    }[kind]
    spotify.add_playlist(5000, ids)
    spotify.add_album(7000, ids)
    with monkeypatch.context() as without:
        without.delenv("SPOTIFY_CLIENT_ID")
        spotrec("crawl", source, "deezer:playlist:7", code=3)
    assert len(json.loads(spotrec("tracks", "--json").stdout)) == 12
    spotrec("crawl", source, code=3)
    assert len(json.loads(spotrec("tracks", "--json").stdout)) == 6
    asked = spotify.asked("/v1/tracks")
    spotrec("crawl", source, code=3)
    assert spotify.asked("/v1/tracks") == asked, "a known ISRC is not asked for again"
