"""What people complain about in tools of this kind, each complaint as a test that it is not so here."""

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.store import FeatureStore
from support.catalogue import fill, song, songs
from support.music import encoded, tune, write_tagged
from support.servers import Answer, FakeDeezer, FakeSpotify, spotify_id
from support.spotify_accounts import FakeAccounts
from support.spotify_embed import FakeEmbed
from support.waiting import wait_until

Run = Callable[..., Any]
PREVIEW = encoded(tune(1, seconds=4))
THROTTLED = Answer({"error": {"status": 429, "message": "Too many requests"}}, 429, {"Retry-After": "86400"})


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def playlist(spotify: FakeSpotify, deezer: FakeDeezer, n_tracks: int, n: int = 5000) -> str:
    for i in range(n_tracks):
        deezer.previews[isrc(i)] = PREVIEW
    ids = [spotify.add_track(i, isrc=isrc(i)) for i in range(n_tracks)]
    return f"spotify:playlist:{spotify.add_playlist(n, ids)}"


def test_silent_hangs_on_a_long_retry_after(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    """Spotify and Deezer both ask for a day: said at once, with when to come back, and nothing waits for it."""
    spotify.faults["/v1/playlists"] = [THROTTLED]
    deezer.faults["/track"] = [THROTTLED]
    track = spotify.add_track(1, isrc=isrc(1))
    start = time.monotonic()
    result = spotrec("crawl", f"spotify:playlist:{spotify_id(9)}", track, code=3)
    assert time.monotonic() - start < 10
    assert "Spotify asks us to wait 24 h" in result.stderr
    assert "Deezer asks us to wait 24 h" in result.stderr
    assert "run the same command again then" in result.stderr


@pytest.mark.parametrize("n_tracks", [99, 100, 101, 250])
def test_silent_truncation_at_a_hundred(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, n_tracks: int) -> None:
    assert crawled(spotrec, playlist(spotify, deezer, n_tracks))["fetched"] == n_tracks


@pytest.mark.parametrize(("n_shown", "is_told"), [(99, False), (100, True), (50, True)])
def test_silent_truncation_at_a_hundred_without_credentials(
    spotrec: Run, embed: FakeEmbed, n_shown: int, is_told: bool
) -> None:
    listed = embed.add_list(9, [embed.row(i) for i in range(n_shown)])
    result = spotrec("crawl", f"spotify:playlist:{listed}", code=3)
    assert (f"the public page shows at most {n_shown} entries" in result.stderr) == is_told
    assert ("SPOTIFY_TOKEN" in result.stderr or "spotrec login" in result.stderr) == is_told


@pytest.mark.parametrize("generation", [2020, 2026])
def test_keyerror_track_and_no_tracks_at_all(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, generation: int
) -> None:
    spotify.generation = generation
    assert crawled(spotrec, playlist(spotify, deezer, 3))["fetched"] == 3


def test_one_forbidden_playlist_that_aborts_the_run(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    private, public = playlist(spotify, deezer, 2, n=5001), playlist(spotify, deezer, 3, n=5002)
    spotify.faults[f"/v1/playlists/{private[-22:]}"] = [Answer({"error": {"status": 403, "message": "Forbidden"}}, 403)]
    report = crawled(spotrec, private, public, code=3)
    assert report["fetched"] == 3
    (failed,) = report["failed_sources"]
    assert failed["source"] == private
    assert "does not let this app read" in failed["error"]


def test_a_stale_token_that_hides_new_credentials(
    spotrec: Run, accounts: FakeAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.client_secrets = {"old": "old-secret", "new": "new-secret"}
    for app in ("old", "new"):
        monkeypatch.setenv("SPOTIFY_CLIENT_ID", app)
        monkeypatch.setenv("SPOTIFY_CLIENT_SECRET", f"{app}-secret")
        spotrec("crawl", accounts.add_track(1 + len(accounts.tracks)), code=3)
        if app == "old":
            stale = set(accounts.bearers)
            accounts.revoke_access_tokens()
    assert len(stale) == 1
    assert accounts.bearers[-1] not in stale


def test_not_found_without_a_reason(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    """Every provider says why, in the report and whenever it is asked later."""
    deezer.hits = [
        {"id": 1, "title": "Song 1 (Karaoke)", "duration": 30, "preview": "https://x", "artist": {"name": "A"}}
    ]
    track = spotify.add_track(1, isrc=isrc(1))
    result = spotrec("crawl", track, code=3)
    assert "deezer: Deezer's best result does not match: another artist" in result.stdout
    assert "another artist" in spotrec("tracks", "--missing-audio", "--json").stdout


def test_a_second_scan_that_corrupts_the_results(
    spotrec: Run, music: Path, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Crawling, extracting and indexing again changes no vector and no answer."""
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))

    def vectors() -> dict[str, bytes]:
        with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
            return {row["track_id"]: row["vector"] for row in store.rows("select * from embedding")}

    def scan() -> str:
        spotrec("crawl", music)
        spotrec("extract")
        spotrec("index")
        found: str = spotrec("query", "Tune 1", "--json").stdout
        return found

    first, before = scan(), vectors()
    second, after = scan(), vectors()
    assert before == after
    assert all(np.isfinite(np.frombuffer(vector, "<f4")).all() for vector in after.values())
    assert json.loads(first)["results"] == json.loads(second)["results"]


def test_throttling_remembered_as_no_preview(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    """A provider that was busy is asked again when it said, not after a week, nor said to have nothing."""
    deezer.previews[isrc(1)] = PREVIEW
    track = spotify.add_track(1, isrc=isrc(1))
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "2"})]
    (missing,) = crawled(spotrec, track, "--max-wait", "1", code=3)["missing"]
    assert "deezer: Deezer asks us to wait 2 s" in missing["reason"]
    assert "unavailable" in spotrec("status").stdout
    del deezer.faults["/track"]
    wait_until(lambda: json.loads(spotrec("crawl", "--retry", "--json", code=None).stdout)["fetched"] == 1)


def test_the_same_song_several_times(spotrec: Run, home: Path) -> None:
    """One recording by name, by ISRC, and by the sound of its preview: each is recommended once."""
    same_name = [song(n, "Halo", "Beyoncé") for n in (1, 2, 3)]
    fill(home, [song(0), *same_name, song(4)])
    spotrec("index")
    found = json.loads(spotrec("query", song(0).id, "--json").stdout)["results"]
    assert sorted(row["title"] for row in found) == ["Halo", "Song 4"]


def test_the_same_song_several_times_by_its_sound(spotrec: Run, home: Path) -> None:
    fill(home, songs(4), audio="0" * 64)
    spotrec("index")
    assert json.loads(spotrec("query", song(0).id, "--json").stdout)["results"] == []


def test_one_artist_dominating(spotrec: Run, home: Path) -> None:
    fill(home, [song(0), *(song(n, None, "Prolific") for n in range(1, 9)), *songs(9, 13)])
    spotrec("index")
    found = json.loads(spotrec("query", song(0).id, "-n", "6", "--max-per-artist", "2", "--json").stdout)["results"]
    assert [row["artists"] for row in found].count(["Prolific"]) == 2
    assert len(found) == 6


def test_unanalysable_files_retried_for_ever(
    spotrec: Run, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    write_tagged(tmp_path / "silent.flac", np.zeros(100_000, np.float32), title="Silence")
    spotrec("crawl", tmp_path)
    assert json.loads(spotrec("extract", "--json", code=3).stdout)["failures"][0]["reason"] == "silent"
    assert json.loads(spotrec("extract", "--json").stdout)["failures"] == []
    spotrec("crawl", tmp_path)
    assert json.loads(spotrec("extract", "--json").stdout)["failures"] == [], "crawling again is no reason to try again"
    again = json.loads(spotrec("extract", "--retry-failed", "--json", code=3).stdout)
    assert len(again["failures"]) == 1


def test_an_upgrade_that_silently_analyses_everything_again(spotrec: Run, home: Path) -> None:
    """A store of the first version of the schema, with features and the audio still at hand: nothing is heard again."""
    path = home / "data" / "spotrec.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as old:
        old.executescript((Path(__file__).parent / "store" / "stores" / "m001.sql").read_text(encoding="utf-8"))
        old.execute("delete from embedding")
        old.execute("delete from audio")
        vector, tags = np.ones(160, "<f4").tobytes(), np.ones(50, "<f4").tobytes()
        for (id_,) in old.execute("select id from track").fetchall():
            old.execute("insert into embedding values (?, 'choi-1', ?, ?, 'file', 'x', 'then')", (id_, vector, tags))
            old.execute("insert into audio values (?, ?, 0, 'x', 1, 'file', 0, 'then', null)", (id_, f"/music/{id_}"))
        old.commit()
        n_tracks = old.execute("select count(*) from track").fetchone()[0]
    assert json.loads(spotrec("extract", "--json").stdout)["extracted"] == 0
    status = json.loads(spotrec("status", "--json").stdout)
    assert status["embedded_models"] == {"choi-1": n_tracks}
    assert status["counts"]["pending"] == 0


def test_a_crash_midway_with_no_hint_how_to_go_on(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    """The cache's folder becomes a file under a crawl: what was wrong, what to do, and what came before is kept."""
    link = playlist(spotify, deezer, 30)
    cache = home / "data" / "audio"

    def spoil(path: str) -> None:
        if path.startswith("/preview") and deezer.asked("/preview") == 20:
            for attempt in count():  # who writes meanwhile makes the folder anew
                cache.rename(home / f"aside-{attempt}")
                with suppress(IsADirectoryError):
                    cache.write_text("in the way")
                    return

    deezer.before = spoil
    result = spotrec("crawl", link, code=1)
    assert "the audio cache" in result.stderr
    assert "hint:" in result.stderr
    cache.unlink()
    deezer.before = lambda _: None
    asked = deezer.asked("/track/isrc")
    spotrec("crawl", link)
    assert deezer.asked("/track/isrc") - asked < 30
