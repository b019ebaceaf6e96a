"""TOML text whose values change while comments, order and spelling stay."""

import re
import tomllib
from collections.abc import Iterable
from typing import Any


def with_value(text: str, name: str, value: Any) -> str:
    """Return the text with one value set. A new one goes below its commented-out line, else to the end.

    Raises:
        ValueError, RecursionError: the text is not TOML.
    """
    before = tomllib.loads(text)
    if before.get(name) == value:
        return text
    import tomlkit  # takes as long to import as a query takes, and only changes need it

    if name not in before and (commented := re.search(rf"^#[ \t]*{re.escape(name)}[ \t]*=.*\n", text, re.MULTILINE)):
        line = tomlkit.document().add(name, value).as_string()
        after = text[: commented.end()] + line + text[commented.end() :]
        if _values(after) == {**before, name: value}:  # else the line is part of a long text
            return after
    document = tomlkit.parse(text)
    document[name] = value
    return document.as_string()


def without(text: str, names: Iterable[str]) -> str:
    """Return the text without some of its values.

    Raises:
        ValueError, RecursionError: the text is not TOML.
    """
    doomed = [name for name in dict.fromkeys(names) if name in tomllib.loads(text)]
    if not doomed:
        return text
    import tomlkit  # as above

    document = tomlkit.parse(text)
    for name in doomed:
        document.remove(name)
    return document.as_string()


def commented_line(name: str, value: Any) -> str:
    """Return the line that sets a value, commented out."""
    import tomlkit  # as above

    return f"# {tomlkit.document().add(name, value).as_string()}"


def _values(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None
