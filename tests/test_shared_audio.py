"""The real network on real music, through the real commands."""

import csv
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def excerpt_pairs(shared: Path) -> list[tuple[str, str]]:
    """(seed, its other excerpt) for every recording with two; clips.csv lists some clips more than once."""
    with (shared / "audio" / "clips.csv").open(newline="") as file:
        recordings: dict[str, set[str]] = defaultdict(set)
        for row in csv.DictReader(file):
            recordings[row["recording"]].add(row["file"])
    pairs = [sorted(files) for files in recordings.values() if len(files) == 2]
    return [(a, b) for pair in pairs for a, b in (pair, pair[::-1])]


def test_the_other_excerpt_of_a_recording_is_found(
    spotrec: Run, shared: Path, choi_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(choi_weights))
    spotrec("crawl", shared / "audio")
    spotrec("extract")
    spotrec("index", "--check")
    pairs = excerpt_pairs(shared)
    assert len(pairs) == 36
    first = among_five = 0
    for seed, other in pairs:
        answer = json.loads(spotrec("query", shared / "audio" / seed, "-n", 5, "--json").stdout)
        names = [Path(row["path"]).name for row in answer["results"]]
        first += names[0] == other
        among_five += other in names
    print(f"first: {first / len(pairs):.1%}, among five: {among_five / len(pairs):.1%}")
    assert first / len(pairs) >= 0.70
    assert among_five / len(pairs) >= 0.85
