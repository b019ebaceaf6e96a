"""Every command in a message can be pasted: it parses, and it works where a test can run it."""

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

import spotrec as package
from spotrec.cli.app import app
from support.catalogue import fill, scattered, song, songs
from support.words import fill_words

Run = Callable[..., Any]

SOURCES = Path(package.__file__).parent
_IN_BACKTICKS = re.compile(r"`(spotrec [^`]+)`")
_NEEDS_MORE_THAN_A_STORE = re.compile(
    "login|logout|whoami|models install|index push|index pull|playlist|crawl SOURCE|add SOURCE|crawl --retry"
    "|extract|demo|doctor|config edit|serve|station refresh"
)
_FILLED_IN = {
    "SOURCE": ".",
    "SEED": song(7).id,
    "WORDS": "song",
    "TRACK": song(7).id,
    "FILE": "music.parquet",
    "NAME": "musicnn",
    "S3_ADDRESS": "s3://bucket/indexes",
}


def texts(tree: ast.AST) -> Iterator[str]:
    """All texts of a program; what an f-string fills in is an empty or a likely word."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    within = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else _likely(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in within | docstrings:
            yield node.value


def _likely(part: ast.expr) -> str:
    name = ast.unparse(part)
    if "excerpts" in name:
        return "3"
    if "option" in name:
        return " --model musicnn"
    return song(7).id if "id" in name.split(".")[-1] else "musicnn" if re.search("model|name|network", name) else ""


@cache
def hints() -> list[str]:
    """The commands in messages. What help says of a command is not meant to be pasted."""
    found: set[str] = set()
    for path in sorted(set(SOURCES.rglob("*.py")) - set((SOURCES / "cli" / "commands").rglob("*.py"))):
        if "`spotrec " not in (source := path.read_text(encoding="utf-8")):
            continue
        for text in texts(ast.parse(source)):
            found.update(" ".join(command.split()) for command in _IN_BACKTICKS.findall(text))
    return sorted(found)


def words_of(hint: str) -> list[str]:
    return [_FILLED_IN.get(word, word) for word in shlex.split(hint)[1:]]


def test_the_hints_are_found() -> None:
    assert len(hints()) > 20
    assert {"spotrec index", "spotrec extract --model musicnn", "spotrec tracks --missing-audio"} <= set(hints())


@pytest.mark.parametrize("hint", hints())
def test_a_hint_is_a_command_with_arguments_that_exist(hint: str) -> None:
    command, words = typer.main.get_command(app), words_of(hint)
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert command.name != "spotrec", f"{hint} is not a command"
    command.make_context(command.name, words)  # raises for what the command does not know


@pytest.mark.parametrize("hint", [hint for hint in hints() if not _NEEDS_MORE_THAN_A_STORE.search(hint)])
def test_a_hint_works_when_it_is_pasted(hint: str, home: Path, spotrec: Run) -> None:
    if "--exclude" in hint:  # Choi's network alone hears no speech
        fill_words(home, songs(30), {"speech": {1: 2}})
    else:
        fill(home, songs(30), scattered(30))
    spotrec("index")
    spotrec("features", "export", "music.parquet")
    if hint.startswith("spotrec station show"):
        spotrec("station", "new", _FILLED_IN["NAME"], song(7).id)
    if hint.startswith("spotrec remove"):
        hint += " --yes"
    hint = hint.replace("index --model musicnn", "index --model choi-1")  # which this store has features of
    hint = hint.replace("config unset musicnn", "config unset model")  # a name of a setting
    done = spotrec(*words_of(hint), code=None, stdin="a password" if hint.endswith(" -") else None)
    assert done.exit_code == 0, f"{hint}: {done.stderr}"


def test_a_hint_names_the_model_and_the_store_that_were_given(home: Path, spotrec: Run) -> None:
    fill(home, songs(30), scattered(30))
    (home / "data" / "spotrec.db").rename(home / "my music.db")
    shown = spotrec("query", "song 7", "--model", "choi-1", "--store", "my music.db", code=1).stderr
    hint = _IN_BACKTICKS.findall(" ".join(shown.split()))[0]
    assert hint == "spotrec index --model choi-1 --store 'my music.db'"
    spotrec(*shlex.split(hint)[1:])
    assert "Song 7" in spotrec("query", "song 7", "--model", "choi-1", "--store", "my music.db").stdout
    assert "spotrec query SEED --store 'my music.db'" in spotrec("status", "--store", "my music.db").stdout


def test_a_model_that_heard_nothing_is_extracted_before_it_is_indexed(home: Path, spotrec: Run) -> None:
    fill(home, songs(30), scattered(30))
    shown = " ".join(spotrec("query", "song 7", "--model", "musicnn", code=1).stderr.split())
    assert "`spotrec extract --model musicnn`, then `spotrec index --model musicnn`" in shown


@pytest.mark.parametrize("is_store_there", [True, False])
@pytest.mark.parametrize("command", [("query", "x"), ("query", "--mood", "jazz"), ("journey", "a", "b"), ("index",)])
def test_before_any_crawl_the_hint_is_to_crawl(
    home: Path, spotrec: Run, command: tuple[str, ...], is_store_there: bool
) -> None:
    if is_store_there:
        fill(home, [])
    shown = spotrec(*command, code=None)
    assert shown.exit_code in (1, 5)
    assert "spotrec crawl SOURCE" in shown.stderr


def test_a_title_that_looks_like_a_command_is_left_alone(home: Path, spotrec: Run) -> None:
    fill(home, songs(3))
    shown = spotrec("query", "`spotrec index`", "--store", home / "data" / "spotrec.db", code=None).stderr
    assert "“`spotrec index`”" in shown or "no index" in shown
