"""The current folder may be a stranger's, such as a clone: its code does not run, and it gets no secrets."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.servers import FakeSpotify, serving

Run = Callable[..., Any]

MODULES = (
    "annoy", "av", "click", "h5py", "json", "librosa", "numpy", "openTSNE", "pickle", "pip", "pyarrow", "random",
    "scipy", "sitecustomize", "socket", "soundfile", "spotrec", "tensorflow", "typing", "usercustomize",
)  # fmt: skip


@pytest.fixture(scope="module")
def prepared(music: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Data folders, `CRAWLED` and `INDEXED`, an export of features, `EXPORT`, and a `TUNE`."""
    folder = tmp_path_factory.mktemp("prepared")

    def run(data: str, *commands: list[object]) -> None:
        for command in commands:
            subprocess.run(
                [sys.executable, "-m", "spotrec", *map(str, command)],
                env={**os.environ, "SPOTREC_DATA_DIR": str(folder / data), "SPOTREC_WEIGHTS": str(weights)},
                capture_output=True,
                check=True,
            )

    few = folder / "music"
    few.mkdir()
    for path in sorted(music.glob("*.flac"))[:4]:
        shutil.copy(path, few)
    run("crawled", ["crawl", few])
    shutil.copytree(folder / "crawled", folder / "indexed")
    run("indexed", ["extract"], ["index"], ["features", "export", folder / "all.parquet"])
    return {
        "CRAWLED": folder / "crawled",
        "INDEXED": folder / "indexed",
        "EXPORT": folder / "all.parquet",
        "TUNE": next(few.glob("*.flac")),
    }


@pytest.fixture
def planted(home: Path) -> Path:
    """A current folder with modules that note that they ran; returns the file of the notes."""
    notes = home / "ran"
    for name in MODULES:
        (home / f"{name}.py").write_text(f"open({str(notes)!r}, 'a').write('{name} ')\n")
    return notes


COMMANDS = (
    ("doctor", "embed TUNE", "evaluate", "features export mine.parquet", "features export EXPORT --force",
     "features import EXPORT", "index --check", "map --html map.html", "models install musicnn", "query TUNE"),
    ("extract",),
    ("extract --cluster local",),
)  # fmt: skip
"""Those of a line run one after the other in one process, whose path leads to the same modules all the time."""

# as the installed program starts; its children inherit a PYTHONPATH with the current folder in three spellings
PROGRAM = """
import json, os, sys
os.environ['PYTHONPATH'] = ':.:../home'
from spotrec.cli import main
for command in json.loads(sys.argv[1]):
    sys.argv[1:] = command
    try:
        main()
    except SystemExit as end:
        print(*command, 'ends with', end.code, '- something else ran' if os.path.exists('ran') else '')
"""


@pytest.mark.parametrize("commands", COMMANDS, ids="; ".join)
def test_code_in_the_current_folder_does_not_run(
    commands: tuple[str, ...], planted: Path, prepared: dict[str, Path], weights: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(prepared["CRAWLED" if "extract" in commands[0] else "INDEXED"], data)
    words = [[str(prepared.get(word, word)) for word in command.split()] for command in commands]
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, json.dumps(words)],
        env={**os.environ, "SPOTREC_DATA_DIR": str(data), "SPOTREC_WEIGHTS": str(weights)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert not planted.exists(), f"{planted.read_text()}\n{done.stdout}"
    assert done.stdout.count(" ends with ") == len(commands), done.stderr


def test_python_m_spotrec_does_not_import_from_the_current_folder_either(
    home: Path, spotrec_process: Run, prepared: dict[str, Path], weights: Path
) -> None:
    (home / "numpy.py").write_text("raise SystemExit('ran')")
    settings = {"SPOTREC_DATA_DIR": str(prepared["INDEXED"]), "SPOTREC_WEIGHTS": str(weights)}
    spotrec_process("query", prepared["TUNE"], "--json", **settings)


@pytest.fixture
def strange(spotify: FakeSpotify, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpotify]:
    """A server that `config/spotrec.toml` of the current folder names as Spotify's; the environment names none."""
    for name in ("SPOTREC_SPOTIFY_API_URL", "SPOTREC_SPOTIFY_ACCOUNTS_URL"):
        monkeypatch.delenv(name)
    with serving(FakeSpotify()) as server:
        assert isinstance(server, FakeSpotify)
        (home / "config").mkdir(exist_ok=True)
        (home / "config" / "spotrec.toml").write_text(
            f"spotify_api_url = '{server.url}'\nspotify_accounts_url = '{server.url}'\nembed_pages = 'off'\n"
        )
        yield server


PLAYLIST = "https://open.spotify.com/playlist/37i9dQZF1DXcBWIGoYBM5M"


def test_a_folders_config_does_not_decide_where_a_token_of_the_environment_goes(
    strange: FakeSpotify, spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTIFY_TOKEN", "planted-token")
    refused = spotrec("crawl", PLAYLIST, code=None)
    assert f"`spotify_token` (environment) is not sent to {strange.url}" in refused.stderr
    assert "comes from config/spotrec.toml" in refused.stderr
    assert strange.requests == []


def test_nor_where_a_client_secret_goes(strange: FakeSpotify, spotrec: Run) -> None:
    refused = spotrec("crawl", PLAYLIST, code=None)
    assert "`spotify_client_secret` (environment) is not sent to" in refused.stderr
    assert strange.requests == []
