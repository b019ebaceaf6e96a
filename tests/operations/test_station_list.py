"""When a list begins and ends."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.errors import UsageError
from spotrec.operations.station_list import period_of
from spotrec.operations.stations import every_of, seconds_of

HOUR, DAY, WEEK = 3600, 86_400, 7 * 86_400
NOON = datetime(2026, 11, 30, 12, 30)  # a Monday


@pytest.mark.parametrize(
    ("every_s", "began", "ends"),
    [
        (DAY, datetime(2026, 11, 30), datetime(2026, 12, 1)),
        (WEEK, datetime(2026, 11, 30), datetime(2026, 12, 7)),
        (6 * HOUR, datetime(2026, 11, 30, 12), datetime(2026, 11, 30, 18)),
        (HOUR, datetime(2026, 11, 30, 12), datetime(2026, 11, 30, 13)),
    ],
)
def test_a_day_begins_at_midnight_and_a_week_on_monday(every_s: int, began: datetime, ends: datetime) -> None:
    assert period_of(NOON, every_s) == (began, ends)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)), st.integers(1, 366 * 24).map(lambda n: n * HOUR))
def test_every_moment_is_in_one_period(now: datetime, every_s: int) -> None:
    began, ends = period_of(now, every_s)
    assert began <= now < ends
    assert ends - began == timedelta(seconds=every_s)
    assert period_of(ends, every_s)[0] == ends
    assert period_of(began, every_s)[0] == began


@given(st.integers(1, 366 * 24).map(lambda n: n * HOUR))
def test_a_time_is_read_as_it_is_written(seconds: int) -> None:
    assert seconds_of(every_of(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "d", "0d", "-1d", "1", "1.5d", "1m", "1D", "367d", "53w", "1d1h", "٣d", "1e3d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not how long a list can stay"):
        seconds_of(text)
