"""What the shell offers after Tab: moods, models, colours, settings, and the names of stored collections.

Each function gets the beginning of a word, and returns the words that begin like this; `words_for_the_shell` prints
them as the shell needs them on its line. Nothing is loaded before Tab.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import typer

_SPECIAL = re.compile(r"[^\w@%+:,./~-]")
"""What a shell does not take as a letter of a word."""
COLOURS = ("tag", "collection", "artist", "genre")


def moods(incomplete: str) -> list[str]:
    """Complete the last tag of a mood; a minus before it stays."""
    for start in _ends(incomplete):
        before, last = incomplete[:start], incomplete[start:]
        minus = "-" if last.startswith("-") else ""
        if found := _beginning_with(last.removeprefix("-"), _tags()):
            return [f"{before}{minus}{tag}" for tag in found]
    return []


def tags(incomplete: str) -> list[str]:
    """Complete a tag."""
    return _beginning_with(incomplete, _tags())


def exclusions(incomplete: str) -> list[str]:
    """Complete the last of several tags with commas between them; what people exclude most comes first."""
    before, comma, last = incomplete.rpartition(",")
    found = _beginning_with(last, ("christmas", "speech", *_tags()))
    return [f"{before}{comma}{tag}" for tag in found]


def models(incomplete: str) -> list[str]:
    """Complete the name of a model, with or without its version."""
    from spotrec.extract.models.registry import installed_models

    names = (name for model in installed_models() for name in (model.id.name, f"{model.id.name}-{model.id.version}"))
    return _beginning_with(incomplete, names)


def settings(incomplete: str) -> list[str]:
    """Complete the name of a setting."""
    from spotrec.settings import names

    return _beginning_with(incomplete, names())


def values(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the last value of the setting that the command line names; values before a comma stay."""
    from spotrec.errors import UsageError
    from spotrec.settings import Settings, spec_of

    name = str(context.params.get("name"))
    before, comma, last = incomplete.rpartition(",")
    if name in ("ears", "model"):
        return [before + comma + one for one in models(last)]
    try:
        choices = spec_of(name)["choices"]
    except UsageError:  # Tab has no place for a message
        return []
    default = getattr(Settings(), name)
    known = choices or (default if isinstance(default, tuple) else ())
    return [before + comma + one for one in _beginning_with(last, known)]


def colours(incomplete: str) -> list[str]:
    """Complete what a map is coloured by."""
    return _beginning_with(incomplete, COLOURS)


def collections(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the title of a stored collection, in the store that the command line names."""
    from spotrec.errors import SpotrecError
    from spotrec.recommender import Recommender

    given: dict[str, Any] = {name: context.params.get(name) for name in ("config", "store")}
    try:
        with Recommender(**given) as recommender:
            titles = [known.collection.title for known in recommender.collections()]
    except SpotrecError:  # Tab has no place for a message
        return []
    return _beginning_with(incomplete, titles)


def stations(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a station, in the store that the command line names."""
    from spotrec.errors import SpotrecError
    from spotrec.recommender import Recommender

    given: dict[str, Any] = {name: context.params.get(name) for name in ("config", "store")}
    try:
        with Recommender(**given) as recommender:
            names = [station.name for station in recommender.stations()]
    except SpotrecError:  # Tab has no place for a message
        return []
    return _beginning_with(incomplete, names)


def _tags() -> list[str]:
    """Return all tags: the words of the joint vocabulary, and Last.fm's."""
    from spotrec.extract.models.lastfm_tags import TAGS
    from spotrec.extract.models.words import WORDS

    return list(dict.fromkeys([*(word.name for word in WORDS), *(tag.lower() for tag in TAGS)]))


def _ends(text: str) -> list[int]:
    """Return where the last words of a text begin, longest end first: a tag may have several words."""
    return [0, *(i + 1 for i, c in enumerate(text) if c in " ,")]


def _beginning_with(start: str, words: Iterable[str]) -> list[str]:
    """Return the words that begin like this in any case; shells take only those that begin exactly like this."""
    found = (word for word in words if word.lower().startswith(start.lower()))
    return list(dict.fromkeys(start + word[len(start) :] for word in found))


@contextmanager
def words_for_the_shell() -> Iterator[None]:
    """Quote the words that are printed meanwhile for bash and PowerShell; zsh and fish quote them themselves.

    bash replaces what was typed after the quote that begins the word, and closes this quote itself.
    """
    printed = StringIO()
    shell = os.environ.get("_SPOTREC_COMPLETE", "").partition("_")[2]
    try:
        with redirect_stdout(printed):
            yield
    finally:
        for line in printed.getvalue().splitlines():
            typer.echo(_quoted_for(shell, line))


def _quoted_for(shell: str, line: str) -> str:
    if shell == "bash":
        return _in_bash(line, _typed_in_bash()[:1])
    if shell in ("powershell", "pwsh"):
        word, mark, description = line.partition(":::")
        quoted = "'" + word.replace("'", "''") + "'" if _SPECIAL.search(word) else word
        return f"{quoted}{mark}{description}"
    return line


def _typed_in_bash() -> str:
    """Return the word before the cursor as it was typed, with its quotes."""
    typed = os.environ.get("COMP_WORDS", "").split("\n")
    at = int(os.environ.get("COMP_CWORD", "0"))
    return typed[at] if at < len(typed) else ""


def _in_bash(word: str, quote: str) -> str:
    if quote == "'":
        return word.replace("'", r"'\''")
    if quote == '"':
        return re.sub(r'[$`"\\]', r"\\\g<0>", word)
    return _SPECIAL.sub(r"\\\g<0>", word)
