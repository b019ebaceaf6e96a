"""What a command shows before it has anything to show: on a real terminal, from the real commands."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.music import tune, write_tagged, write_tunes

Run = Callable[..., Any]
_SLOW_START = "import time, runpy, sys; {}; runpy.run_module('spotrec', run_name='__main__')"


def screen_of(*command: str) -> str:
    """All that a command writes on a terminal of 100 columns, without colours."""
    screen, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100"}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment) as process:
        os.close(terminal)
        shown = b""
        while select.select([screen], [], [], 300)[0]:
            try:
                piece = os.read(screen, 65_536)
            except OSError:  # the command has ended
                break
            if not piece:
                break
            shown += piece
    os.close(screen)
    assert process.returncode == 0, shown.decode()
    return re.sub(r"\x1b\[[0-9;?]*[A-JL-Za-z]", "", shown.decode())


def spotrec_on_terminal(*arguments: object) -> str:
    return screen_of(sys.executable, "-m", "spotrec", *map(str, arguments))


@pytest.fixture(scope="module")
def six_tunes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of six tunes."""
    folder = tmp_path_factory.mktemp("six-tunes")
    write_tunes(folder / "music", 6)
    return folder


@pytest.fixture
def added(spotrec: Run, home: Path, six_tunes: Path, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of six tunes, which were added: by the first test that needs it, the others get a copy."""
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    if (six_tunes / "data").is_dir():
        shutil.copytree(six_tunes / "data", home / "data")
    else:
        spotrec("add", six_tunes / "music")
        shutil.copytree(home / "data", six_tunes / "data")
    return six_tunes / "music"


def test_add_names_its_steps_and_what_it_waits_for(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    for i in range(3):
        write_tagged(tmp_path / "music" / f"{i}.flac", tune(i), title=f"Tune {i}")
    shown = spotrec_on_terminal("add", tmp_path / "music")
    steps = (
        "1/3 crawl",
        "2/3 load the model",
        "starting TensorFlow…",
        "2/3 extract",
        "3/3 read the embeddings",
    )
    places = [shown.find(step) for step in steps]
    assert -1 not in places, list(zip(steps, places, strict=True))
    assert places == sorted(places)
    assert "0/?" not in shown[shown.find("2/3 load") : shown.find("2/3 extract")]


def test_a_query_for_an_unknown_file_says_that_tensorflow_starts(added: Path, tmp_path: Path) -> None:
    unknown = write_tagged(tmp_path / "unknown.flac", tune(9), title="Unknown")
    shown = spotrec_on_terminal("query", unknown)
    assert "starting TensorFlow…" in shown
    assert "to hear them" in shown
    assert "to hear them" in spotrec_on_terminal("query", "Tune 1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("index",), ("read the embeddings", "fit the space")),
        (("evaluate", "--label", "artist", "--compare"), ("compute MFCCs", "evaluate")),
        (("map", "--html", "map.html"), ("read the index", "map.html")),
    ],
    ids=["index", "evaluate", "map"],
)
def test_long_work_says_what_it_does(added: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    if arguments[0] == "map":
        pytest.importorskip("openTSNE")
    shown = spotrec_on_terminal(*arguments)
    for word in words:
        assert word in shown


def test_a_start_that_takes_long_is_told_and_taken_away(added: Path) -> None:
    """As from a cold disk: the first import of NumPy waits."""
    slow = """
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "numpy":
            time.sleep(2.5)
sys.meta_path.insert(0, Slow())
"""
    code = _SLOW_START.format(f"exec({slow!r})")
    shown = screen_of(sys.executable, "-c", code, "query", "Tune 1", "-n", "1")
    assert "starting…\r\x1b[K" in shown
    assert shown.count("starting…") == 1
    assert "What sounds like" in shown[shown.find("\x1b[K") :]
    quiet = screen_of(sys.executable, "-c", code, "query", "Tune 1", "-n", "1", "--no-progress")
    assert "starting…" not in quiet
