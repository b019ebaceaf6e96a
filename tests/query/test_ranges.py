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


@pytest.mark.parametrize(
    ("text", "span"),
    [
        *((text, Span(1990, 1999)) for text in ("90s", "1990s", "'90s", "90’s", "the 90s", "199x", "1990-1999")),
        *((text, Span(1990, 1999)) for text in ("1990 – 1999", "1990 to 1999", "from 1990 to 1999")),
        ("between 1990 and 1999", Span(1990, 1999)),
        *((text, Span(1980, 1999)) for text in ("80s..90s", "80s-90s", "1980-90s")),
        ("00s", Span(2000, 2009)),
        ("20s", Span(2020, 2029)),
        ("30s", Span(1930, 1939)),
        *(
            (text, Span(1990, math.inf))
            for text in ("since 1990", "1990+", "1990-", ">=1990", "from the 90s", "> 1989")
        ),
        *((text, Span(2000, math.inf)) for text in ("after the 90s", "after 1999")),
        *(
            (text, Span(-math.inf, 1989))
            for text in ("before 1990", "<1990", "before the 90s", "..80s", "-1989", "≤1989")
        ),
    ],
)
def test_years_are_understood_as_people_write_them(text: str, span: Span) -> None:
    assert years(text) == span
    assert years(f" {text.upper()} ") == span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        *(
            (text, Span(180_000, 300_999))
            for text in ("3:00-5:00", "3-5 min", "3 min - 5 min", "3m..5m", "3 to 5 minutes")
        ),
        *((text, Span(-math.inf, 299_999)) for text in ("<5:00", "under 5 min", "shorter than 5 minutes")),
        *((text, Span(3_600_000, math.inf)) for text in ("1h+", "60 min-", ">= 1:00:00")),
        ("2m30s", Span(150_000, 150_999)),
    ],
)
def test_lengths_are_understood_as_people_write_them(text: str, span: Span) -> None:
    assert durations_ms(text) == span


def test_tempos_are_understood_as_people_write_them() -> None:
    assert tempos("120-130 bpm") == tempos("120 to 130 BPM") == tempos("120..130") == Span(120, 130)
    assert tempos("120 bpm") == tempos("120") == Span(119.5, 120.5)
    assert tempos("<= 90") == tempos("..90")
    assert tempos("> 90").low > 90


def test_a_tempo_alone_is_all_that_round_to_it() -> None:
    assert tempos("120") == Span(119.5, 120.5)
    assert tempos("119.5..121") == Span(119.5, 121)


@pytest.mark.parametrize("parse", [years, durations_ms, tempos])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "a..b",
        "1999..1990",
        "1990...1999",
        "1990-1999-2000",
        "-",
        "nan",
        "inf..",
        "-5..",
        "١٩٩٠",
        "1e3",
        "9" * 400,
    ],
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
