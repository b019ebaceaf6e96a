"""Listing and providers work side by side, each at its own pace, in bounded memory, and stop when they are told to."""

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spotrec.net.hosts import host_of
from spotrec.net.limits import FILE_NAME
from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeItunes, FakeSpotify, LoopbackServer
from support.spotify_embed import FakeEmbed
from support.waiting import wait_until

Run = Callable[..., Any]
PREVIEW = encoded(tune(1, seconds=1))
PATIENCE_S = 30


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def playlist(spotify: FakeSpotify, deezer: FakeDeezer, numbers: range, of: int = 5000) -> str:
    """A playlist of tracks that Deezer has previews of."""
    for n in numbers:
        deezer.previews[isrc(n)] = PREVIEW
    ids = [spotify.add_track(n, isrc=isrc(n)) for n in numbers]
    return f"spotify:playlist:{spotify.add_playlist(of, ids, f'List {of}')}"


def crawled(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def hold(server: LoopbackServer, prefix: str, until: threading.Event) -> list[bool]:
    """Answer nothing under `prefix` before the event; the list tells of each whether it came in time."""
    came: list[bool] = []
    server.before = lambda path: came.append(until.wait(PATIENCE_S)) if path.startswith(prefix) else None
    return came


def times_let_go(home: Path, server: LoopbackServer) -> list[float]:
    """When requests to this server were allowed to start, in order."""
    with closing(sqlite3.connect(home / "data" / FILE_NAME)) as db:
        rows = db.execute(f"select item_timestamp / 1000.0 from 'requests to {host_of(server.url)}'").fetchall()
    return sorted(time_s for (time_s,) in rows)


def most_in_a_window(arrivals: list[float], window_s: float) -> int:
    return max(sum(start <= t < start + window_s for t in arrivals) for start in arrivals)


def test_downloading_does_not_wait_for_listing(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    link = playlist(spotify, deezer, range(60))
    downloaded = threading.Event()
    deezer.before = lambda path: downloaded.set() if path.startswith("/preview") else None
    in_time: list[bool] = []

    def second_page_waits(path: str) -> None:
        if path.endswith("/items") and spotify.asked(path) > 1:
            in_time.append(downloaded.wait(PATIENCE_S))

    spotify.before = second_page_waits
    assert crawled(spotrec, link)["fetched"] == 60
    assert in_time == [True]


def test_listing_does_not_wait_for_downloading(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    link = playlist(spotify, deezer, range(400))
    last_page = threading.Event()
    spotify.before = lambda _: last_page.set() if spotify.asked("/v1/playlists/") == 9 else None
    came = hold(deezer, "/preview", last_page)
    assert crawled(spotrec, link)["fetched"] == 400
    assert all(came)


def test_a_slow_provider_does_not_hold_up_the_others(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, itunes: FakeItunes
) -> None:
    """The first hundred tracks are for Apple, which answers only when Deezer has been asked for all."""
    for n in range(100, 300):
        deezer.previews[isrc(n)] = PREVIEW
    ids = [spotify.add_track(n, isrc=isrc(n)) for n in range(300)]
    link = f"spotify:playlist:{spotify.add_playlist(5000, ids)}"
    all_asked = threading.Event()
    deezer.before = lambda _: all_asked.set() if deezer.asked("/track/isrc") == 300 else None
    came = hold(itunes, "/search", all_asked)
    report = crawled(spotrec, link, code=3)
    assert report["fetched"] == 200
    assert came == [True] * 100
    assert report["providers"] == {
        "deezer": {"found": 200, "absent": 100},
        "itunes": {"absent": 100},
    }


def test_no_host_sees_more_than_its_limit_in_any_window(
    spotrec: Run,
    spotify: FakeSpotify,
    deezer: FakeDeezer,
    itunes: FakeItunes,
    embed: FakeEmbed,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The default limits. Windows are counted where requests are let go, in the limits' own file: a busy machine
    delivers them later than that, and sometimes two at once. None arrives that was not let go before.
    """
    for service in ("SPOTIFY", "SPOTIFY_EMBED", "DEEZER", "ITUNES"):
        monkeypatch.delenv(f"SPOTREC_{service}_LIMIT", raising=False)
    link = playlist(spotify, deezer, range(45))
    for n in range(45, 48):
        spotify.playlists[link[-22:]]["entries"].append(spotify.add_track(n))
    crawled(spotrec, link, code=3)
    for server, prefix, most, window_s in (
        (deezer, ("/track", "/search"), 40, 5.0),
        (itunes, "/search", 1, 3.5),
        (embed, "/embed", 1, 1.0),
    ):
        arrived = [time.time() - time.monotonic() + t for t, path in server.arrivals if path.startswith(prefix)]
        assert len(arrived) > most
        let_go = times_let_go(home, server)
        assert most_in_a_window(let_go, window_s) <= most
        assert len(let_go) >= len(arrived)
        clocks_differ_s = 0.05
        assert all(left <= came + clocks_differ_s for left, came in zip(let_go, sorted(arrived), strict=False))


def test_ten_playlists_of_which_three_cannot_be_had(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    links = [playlist(spotify, deezer, range(20 * n, 20 * n + 20), of=5000 + n) for n in range(10)]
    private, missing, throttled = links[2], links[5], links[7]
    for link, answer in (
        (private, Answer({"error": {"status": 403, "message": "Forbidden"}}, 403)),
        (missing, Answer({"error": {"status": 404, "message": "Resource not found"}}, 404)),
        (throttled, Answer({"error": {"status": 429, "message": "Too many requests"}}, 429, {"Retry-After": "86400"})),
    ):
        spotify.faults[f"/v1/playlists/{link[-22:]}"] = [answer]
    result = spotrec("crawl", *links, code=3)
    assert "140 tracks seen, 140 new, 140 with audio (140 fetched now)" in result.stdout
    assert f"{private}: Spotify does not let this app read" in result.stderr
    assert f"{missing}: Spotify has no playlist" in result.stderr
    assert f"{throttled}: Spotify asks us to wait 24 h" in result.stderr
    report = crawled(spotrec, *links, code=3)
    assert [source["is_complete"] for source in report["sources"]] == [n not in (2, 5, 7) for n in range(10)]
    assert [source["with_audio"] for source in report["sources"]] == [0 if n in (2, 5, 7) else 20 for n in range(10)]


def test_a_playlist_of_ten_thousand_survives_kill_9_in_memory_that_does_not_grow(
    spotify: FakeSpotify, deezer: FakeDeezer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPOTREC_SPOTIFY_LIMIT", "10000/1")
    monkeypatch.setenv("SPOTREC_DEEZER_LIMIT", "10000/1")
    monkeypatch.setenv("SPOTIFY_TOKEN", "anybody")
    small = playlist(spotify, deezer, range(1000), of=1)
    large = playlist(spotify, deezer, range(1000, 11_000), of=2)
    small_mb, _ = peak_mb("crawl", small)
    before = len(deezer.requests)

    killed = process("crawl", large)
    wait_until(lambda: deezer.asked("/preview") >= 1000 + 3000 or killed.poll() is not None)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL
    large_mb, said = peak_mb("crawl", large)
    assert "10000 tracks seen" in said
    assert "10000 with audio" in said

    lookups = Counter(path for path in deezer.requests[before:] if path.startswith("/track/isrc"))
    assert len(lookups) == 10_000
    in_the_air = 64  # at most this many were asked for, and not yet stored, when the kill came
    assert sum(n - 1 for n in lookups.values()) <= in_the_air
    assert large_mb < 1.1 * small_mb


def test_ctrl_c_stops_within_two_seconds_and_says_how_to_go_on(
    spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    """Deezer answers ten tracks and then never again; Spotify hangs on its second page."""
    link = playlist(spotify, deezer, range(60))
    never = threading.Event()
    lookups, pages = itertools.count(1), itertools.count(1)
    try:
        deezer.before = lambda path: "isrc" in path and next(lookups) > 10 and never.wait(PATIENCE_S)
        spotify.before = lambda path: path.endswith("/items") and next(pages) > 1 and never.wait(PATIENCE_S)
        run = process("crawl", link)
        database = home / "data" / "spotrec.db"
        wait_until(lambda: stored(database) == 10)
        run.send_signal(signal.SIGINT)
        asked_to_stop = time.monotonic()
        _, said = run.communicate(timeout=PATIENCE_S)
        took_s = time.monotonic() - asked_to_stop
    finally:
        never.set()
    assert run.returncode == 130
    assert took_s < 2
    assert f"to continue: spotrec crawl {link}" in said
    assert "Traceback" not in said
    assert stored(database) == 10


def test_a_dry_run_says_what_would_be_fetched_and_from_where_and_stores_nothing(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, itunes: FakeItunes, home: Path
) -> None:
    link = playlist(spotify, deezer, range(3))
    spotify.playlists[link[-22:]]["entries"] += [spotify.add_track(3), spotify.add_track(4, artists=[]), None]
    result = spotrec("crawl", link, "--dry-run")
    assert "3 to fetch first from deezer, by ISRC" in result.stdout
    assert "1 to fetch first from deezer, by name" in result.stdout
    assert "1 to fetch later: every provider has answered, or cannot be queried" in result.stdout
    assert deezer.requests == itunes.requests == []
    assert not (home / "data" / "spotrec.db").exists()
    assert not (home / "data" / "audio").exists()
    crawled(spotrec, link, code=3)
    plan = json.loads(spotrec("crawl", link, "--dry-run", "--json").stdout)
    assert [source["with_audio"] for source in plan["sources"]] == [3]
    assert [one["provider"] for one in plan["tracks"]] == ["", ""], "who has answered is not asked again yet"


def test_the_report_counts_per_source_and_names_every_track_without_audio(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, music: Path
) -> None:
    link = playlist(spotify, deezer, range(2))
    spotify.playlists[link[-22:]]["entries"] += [spotify.add_track(n) for n in range(100, 130)]
    result = spotrec("crawl", link, music, code=3)
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["List", "5000", f"({link})", "32", "32", "2", "30", "0"] in lines
    assert [music.name, f"({music})", "12", "12", "12", "0", "0"] in lines
    assert all(f"Song {n}" in result.stdout for n in range(100, 130))
    assert "30 without audio:" in result.stdout


def process(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "spotrec", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def peak_mb(*arguments: str) -> tuple[float, str]:
    """The most memory that a command needed, and what it said on stdout."""
    run = process(*arguments)
    assert run.stdout
    said = run.stdout.read()
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    assert run.returncode == 0, said
    return usage.ru_maxrss / 1024, said


def stored(database: Path) -> int:
    if not database.is_file():
        return 0
    with FeatureStore(database, create=False) as store:
        return len(store.rows("select 1 from audio"))
