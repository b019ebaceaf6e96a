"""What the shell offers after Tab: moods, models, colours, settings, and the names of stored collections.

Each function gets the beginning of a word, and returns the words that begin like this. Nothing is loaded before Tab.
"""

from collections.abc import Iterable
from typing import Any

import typer

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
