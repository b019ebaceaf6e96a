"""The real network on real music, heard and indexed by the real commands."""

import csv
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender

Run = Callable[..., Any]


def excerpt_pairs(shared: Path) -> list[tuple[str, str]]:
    """(seed, its other excerpt) for every recording with two; clips.csv lists some clips more than once."""
    with (shared / "audio" / "clips.csv").open(newline="") as file:
        recordings: dict[str, set[str]] = defaultdict(set)
        for row in csv.DictReader(file):
            recordings[row["recording"]].add(row["file"])
    pairs = [sorted(files) for files in recordings.values() if len(files) == 2]
    return [(a, b) for pair in pairs for a, b in (pair, pair[::-1])]


def found(shared: Path, model: str) -> tuple[int, int]:
    """Of how many clips the other excerpt is the first result, and among the first five."""
    first = among_five = 0
    pairs = excerpt_pairs(shared)
    with Recommender(model=model) as recommender:
        for seed, other in pairs:
            results = recommender.query(str(shared / "audio" / seed), n=5).results
            names = [Path(one.track.path).name for one in results if one.track.path]
            first += names[0] == other
            among_five += other in names
    print(f"{model} first: {first / len(pairs):.1%}, among five: {among_five / len(pairs):.1%}")
    return first, among_five


def test_the_other_excerpt_of_a_recording_is_found(
    shared: Path, choi_weights: Path, heard_clips: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(choi_weights))
    shutil.copytree(heard_clips, home / "data")
    assert len(excerpt_pairs(shared)) == 36
    first, among_five = found(shared, "choi")
    assert first / 36 >= 0.70
    assert among_five / 36 >= 0.85


def test_musicnn_finds_it_as_often_and_so_do_both(
    spotrec: Run,
    shared: Path,
    choi_weights: Path,
    musicnn_weights: Path,
    heard_clips: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(choi_weights))
    monkeypatch.setenv("SPOTREC_MUSICNN_WEIGHTS", str(musicnn_weights))
    choi, musicnn = ("--model", "choi"), ("--model", "musicnn")
    shutil.copytree(heard_clips, home / "data")
    spotrec("extract", *choi, *musicnn)
    for models in (choi, musicnn, (*choi, *musicnn)):
        spotrec("index", *models)
    one = found(shared, "choi")
    for first, among_five in (found(shared, "musicnn"), found(shared, "choi,musicnn")):
        assert first >= one[0]
        assert among_five >= one[1]


TWO_BEFORE = 27, 35
"""What `choi` and `musicnn` found, each in its own space, of 36: first, and among the first five."""


def test_the_default_set_finds_it_no_less_often_than_two_did_before(
    spotrec: Run, shared: Path, choi_weights: Path, heard_clips: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(choi_weights))
    monkeypatch.setenv("SPOTREC_MN04_WEIGHTS", str(shared / "weights" / "mn04_as_mAP_432.pt"))
    shutil.copytree(heard_clips, home / "data")
    spotrec("extract", "--model", "choi+mn04")
    spotrec("index", "--model", "choi+mn04")
    first, among_five = found(shared, "choi+mn04")
    assert first >= TWO_BEFORE[0]
    assert among_five >= TWO_BEFORE[1]
