"""The demo: real neighbours on made-up music."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.demo.synth import PEAK, catalogue, render

Run = Callable[..., Any]


def test_the_published_network_finds_each_style_its_own(
    spotrec: Run, choi_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(choi_weights))
    shown = json.loads(spotrec("demo", "--dir", tmp_path / "demo", "--json").stdout)
    styles = {query["style"]: query["same_style"] for query in shown["queries"]}
    assert len(styles) >= 5
    assert sum(share >= 0.75 for share in styles.values()) >= len(styles) - 1, styles
    assert len(list((tmp_path / "demo" / "music").rglob("*.flac"))) == 5 * len(styles)


def test_the_demo_runs_with_any_network_and_goes_on_where_it_was(
    spotrec: Run, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    folder = tmp_path / "demo"
    text = spotrec("demo", "--dir", folder, "--per-style", 2).stdout
    assert "The music is synthesised" in text
    made = {path: path.stat().st_mtime_ns for path in folder.rglob("*.flac")}
    spotrec("demo", "--dir", folder, "--per-style", 2)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.flac")} == made


def test_a_piece_is_the_same_every_time_and_fit_to_be_heard() -> None:
    pieces = catalogue(2)
    assert len({piece.title for piece in catalogue(8)}) == len(catalogue(8))
    for piece in pieces[::2]:
        sound = render(piece)
        np.testing.assert_array_equal(sound, render(piece))
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() == pytest.approx(PEAK, abs=0.01)
        assert abs(float(sound.mean())) < 0.01


def test_two_pieces_of_one_style_differ() -> None:
    first, second = catalogue(2)[:2]
    assert first.style == second.style
    assert not np.array_equal(render(first), render(second))
