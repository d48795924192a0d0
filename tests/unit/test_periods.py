"""Periods are calendar months: ordered, counted, and aware of leap years."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from revrec.errors import FeedError
from revrec.periods import FOREVER, MONTHS, Period, day_before, months_of, next_day, plus_months


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31)),
        ("2026-04", date(2026, 4, 1), date(2026, 4, 30)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),  # every fourth year
        ("2100-02", date(2100, 2, 1), date(2100, 2, 28)),  # but not the centuries
        ("2000-02", date(2000, 2, 1), date(2000, 2, 29)),  # but every fourth century
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("9999-12", date(9999, 12, 1), FOREVER),
    ],
)
def test_a_period_runs_from_the_first_to_the_last_day_of_its_month(
    text: str, first: date, last: date
) -> None:
    """Both ends are days of the month, leap years included."""
    period = MONTHS.parse(text)

    assert (first, last) == (period.first, period.last)
    assert text == str(period)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-1", "2026-00", "2026-13", "26-01", "2026-01-01", " 2026-01", "2026-01\n",
     "2026/01", "-026-01", "0000-01", "٢٠٢٦-01"],
)  # fmt: skip
def test_what_is_no_month_is_refused(text: str) -> None:
    """One spelling, and the refusal shows it."""
    with pytest.raises(FeedError, match="Write a month as 2026-01") as refusal:
        MONTHS.parse(text)

    assert text == refusal.value.attributes["value"]


@pytest.mark.parametrize(
    ("start", "months", "result"),
    [
        ("2026-01", 1, "2026-02"),
        ("2026-12", 1, "2027-01"),
        ("2026-01", -1, "2025-12"),
        ("2026-01", 0, "2026-01"),
        ("2026-06", 60, "2031-06"),
        ("2026-06", -18, "2024-12"),
    ],
)
def test_months_are_counted_across_years(start: str, months: int, result: str) -> None:
    """Twelve months make a year in both directions."""
    assert MONTHS.parse(result) == MONTHS.parse(start).plus(months)


def test_next_and_previous_are_neighbours() -> None:
    """The month after December is January."""
    december = Period(2025, 12)

    assert Period(2026, 1) == december.next
    assert december == december.next.previous


def test_through_includes_both_ends() -> None:
    """A range of months names its first and its last month."""
    first, last = Period(2025, 11), Period(2026, 2)

    assert ["2025-11", "2025-12", "2026-01", "2026-02"] == [str(p) for p in first.through(last)]
    assert [first] == list(first.through(first))
    assert [] == list(last.through(first))


def test_a_day_belongs_to_its_month() -> None:
    """The last day of February of a leap year is a day of February."""
    assert Period(2024, 2) == MONTHS.of(date(2024, 2, 29))


def test_periods_are_ordered_in_time() -> None:
    """December of a year comes before January of the next."""
    assert [Period(2025, 12), Period(2026, 1), Period(2026, 2)] == sorted(
        [Period(2026, 2), Period(2025, 12), Period(2026, 1)]
    )


@pytest.mark.parametrize(
    ("day", "previous"),
    [
        (date(2024, 3, 1), date(2024, 2, 29)),
        (date(2026, 3, 1), date(2026, 2, 28)),
        (date(2026, 1, 1), date(2025, 12, 31)),
    ],
)
def test_the_day_before_the_first_is_the_last_of_the_month_before(
    day: date, previous: date
) -> None:
    """Across month, year and leap day."""
    assert previous == day_before(day)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),  # from the anchor, not from February 28
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_later_is_the_anchor_day_or_the_last(day: date, months: int, later: date) -> None:
    """A month that lacks the day ends on its last."""
    assert later == plus_months(day, months)


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), Fraction(12)),
        (date(2026, 1, 15), date(2027, 1, 14), Fraction(12)),  # touches 13 calendar months
        (date(2026, 1, 31), date(2026, 2, 27), Fraction(1)),
        (date(2026, 1, 31), date(2026, 2, 28), Fraction(32, 31)),  # the next month has 31 days
        (date(2026, 1, 31), date(2026, 1, 31), Fraction(1, 28)),
        (date(2024, 2, 29), date(2024, 3, 28), Fraction(1)),
        (date(2026, 2, 1), date(2026, 2, 7), Fraction(1, 4)),
        (date(2020, 3, 1), date(2025, 2, 28), Fraction(60)),
    ],
)
def test_length_of_service_in_months(first: date, last: date, months: Fraction) -> None:
    """Whole months from the anchor, and days of the service month for the rest."""
    assert months == months_of(first, last)


def test_days_have_neighbours_across_months_and_leap_days() -> None:
    """The day before the next day is the day itself."""
    assert next_day(date(2024, 2, 28)) == date(2024, 2, 29)
    assert next_day(date(2026, 12, 31)) == date(2027, 1, 1)
    assert day_before(date(2026, 3, 1)) == date(2026, 2, 28)
