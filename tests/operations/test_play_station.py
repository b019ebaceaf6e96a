"""Stations in a real MPD, and in the desktop's player."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.store import FeatureStore
from support.catalogue import alike, fill, song
from support.mpd import Mpd, running, wav
from support.stations import days_pass

Run = Callable[..., Any]
EACH = 8


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight files of a minute in each of two styles."""
    folder = tmp_path_factory.mktemp("mpd") / "Music"
    for style in ("red", "blue"):
        for i in range(EACH):
            wav(folder / style / f"{i:02}.wav")
    return folder


@pytest.fixture
def catalogue(home: Path, music: Path, spotrec: Run) -> Path:
    """The files, and two red tracks without a file, indexed; and the station Evening, which is red."""
    tracks = [
        song(100 * k + i, f"{style} {i}", f"{style} band {i}", path=f"{music}/{style}/{i:02}.wav", duration_ms=60_000)
        for k, style in enumerate(("red", "blue"))
        for i in range(EACH)
    ]
    linked = [song(900 + i, f"red link {i}", f"red band {50 + i}") for i in range(2)]
    fill(home, [*tracks, *linked], alike(np.array([*np.repeat(range(2), EACH), 0, 0])))
    spotrec("index")
    spotrec("station", "new", "Evening", "red 0", "-n", str(EACH + 1), "--artist", "red")
    return home


@pytest.fixture
def mpd(music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mpd]:
    with running(Mpd(music, tmp_path / "mpd")) as mpd:
        monkeypatch.setenv("MPD_HOST", str(mpd.socket))
        yield mpd


def n_heard(home: Path) -> int:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        return int(store.rows("select count(*) from heard")[0][0])


def test_a_list_is_added_to_the_queue_once_and_plays(catalogue: Path, mpd: Mpd, spotrec: Run) -> None:
    done = spotrec("station", "play", "Evening", "--mpd")
    assert "7 tracks added to MPD's queue" in done.stdout
    assert "2 tracks left out" in done.stderr
    ids = spotrec("station", "show", "Evening", "--ids").stdout.split()
    with FeatureStore(catalogue / "data" / "spotrec.db") as store:
        paths = [store.tracks.get_many([id_])[id_].path for id_ in ids]
    assert mpd.queue() == [Path(path).relative_to(mpd.music).as_posix() for path in paths if path]
    assert mpd.current() == mpd.queue()[0]
    again = json.loads(spotrec("station", "play", "Evening", "--mpd", "--json").stdout)
    assert again["added"] == []
    assert len(mpd.queue()) == 7
    assert n_heard(catalogue) == EACH + 1
    days_pass(catalogue / "data")
    shown = spotrec("station", "show", "Evening")
    assert "heard lately: too few others pass" in shown.stderr


def test_what_plays_goes_on(catalogue: Path, mpd: Mpd, spotrec: Run) -> None:
    mpd.mpc("add", "blue/00.wav")
    mpd.mpc("play")
    spotrec("station", "play", "Evening", "--mpd", str(mpd.socket))
    assert mpd.current() == "blue/00.wav"
    assert len(mpd.queue()) == 8


def test_what_was_played_before_is_added_again(catalogue: Path, mpd: Mpd, spotrec: Run) -> None:
    for name in sorted((mpd.music / "red").iterdir())[1:3]:
        mpd.mpc("add", f"red/{name.name}")
    mpd.mpc("add", "blue/00.wav")
    mpd.mpc("play", "3")
    spotrec("station", "play", "Evening", "--mpd")
    assert len(mpd.queue()) == 3 + 7


def test_a_full_queue_and_no_mpd_are_told(
    catalogue: Path, music: Path, tmp_path: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(Mpd(music, tmp_path / "mpd", longest=3)) as mpd:
        done = spotrec("station", "play", "Evening", "--mpd", mpd.socket)
        assert len(mpd.queue()) == 3
        assert "MPD's queue is full" in done.stderr
        assert "6 tracks left out" in done.stderr
    before = n_heard(catalogue)
    assert "it refuses the connection" in spotrec("station", "play", "Evening", "--mpd", "localhost:9", code=1).stderr
    assert n_heard(catalogue) == before
    with running(Mpd(tmp_path / "empty", tmp_path / "other")) as empty:
        done = spotrec("station", "play", "Evening", "--mpd", empty.socket, code=5)
        assert "MPD's library has none of the" in done.stderr


def test_the_desktops_player_opens_a_list(
    catalogue: Path, tmp_path: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setattr("sys.platform", "linux")
    programs, noted = tmp_path / "bin", tmp_path / "opened"
    programs.mkdir()
    (programs / "xdg-open").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{noted}"\n')
    (programs / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    done = spotrec("station", "play", "Evening")
    opened = Path(noted.read_text().strip())
    assert f"Evening: opened {opened} (7 tracks)" in done.stdout
    assert opened.read_text(encoding="utf-8").count("#EXTINF") == 7
    assert n_heard(catalogue) == EACH + 1


def test_without_a_player_nothing_was_heard(catalogue: Path, spotrec: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    refused = spotrec("station", "play", "Evening", code=1).stderr
    assert "no desktop" in refused
    assert n_heard(catalogue) == 0
    assert "`spotrec station show Evening --m3u list.m3u8` writes a playlist" in " ".join(refused.split())
    spotrec("station", "show", "Evening", "--m3u", "list.m3u8")
