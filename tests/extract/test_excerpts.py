"""Long files heard in several excerpts, through the real commands: what is stored, told and heard again."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.store import FeatureStore
from support.catalogue import write
from support.music import SAMPLE_RATE_HZ, encoded, tune, write_tagged
from support.servers import FakeDeezer, FakeSpotify
from support.waiting import wait_until

Run = Callable[..., Any]
FEWER = "heard in fewer than 3 excerpts"


@pytest.fixture(autouse=True)
def _seeded(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))


@cache
def three_thirds(seed: int, seconds: float = 210.0) -> np.ndarray:
    """Different music at the start, in the middle and at the end, each ten seconds that are repeated."""
    size = int(seconds / 3 * SAMPLE_RATE_HZ)
    return np.concatenate([np.resize(tune(100 * seed + third, 10), size) for third in range(3)])


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two long files and a short one. Read them, do not write."""
    folder = tmp_path_factory.mktemp("long")
    for seed in range(2):
        write_tagged(folder / f"{seed}.flac", three_thirds(seed), title=f"Long {seed}", artist=f"Band {seed}")
    write_tagged(folder / "short.flac", tune(7, 40), title="Short", artist="Band 0")
    return folder


def extracted(spotrec: Run, *arguments: object, code: int = 0) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("extract", *arguments, "--json", code=code).stdout)
    return report


def status(spotrec: Run) -> dict[str, Any]:
    now: dict[str, Any] = json.loads(spotrec("status", "--json").stdout)
    return now


def vectors(home: Path) -> dict[str, tuple[Any, Any, int, int]]:
    """Vector, tags, number of excerpts and whether there are more, by title."""
    with closing(sqlite3.connect(home / "data" / "spotrec.db")) as db:
        rows = db.execute(
            "select title, vector, tags, excerpts, has_more from embedding join track on track.id = track_id"
        ).fetchall()
    return {row[0]: (np.frombuffer(row[1], "<f4"), np.frombuffer(row[2], "<f4"), row[3], row[4]) for row in rows}


TEMPO_AND_KEY = ("heard_bpm", "bpm_confidence", "heard_key", "key_confidence", "heard_by")


def as_of_a_store_of_before(home: Path) -> None:
    """Undo the migrations from the one of excerpts on: the embeddings are those of one excerpt."""
    for sql in (
        *(f"drop table {table}" for table in ("taste_key", "taste", "heard", "station", "server_item", "fingerprint")),
        *(f"alter table track drop column {one}" for one in TEMPO_AND_KEY),
        "drop index idx_embedding_excerpts",
        "drop index idx_embedding_track_id_audio_sha256",
        "alter table embedding drop column excerpts",
        "alter table embedding drop column has_more",
        "pragma user_version = 8",
    ):
        write(home / "data" / "spotrec.db", sql)


def test_a_long_file_is_the_mean_of_what_is_heard_at_its_start_in_its_middle_and_at_its_end(
    spotrec: Run, long: Path, home: Path, tmp_path: Path
) -> None:
    whole = three_thirds(0)
    for start_s in (30, 90, 150):
        cut = whole[start_s * SAMPLE_RATE_HZ : (start_s + 30) * SAMPLE_RATE_HZ]
        write_tagged(tmp_path / "cuts" / f"{start_s}.flac", cut, title=f"Cut {start_s}")
    spotrec("crawl", long, tmp_path / "cuts")
    assert extracted(spotrec)["extracted"] == 6
    found = vectors(home)
    for part, near in ((0, 2e-5), (1, 1e-6)):  # vector and tags; seeded networks tag all music much alike
        mean = np.mean([found[f"Cut {start_s}"][part] for start_s in (30, 90, 150)], axis=0)
        np.testing.assert_allclose(found["Long 0"][part], mean, atol=near)
        assert np.abs(found["Cut 90"][part] - mean).max() > 3 * near, "the middle alone is another vector"
    assert {title: (one[2], one[3]) for title, one in found.items()} == {
        **{f"Long {seed}": (3, 1) for seed in range(2)},
        **{f"Cut {start_s}": (1, 0) for start_s in (30, 90, 150)},
        "Short": (1, 0),
    }


def test_a_store_of_before_goes_on_with_one_excerpt_until_it_is_asked(
    spotrec: Run, long: Path, home: Path, tmp_path: Path
) -> None:
    spotrec("crawl", long)
    extracted(spotrec, "--excerpts", 1)
    as_of_a_store_of_before(home)
    assert extracted(spotrec)["extracted"] == 0, "an upgrade hears nothing again"
    before = vectors(home)
    write_tagged(tmp_path / "more" / "new.flac", three_thirds(5), title="New", artist="Band 5")
    spotrec("crawl", tmp_path / "more")
    assert extracted(spotrec)["extracted"] == 1
    assert vectors(home)["New"][2] == 1, "as the others"
    now = status(spotrec)
    assert now["by_excerpts"] == {"1": 3}
    assert (now["more_excerpts"]["n_tracks"], now["more_excerpts"]["n_at_hand"]) == (3, 3)
    said = spotrec("status").stdout
    assert "3 tracks were heard in fewer than 3 excerpts" in " ".join(said.split())
    assert "spotrec extract --excerpts 3" in said

    report = extracted(spotrec, "--excerpts", 3)
    assert (report["extracted"], report["heard_again"], report["left"]) == (3, 3, 0)
    after = vectors(home)
    assert {title: one[2] for title, one in after.items()} == {
        **{f"Long {seed}": 3 for seed in range(2)},
        "New": 3,
        "Short": 1,
    }
    assert np.array_equal(after["Short"][0], before["Short"][0])
    assert not np.array_equal(after["Long 0"][0], before["Long 0"][0])
    assert status(spotrec)["more_excerpts"] is None
    assert extracted(spotrec, "--excerpts", 3)["extracted"] == 0
    assert extracted(spotrec, "--excerpts", 1)["extracted"] == 0, "what was heard in more stays"


def test_an_index_that_mixes_both_says_so_in_one_line_and_so_does_a_query(spotrec: Run, long: Path, home: Path) -> None:
    spotrec("crawl", long)
    extracted(spotrec)
    done = spotrec("index")
    assert FEWER not in done.stderr
    assert FEWER not in spotrec("query", "Long 0").stderr
    write(
        home / "data" / "spotrec.db",
        "update embedding set excerpts = 1 where track_id in (select id from track where title = 'Long 1')",
    )
    for command in (("index",), ("query", "Long 0")):
        said = " ".join(spotrec(*command).stderr.split())
        assert said.count(f"1 of 3 tracks was {FEWER}") == 1
        assert "`spotrec extract --excerpts 3`, then `spotrec index`" in said
    assert json.loads(spotrec("index", "--json").stdout)["in_fewer"] == 1
    extracted(spotrec, "--excerpts", 3)
    assert FEWER not in spotrec("query", "Long 0").stderr


def test_previews_beside_long_files_are_told_by_status_and_not_at_every_query(
    spotrec: Run, long: Path, home: Path, spotify: FakeSpotify, deezer: FakeDeezer
) -> None:
    """A preview has no more than 30 s: nothing can be done about it."""
    deezer.previews["GBAYE0000001"] = encoded(tune(1, seconds=30))
    link = f"spotify:track:{spotify.add_track(1, isrc='GBAYE0000001')}"
    spotrec("crawl", long, link)
    extracted(spotrec, "--excerpts", 3)
    assert FEWER not in spotrec("index").stderr
    assert FEWER not in spotrec("query", "Long 0").stderr
    assert "2 in 3, 2 in all that they have" in " ".join(spotrec("status").stdout.split())
    assert status(spotrec)["more_excerpts"] is None


def test_a_seed_that_is_not_stored_is_heard_as_the_catalogue_was(
    spotrec: Run, long: Path, home: Path, tmp_path: Path
) -> None:
    spotrec("crawl", long)
    extracted(spotrec, "--excerpts", 5)
    spotrec("index")
    write_tagged(tmp_path / "seed.flac", three_thirds(8), title="Seed")
    spotrec("query", tmp_path / "seed.flac")
    assert vectors(home)["Seed"][2] == 5


def test_a_file_that_is_gone_keeps_what_was_heard_of_it(spotrec: Run, long: Path, home: Path, tmp_path: Path) -> None:
    mine = shutil.copytree(long, tmp_path / "mine")
    spotrec("crawl", mine)
    extracted(spotrec, "--excerpts", 1)
    before = vectors(home)
    (mine / "1.flac").unlink()
    report = extracted(spotrec, "--excerpts", 3, code=3)
    assert report["extracted"] == 1
    assert [failure["reason"] for failure in report["failures"]] == ["audio gone"]
    assert np.array_equal(vectors(home)["Long 1"][0], before["Long 1"][0])
    again = extracted(spotrec, "--excerpts", 3)
    assert (again["extracted"], again["without_more"]) == (0, 1)


def test_all_networks_hear_all_excerpts_of_a_file_that_is_opened_once(
    spotrec: Run, long: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "counting").mkdir()
    (tmp_path / "counting" / "sitecustomize.py").write_text("""
import os, soundfile

class Counted(soundfile.SoundFile):
    def __init__(self, *arguments, **options):
        with open(os.environ["OPENED"], "a") as file:
            print("x", file=file)
        super().__init__(*arguments, **options)

soundfile.SoundFile = Counted
""")
    spotrec("crawl", long)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "counting"))
    monkeypatch.setenv("OPENED", str(tmp_path / "opened"))
    extracted(spotrec, "--model", "choi-1", "--model", "choi-2")
    assert len((tmp_path / "opened").read_text().split()) == 3
    with FeatureStore(home / "data" / "spotrec.db") as store:
        rows = store.rows("select excerpts, count(*) from embedding group by 1 order by 1")
    assert [tuple(row) for row in rows] == [(1, 2), (3, 4)]


@pytest.mark.parametrize("wanted", ["0", "6", "many"])
def test_a_number_of_excerpts_that_is_none_is_refused(
    spotrec: Run, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spotrec("extract", "--excerpts", wanted, code=2)
    monkeypatch.setenv("SPOTREC_EXCERPTS", wanted)
    assert "excerpts" in spotrec("status", code=2).stderr


def test_the_number_in_the_settings_counts_too(spotrec: Run, long: Path, home: Path) -> None:
    spotrec("config", "set", "excerpts", "2")
    spotrec("crawl", long)
    extracted(spotrec)
    assert vectors(home)["Long 0"][2:] == (2, 1)


def test_killed_while_it_hears_again_it_goes_on_with_the_same_command(spotrec: Run, long: Path, home: Path) -> None:
    spotrec("crawl", long)
    extracted(spotrec, "--excerpts", 1)
    with closing(sqlite3.connect(home / "data" / "spotrec.db")) as db:
        process = subprocess.Popen(
            [sys.executable, "-m", "spotrec", "extract", "--excerpts", "3", "--no-progress"],
            env=dict(os.environ),
            stdout=subprocess.DEVNULL,
        )
        more = "select count(*) from embedding where excerpts = 3"
        wait_until(lambda: process.poll() is not None or db.execute(more).fetchone()[0] > 0, every_s=0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
    extracted(spotrec, "--excerpts", 3)
    assert [vectors(home)[f"Long {seed}"][2] for seed in range(2)] == [3, 3]
