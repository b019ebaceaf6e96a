"""Ranges as people write them: `1990..1999`, `..1980`, `2000..`, `1990`."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from spotrec.errors import UsageError, quoted

_CLOCK = re.compile(r"(?:(?P<hours>[0-9]{1,3}):(?=[0-9][0-9]:))?(?P<minutes>[0-9]{1,4}):(?P<seconds>[0-5][0-9])")
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class Span:
    """A range of values, both ends included."""

    low: float
    high: float


def years(text: str) -> Span:
    """Parse `1990..1999`, both included; `1990` is that year."""
    return _span("`year`", text, _year, "write 1990, 1990..1999, ..1980 or 2000..")


def durations_ms(text: str) -> Span:
    """Parse `2:00..4:30`, to the second, to milliseconds; a number alone is in seconds."""
    span = _span("`duration`", text, _seconds, "write 2:00..4:30, ..5:00, 1:00:00.. or seconds")
    return Span(span.low * 1000, span.high * 1000 + 999)


def tempos(text: str) -> Span:
    """Parse `120..130` beats per minute, both included; `120` includes all tempos that round to it."""
    span = _span("`bpm`", text, _number, "write 120..130, ..90, 140.. or 120")
    return span if ".." in text else Span(span.low - 0.5, span.high + 0.5)


def _span(name: str, text: str, value: Callable[[str], float | None], hint: str) -> Span:
    first, dots, last = text.strip().partition("..")
    low = value(first.strip()) if first.strip() else -math.inf
    high = (value(last.strip()) if last.strip() else math.inf) if dots else low
    if low is None or high is None or (low, high) == (-math.inf, math.inf) or high == -math.inf:
        raise UsageError(f"{name} {quoted(text)} is not a range", hint)
    if low > high:
        raise UsageError(f"{name} {quoted(text)} ends before it begins", hint)
    return Span(low, high)


def _year(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{4}", text) else None


def _seconds(text: str) -> float | None:
    if clock := _CLOCK.fullmatch(text):
        return float(3600 * int(clock["hours"] or 0) + 60 * int(clock["minutes"]) + int(clock["seconds"]))
    return _number(text)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
