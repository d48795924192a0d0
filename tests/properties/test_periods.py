"""Properties of months and of the length of a service."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from revrec.periods import MONTHS, Period, day_before, months_of, plus_months
from tests.oracle.service_time import add_months, days_between, months_of_service
from tests.properties.profiles import often

days = st.dates(date(1990, 1, 1), date(2099, 12, 31))
periods = st.builds(MONTHS.of, days)
counts = st.integers(-600, 600)


@often
@given(periods)
def test_a_period_is_told_and_read_back(period: Period) -> None:
    """``parse`` and ``str`` are inverse."""
    assert period == MONTHS.parse(str(period))


@often
@given(days)
def test_a_day_lies_in_its_period_and_in_no_neighbour(day: date) -> None:
    """Months cover the calendar without gaps or overlaps."""
    period = MONTHS.of(day)

    assert period.first <= day <= period.last
    assert period.previous.last < day < period.next.first


@often
@given(periods)
def test_a_period_ends_the_day_before_the_next(period: Period) -> None:
    """No day is left between two months."""
    assert period.last == day_before(period.next.first)
    assert period.last == period.first + timedelta(days=(period.last - period.first).days)


@often
@given(periods, counts)
def test_months_forth_and_back(period: Period, count: int) -> None:
    """Going on and coming back leads home."""
    assert period == period.plus(count).plus(-count)


@often
@given(periods, counts, counts)
def test_months_add_up(period: Period, one: int, other: int) -> None:
    """Two steps are one longer step."""
    assert period.plus(one + other) == period.plus(one).plus(other)


@often
@given(periods, st.integers(0, 200))
def test_a_range_has_each_month_once(period: Period, count: int) -> None:
    """From a month to the n-th after it are n + 1 months, in order."""
    months = list(period.through(period.plus(count)))

    assert count + 1 == len(months)
    assert months == sorted(set(months))


@often
@given(periods, periods)
def test_the_order_of_text_is_the_order_of_time(one: Period, other: Period) -> None:
    """Sorting months as text, as a database does, sorts them in time."""
    assert (one < other) == (str(one) < str(other))


@often
@given(days, st.integers(0, 120))
def test_months_later_is_the_same_day_or_the_last(day: date, count: int) -> None:
    """The anchor day, or the last day of a month that lacks it."""
    later = plus_months(day, count)

    assert MONTHS.of(day).plus(count) == MONTHS.of(later)
    assert later.day == min(day.day, MONTHS.of(later).last.day)
    assert add_months(day, count) == later


@often
@given(days, st.integers(0, 1900))
def test_length_of_service_is_the_sum_of_its_days(first: date, length: int) -> None:
    """Closed form and day by day agree, leap days and month ends included."""
    last = first + timedelta(days=length)

    assert months_of_service(first, last) == months_of(first, last)
    assert length + 1 == len(days_between(first, last))


@often
@given(days, st.integers(1, 60))
def test_whole_months_of_service_are_whole(first: date, count: int) -> None:
    """A service that ends the day before the anchor day is a number of months."""
    assert count == months_of(first, day_before(plus_months(first, count)))
