import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.errors import UsageError
from spotrec.query.ranges import Span, durations_ms, tempos, years


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("1990..1999", Span(1990, 1999)),
        ("1990", Span(1990, 1990)),
        ("..1980", Span(-math.inf, 1980)),
        ("2000..", Span(2000, math.inf)),
        (" 1990 .. 1999 ", Span(1990, 1999)),
    ],
)
def test_years_are_from_one_to_the_other(text: str, span: Span) -> None:
    assert years(text) == span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2:00..4:30", Span(120_000, 270_999)),
        ("..5:00", Span(-math.inf, 300_999)),
        ("1:00:00..", Span(3_600_000, math.inf)),
        ("90", Span(90_000, 90_999)),
        ("3:07", Span(187_000, 187_999)),
    ],
)
def test_lengths_are_to_the_second(text: str, span: Span) -> None:
    assert durations_ms(text) == span


def test_a_tempo_alone_is_all_that_round_to_it() -> None:
    assert tempos("120") == Span(119.5, 120.5)
    assert tempos("119.5..121") == Span(119.5, 121)


@pytest.mark.parametrize("parse", [years, durations_ms, tempos])
@pytest.mark.parametrize(
    "text",
    ["", "..", "a..b", "1999..1990", "1990...1999", "1990-1999", "nan", "inf..", "-5..", "١٩٩٠", "1e3", "9" * 400],
)
def test_what_is_no_range_is_refused(parse: object, text: str) -> None:
    with pytest.raises(UsageError, match=r"not a range|ends before"):
        parse(text)  # type: ignore[operator] # one of the three


@given(st.integers(1000, 9999), st.integers(1000, 9999))
def test_any_two_years_are_a_range_or_refused(low: int, high: int) -> None:
    if low <= high:
        assert years(f"{low}..{high}") == Span(low, high)
    else:
        with pytest.raises(UsageError):
            years(f"{low}..{high}")


@given(st.text(max_size=20))
def test_any_text_is_a_finite_or_half_open_range_or_refused(text: str) -> None:
    for parse in (years, durations_ms, tempos):
        try:
            span = parse(text)
        except UsageError:
            continue
        assert span.low <= span.high
        assert math.isfinite(span.low) or math.isfinite(span.high)
