"""Accounting periods and the calendar.

A period is a calendar month, written ``2026-01``. Dates are days without a time zone: the day on
which something happened for the entity.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from revrec.errors import FeedError

FOREVER = date(9999, 12, 31)
"""The end of what has no end."""

_DAY = timedelta(days=1)
_FORM = re.compile(r"([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar month, ordered in time.

    >>> Period.parse("2026-02").last
    datetime.date(2026, 2, 28)
    """

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``YYYY-MM``, the inverse of ``str``."""
        match = _FORM.fullmatch(text)
        if match is None:
            raise FeedError(
                f"{text!r} is not a period.", remedy="Write a month as 2026-01.", value=text
            )
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> Period:
        """The period a day belongs to."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def next(self) -> Period:
        return self.plus(1)

    @property
    def previous(self) -> Period:
        return self.plus(-1)

    def plus(self, months: int) -> Period:
        ordinal = self.year * 12 + self.month - 1 + months
        return Period(ordinal // 12, ordinal % 12 + 1)

    def through(self, last: Period) -> Iterator[Period]:
        """Every period from this one to ``last``, both included."""
        period = self
        while period <= last:
            yield period
            period = period.next

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


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
    last = calendar.monthrange(year, month + 1)[1]
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
