"""Paths that the system refuses to look at: a sentence with the path, never a traceback."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.errors import UsageError
from spotrec.settings import resolve
from support.permissions import run_bound

Run = Callable[..., Any]
LONG = 300 * "x"


@pytest.fixture
def closed(home: Path) -> Path:
    """A folder that may not be entered."""
    folder = home / "closed"
    folder.mkdir()
    (folder / "song.mp3").touch()
    folder.chmod(0)
    return folder


@pytest.mark.parametrize(
    "command",
    [
        "embed {}/song.mp3",
        "features import {}/all.parquet",
        "models install choi --from {}/weights.hdf5",
        "status --weights {}/weights.hdf5",
        "tracks --store {}/spotrec.db",
        "index --list --index-dir {}/index",
    ],
)
def test_a_path_below_a_closed_folder_is_named_with_the_reason(closed: Path, command: str) -> None:
    said = run_bound(*command.format(closed).split(), code=1).stderr
    assert str(closed) in said
    assert "Permission denied" in said


@pytest.mark.parametrize("command", ["status", "tracks", "config show"])
def test_settings_in_a_closed_folder_are_said_to_be_out_of_reach(
    home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Such as the home of root, after `sudo -u somebody`."""
    folder = home / "roots" / "spotrec"
    folder.mkdir(parents=True)
    (home / "roots").chmod(0)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "roots"))
    said = run_bound(*command.split(), code=2).stderr
    assert f"{folder / 'config.toml'} cannot be read: Permission denied" in said


def test_status_and_doctor_say_why_with_a_closed_data_folder(home: Path) -> None:
    (home / "data").mkdir(exist_ok=True)
    (home / "data").chmod(0)
    assert "Permission denied" in run_bound("status", code=1).stderr
    assert "Permission denied" in run_bound("doctor", code=1).stdout


@pytest.mark.parametrize(
    "command",
    [
        f"embed {LONG}",
        f"features import {LONG}",
        f"models install choi --from {LONG}",
        f"cache copy {LONG} other",
        f"extract --weights {LONG}",
        f"index --list --index-dir {LONG}",
        f"status --store {LONG}",
        f"doctor --store {LONG}",
    ],
)
def test_a_name_that_is_too_long_is_said_to_be(spotrec_process: Run, home: Path, command: str) -> None:
    done = spotrec_process(*command.split(), code=1)
    assert "File name too long" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_file_of_settings_with_a_name_that_is_too_long_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="File name too long"):
        resolve(config=Path(LONG))


@pytest.mark.parametrize("command", ["config show", "--help", "--version", "query --help"])
def test_output_on_a_full_disk_is_an_error_in_words(home: Path, command: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")

    with Path("/dev/full").open("wb") as full:
        words = [sys.executable, "-m", "spotrec", *command.split()]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.decode() == "error: no room to write on the disk\nhint: free some space\n"
