"""A data folder that cannot be written, as on a backup or a disk of someone else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.music import tune, write_tagged
from support.permissions import run_bound

Run = Callable[..., Any]


def test_tracks_status_and_query_work_in_a_folder_that_cannot_be_written(
    spotrec: Run, tmp_path: Path, home: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    for n in range(4):
        write_tagged(tmp_path / "m" / f"{n}.flac", tune(n), title=f"Song {n}", artist=f"Band {n}")
    for command in (("crawl", tmp_path / "m"), ("extract",), ("index",)):
        spotrec(*command)
    folders = [home / "data", *(path for path in (home / "data").rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert len(json.loads(run_bound("tracks", "--json").stdout)) == 4
        assert "4 in 1 collection" in run_bound("status").stdout
        found = json.loads(run_bound("query", "song 1", "--json").stdout)
        assert len(found["results"]) == 3
        refused = run_bound("crawl", tmp_path / "m", code=1)
        assert "is in a folder that cannot be written" in refused.stderr
        assert "--store" in refused.stderr
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert not list((home / "data").glob("*-wal"))
