"""Ranges as people write them: `1990..1999`, `1990-1999`, `90s`, `..1980`, `since 2000`, `<5:00`, `120 bpm`."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from spotrec.errors import UsageError, quoted

_CLOCK = re.compile(r"(?:(?P<hours>[0-9]{1,3}):(?=[0-9][0-9]:))?(?P<minutes>[0-9]{1,4}):(?P<seconds>[0-5][0-9])")
_UNITS = re.compile(
    r"(?:(?P<hours>[0-9]{1,3}) ?h(?:ours?|rs?)?)? ?(?:(?P<minutes>[0-9]{1,4}) ?m(?:in(?:utes?|s)?)?)? ?"
    r"(?:(?P<seconds>[0-9]{1,5}) ?s(?:ec(?:onds?|s)?)?)?"
)
_SHARED_UNIT = re.compile(
    r"(?P<first>[0-9]{1,4})(?=\s*(?:-|–|—|\.\.|to\b)\s*[0-9]{1,4}\s*(?P<unit>h|m|s)[a-z]*$)", re.IGNORECASE
)
_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")
_DECADE = re.compile(r"['’]?(?P<years>[0-9]{3}0|[0-9]0)['’]?s|(?P<tens>[0-9]{3})[x*_]")
_FIRST_OLD_DECADE = 30  # the 30s are the 1930s, the 20s the 2020s

_DASH = re.compile(r"[-–—−]|\s(?:to|until|till)\s")
_FROM = re.compile(r"(?:from|since|>=|≥)\s*|(?=.*\+$)")
_ABOVE = re.compile(r"(?:after|over|above|later than|more than|longer than|faster than|>)\s*")
_UP_TO = re.compile(r"(?:until|till|up to|to|<=|≤)\s*")
_BELOW = re.compile(r"(?:before|under|below|earlier than|less than|shorter than|slower than|<)\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """A range of values, both ends included."""

    low: float
    high: float


_Value = Callable[[str], Span | None]
"""One value of a range → everything that it includes: `90s` includes ten years. None if it is not one."""


def years(text: str) -> Span:
    """Parse `1990..1999`, both included; `1990` is that year, `90s` that decade, `<1990` what is before it."""
    return _span("`year`", text, _year, 1, "write 1990, 90s, 1990..1999, ..1980 or 2000..")


def durations_ms(text: str) -> Span:
    """Parse `2:00..4:30`, to the second, to milliseconds; a number alone is in seconds, `3 min` in minutes."""
    with_units = _SHARED_UNIT.sub(r"\g<first>\g<unit>", text.strip())  # 3-5 min
    span = _span("`duration`", with_units, _seconds, 1, "write 2:00..4:30, ..5:00, 1:00:00.. or seconds")
    return Span(span.low * 1000, span.high * 1000 + 999)


def tempos(text: str) -> Span:
    """Parse `120..130` beats per minute, both included; `120` includes all tempos that round to it."""
    bare = re.sub(r"\s*bpm\b", "", text.strip(), flags=re.IGNORECASE)
    span = _span("`bpm`", bare, _number, 1e-6, "write 120..130, ..90, 140.. or 120")
    return Span(span.low - 0.5, span.high + 0.5) if _NUMBER.fullmatch(bare) else span


def _span(name: str, text: str, value: _Value, step: float, hint: str) -> Span:
    """Parse a range of which `value` parses the ends; `step` is the smallest difference of two values."""
    written = text.strip().lower()
    span = value(written) or _half_open(written, value, step) or _from_one_to_another(written, value)
    if span is None:
        raise UsageError(f"{name} {quoted(text)} is not a range", hint)
    if span.low > span.high:
        raise UsageError(f"{name} {quoted(text)} ends before it begins", hint)
    return span


def _half_open(text: str, value: _Value, step: float) -> Span | None:
    for words, is_low, by in ((_FROM, True, 0.0), (_ABOVE, True, step), (_UP_TO, False, 0.0), (_BELOW, False, -step)):
        if (found := words.match(text)) and (end := value(text[found.end() :].removesuffix("+").strip())):
            if is_low:
                return Span((end.high if by else end.low) + by, math.inf)
            return Span(-math.inf, (end.low if by else end.high) + by)
    return None


def _from_one_to_another(text: str, value: _Value) -> Span | None:
    """Parse two ends with dots, a dash or a word between them; one of the ends may be missing."""
    bare = re.sub(r"^(?:from|between)\s+", "", text)
    first, between, last = bare.partition("..")
    if not between:
        ends = _DASH.split(bare.replace(" and ", " to "))
        if len(ends) != 2:
            return None
        first, last = ends
    low, high = (value(end.strip()) if end.strip() else Span(-math.inf, math.inf) for end in (first, last))
    if low is None or high is None or not (first.strip() or last.strip()):
        return None
    return Span(low.low, high.high)


def _year(text: str) -> Span | None:
    if re.fullmatch(r"[0-9]{4}", text):
        return _only(float(text))
    if not (decade := _DECADE.fullmatch(text.removeprefix("the "))):
        return None
    first = int(decade["years"] or decade["tens"] + "0")
    if first < 100:
        first += 1900 if first >= _FIRST_OLD_DECADE else 2000
    return Span(first, first + 9)


def _seconds(text: str) -> Span | None:
    if found := _CLOCK.fullmatch(text) or (_UNITS.fullmatch(text) if text else None):
        hours, minutes, seconds = (int(part or 0) for part in found.group("hours", "minutes", "seconds"))
        return _only(3600 * hours + 60 * minutes + seconds)
    return _number(text)


def _number(text: str) -> Span | None:
    return _only(float(text)) if _NUMBER.fullmatch(text) else None


def _only(value: float) -> Span:
    return Span(value, value)
