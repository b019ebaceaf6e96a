"""What Tab offers, and what usage lines say."""

import os
import pty
import select
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.map.colouring import Colour
from spotrec.store import FeatureStore
from support.catalogue import playlist, song

Run = Callable[..., Any]


def offered(*words: str) -> list[str]:
    """What bash is offered after these words; the last one is not complete."""
    asked = {"_SPOTREC_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    environment = {**os.environ, **asked}
    done = subprocess.run(
        [sys.executable, "-c", "from spotrec.cli import main; main()"], env=environment, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr, done.stderr
    return [word for word in done.stdout.splitlines() if word]


def test_moods_and_tags_are_offered() -> None:
    assert offered("spotrec", "query", "--mood", "chil") == [
        "children\\ singing",
        "chill",
        "chillout",
        "children\\'s\\ music",
    ]
    assert offered("spotrec", "query", "--mood", "sad,pia") == ["sad,piano"]
    assert offered("spotrec", "query", "--exclude", "christmas,sp") == ["christmas,speech"]
    assert "jazz" in offered("spotrec", "query", "--tag", "")


TITLE = "Meine 'alte' Liste $5 & \"mehr\"*"


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("query --mood hard", ["query", "--mood", "hard rock"]),
        ("sync Mei", ["sync", TITLE]),
        ("sync Meine\\ ", ["sync", TITLE]),
        ('sync "Mei', ["sync", TITLE]),
        ("sync 'Mei", ["sync", TITLE]),
    ],
)
def test_a_name_with_blanks_is_one_word_after_tab_in_bash(
    store: FeatureStore, tmp_path: Path, line: str, words: list[str]
) -> None:
    """Type a line and Tab into a bash on a terminal of its own; `spotrec` there prints the words it is given."""
    store.tracks.add([song(1)], playlist(1, TITLE))
    script = tmp_path / "spotrec"
    script.write_text(
        f"#!{sys.executable}\nimport os, sys\n"
        "if '_SPOTREC_COMPLETE' not in os.environ:\n    print('WORDS', sys.argv[1:], 'END')\n    sys.exit()\n"
        "from spotrec.cli import main\nmain()\n"
    )
    script.chmod(0o755)
    environment = {**os.environ, "_SPOTREC_COMPLETE": "source_bash"}
    written = subprocess.run([script], env=environment, capture_output=True, text=True, check=True).stdout
    (tmp_path / "rc").write_text(f"PS1='ready> '\nPATH={tmp_path}:$PATH\n{written}")
    terminal, other = pty.openpty()
    with subprocess.Popen(
        ["bash", "--rcfile", tmp_path / "rc", "-i"],
        stdin=other,
        stdout=other,
        stderr=other,
        start_new_session=True,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "500"},
        cwd=tmp_path,
    ) as shell:
        os.close(other)
        try:
            until(terminal, "ready> ")
            os.write(terminal, f"spotrec {line}\t".encode())
            until(terminal, words[-1].strip('"*')[-4:])
            os.write(terminal, b"\n")
            shown = until(terminal, " END")
        finally:
            shell.kill()
            os.close(terminal)
    assert shown.split("WORDS ")[1].split(" END")[0] == str(words)


def until(terminal: int, text: str) -> str:
    """What a terminal shows until a text stands there."""
    shown = ""
    while text not in shown:
        assert select.select([terminal], [], [], 30)[0], shown
        shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


def test_models_are_offered() -> None:
    assert set(offered("spotrec", "extract", "--model", "")) >= {"choi", "choi-1", "choi-2", "musicnn", "musicnn-1"}
    assert offered("spotrec", "models", "show", "mu") == ["musicnn", "musicnn-1"]


def test_every_colour_is_offered() -> None:
    from typing import get_args

    assert set(offered("spotrec", "map", "--colour", "")) == set(get_args(Colour))
    assert offered("spotrec", "map", "--colour", "ar") == ["artist"]


def test_settings_and_their_values_are_offered() -> None:
    assert offered("spotrec", "config", "set", "mat") == ["matching"]
    assert offered("spotrec", "config", "unset", "aws_s") == ["aws_secret_access_key", "aws_session_token"]
    assert offered("spotrec", "config", "set", "matching", "") == ["strict", "loose"]
    assert offered("spotrec", "config", "set", "model", "choi,mu") == ["choi,musicnn", "choi,musicnn-1"]
    assert offered("spotrec", "config", "set", "providers", "it") == ["itunes"]
    assert offered("spotrec", "config", "set", "nonsense", "") == []


@pytest.mark.parametrize(
    "command",
    ["sync", "remove", "query --exclude-known", "query --collection", "tracks --collection", "map --collection"],
)
def test_stored_collections_are_offered(store: FeatureStore, command: str) -> None:
    store.tracks.add([song(1)], playlist(1, "Evening"))
    store.tracks.add([song(2)], playlist(2, "Morning"))
    assert offered("spotrec", *command.split(), "Ev") == ["Evening"]
    assert offered("spotrec", *command.split(), "ev") == ["evening"]


def test_collections_of_another_store_are_offered(home: Path) -> None:
    with FeatureStore(home / "my.db") as store:
        store.tracks.add([song(1)], playlist(1, "Elsewhere"))
    assert offered("spotrec", "sync", "--store", str(home / "my.db"), "") == ["Elsewhere"]


def test_without_a_store_nothing_is_offered_and_nothing_is_made(home: Path) -> None:
    assert offered("spotrec", "sync", "") == []
    assert not (home / "data").exists()


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("query", "[OPTIONS] [SEED]..."),
        ("journey", "[OPTIONS] A B"),
        ("remove", "[OPTIONS] TRACK_OR_COLLECTION..."),
        ("crawl", "[OPTIONS] [SOURCE]..."),
        ("sync", "[OPTIONS] [COLLECTION]..."),
        ("embed", "[OPTIONS] FILE..."),
        ("cache copy", "[OPTIONS] FROM TO"),
        ("config set", "[OPTIONS] NAME VALUE..."),
        ("playlist create", "[OPTIONS] NAME [TRACK]..."),
    ],
)
def test_usage_says_how_many_arguments_a_command_takes(spotrec: Run, command: str, usage: str) -> None:
    assert spotrec(*command.split(), "--help").stdout.splitlines()[0].endswith(f"{command} {usage}")
