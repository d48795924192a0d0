"""Windows: the stretches of days over which running totals, allowances and minimums count."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from revrec.model.rating import Anchor, Reset
from revrec.periods import day_before, plus_months

_MONTHS = {Reset.MONTH: 1, Reset.QUARTER: 3, Reset.YEAR: 12}
WITHIN_DAYS = frozenset({Reset.EVENT, Reset.HOUR, Reset.DAY})
"""Resets whose windows are days; hours and events are told apart within them."""
_JANUARY = date(2000, 1, 1)


def windows(
    resets: Reset, anchor: Anchor, term: tuple[date, date], first: date, last: date
) -> Iterator[tuple[date, date]]:
    """The windows that hold a day from ``first`` to ``last``, both days of each included.

    ``term`` is the contract's; a term's window is the term, months counted from the contract
    begin on the day of its first.

    >>> jan_31 = date(2026, 1, 31)
    >>> found = windows(Reset.MONTH, Anchor.CONTRACT, (jan_31, date.max), jan_31, date(2026, 3, 1))
    >>> [str(window[0]) for window in found]
    ['2026-01-31', '2026-02-28']
    """
    if resets is Reset.TERM:
        yield term
        return
    if resets in WITHIN_DAYS:
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            yield day, day
        return
    months = _MONTHS[resets]
    start = _JANUARY if anchor is Anchor.CALENDAR else term[0]
    number = (first.year - start.year) * 12 + first.month - start.month
    number = number // months * months
    if plus_months(start, number) > first:
        number -= months
    while (begins := plus_months(start, number)) <= last:
        number += months
        yield begins, day_before(plus_months(start, number))


def days_in(window: tuple[date, date]) -> int:
    """Days of a window.

    >>> days_in((date(2026, 2, 1), date(2026, 2, 28)))
    28
    """
    return (window[1] - window[0] + timedelta(days=1)).days
