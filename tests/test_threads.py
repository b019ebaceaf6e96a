"""One Recommender for many threads, as a service has it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Run
from spotrec import Recommender
from support import stress
from support.catalogue import fill, songs_by_artists, sounds_by_artists
from support.music import tune, write_tagged

_OF_TENSORFLOW = re.compile(r"WARNING: All log messages before absl|[IWE]0000 ")
"""What it says while it is loaded, whatever it is told."""
SECONDS = float(os.environ.get("STRESS_SECONDS", "10"))
"""`STRESS_SECONDS=60 pytest tests/test_threads.py` asks for longer."""


@pytest.mark.usefixtures("many_blas_threads")
def test_sixteen_threads_at_once_get_the_answers_of_a_lone_one(
    spotrec: Run, home: Path, music: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    monkeypatch.setenv("SPOTREC_MODEL", "choi-1")
    fill(home, songs_by_artists(60), *sounds_by_artists(60), model=Recommender().model)
    seed = tmp_path / "seed.flac"
    write_tagged(seed, tune(99), artist="Nobody", title="Seed", album="None")
    spotrec("index")
    spotrec("features", "export", tmp_path / "features.parquet")
    arguments = [home / "data", music, tmp_path / "features.parquet", seed, SECONDS]
    done = subprocess.run(
        [sys.executable, stress.__file__, *map(str, arguments)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=20 * SECONDS + 120,
        check=False,
    )
    assert not done.returncode, done.stdout[-4000:] + done.stderr[-2000:]
    assert [line for line in done.stderr.splitlines() if not _OF_TENSORFLOW.match(line)] == [stress.SAID_LAST]
