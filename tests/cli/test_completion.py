"""What Tab offers, and what usage lines say."""

import os
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
        "children singing",
        "chill",
        "chillout",
        "children's music",
    ]
    assert offered("spotrec", "query", "--mood", "sad,pia") == ["sad,piano"]
    assert offered("spotrec", "query", "--exclude", "christmas,sp") == ["christmas,speech"]
    assert "jazz" in offered("spotrec", "query", "--tag", "")


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
