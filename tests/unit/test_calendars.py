"""Fiscal calendars as companies and retailers publish them, and shifted years of months."""

from __future__ import annotations

from datetime import date

import pytest

from revrec.errors import FeedError
from revrec.feeds.records import fact_of, of_fact
from revrec.model.fiscal_calendar import FiscalCalendar
from revrec.periods import (
    FOREVER,
    MONTHS,
    Calendar,
    Month,
    Pattern,
    Period,
    Weekday,
    YearEnd,
    YearName,
)

RETAIL = Calendar(
    pattern=Pattern.WEEKS_4_5_4,
    last_month=1,
    year_end=YearEnd.NEAREST,
    year_name=YearName.BEGINS,
)
"""The 4-5-4 calendar of the National Retail Federation."""
SEPTEMBER = Calendar(pattern=Pattern.WEEKS_4_4_5, last_month=9, week_53_in=3)
"""The last Saturday of September, an additional week in the first quarter when there is one."""
DECEMBER = Calendar(pattern=Pattern.WEEKS_4_4_5)
JULY, FEBRUARY = Calendar(last_month=6), Calendar(last_month=1, year_name=YearName.BEGINS)


@pytest.mark.parametrize(
    ("calendar", "year", "first", "last", "weeks"),
    [
        # As retailers publish them: 2023 has the 53rd week.
        (RETAIL, 2023, "2023-01-29", "2024-02-03", 53),
        (RETAIL, 2024, "2024-02-04", "2025-02-01", 52),
        (RETAIL, 2025, "2025-02-02", "2026-01-31", 52),
        # As an annual report on Form 10-K tells them: 2023 spanned 53 weeks.
        (SEPTEMBER, 2022, "2021-09-26", "2022-09-24", 52),
        (SEPTEMBER, 2023, "2022-09-25", "2023-09-30", 53),
        (SEPTEMBER, 2024, "2023-10-01", "2024-09-28", 52),
        # The last Saturday of December, or the one nearest to its end: 3 January 2026 is nearer.
        (DECEMBER, 2025, "2024-12-29", "2025-12-27", 52),
        (DECEMBER, 2026, "2025-12-28", "2026-12-26", 52),
        (Calendar(pattern=Pattern.WEEKS_5_4_4, year_end=YearEnd.NEAREST), 2025,
         "2024-12-29", "2026-01-03", 53),
        (Calendar(pattern=Pattern.WEEKS_5_4_4, weekday=Weekday.FRIDAY), 2026,
         "2025-12-27", "2026-12-25", 52),
    ],
)  # fmt: skip
def test_years_of_weeks_are_as_published(
    calendar: Calendar, year: int, first: str, last: str, weeks: int
) -> None:
    """From the day after one year's end to the next, 52 or 53 weeks."""
    begins, ends = Period(year, 1, calendar), Period(year, 12, calendar)

    assert (first, last) == (str(begins.first), str(ends.last))
    assert 7 * weeks == (ends.last - begins.first).days + 1
    assert {year} == {each.fiscal_year for each in begins.through(ends)}


@pytest.mark.parametrize(
    ("calendar", "quarter", "weeks"),
    [
        (DECEMBER, "2026-05-01", [4, 4, 5]),
        (RETAIL, "2025-05-10", [4, 5, 4]),
        (Calendar(pattern=Pattern.WEEKS_5_4_4), "2026-05-01", [5, 4, 4]),
        # The 53rd week: in the last period unless told otherwise.
        (RETAIL, "2024-01-10", [4, 5, 5]),
        (SEPTEMBER, "2022-10-10", [4, 4, 6]),
        (SEPTEMBER, "2023-09-10", [4, 4, 5]),
    ],
)
def test_quarters_are_patterns_of_weeks(calendar: Calendar, quarter: str, weeks: list[int]) -> None:
    """Of thirteen, or of fourteen where the 53rd is."""
    first = calendar.of(date.fromisoformat(quarter)).quarter_first

    months = [first, first.next, first.next.next]
    assert weeks == [((each.last - each.first).days + 1) // 7 for each in months]
    assert [1, 2, 3] == [(each.place - 1) % 3 + 1 for each in months]
    assert first.quarter == months[-1].quarter == months[-1].next.previous.quarter


@pytest.mark.parametrize(
    ("calendar", "month", "fiscal_year", "place", "quarter", "begins"),
    [
        (MONTHS, "2026-07", 2026, 7, 3, "2026-01"),
        (JULY, "2026-06", 2026, 12, 4, "2025-07"),
        (JULY, "2026-07", 2027, 1, 1, "2026-07"),
        (JULY, "2027-01", 2027, 7, 3, "2026-07"),
        # From 1 February to 31 January, named after the year it begins in.
        (FEBRUARY, "2026-01", 2025, 12, 4, "2025-02"),
        (FEBRUARY, "2026-02", 2026, 1, 1, "2026-02"),
        (Calendar(last_month=1), "2026-02", 2027, 1, 1, "2026-02"),
    ],
)  # fmt: skip
def test_shifted_years_are_of_calendar_months(
    calendar: Calendar, month: str, fiscal_year: int, place: int, quarter: int, begins: str
) -> None:
    """Months keep their names and days; what shifts is the year and quarter they are of."""
    period = calendar.parse(month)

    assert month == str(period)
    assert (MONTHS.parse(month).first, MONTHS.parse(month).last) == (period.first, period.last)
    assert (fiscal_year, place, quarter) == (period.fiscal_year, period.place, period.quarter)
    assert begins == str(period.year_first)
    assert period.year_first.quarter == 1


def test_periods_are_named_by_their_calendar() -> None:
    """A month is no period of weeks, and the refusal says how one is written."""
    assert "FY2026-P03" == str(DECEMBER.of(date(2026, 3, 28)))
    assert DECEMBER.parse("FY2026-P03") == DECEMBER.of(date(2026, 2, 22))
    for text in ("2026-03", "FY2026-P13", "FY2026-P3", "FY2026-P00", "fy2026-p03"):
        with pytest.raises(FeedError, match="closes by 4-4-5: write FY2026-P01"):
            DECEMBER.parse(text)
    with pytest.raises(FeedError, match="Write a month as 2026-01"):
        JULY.parse("FY2026-P03")
    assert MONTHS.parse("2026-03") != JULY.parse("2026-03")


def test_months_of_commerce_are_no_periods() -> None:
    """Bills and resets go by calendar months, whatever the entity closes by."""
    month = Month.of(date(2026, 3, 30))

    assert ("2026-03", date(2026, 3, 1), date(2026, 3, 31)) == (str(month), month.first, month.last)
    assert month != MONTHS.parse("2026-03")
    with pytest.raises(TypeError):
        _ = month < MONTHS.parse("2026-04")  # type: ignore[operator]


def test_no_day_is_out_of_bounds() -> None:
    """What has no end has a period too."""
    assert FOREVER == RETAIL.of(FOREVER).last
    assert date.min == RETAIL.of(date.min).first


def told(**more: object) -> dict[str, object]:
    """A calendar as a record."""
    return {"kind": "fiscal_calendar", "effective_from": "2026-01-01", **more}


def test_a_calendar_is_told_as_a_fact() -> None:
    """What is left out is as of calendar years; the fact keeps what differs."""
    fact = fact_of(told(pattern="4-5-4", last_month=1, year_end="nearest"), "test")
    record = of_fact(fact)

    assert isinstance(record, FiscalCalendar)
    assert record.calendar == Calendar(
        pattern=Pattern.WEEKS_4_5_4, last_month=1, year_end=YearEnd.NEAREST
    )
    assert "week_53_in" not in fact.body


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"last_month": 13}, "last_month is 13"),
        ({"pattern": "4-4-5", "week_53_in": 0}, "week_53_in is 0"),
        ({"pattern": "4-4-4"}, "pattern"),
        ({"weekday": "funday"}, "weekday"),
        ({"begins": 7}, "begins"),
    ],
)
def test_a_calendar_there_is_not_is_refused(wrong: dict[str, object], message: str) -> None:
    """With the field and what it may be."""
    with pytest.raises(FeedError, match=message):
        fact_of(told(**wrong), "test")
