"""Crawl, extraction and index in one command, and what follows sources from then on."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from spotrec import AddReport, Recommender, SpotrecError
from spotrec.store import FeatureStore
from support.music import tune, write_tagged
from support.servers import FakeSpotify
from support.waiting import wait_until

Run = Callable[..., Any]

LONG_S = 300
"""The machine may be busy; what is waited for takes seconds."""


@pytest.fixture(autouse=True)
def network(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of four tunes that a test may change."""
    for i in range(4):
        write_tagged(tmp_path / "music" / f"tune-{i}.flac", tune(i), artist=f"Band {i % 2}", title=f"Tune {i}")
    return tmp_path / "music"


def test_from_a_folder_to_a_recommendation_in_two_commands(spotrec: Run, folder: Path) -> None:
    added = spotrec("add", folder)
    assert "4 tracks seen, 4 new, 4 with audio" in added.stdout
    assert "4 tracks heard by choi-2" in added.stdout
    assert "4 tracks indexed" in added.stdout
    *_, last = added.stdout.strip().splitlines()
    assert last.startswith('next: spotrec query "Tune ')
    query = spotrec(*shlex.split(last.removeprefix("next: spotrec ")), "--ids")
    assert len(query.stdout.split()) == 3
    again = json.loads(spotrec("add", folder, "--json").stdout)
    assert (again["crawl"]["new"], again["extraction"]["extracted"], again["index"]["n_tracks"]) == (0, 0, 4)
    assert again["example"].startswith("Tune ")


def test_the_next_command_works_on_the_same_store(spotrec: Run, folder: Path, tmp_path: Path) -> None:
    added = spotrec("add", folder, "--store", tmp_path / "my music.db", "--index-dir", tmp_path / "index")
    words = shlex.split(added.stdout.strip().splitlines()[-1].removeprefix("next: spotrec "))
    assert len(spotrec(*words, "--ids").stdout.split()) == 3


def test_the_name_to_ask_for_is_one_that_a_query_understands(spotrec: Run, tmp_path: Path, home: Path) -> None:
    """The same three tunes under other and other titles: they are heard once."""
    names = ('Say "so" $HOME `id`', "-rf", "O'Clock!", "artist:nobody", "https://example.org/x", "  ", "\u202eevil")
    for title in names:
        for i in range(3):
            write_tagged(tmp_path / "m" / f"{i}.flac", tune(i), artist=f"Band {i}", title=f"{title}{i}")
        last = spotrec("add", tmp_path / "m").stdout.strip().splitlines()[-1]
        assert titles(home) == {f"{title}{i}".strip(" \u202e") for i in range(3)}
        assert last.startswith("next: spotrec query "), title
        (query, seed) = shlex.split(last.removeprefix("next: spotrec "))
        assert spotrec(query, "--ids", "--", seed).stdout.split(), title


def test_several_sources_at_once_and_one_that_fails(spotrec: Run, folder: Path, spotify: FakeSpotify) -> None:
    ids = [spotify.add_track(n, isrc=f"GBAYE{n:07d}") for n in range(2)]
    link = f"spotify:playlist:{spotify.add_playlist(1, ids)}"
    (folder / "broken.mp3").write_bytes(b"no audio at all" * 100)
    done = spotrec("add", folder, link, folder / "nowhere", code=3)
    assert "2 without audio" in done.stdout
    assert "broken.mp3: not audio" in done.stdout
    assert "nowhere" in done.stderr
    assert "4 tracks indexed" in done.stdout


def test_a_track_that_cannot_be_heard_is_told_at_the_end(spotrec: Run, folder: Path) -> None:
    write_tagged(folder / "short.flac", tune(9, seconds=0.4), title="Too short")
    done = spotrec("add", folder, code=3)
    assert "1 failed" in done.stdout
    assert "too short" in done.stdout
    assert done.stdout.strip().splitlines()[-1].startswith("next: spotrec query")


def test_a_folder_of_which_nothing_can_be_heard(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "broken.mp3").write_bytes(b"no audio at all" * 100)
    done = spotrec("add", tmp_path / "m", code=3)
    assert "broken.mp3: not audio" in done.stdout
    assert "`spotrec status` says what is missing" in done.stderr
    assert json.loads(spotrec("add", tmp_path / "m", "--json", code=3).stdout)["index"] is None


def test_a_source_that_does_not_exist(spotrec: Run, tmp_path: Path) -> None:
    assert str(tmp_path / "nowhere") in spotrec("add", tmp_path / "nowhere", code=5).stderr
    assert "spotrec add ~/Music" in spotrec("add", code=2).stderr


def test_sources_that_all_fail_build_nothing(spotrec: Run, folder: Path, tmp_path: Path) -> None:
    spotrec("add", folder)
    report = json.loads(spotrec("add", tmp_path / "nowhere", tmp_path / "nothing", "--json", code=5).stdout)
    assert (report["extraction"], report["index"]) == (None, None)
    assert len(report["crawl"]["failed_sources"]) == 2
    assert "there is no file or folder" in spotrec("add", tmp_path / "nowhere", code=5).stderr


def test_without_weights_nothing_is_crawled(
    spotrec: Run, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPOTREC_WEIGHTS")
    done = spotrec("add", folder, code=None)
    assert done.exit_code
    assert "cannot be downloaded" in done.stderr
    assert not (home / "data" / "spotrec.db").exists()


def test_one_progress_display_names_the_step(spotrec_process: Run, folder: Path) -> None:
    quiet = spotrec_process("add", folder, "--no-progress")
    assert not quiet.stderr


# -- following ---------------------------------------------------------------------------------------------------------


@contextmanager
def following(
    *arguments: object, end: signal.Signals = signal.SIGTERM, lines: list[str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """`spotrec add --watch` in a process of its own, which ends in order; `lines` gets what it said."""
    command = [sys.executable, "-m", "spotrec", "add", "--watch", *map(str, arguments)]
    process = subprocess.Popen(
        command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process
        assert process.poll() is None, process.communicate()[0]
        process.send_signal(end)
        said, _ = process.communicate(timeout=LONG_S)
        assert process.returncode == 0, said
        assert "Traceback" not in said
        if lines is not None:
            lines += said.splitlines()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@contextmanager
def followed(home: Path, *sources: Path, every_s: float = 900) -> Iterator[list[AddReport]]:
    """The same in a thread, where TensorFlow runs already: the reports so far."""
    stop, reports = threading.Event(), list[AddReport]()

    def follow() -> None:
        with Recommender(data_dir=home / "data") as recommender:
            for report in recommender.watch(*map(str, sources), every_s=every_s, stop=stop):
                reports.append(report)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield reports
        assert thread.is_alive()
    finally:
        stop.set()
        thread.join(LONG_S)
    assert not thread.is_alive()


def titles(home: Path) -> set[str]:
    """What the catalogue can recommend now."""
    try:
        with Recommender(data_dir=home / "data") as recommender:
            return {record.track.title for record in recommender.tracks() if record.state == "heard"}
    except SpotrecError:  # there is no store yet
        return set()


def recommended(seed: Path, home: Path) -> set[str]:
    with Recommender(data_dir=home / "data") as recommender:
        return {one.track.title for one in recommender.query(str(seed), n=20).results}


def test_a_dropped_file_is_recommended_and_a_deleted_one_is_not(folder: Path, tmp_path: Path, home: Path) -> None:
    new = write_tagged(tmp_path / "aside" / "new.flac", tune(7), artist="Band 7", title="Tune 7")
    with following(folder, end=signal.SIGTERM):
        wait_until(lambda: len(titles(home)) == 4, within_s=LONG_S, every_s=0.5)
        shutil.copy(new, folder / "new.flac")
        wait_until(lambda: "Tune 7" in titles(home), within_s=LONG_S, every_s=0.5)
        assert "Tune 7" in recommended(folder / "tune-0.flac", home)
        (folder / "tune-3.flac").unlink()
        (folder / "below").mkdir()
        (folder / "new.flac").rename(folder / "below" / "moved.flac")
        wait_until(lambda: "Tune 3" not in titles(home), within_s=LONG_S, every_s=0.5)
        assert titles(home) == {"Tune 0", "Tune 1", "Tune 2", "Tune 7"}


def test_a_file_that_is_still_written_is_waited_for(folder: Path, tmp_path: Path, home: Path) -> None:
    whole = write_tagged(tmp_path / "aside" / "new.flac", tune(7, seconds=8), title="Tune 7").read_bytes()
    with followed(home, folder):
        wait_until(lambda: len(titles(home)) == 4, within_s=LONG_S, every_s=0.5)
        with (folder / "slow.flac").open("wb") as file:
            for start in range(0, len(whole), len(whole) // 12 + 1):
                file.write(whole[start : start + len(whole) // 12 + 1])
                file.flush()
                with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
                    assert not store.failures.get()
                time.sleep(0.7)
        wait_until(lambda: "Tune 7" in titles(home), within_s=LONG_S, every_s=0.5)
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        assert not store.failures.get()


def test_a_folder_that_goes_away_loses_nothing_and_is_followed_when_it_is_back(
    folder: Path, tmp_path: Path, home: Path
) -> None:
    with followed(home, folder, every_s=1) as reports:
        wait_until(lambda: len(titles(home)) == 4, within_s=LONG_S, every_s=0.5)
        folder.rename(tmp_path / "unplugged")
        write_tagged(tmp_path / "unplugged" / "new.flac", tune(7), title="Tune 7")
        wait_until(lambda: any(report.crawl.failed_sources for report in reports), within_s=LONG_S, every_s=0.1)
        assert len(titles(home)) == 4
        (tmp_path / "unplugged").rename(folder)
        wait_until(lambda: "Tune 7" in titles(home), within_s=LONG_S, every_s=0.5)
        assert len(titles(home)) == 5


def test_all_that_was_crawled_is_followed_without_a_source(
    spotrec: Run, folder: Path, tmp_path: Path, home: Path
) -> None:
    (tmp_path / "mix.m3u8").write_text(f"{folder}/tune-0.flac\n{folder}/tune-1.flac\n")
    spotrec("crawl", tmp_path / "mix.m3u8")
    with following("--every", "0.1", end=signal.SIGINT):
        wait_until(lambda: len(titles(home)) == 2, within_s=LONG_S, every_s=0.5)
        (tmp_path / "mix.m3u8").write_text(f"{folder}/tune-0.flac\n{folder}/tune-1.flac\n{folder}/tune-2.flac\n")
        wait_until(lambda: "Tune 2" in titles(home), within_s=LONG_S, every_s=0.5)


def test_what_cannot_be_read_is_told_once(folder: Path, tmp_path: Path, home: Path) -> None:
    new = write_tagged(tmp_path / "aside" / "new.flac", tune(7), artist="Band 7", title="Tune 7")
    (folder / "diary.mp3").write_text("dear diary")
    lines: list[str] = []
    with following(folder, lines=lines):
        wait_until(lambda: len(titles(home)) == 4, within_s=LONG_S, every_s=0.5)
        (folder / "letter.mp3").write_text("dear friend")
        shutil.copy(new, folder / "new.flac")
        wait_until(lambda: "Tune 7" in titles(home), within_s=LONG_S, every_s=0.5)
        (folder / "tune-3.flac").unlink()
        wait_until(lambda: "Tune 3" not in titles(home), within_s=LONG_S, every_s=0.5)
    assert any(line.startswith("5 tracks seen, 4 new") for line in lines)
    assert [line for line in lines if "diary.mp3" in line] == [f"  {folder / 'diary.mp3'}: not audio"]
    assert [line for line in lines if "letter.mp3" in line] == [f"  {folder / 'letter.mp3'}: not audio"]


def test_the_first_file_of_an_empty_folder_is_waited_for(tmp_path: Path, home: Path) -> None:
    new = write_tagged(tmp_path / "aside" / "new.flac", tune(7), artist="Band 7", title="Tune 7")
    empty = tmp_path / "empty"
    empty.mkdir()
    lines: list[str] = []
    with following(empty, "--every", "0.1", lines=lines):
        wait_until(lambda: (home / "data" / "spotrec.db").exists(), within_s=LONG_S, every_s=0.5)
        time.sleep(8)  # some looks at an empty folder
        shutil.copy(new, empty / "new.flac")
        wait_until(lambda: "Tune 7" in titles(home), within_s=LONG_S, every_s=0.5)
    assert len([line for line in lines if "no audio files" in line]) == 1
    assert any("waiting for the first" in line for line in lines)


def test_to_follow_needs_something_to_follow(spotrec: Run, tmp_path: Path) -> None:
    assert "crawl" in spotrec("add", "--watch", code=5).stderr
    assert "nowhere" in spotrec("add", "--watch", tmp_path / "nowhere", code=5).stderr
