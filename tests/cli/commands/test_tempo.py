"""Tempo and key from audio to answers and to tags, through the real commands."""

import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen.flac
import pytest

from spotrec.store import FeatureStore
from support.music import SAMPLE_RATE_HZ, encoded, write_tagged
from support.rhythms import chords
from support.waiting import wait_until

Run = Callable[..., Any]
TRUTH = {"one": (9, False, 100, "Am"), "two": (0, True, 126, "C"), "three": (3, True, 84, "Eb")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files without tempo or key, and a tagged one."""
    folder = tmp_path / "music"
    for title, (tonic, is_major, bpm, _) in TRUTH.items():
        samples = chords(tonic, is_major=is_major, bpm=bpm, seconds=12, rate=SAMPLE_RATE_HZ)
        write_tagged(folder / f"{title}.flac", samples, title=title, artist="Band", comment=f"Żółw {title}")
    samples = chords(5, is_major=False, bpm=92, seconds=12, rate=SAMPLE_RATE_HZ)
    write_tagged(folder / "tagged.flac", samples, title="tagged", artist="Band", bpm="77", initialkey="F#")
    return folder


@pytest.fixture
def heard(folder: Path, spotrec: Run, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    spotrec("crawl", folder)
    spotrec("extract")
    spotrec("index")
    return folder


def rows(spotrec: Run, *arguments: object) -> dict[str, dict[str, Any]]:
    found = json.loads(spotrec("tracks", "--json", *arguments).stdout)
    return {row["title"]: row for row in found}


def written(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("tracks", "--write-tags", "--json", *arguments, code=code).stdout)
    return report


def states(report: dict[str, Any]) -> list[str]:
    return [file["state"] for file in report["files"]]


def test_tracks_say_their_tempo_and_key_and_where_they_are_from(spotrec: Run, heard: Path) -> None:
    found = rows(spotrec)
    for title, (_, _, bpm, key) in TRUTH.items():
        assert found[title]["bpm"] == pytest.approx(bpm, abs=0.3)
        assert (found[title]["musical_key"], found[title]["bpm_source"]) == (key, "heard")
    tagged = found["tagged"]
    assert (tagged["bpm"], tagged["bpm_source"]) == (77, "tags")
    assert (tagged["musical_key"], tagged["musical_key_source"]) == ("F#", "tags")


def test_a_query_says_it_too_and_filters_by_it(spotrec: Run, heard: Path) -> None:
    seed = heard / "two.flac"
    found = json.loads(spotrec("query", seed, "--json").stdout)["results"]
    assert {row["bpm_source"] for row in found} == {"heard", "tags"}
    in_range = json.loads(spotrec("query", seed, "--bpm", "70..110", "--json").stdout)["results"]
    assert {row["title"] for row in in_range} == {"one", "three", "tagged"}
    only_tagged = json.loads(spotrec("query", seed, "--bpm", "tagged 70..110", "--json").stdout)
    assert {row["title"] for row in only_tagged["results"]} == {"tagged"}
    assert only_tagged["unknown"] == {"bpm": 3}
    in_a_minor = json.loads(spotrec("query", seed, "--key", "Am", "--json").stdout)["results"]
    assert [row["title"] for row in in_a_minor] == ["one"]
    assert json.loads(spotrec("query", seed, "--key", "tagged:Am", "--json").stdout)["results"] == []


def test_what_was_extracted_before_is_heard_without_the_networks(
    spotrec: Run, heard: Path, store: FeatureStore
) -> None:
    before = store.rows("select track_id, vector, created_at from embedding order by 1")
    forget(store.path)
    assert rows(spotrec)["one"]["bpm"] is None
    (heard / "three.flac").unlink()
    said = " ".join(spotrec("extract").stderr.split())
    assert "3 tracks have features but no tempo or key: `spotrec extract --tempo` hears them" in said
    assert rows(spotrec)["one"]["bpm"] is None
    said = spotrec("extract", "--tempo", code=3)
    assert "tempo and key heard: 2 tracks, of 2 without the networks" in said.stdout
    assert rows(spotrec)["one"]["musical_key"] == "Am"
    after = store.rows("select track_id, vector, created_at from embedding order by 1")
    assert [tuple(row) for row in after] == [tuple(row) for row in before]
    assert json.loads(spotrec("extract", "--tempo", "--json").stdout)["tempo_heard"] == 0


def vectors_in(store: FeatureStore) -> list[bytes]:
    return sorted(row[0] for row in store.rows("select vector from embedding"))


def forget(path: Path) -> None:
    """Make the store one that was filled before tempo and key were heard."""
    with sqlite3.connect(path) as db:
        db.execute("update track set heard_bpm = null, heard_key = null, heard_by = null")


def test_without_yes_nothing_is_written(spotrec: Run, heard: Path) -> None:
    before = {path: path.read_bytes() for path in heard.iterdir()}
    said = spotrec("tracks", "--write-tags").stdout
    assert "tags to write: 3 files" in said
    assert "100 bpm, Am" in said
    assert "--write-tags --yes" in said
    assert {path: path.read_bytes() for path in heard.iterdir()} == before


def test_tags_are_written_where_there_are_none_and_features_stay(
    spotrec: Run, heard: Path, store: FeatureStore
) -> None:
    before = {row["title"]: row for row in rows(spotrec).values()}
    vectors = vectors_in(store)
    dated = (heard / "one.flac").stat().st_mtime_ns
    tagged = (heard / "tagged.flac").read_bytes()
    report = written(spotrec, "--yes")
    assert report["is_done"]
    assert states(report) == ["written"] * 3
    file = mutagen.flac.FLAC(heard / "one.flac")
    assert file["initialkey"] == ["Am"]
    assert file["comment"] == ["Żółw one"]
    assert (heard / "one.flac").stat().st_mtime_ns == dated + 10**9
    assert (heard / "tagged.flac").read_bytes() == tagged
    after = rows(spotrec)
    assert after["one"]["bpm_source"] == after["one"]["musical_key_source"] == "tags"
    assert after["one"]["track_id"] != before["one"]["track_id"]
    assert {row["state"] for row in after.values()} == {"heard"}
    assert vectors_in(store) == vectors
    assert store.integrity_faults() == []


def test_the_next_crawl_finds_nothing_new_and_nothing_is_heard_again(spotrec: Run, heard: Path) -> None:
    written(spotrec, "--yes")
    before = rows(spotrec)
    assert json.loads(spotrec("crawl", heard, "--json").stdout)["new"] == 0
    done = json.loads(spotrec("extract", "--json").stdout)
    assert (done["extracted"], done["tempo_heard"]) == (0, 0)
    assert rows(spotrec) == before
    assert states(written(spotrec)) == []
    found = json.loads(spotrec("query", heard / "one.flac", "--json").stdout)["results"]
    assert {row["title"] for row in found} == {"two", "three", "tagged"}
    removed = json.loads(spotrec("remove", heard, "--yes", "--json").stdout)
    assert len(removed["tracks"]) == 4  # the folder still lists them, and they were not crawled singly


def test_two_copies_of_a_file_are_written_alike(spotrec: Run, heard: Path) -> None:
    shutil.copy2(heard / "one.flac", heard / "copy.flac")
    spotrec("crawl", heard)
    assert states(written(spotrec, "one", "--yes")) == ["written", "written"]
    assert (heard / "one.flac").read_bytes() == (heard / "copy.flac").read_bytes()
    assert json.loads(spotrec("crawl", heard, "--json").stdout)["new"] == 0
    assert len(rows(spotrec, "one")) == 1


def test_with_a_folder_nothing_outside_of_it_is_written(spotrec: Run, heard: Path, tmp_path: Path) -> None:
    (tmp_path / "backup" / "disc").mkdir(parents=True)
    copy = Path(shutil.copy2(heard / "one.flac", tmp_path / "backup" / "disc" / "copy.flac"))
    spotrec("crawl", tmp_path / "backup")
    before = copy.read_bytes()
    for folder in (heard, copy.parent):
        report = written(spotrec, "one", "--collection", folder, "--yes", code=3)
        assert [(Path(file["path"]).parent, file["state"]) for file in report["files"]] == [(folder, "left")]
        assert "a copy outside of the folder" in report["files"][0]["reason"]
    assert copy.read_bytes() == (heard / "one.flac").read_bytes() == before
    assert states(written(spotrec, "--collection", heard, "--yes", code=3)) == ["left", "written", "written"]
    assert states(written(spotrec, "one", "--yes")) == ["written", "written"]
    assert copy.read_bytes() == (heard / "one.flac").read_bytes() != before


def test_a_copy_with_other_tags_has_the_tempo_and_the_key_of_its_audio(spotrec: Run, heard: Path) -> None:
    shutil.copy2(heard / "one.flac", heard / "copy.flac")
    tags = mutagen.flac.FLAC(heard / "copy.flac")
    tags["title"] = "copy"
    tags.save()
    assert json.loads(spotrec("crawl", heard, "--json").stdout)["new"] == 1
    assert json.loads(spotrec("extract", "--json").stdout)["extracted"] == 0, "the audio was heard already"
    copied, one = rows(spotrec)["copy"], rows(spotrec)["one"]
    for name in ("bpm", "bpm_source", "musical_key", "musical_key_source"):
        assert copied[name] == one[name] is not None
    assert [Path(file["path"]).name for file in written(spotrec, "copy")["files"]] == ["copy.flac"]


def test_words_choose_the_files(spotrec: Run, heard: Path) -> None:
    report = written(spotrec, "two", "--yes")
    assert [Path(file["path"]).name for file in report["files"]] == ["two.flac"]


def test_the_command_that_writes_chooses_the_same_files(spotrec: Run, heard: Path) -> None:
    said = spotrec("tracks", "two", "--write-tags", "--collection", heard, "--artist", "Band").stdout
    *_, hint = said.splitlines()
    command = hint.removeprefix("nothing is written yet; to write them: spotrec ")
    spotrec(*shlex.split(command))
    left = spotrec("tracks", "--write-tags").stdout
    assert "tags to write: 2 files" in left
    assert "two.flac" not in left


def test_what_must_stay_is_left_and_told(spotrec: Run, heard: Path) -> None:
    os.link(heard / "one.flac", heard.parent / "elsewhere")
    (heard / "two.flac").chmod(0o444)
    with (heard / "three.flac").open("ab") as file:
        file.write(b"\0")
    before = {path: path.read_bytes() for path in heard.iterdir()}
    report = written(spotrec, "--yes", code=3)
    assert states(report) == ["left"] * 3
    reasons = " ".join(file["reason"] for file in report["files"])
    for why in ("several hard links", "not writable", "has changed since it was crawled"):
        assert why in reasons
    assert {path: path.read_bytes() for path in heard.iterdir()} == before


def test_a_file_that_was_moved_is_not_missed_at_its_old_place(spotrec: Run, heard: Path) -> None:
    (heard / "one.flac").rename(heard / "moved.flac")
    spotrec("crawl", heard)
    report = written(spotrec, "one")
    assert [(Path(file["path"]).name, file["state"]) for file in report["files"]] == [("moved.flac", "to write")]
    assert states(written(spotrec, "one", "--yes")) == ["written"]
    (heard / "two.flac").unlink()
    assert states(written(spotrec, "two", "--yes", code=3)) == ["left"]  # it is nowhere else


def test_a_link_is_never_replaced(spotrec: Run, heard: Path) -> None:
    (heard / "one.flac").rename(heard.parent / "real.flac")
    (heard / "one.flac").symlink_to(heard.parent / "real.flac")
    report = written(spotrec, "one", "--yes", code=3)
    assert "not a regular file" in report["files"][0]["reason"]
    assert (heard / "one.flac").is_symlink()


def test_a_format_that_is_not_written_is_told(
    spotrec: Run, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    (tmp_path / "music").mkdir()
    samples = chords(9, is_major=False, bpm=100, seconds=12, rate=SAMPLE_RATE_HZ)
    (tmp_path / "music" / "a.wav").write_bytes(encoded(samples, "WAV"))
    spotrec("crawl", tmp_path / "music")
    spotrec("extract")
    assert "not written: audio/wav" in written(spotrec)["files"][0]["reason"]


def test_a_store_without_tracks_has_nothing_to_write(spotrec: Run, store: FeatureStore) -> None:
    assert written(spotrec, "--yes") == {"is_done": True, "files": []}
    assert "tags to write: 0 files" in spotrec("tracks", "--write-tags").stdout


@pytest.mark.parametrize("arguments", [["--yes"], ["--write-tags", "--csv"], ["--write-tags", "--failed"]])
def test_options_that_do_not_fit_are_refused(spotrec: Run, arguments: list[str]) -> None:
    spotrec("tracks", *arguments, code=2)


@pytest.mark.parametrize("n_written", [0, 1, 2])
def test_a_killed_run_leaves_every_file_whole_and_is_completed(
    spotrec: Run, heard: Path, home: Path, n_written: int
) -> None:
    plain = {path.name: path.read_bytes() for path in heard.iterdir()}
    command = [sys.executable, "-m", "spotrec", "tracks", "--write-tags", "--yes"]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: run.poll() is not None or n_changed(heard, plain) >= n_written)
    time.sleep(0.01 * n_written)
    run.send_signal(signal.SIGKILL)
    run.wait()
    for path in heard.glob("*.flac"):
        mutagen.flac.FLAC(path)
        assert path.stat().st_size > 0.9 * len(plain[path.name])
    spotrec("crawl", heard)
    assert "written" in states(written(spotrec, "--yes")) or n_changed(heard, plain) == 3
    assert n_changed(heard, plain) == 3
    found = rows(spotrec)
    assert {(row["state"], row["bpm_source"]) for row in found.values()} == {("heard", "tags")}
    assert len(found) == 4
    assert json.loads(spotrec("extract", "--json").stdout)["extracted"] == 0


def n_changed(folder: Path, plain: dict[str, bytes]) -> int:
    return sum((folder / name).read_bytes() != content for name, content in plain.items())


def test_a_list_of_tracks_in_another_store_brings_tags_but_not_what_was_heard(
    spotrec: Run, heard: Path, tmp_path: Path
) -> None:
    table = tmp_path / "all.csv"
    table.write_text(spotrec("tracks", "--csv").stdout, encoding="utf-8")
    for path in heard.iterdir():
        path.unlink()
    other = tmp_path / "other.db"
    spotrec("crawl", table, "--store", other, code=None)
    found = rows(spotrec, "--store", other)
    assert (found["tagged"]["bpm"], found["tagged"]["musical_key"]) == (77, "F#")
    assert (found["one"]["bpm"], found["one"]["musical_key"]) == (None, None)
