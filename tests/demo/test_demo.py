"""The demo: real neighbours on made-up music."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.demo.models import choose_models
from spotrec.demo.synth import PEAK, catalogue, render
from spotrec.progress import Silent
from spotrec.settings import resolve

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
    assert "The music is synthetic" in text
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


def test_without_chois_weights_it_says_so_in_a_line_and_hears_with_musicnn(
    spotrec: Run, musicnn_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS_URL", "http://127.0.0.1:9/weights.hdf5")
    monkeypatch.setenv("SPOTREC_MUSICNN_WEIGHTS", str(musicnn_weights))
    result = spotrec("demo", "--dir", tmp_path / "demo", "--per-style", 2)
    (line,) = [line for line in result.stderr.splitlines() if "musicnn" in line]
    assert "Choi's weights cannot be downloaded" in line
    assert "hearing with musicnn instead" in line
    assert "musicnn-1 heard it" in result.stdout


def test_the_model_that_was_asked_for_is_insisted_on(
    spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS_URL", "http://127.0.0.1:9/weights.hdf5")
    result = spotrec("demo", "--dir", tmp_path / "demo", "--model", "choi", code=1)
    assert "cannot be downloaded" in result.stderr
    assert "--model musicnn" in result.stderr
    assert not (tmp_path / "demo").exists()


def test_a_host_that_says_nothing_is_not_waited_for(
    spotrec: Run, musicnn_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("SPOTREC_WEIGHTS_URL", f"http://127.0.0.1:{silent.getsockname()[1]}/weights.hdf5")
        monkeypatch.setenv("SPOTREC_MUSICNN_WEIGHTS", str(musicnn_weights))
        start = time.monotonic()
        settings = resolve({})
        ((model, path),) = choose_models(settings, Silent())
    assert time.monotonic() - start < 20
    assert (model.network, path) == ("musicnn-1", musicnn_weights)
