"""`extract --watch` hears what a crawl in another process brings, until it is told to stop."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.music import tune, write_tagged
from support.waiting import wait_until

Run = Callable[..., Any]


def heard(home: Path) -> int:
    path = home / "data" / "spotrec.db"
    if not path.is_file():
        return 0
    with FeatureStore(path) as store:
        return len(store.rows("select 1 from embedding"))


@pytest.mark.parametrize(
    ("told_by", "models"), [(signal.SIGINT, ["choi-2"]), (signal.SIGTERM, ["choi-1", "choi-2"])], ids=str
)
def test_watching_goes_on_with_what_is_crawled_and_ends_well(
    spotrec: Run, weights: Path, home: Path, tmp_path: Path, told_by: signal.Signals, models: list[str]
) -> None:
    chosen = [option for model in models for option in ("--model", model)]
    command = [sys.executable, "-m", "spotrec", "extract", "--watch", "--json", *chosen]
    environment = {**os.environ, "SPOTREC_WEIGHTS": str(weights)}
    watching = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for n in range(2):
            write_tagged(tmp_path / "music" / f"{n}.flac", tune(n), title=f"Tune {n}")
            wait_until(lambda: (home / "data" / "spotrec.db").is_file())
            spotrec("crawl", tmp_path / "music")
            wait_until(lambda n=n: heard(home) == len(models) * (n + 1))  # type: ignore[misc] # bound now
        watching.send_signal(told_by)
        said, errors = watching.communicate(timeout=60)
    finally:
        watching.kill()
    assert watching.returncode == 0, errors
    assert json.loads(said)["extracted"] == 2
    assert "Traceback" not in errors
