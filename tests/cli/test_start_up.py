"""What must be fast imports nothing slow."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.catalogue import fill, scattered, song, songs

Run = Callable[..., Any]
_SLOW = ("tensorflow", "keras", "librosa", "boto3", "botocore", "spotipy", "numba", "scipy", "av", "httpx")
SLOW = (*_SLOW, "matplotlib", "openTSNE", "sklearn")

_RUN_AND_LIST = """
import sys
from spotrec.cli import main
try:
    sys.argv[0] = "spotrec"
    main()
finally:
    print("\\nLOADED", *sorted({name.partition(".")[0] for name in sys.modules} | {*sys.modules}))
"""


def loaded_by(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _RUN_AND_LIST, *arguments], capture_output=True, text=True, check=True, env=os.environ
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.fixture
def catalogue(home: Path, spotrec: Run) -> str:
    """A store and an index of thirty tracks; returns the id of one."""
    fill(home, songs(30), scattered(30))
    spotrec("index", "--backend", "annoy")
    return song(7).id


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("crawl", "--help"),
        ("map", "--help"),
        ("status",),
        ("config", "show"),
        ("config", "set", "timeout_s", "5"),
        ("models",),
        ("models", "show", "choi"),
    ],
    ids=" ".join,
)
def test_a_light_command_loads_nothing_slow(arguments: tuple[str, ...]) -> None:
    assert loaded_by(*arguments).isdisjoint(SLOW)


def test_a_query_by_a_stored_track_loads_nothing_slow(catalogue: str) -> None:
    assert loaded_by("query", catalogue, "--json").isdisjoint((*SLOW, "_hashlib"))
    assert loaded_by("query", "song 7").isdisjoint(SLOW)
    assert loaded_by("query", "song 7", "--ids", "--m3u", "like-7.m3u8").isdisjoint(SLOW)
    assert loaded_by("status").isdisjoint(SLOW)
    assert loaded_by("tracks", "--missing-audio").isdisjoint(SLOW)
    assert loaded_by("remove", "song 7", "--yes").isdisjoint(SLOW)


def test_only_a_change_of_settings_loads_tomlkit(home: Path) -> None:
    assert "tomlkit" in loaded_by("config", "set", "timeout_s", "5")
    assert "tomlkit" not in loaded_by("config", "show")
    assert "tomlkit" not in loaded_by("config", "set", "timeout_s", "5")


def test_help_loads_neither_rich_nor_numpy_nor_any_command() -> None:
    loaded = loaded_by("--help")
    assert loaded.isdisjoint({"rich", "numpy", "sqlite3", "sqlite_utils"})
    assert not [name for name in loaded if name.startswith("spotrec.cli.commands.")]


def test_importing_the_package_loads_nothing_slow() -> None:
    code = (
        "import sys, spotrec; from spotrec import Recommender; print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint(SLOW)


def test_a_command_waits_for_no_other(catalogue: str) -> None:
    loaded = loaded_by("query", catalogue, "--ids")
    others = {f"spotrec.cli.commands.{name}" for name in ("crawl", "extract", "models", "cache", "map", "playlist")}
    unneeded = {
        "spotrec.links",
        "spotrec.operations.library",
        "spotrec.query.explanation",
        "spotrec.query.journey",
        "rich",
    }
    assert "spotrec.cli.commands.query" in loaded
    assert loaded.isdisjoint(others | unneeded)
