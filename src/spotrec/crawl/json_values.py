"""Checked values from the JSON of other services. A value of the wrong type or range becomes None or empty."""

import re
from typing import Any

from spotrec.names.titles import one_line

_LONGEST_URL = 2048
_MOST_NAMES = 100
_DATE = re.compile(r"((?!0000)[0-9]{4}(?:-[0-9]{2}){0,2})(?:T.*)?")


def within(value: Any, name: str) -> Any:
    """Return the field `name` of an object; None if it is missing, or if `value` is not an object."""
    return value.get(name) if isinstance(value, dict) else None


def text(value: Any) -> str:
    """Return text on one line; empty if `value` is not text."""
    return one_line(value) if isinstance(value, str) else ""


def names(values: Any) -> tuple[str, ...]:
    """Return the names in a list of objects."""
    listed = values[:_MOST_NAMES] if isinstance(values, list) else []
    return tuple(name for value in listed if (name := text(within(value, "name"))))


def whole(value: Any, at_least: int, below: int) -> int | None:
    """Return `value` if it is an integer from `at_least` to below `below`, else None."""
    is_sound = isinstance(value, int) and not isinstance(value, bool) and at_least <= value < below
    return value if is_sound else None


def flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def date(value: Any) -> str | None:
    """Return a date without its time of day (`1999`, `1999-01` or `1999-01-02`); None if `value` is not a date."""
    found = _DATE.fullmatch(text(value))
    return found[1] if found else None


def web_address(value: Any) -> str | None:
    """Return `value` if it is a printable web address of at most 2,048 characters, else None."""
    is_sound = isinstance(value, str) and value.startswith(("https://", "http://")) and len(value) <= _LONGEST_URL
    return value if is_sound and value.isprintable() else None
