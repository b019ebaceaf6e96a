"""A crawl that is throttled, broken or starved in the middle ends, and ends well."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.audio.cache import AudioCaches
from spotrec.crawl.crawl import Crawler
from spotrec.crawl.previews.chain import PreviewChain
from spotrec.crawl.report import CrawlReport
from spotrec.crawl.sources import ListedTrack, Listing, NamedSource
from spotrec.errors import CacheError, DiskFull, ServiceUnavailable, SpotrecError
from spotrec.progress import Silent
from spotrec.settings import resolve
from spotrec.store import FeatureStore
from spotrec.track import Ears, Outcome, Preview, PreviewOutcome, Track, TrackId
from support.catalogue import CHOI
from support.music import encoded, tune
from support.servers import Answer, FakeDeezer, FakeItunes, FakeSpotify, LoopbackServer, serving
from support.waiting import wait_until

Run = Callable[..., Any]
PREVIEW = encoded(tune(1, seconds=1))
SEED = int(os.environ.get("SPOTREC_TEST_KILL_SEED", str(time.time_ns() % 100_000)))
QUOTA = Answer({"error": {"type": "Exception", "message": "Quota limit exceeded", "code": 4}})


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


@pytest.mark.parametrize("throttled", ["/track/isrc", "/preview"])
def test_a_second_of_throttling_in_the_middle_of_two_hundred_tracks_costs_none_of_them(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, throttled: str
) -> None:
    link = playlist(spotify, deezer, range(200))
    wait = Answer("", 429, {"Retry-After": "1"})
    deezer.faults[throttled] = [*[None] * 80, *[wait] * 5, *[None] * 40, wait, None]
    report = crawled(spotrec, link)
    assert (report["fetched"], report["providers"]) == (200, {"deezer": {"found": 200}})


def test_deezers_own_way_of_throttling_costs_no_track_either(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    link = playlist(spotify, deezer, range(60))
    deezer.faults["/track/isrc"] = [*[None] * 20, QUOTA, None]
    assert crawled(spotrec, link)["providers"] == {"deezer": {"found": 60}}
    times = sorted(t for t, path in deezer.arrivals if path.startswith("/track"))
    assert max(b - a for a, b in itertools.pairwise(times)) > 4, "all who ask leave it in peace"


def test_limits_of_one_starve_nobody(
    spotrec: Run,
    spotify: FakeSpotify,
    deezer: FakeDeezer,
    itunes: FakeItunes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for service in ("SPOTIFY", "DEEZER", "ITUNES"):
        monkeypatch.setenv(f"SPOTREC_{service}_LIMIT", "1/0.01")
    monkeypatch.setenv("SPOTREC_CONNECTIONS_PER_HOST", "1")
    link = playlist(spotify, deezer, range(60))
    for n in range(60, 120):
        spotify.playlists[link[-22:]]["entries"].append(spotify.add_track(n, isrc=isrc(n)))
    report = crawled(spotrec, link, code=3)
    assert (report["seen"], report["fetched"]) == (120, 60)
    assert report["providers"]["itunes"] == {"absent": 60}


def test_a_preview_host_that_dies_in_the_middle_stops_no_other_and_is_soon_left_alone(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        return Answer(PREVIEW) if len(scdn.requests) <= 20 else Answer("", 500)

    with serving(LoopbackServer(answer)) as scdn:
        monkeypatch.setenv("SPOTREC_PREVIEW_HOSTS", f"127.0.0.1:{scdn.port},127.0.0.1:{deezer.port}")
        link = playlist(spotify, deezer, range(100))
        for track in spotify.tracks.values():
            track["preview_url"] = f"{scdn.url}/mp3-preview/{track['id']}"
        report = crawled(spotrec, link)
        assert report["fetched"] == 100
        n_found = report["providers"]["spotify"]["found"]
        assert report["providers"]["deezer"] == {"found": 100 - n_found}
        assert len(scdn.requests) < 60


def test_without_any_provider_tracks_are_listed_and_the_lack_is_told(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTREC_PROVIDERS")
    (home / "none.toml").write_text("providers = []")
    link = playlist(spotify, deezer, range(60))
    report = crawled(spotrec, link, "--config", home / "none.toml", code=3)
    assert report["seen"] == 60
    assert {missing["reason"] for missing in report["missing"]} == {"no provider is set"}
    assert deezer.requests == []


def test_a_track_in_three_lists_and_a_list_given_twice_are_asked_for_once(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    lists = [playlist(spotify, deezer, range(30), of=5000 + i) for i in range(3)]
    spotify.playlists[lists[0][-22:]]["entries"] *= 2
    report = crawled(spotrec, *lists, lists[0], f"spotify:track:{spotify.add_track(1, isrc=isrc(1))}")
    assert (report["fetched"], report["with_audio"], report["new"]) == (30, 30, 30)
    assert [source["with_audio"] for source in report["sources"]] == [30, 30, 30, 30, 1]
    assert deezer.asked("/track/isrc") == deezer.asked("/preview") == 30


def test_a_wait_of_another_run_is_kept_to_and_then_over(spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    link = playlist(spotify, deezer, range(5))
    deezer.faults["/track"] = [Answer("", 429, {"Retry-After": "4"})]
    crawled(spotrec, link, "--max-wait", 1, code=3)
    throttled_at = time.monotonic()
    deezer.faults.clear()
    asked = len(deezer.requests)
    crawled(spotrec, link, code=3)
    crawled(spotrec, "--retry", code=3)
    assert time.monotonic() - throttled_at < 4, "too slow a machine for this test"
    assert len(deezer.requests) == asked
    time.sleep(max(0.0, throttled_at + 4.5 - time.monotonic()))
    assert crawled(spotrec, link)["fetched"] == 5


class Faulty:
    """A provider and a source of somebody else's that go wrong after a while."""

    name = "faulty"

    def __init__(self, mistake: Exception, *, find_after: int = 10_000, list_after: int = 10_000) -> None:
        self._mistake = mistake
        self._find_after = itertools.count(-find_after)
        self._list_after = list_after

    def plan(self, track: Track) -> str | None:
        return "its way"

    def find(self, track: Track) -> PreviewOutcome:
        if next(self._find_after) >= 0:
            raise self._mistake
        return PreviewOutcome(self.name, Outcome.FOUND, preview=Preview(self.name, "https://its.example/x"))

    def fetch(self, preview: Preview) -> bytes:
        return PREVIEW

    def listings(self) -> Iterator[Listing]:
        for piece in range(30):
            if piece == self._list_after:
                raise self._mistake
            ids = [TrackId(f"spotify:track:{piece:04d}{i:018d}") for i in range(10)]
            yield Listing([ListedTrack(Track(id_, "Song")) for id_ in ids])


def crawl(home: Path, faulty: Faulty) -> CrawlReport:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        crawler = Crawler(
            store=store,
            caches=AudioCaches(resolve()),
            chain=PreviewChain([faulty]),
            ears=Ears.of(CHOI),
            progress=Silent(),
            at_once=2,
        )
        return crawler.crawl([NamedSource("its list", lambda: faulty)])


@pytest.mark.parametrize("where", ["find_after", "list_after"])
@pytest.mark.parametrize(
    "mistake", [ZeroDivisionError("a mistake"), MemoryError(), CacheError("gone"), DiskFull("full")]
)
def test_a_mistake_in_a_thread_is_raised_where_people_see_it_and_what_came_is_kept(
    home: Path, where: str, mistake: Exception
) -> None:
    if where == "list_after" and isinstance(mistake, SpotrecError):
        pytest.skip("a cache is not asked while listing")
    with pytest.raises(type(mistake)):
        crawl(home, Faulty(mistake, **{where: 12}))
    assert threads_left() == [], "nobody waits for room that never comes"
    with FeatureStore(home / "data" / "spotrec.db") as store:
        assert store.counts(Ears.of(CHOI)).tracks > 0
    report = crawl(home, Faulty(mistake))
    assert (report.seen, report.with_audio) == (300, 300)


def test_a_source_that_breaks_in_the_middle_is_reported(home: Path) -> None:
    report = crawl(home, Faulty(ServiceUnavailable("its server has gone", "wait"), list_after=12))
    assert (report.seen, report.with_audio, report.exit_code) == (120, 120, 3)
    (failed,) = report.failed_sources
    assert failed.error.message == "its server has gone"


def test_no_thread_outlives_its_crawl(music: Path, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    link = playlist(spotify, deezer, range(20))
    for n in range(8):
        with Recommender() as recommender:
            report = recommender.crawl(link, str(music), str(music / "gone.m3u"), f"spotify:track:{n:022d}")
        assert report.with_audio == 32
        assert threads_left() == []


def test_a_full_disk_under_a_crawl_is_told_and_what_came_is_kept(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, home: Path
) -> None:
    link = playlist(spotify, deezer, range(200))
    large = encoded(tune(1, seconds=90), "WAV")
    deezer.previews |= {isrc(n): large for n in range(50, 200)}
    limited = ["bash", "-c", 'ulimit -f 3000; exec "$@"', "-", sys.executable, "-m", "spotrec", "crawl", link]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    assert "no room in the audio cache" in done.stderr
    assert "Traceback" not in done.stderr
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        kept = store.counts(Ears.of(CHOI)).with_audio
    assert kept > 20
    assert not list((home / "data" / "audio").glob(".part-*"))
    assert crawled(spotrec, link)["fetched"] == 200 - kept


def test_ctrl_c_at_any_moment_of_a_crawl_ends_it_at_once_and_costs_nothing(
    spotify: FakeSpotify, deezer: FakeDeezer, spotrec: Run
) -> None:
    link = playlist(spotify, deezer, range(150))
    chance = random.Random(SEED)
    command = [sys.executable, "-m", "spotrec", "crawl", link]
    for _ in range(10):
        asked = len(spotify.requests)
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: len(spotify.requests) > asked or run.poll() is not None, every_s=0.002)  # noqa: B023 - called here
        time.sleep(chance.uniform(0, 0.8))
        run.send_signal(signal.SIGINT)
        told_at = time.monotonic()
        result, said = run.communicate(timeout=30)
        where = f"SPOTREC_TEST_KILL_SEED={SEED}: {said}"
        assert time.monotonic() - told_at < 15, where  # it waits for no answer; a busy machine takes its time
        # what comes after the last line of the report only ends the process
        assert run.returncode in (130, 0, -signal.SIGINT if "with audio" in result else 0), where
        assert "Traceback" not in said, where
        assert "Exception ignored" not in said, where
    report = crawled(spotrec, link)
    assert (report["seen"], report["with_audio"], report["missing"]) == (150, 150, [])


def threads_left() -> list[str]:
    """The threads of spotrec and its libraries that are still there, given a moment to end."""
    ours = ("list-", "file-", "spotify-", "deezer-", "faulty-", "Pyrate")

    def left() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith(ours)]

    with suppress(AssertionError):  # who is left is named by the test
        wait_until(lambda: not left(), within_s=5)
    return left()
