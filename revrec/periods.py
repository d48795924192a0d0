"""Accounting periods and the calendars that make them; months of commerce; days.

A legal entity closes its books by a calendar of its own: twelve periods a year, each a calendar
month or four or five weeks. A ``Period`` is one of them and knows its calendar. A ``Month`` is a
calendar month of what was agreed with customers: bills, resets and rates go by it whatever the
entity's calendar is. Neither is ever taken for the other. Dates are days without a time zone: the
day on which something happened for the entity.
"""

from __future__ import annotations

import calendar as civil
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import Self

from revrec.errors import FeedError

FOREVER = date(9999, 12, 31)
"""The end of what has no end."""

_DAY = timedelta(days=1)
_FORM = re.compile(r"([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-(0[1-9]|1[0-2])")
_FORM_OF_WEEKS = re.compile(r"FY([1-9][0-9]{3})-P(0[1-9]|1[0-2])")
_PERIODS = 12
"""In a fiscal year, whatever the calendar."""
_DAYS_IN_400_YEARS = 146_097
_NEAR_DAYS = 3
"""Half a week: beyond it the weekday after is nearer."""


class Pattern(StrEnum):
    """What the periods of a quarter are."""

    MONTHS = "months"
    """Calendar months."""
    WEEKS_4_4_5 = "4-4-5"
    """Two of four weeks and one of five."""
    WEEKS_4_5_4 = "4-5-4"
    """As retailers have it."""
    WEEKS_5_4_4 = "5-4-4"


class YearEnd(StrEnum):
    """On which such weekday a year of 52 or 53 weeks ends (26 CFR 1.441-2(a))."""

    LAST = "last"
    """The last one in the year's last month."""
    NEAREST = "nearest"
    """The one nearest to the last day of that month, which may lie in the next."""


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class YearName(StrEnum):
    """Which calendar year a fiscal year is named after."""

    ENDS = "ends"
    """The one its last month is in."""
    BEGINS = "begins"
    """The one its first month is in, as retailers have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """How days make periods, and periods fiscal years; calendar months and years by default.

    >>> Calendar(pattern=Pattern.WEEKS_4_4_5).of(date(2026, 3, 28)).last
    datetime.date(2026, 3, 28)
    """

    pattern: Pattern = Pattern.MONTHS
    last_month: int = 12
    """Month, 1 to 12, with or near the end of which the fiscal year ends."""
    year_name: YearName = YearName.ENDS
    year_end: YearEnd = YearEnd.LAST
    """Of years of weeks ..."""
    weekday: Weekday = Weekday.SATURDAY
    """... the day they end on ..."""
    week_53_in: int = _PERIODS
    """... and the period, 1 to 12, that a 53rd week is put into."""

    def __post_init__(self) -> None:
        """Raises FeedError for a month or a period that there is not."""
        for name in ("last_month", "week_53_in"):
            if getattr(self, name) not in range(1, _PERIODS + 1):
                raise FeedError(
                    f"{name} is {getattr(self, name)}.",
                    remedy="Give a number from 1 to 12.",
                    value=str(getattr(self, name)),
                )

    @property
    def by_months(self) -> bool:
        """Whether its periods are calendar months."""
        return self.pattern is Pattern.MONTHS

    def of(self, day: date) -> Period:
        """The period a day belongs to."""
        if self.pattern is Pattern.MONTHS:
            return Period(day.year, day.month, self)
        ordinal, year = day.toordinal(), day.year
        while ordinal >= _firsts(self, year)[-1]:
            year += 1
        while ordinal < _firsts(self, year)[0]:
            year -= 1
        return Period(year, bisect_right(_firsts(self, year), ordinal), self)

    def parse(self, text: str) -> Period:
        """Read the name of a period, the inverse of ``str``: ``2026-03``, or ``FY2026-P03``."""
        match = (_FORM if self.by_months else _FORM_OF_WEEKS).fullmatch(text)
        if match is None:
            months, weeks = "Write a month as 2026-01.", f"{self.pattern}: write FY2026-P01."
            raise FeedError(
                f"{text!r} is not a period.",
                remedy=months if self.by_months else f"The entity closes by {weeks}",
                value=text,
            )
        return Period(int(match[1]), int(match[2]), self)

    def same_periods(self, other: Calendar) -> bool:
        """Whether both make the same periods, if perhaps other years of months."""
        return self == other or (self.by_months and other.by_months)


MONTHS = Calendar()
"""Calendar months, and years that are calendar years."""


@dataclass(frozen=True, slots=True, order=True)
class _Twelfth:
    """One of the twelve that make a year, ordered in time."""

    year: int
    number: int
    """1 to 12."""

    @property
    def next(self) -> Self:
        return self.plus(1)

    @property
    def previous(self) -> Self:
        return self.plus(-1)

    def plus(self, count: int) -> Self:
        """The one ``count`` later, or earlier if negative."""
        ordinal = self.year * _PERIODS + self.number - 1 + count
        return replace(self, year=ordinal // _PERIODS, number=ordinal % _PERIODS + 1)

    def through(self, last: Self) -> Iterator[Self]:
        """Every one from this one to ``last``, both included."""
        each = self
        while each <= last:
            yield each
            each = each.next


@dataclass(frozen=True, slots=True, order=True)
class Month(_Twelfth):
    """A calendar month of what was agreed with customers, whatever the accounting periods are.

    >>> Month.of(date(2026, 2, 3)).last
    datetime.date(2026, 2, 28)
    """

    @classmethod
    def of(cls, day: date) -> Month:
        """The month a day belongs to."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``YYYY-MM``, the inverse of ``str``."""
        period = MONTHS.parse(text)
        return cls(period.year, period.number)

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return _month_end(self.year, self.number)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


@dataclass(frozen=True, slots=True, order=True)
class Period(_Twelfth):
    """An accounting period, made by its calendar; named ``2026-03``, or ``FY2026-P03`` of weeks.

    Periods follow each other without a gap. ``year`` and ``number`` are those of the name: of the
    calendar month, or of the period in its fiscal year.

    >>> MONTHS.parse("2026-02").last
    datetime.date(2026, 2, 28)
    """

    calendar: Calendar = field(default=MONTHS, hash=False, repr=False)

    @property
    def first(self) -> date:
        if self.calendar.by_months:
            return date(self.year, self.number, 1)
        return date.fromordinal(max(_firsts(self.calendar, self.year)[self.number - 1], 1))

    @property
    def last(self) -> date:
        if self.calendar.by_months:
            return _month_end(self.year, self.number)
        past = _firsts(self.calendar, self.year)[self.number]
        return date.fromordinal(min(past - 1, FOREVER.toordinal()))

    @property
    def place(self) -> int:
        """Which period of its fiscal year it is, 1 to 12."""
        if not self.calendar.by_months:
            return self.number
        return (self.number - self.calendar.last_month - 1) % _PERIODS + 1

    @property
    def fiscal_year(self) -> int:
        """The calendar year its fiscal year is named after."""
        own = self.calendar
        if not own.by_months:
            return self.year
        return self.year + (self.number > own.last_month) - _named_back(own)

    @property
    def quarter(self) -> int:
        """The quarter of its fiscal year, 1 to 4."""
        return (self.place + 2) // 3

    @property
    def year_first(self) -> Period:
        """The first period of its fiscal year."""
        return self.plus(1 - self.place)

    @property
    def quarter_first(self) -> Period:
        """The first period of its fiscal quarter."""
        return self.plus(-((self.place - 1) % 3))

    def __str__(self) -> str:
        form = "{:04d}-{:02d}" if self.calendar.by_months else "FY{:04d}-P{:02d}"
        return form.format(self.year, self.number)


@lru_cache(maxsize=4096)
def _firsts(of: Calendar, year: int) -> tuple[int, ...]:
    """First days of the periods of a fiscal year of weeks, and of the next, as ordinals.

    The year runs from the day after one year's end to the next, so it has 52 or 53 weeks.
    """
    first, past = _end(of, year - 1) + 1, _end(of, year) + 1
    weeks = [int(each) for each in of.pattern.split("-")] * 4
    weeks[of.week_53_in - 1] += (past - first) // 7 - sum(weeks)
    return tuple(accumulate((7 * each for each in weeks), initial=first))


def _end(of: Calendar, year: int) -> int:
    """The last day of a fiscal year of weeks, as an ordinal."""
    # The calendar repeats itself to the weekday every 400 years, so no year is out of bounds.
    repeats, place = divmod(year + _named_back(of) - 1, 400)
    ordinal = _month_end(place + 1, of.last_month).toordinal() + repeats * _DAYS_IN_400_YEARS
    before = (ordinal + 6 - list(Weekday).index(of.weekday)) % 7
    if of.year_end is YearEnd.NEAREST and before > _NEAR_DAYS:
        before -= 7
    return ordinal - before


def _named_back(of: Calendar) -> int:
    """By how many years the name of a fiscal year lies before the year of its last month."""
    return int(of.year_name is YearName.BEGINS and of.last_month < _PERIODS)


def _month_end(year: int, month: int) -> date:
    return date(year, month, civil.monthrange(year, month)[1])


def day_before(day: date) -> date:
    """The previous calendar day."""
    return day - _DAY


def next_day(day: date) -> date:
    """The next calendar day."""
    return day + _DAY


def plus_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day if it has fewer.

    >>> plus_months(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = civil.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def months_of(first: date, last: date) -> Fraction:
    """Length of the service ``first`` to ``last`` in months of service.

    Months are anchored at the start day; a part of a month counts by its days.

    >>> months_of(date(2026, 1, 31), date(2027, 1, 30))
    Fraction(12, 1)
    """
    past = last + _DAY
    whole = (past.year - first.year) * 12 + past.month - first.month
    whole -= plus_months(first, whole) > past
    begun, ended = plus_months(first, whole), plus_months(first, whole + 1)
    return whole + Fraction((past - begun).days, (ended - begun).days)
