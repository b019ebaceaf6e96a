"""kill -9 at random moments, then the same command again, ends as an undisturbed run does."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import Recommender
from spotrec.store import FeatureStore
from support.browser import sign_in
from support.catalogue import hear, scattered, songs
from support.music import encoded, tune, write_tagged
from support.servers import FakeDeezer, FakeSpotify
from support.spotify_accounts import FakeAccounts
from support.waiting import wait_until

SEED = int(os.environ.get("SPOTREC_TEST_KILL_SEED", str(time.time_ns() % 100_000)))
PARTLY_HEARD = "select count(*) from (select 1 from embedding group by track_id having count(*) <> {})"
WITHOUT_KEYS = "select name from taste where not exists (select 1 from taste_key where taste_id = taste.id)"
TABLES = ("track", "track_alias", "collection", "collection_track", "preview_outcome", "audio", "embedding", "failure")


def contents(data: Path) -> dict[str, Any]:
    """All that a run leaves behind, without the times at which it did."""
    found: dict[str, Any] = {}
    with FeatureStore(data / "spotrec.db", create=False) as store:
        assert store.integrity_faults() == []
        for table in TABLES:
            rows = store.rows(f"select * from {table}")
            names = [name for name in (rows[0].keys() if rows else ()) if not name.endswith("_at")]
            found[table] = sorted(str([row[name] for name in names]).replace(str(data), "DATA") for row in rows)
    found["cache"] = sorted(p.name for p in (data / "audio").glob("*") if not p.name.startswith(".part-"))
    found["index"] = sorted(
        (str(p.relative_to(data)), p.read_bytes())
        for p in (data / "index").rglob("*")
        if p.is_file() and p.name != "manifest.json"  # it holds modification times
    )
    return found


def has_at_least(data: Path, table: str, wanted: int) -> Callable[[], bool]:
    return lambda: count(data, f"select count(*) from {table}") >= wanted


def builds_aside(data: Path) -> Callable[[], bool]:
    """Whether an index is being built that is not one that was killed before."""
    killed_before = set(data.glob("index/*/.aside-*"))
    return lambda: any(folder not in killed_before for folder in data.glob("index/*/.aside-*"))


def count(data: Path, sql: str) -> int:
    """A look from outside at how far a run is; 0 where there is no store yet."""
    try:
        with sqlite3.connect(f"file:{data / 'spotrec.db'}?mode=ro", uri=True, timeout=1) as db:
            return int(db.execute(sql).fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def start(data: Path, *arguments: object) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "SPOTREC_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "spotrec", *map(str, arguments)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(data: Path, *arguments: object) -> None:
    process = start(data, *arguments)
    _, said = process.communicate(timeout=180)
    assert process.returncode == 0, said.decode()


def spread(chance: random.Random, low: float, high: float, n: int) -> list[float]:
    """Random numbers, one from each of `n` equal parts of a range: no part goes without a kill."""
    step = (high - low) / n
    return [low + step * (i + chance.random()) for i in range(n)]


def kill_when(process: subprocess.Popen[bytes], moment: Callable[[], bool], pause_s: float) -> bool:
    """Kill the process a little after the moment came; whether it still ran."""
    wait_until(lambda: process.poll() is not None or moment(), every_s=0.002)
    time.sleep(pause_s)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return alive


def undisturbed_and_killed(tmp_path: Path, before: Path | None, run: Callable[[Path, bool], None]) -> None:
    """Run once in peace and once with kills, each from the same start, and compare what is left."""
    folders = [tmp_path / "undisturbed", tmp_path / "killed"]
    for folder, disturbed in zip(folders, (False, True), strict=True):
        if before:
            shutil.copytree(before, folder)
        run(folder, disturbed)
    expected, found = map(contents, folders)
    for part, value in expected.items():
        assert found[part] == value, f"{part} differs (SPOTREC_TEST_KILL_SEED={SEED})"


def test_a_killed_crawl_goes_on(tmp_path: Path, spotify: FakeSpotify, deezer: FakeDeezer) -> None:
    n_tracks, chance = 36, random.Random(SEED)
    preview = encoded(tune(1, seconds=3))
    ids = []
    for n in range(n_tracks):
        deezer.previews[f"GBAYE{n:07d}"] = preview
        ids.append(spotify.add_track(n, isrc=f"GBAYE{n:07d}"))
    link = f"spotify:playlist:{spotify.add_playlist(5000, ids)}"
    asked: list[str] = []

    def run(data: Path, disturbed: bool) -> None:
        kills = list(map(int, spread(chance, 0, n_tracks, 3))) if disturbed else []
        before = len(deezer.requests)
        for wanted in kills:
            process = start(data, "crawl", link)
            kill_when(process, has_at_least(data, "audio", wanted), chance.uniform(0, 0.05))
        finish(data, "crawl", link)
        asked.extend(deezer.requests[before:])
        if disturbed:
            # what was in the air when the kill came is asked for again, what was stored is not
            lookups = sum(path.startswith("/track/isrc") for path in deezer.requests[before:])
            assert lookups <= n_tracks + len(kills) * 16

    undisturbed_and_killed(tmp_path, None, run)


def test_a_killed_extraction_goes_on(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two networks, which is more than with one: what is stored of a clip is stored of both."""
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    monkeypatch.setenv("SPOTREC_MODEL", "choi-1,choi-2")
    n_models = 2
    chance = random.Random(SEED + 1)
    before, n_tracks = tmp_path / "before", 32
    for i in range(n_tracks):
        write_tagged(tmp_path / "music" / f"{i}.flac", tune(i, seconds=3.2), title=f"Tune {i}")
    finish(before, "crawl", tmp_path / "music")

    def run(data: Path, disturbed: bool) -> None:
        for wanted in map(int, spread(chance, 0, n_tracks, 2)) if disturbed else []:
            process = start(data, "extract")
            kill_when(process, has_at_least(data, "embedding", n_models * wanted), chance.uniform(0, 0.3))
            assert not count(data, PARTLY_HEARD.format(n_models)), "one network without the other"
        finish(data, "extract")

    undisturbed_and_killed(tmp_path, before, run)


def test_a_killed_build_leaves_the_index_before_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(SEED + 2)
    before = tmp_path / "before"
    tracks = songs(12_000)
    vectors = scattered(len(tracks), SEED)
    with FeatureStore(before / "spotrec.db") as store:
        store.tracks.add(tracks)
        hear(store, tracks[:11_500], vectors[:11_500])
    finish(before, "index")
    with FeatureStore(before / "spotrec.db") as store:
        hear(store, tracks[11_500:], vectors[11_500:])

    def run(data: Path, disturbed: bool) -> None:
        killed = 0
        # the earliest first: once a build went through, there is nothing left to kill
        for pause_s in [0.0, *spread(chance, 0, 0.4, 4)] if disturbed else []:
            process = start(data, "index")
            killed += kill_when(process, builds_aside(data), pause_s)
            with Recommender(data_dir=data) as recommender:  # whatever was killed, there is a whole index
                assert recommender.query(tracks[0].id).results
        if disturbed:
            assert killed, "every kill came too late to be one"
        finish(data, "index")
        assert not list(data.rglob(".aside-*"))

    undisturbed_and_killed(tmp_path, before, run)


def test_a_killed_refresh_writes_each_list_whole_and_makes_no_second_playlist(
    tmp_path: Path, accounts: FakeAccounts
) -> None:
    n_files, n_tracks, chance = 12, 130, random.Random(SEED + 3)
    before, tracks = tmp_path / "before", songs(400)
    accounts.tracks |= {track.id.removeprefix("spotify:track:"): {} for track in tracks}
    with FeatureStore(before / "spotrec.db") as store:
        store.tracks.add(tracks)
        hear(store, tracks, scattered(len(tracks)))
    finish(before, "index")
    sign_in(data_dir=before)
    left: list[Any] = []

    def run(data: Path, disturbed: bool) -> None:
        accounts.playlists.clear()
        with Recommender(data_dir=data) as recommender:
            for i in range(n_files):
                recommender.new_station(f"f{i}", tracks[i].id, n=n_tracks, to=str(data / f"f{i}.m3u8"))
            for i in range(2):
                recommender.new_station(f"s{i}", tracks[i].id, n=n_tracks, to="spotify")
        killed = 0
        for share in spread(chance, 0, 1, 4) if disturbed else []:
            process = start(data, "station", "refresh")
            wanted = int(share * (n_files + 2) * n_tracks)
            killed += kill_when(process, has_at_least(data, "heard", wanted), chance.uniform(0, 0.05))
            for file in data.glob("*.m3u8"):
                assert file.read_text().count("#EXTINF") == n_tracks, "a list is whole, or it is not there"
        assert killed or not disturbed, "every kill came too late to be one"
        finish(data, "station", "refresh")
        with FeatureStore(data / "spotrec.db") as store:
            assert store.integrity_faults() == []
            heard = sorted(tuple(row) for row in store.rows("select track_id, place from heard"))
            written = [(one.name, one.n_written) for one in store.stations.all()]
        playlists = sorted((one["name"], one["entries"]) for one in accounts.own_playlists())
        files = sorted((file.name, file.read_text()) for file in data.glob("*.m3u8"))
        left.append((heard, written, playlists, files))

    for name, disturbed in (("undisturbed", False), ("killed", True)):
        shutil.copytree(before, tmp_path / name)
        run(tmp_path / name, disturbed)
    assert len(left[0][2]) == 2
    assert left[1] == left[0], f"SPOTREC_TEST_KILL_SEED={SEED}"


def test_a_killed_like_halves_nothing_and_goes_on(tmp_path: Path) -> None:
    chance = random.Random(SEED + 3)
    before, n_tracks = tmp_path / "before", 3_000
    tracks = songs(n_tracks)
    with FeatureStore(before / "spotrec.db") as store:
        store.tracks.add(tracks)
    liked = tmp_path / "liked.txt"
    liked.write_text("\n".join(track.id for track in tracks), encoding="utf-8")

    def opinions(data: Path) -> list[tuple[str, ...]]:
        with FeatureStore(data / "spotrec.db", create=False) as store:
            assert store.integrity_faults() == []
            assert store.rows(WITHOUT_KEYS) == [], "a like without its keys"
            rows = store.rows("select verb, name, key from taste join taste_key on id = taste_id")
            return sorted(tuple(row) for row in rows)

    folders = [tmp_path / "undisturbed", tmp_path / "killed"]
    for folder in folders:
        shutil.copytree(before, folder)
    finish(folders[0], "like", "--from", liked)
    noted = 0
    for wanted in map(int, spread(chance, 0, n_tracks - 500, 4)):
        process = start(folders[1], "like", "--from", liked)
        kill_when(process, has_at_least(folders[1], "taste", wanted), chance.uniform(0, 0.02))
        now = len(opinions(folders[1]))
        assert now >= noted, "a like was lost"
        noted = now
    assert noted > 0, "every kill came too early to be one"
    finish(folders[1], "like", "--from", liked)
    assert opinions(folders[0]) == opinions(folders[1]), f"SPOTREC_TEST_KILL_SEED={SEED}"


@pytest.mark.parametrize("stage", ["crawl", "extract"])
def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(
    stage: str, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    n_files = 200 if stage == "crawl" else 80
    sound = tune(1, seconds=3.2)
    (tmp_path / "music").mkdir()
    for i in range(n_files):
        (tmp_path / "music" / f"{i}.wav").write_bytes(encoded(np.roll(sound, 100 * i), "WAV"))
    data = tmp_path / "data"
    if stage == "extract":
        finish(data, "crawl", tmp_path / "music")
    table = "audio" if stage == "crawl" else "embedding"
    process = start(data, stage, *([tmp_path / "music"] if stage == "crawl" else []))
    ten_are_done = has_at_least(data, table, 10)
    wait_until(lambda: process.poll() is not None or ten_are_done(), every_s=0.002)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    done = count(data, f"select count(*) from {table}")
    assert process.returncode == 130, said.decode()
    assert f"to continue: spotrec {stage}".encode() in said
    assert b"Traceback" not in said
    assert 10 <= done < n_files


def test_a_killed_add_goes_on(tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it crawls, while it extracts, and while it builds the index: the same command does the rest."""
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    n_files, chance = 24, random.Random(SEED)
    for i in range(n_files):
        write_tagged(
            tmp_path / "music" / f"{i:02}.flac", tune(i, seconds=3.2), artist=f"Band {i % 5}", title=f"Tune {i}"
        )

    def run(data: Path, disturbed: bool) -> None:
        killed = 0
        moments = (
            has_at_least(data, "audio", chance.randrange(1, n_files // 2)),
            has_at_least(data, "embedding", chance.randrange(1, n_files - 8)),
            builds_aside(data),
        )
        for moment in moments if disturbed else ():
            process = start(data, "add", tmp_path / "music", "--model", "choi")
            killed += kill_when(process, moment, chance.uniform(0, 0.05))
        if disturbed:
            assert killed, "every kill came too late to be one"
        finish(data, "add", tmp_path / "music", "--model", "choi")

    undisturbed_and_killed(tmp_path, None, run)
