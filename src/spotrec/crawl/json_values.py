"""Values in other people's JSON: what is not of the kind that belongs there is left out, never believed."""

import re
from typing import Any

from spotrec.names.titles import one_line

_LONGEST_URL = 2048
_MOST_NAMES = 100
_DATE = re.compile(r"((?!0000)[0-9]{4}(?:-[0-9]{2}){0,2})(?:T.*)?")


def within(value: Any, name: str) -> Any:
    """What an object holds under `name`; None where it holds nothing, or is no object."""
    return value.get(name) if isinstance(value, dict) else None


def text(value: Any) -> str:
    """Text on one line; empty where it is none."""
    return one_line(value) if isinstance(value, str) else ""


def names(values: Any) -> tuple[str, ...]:
    """The names in a list of objects."""
    listed = values[:_MOST_NAMES] if isinstance(values, list) else []
    return tuple(name for value in listed if (name := text(within(value, "name"))))


def whole(value: Any, at_least: int, below: int) -> int | None:
    """A whole number in these bounds."""
    is_sound = isinstance(value, int) and not isinstance(value, bool) and at_least <= value < below
    return value if is_sound else None


def flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def date(value: Any) -> str | None:
    """A date as far as it is known (`1999`, `1999-01`, `1999-01-02`), the time of day cut off."""
    found = _DATE.fullmatch(text(value))
    return found[1] if found else None


def web_address(value: Any) -> str | None:
    """An address on the web, of bearable length."""
    is_sound = isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) <= _LONGEST_URL
    return value if is_sound and value.isprintable() else None
