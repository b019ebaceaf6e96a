"""What is said below the command line names parameters; who types a command reads flags."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer.main

from spotrec.cli.app import app
from spotrec.cli.flags import flags_of, with_flags


def running(command: str) -> Any:
    """The application's context while `command` runs."""
    return SimpleNamespace(command=typer.main.get_group(app), invoked_subcommand=command)


@pytest.mark.parametrize(
    ("command", "said", "read"),
    [
        ("query", "`max_per_artist` must be 1 or more, not 0", "--max-per-artist must be 1 or more, not 0"),
        ("query", "`n` must be 1 to 1000, not 0", "-n must be 1 to 1000, not 0"),
        ("evaluate", "`k` must be 1 or more, not 0", "-k must be 1 or more, not 0"),
        ("evaluate", "fewer spaces with `spaces`", "fewer spaces with --space"),
        ("query", "or omit `fetch=False`", "or omit --no-fetch"),
        ("query", "a model with tags: `model=choi`", "a model with tags: `--model choi`"),
        ("login", "or give `spotify_client_id`", "or give --client-id"),
        ("index", "check `index_dir`", "check --index-dir"),
        ("cache", "check `store`", "check --store"),
        ("models", "or with another network: `model=musicnn`", "or with another network: `--model musicnn`"),
        ("demo", "choose another with `cache`", "choose another with --cache"),
        ("extract", "(see the setting `uploads`)", "(see the setting `uploads`)"),
        ("extract", "`spotrec index` builds it", "`spotrec index` builds it"),
        ("status", "`colour` artist gives more", "`colour` artist gives more"),
        ("query", "no stored track has “`n`”", "no stored track has “`n`”"),
    ],
)
def test_parameters_become_flags_of_the_command_that_runs(command: str, said: str, read: str) -> None:
    with flags_of(running(command)):
        assert with_flags(said) == read


def test_outside_of_a_command_parameters_stay_parameters() -> None:
    assert with_flags("check `store`") == "check `store`"


def test_before_a_command_is_known_parameters_stay_parameters() -> None:
    with flags_of(SimpleNamespace(command=typer.main.get_group(app), invoked_subcommand=None)):
        assert with_flags("`n` 0 makes no sense") == "`n` 0 makes no sense"


def test_a_suggested_command_works_where_the_shell_does_not_find_spotrec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = Path(sys.executable).with_name("spotrec")
    program = tmp_path / "an environment" / "spotrec"
    program.parent.mkdir()
    program.symlink_to(installed)
    monkeypatch.setenv("PATH", os.defpath)
    if shutil.which("spotrec"):
        pytest.skip("this machine has a spotrec of its own")
    store = ["--store", str(tmp_path / "my music.db")]
    refused = subprocess.run([program, "query", "x", *store], capture_output=True, text=True, check=False)
    (hint,) = re.findall(r"`(.*? crawl .*?)`", " ".join(refused.stderr.split()))
    assert shlex.split(hint)[0] == str(program)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.defpath}")
    found = subprocess.run([program, "query", "x", *store], capture_output=True, text=True, check=False)
    assert "`spotrec crawl" in " ".join(found.stderr.split())
