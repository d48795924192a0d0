"""Windows: the stretches of days over which running totals, allowances and minimums count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from revrec.model.rating import Anchor, Price, Reset
from revrec.periods import FOREVER, day_before, plus_months

_MONTHS = {Reset.MONTH: 1, Reset.QUARTER: 3, Reset.YEAR: 12}
_DAYS = {Reset.EVENT: 1, Reset.HOUR: 1, Reset.DAY: 1, Reset.WEEK: 7}
WITHIN_DAYS = frozenset({Reset.EVENT, Reset.HOUR, Reset.DAY})
"""Resets whose windows are days; hours and events are told apart within them."""
_JANUARY = date(2000, 1, 1)
_MONDAY = date(2000, 1, 3)


@dataclass(frozen=True, slots=True)
class Recurring:
    """After what running totals start again."""

    resets: Reset
    anchor: Anchor = Anchor.CALENDAR
    every: int = 1

    @classmethod
    def of(cls, price: Price) -> Recurring:
        """As a price tells it."""
        return cls(price.resets, price.anchor, price.resets_every)

    @property
    def single_days(self) -> bool:
        """Whether each window is a day, whatever it is counted from."""
        return self.resets in WITHIN_DAYS and self.every == 1

    @property
    def name(self) -> str:
        """Its name among all that are counted from one day: ``month``, ``2 week``."""
        return self.resets.value if self.every == 1 else f"{self.every} {self.resets.value}"


def windows(
    recurring: Recurring, term: tuple[date, date], first: date, last: date
) -> Iterator[tuple[date, date]]:
    """The windows that hold a day from ``first`` to ``last``, both days of each included.

    ``term`` is the contract's; a term's window is the term, months counted from the contract
    begin on the day of its first.

    >>> jan_31 = date(2026, 1, 31)
    >>> by_contract = Recurring(Reset.MONTH, Anchor.CONTRACT)
    >>> found = windows(by_contract, (jan_31, date.max), jan_31, date(2026, 3, 1))
    >>> [str(window[0]) for window in found]
    ['2026-01-31', '2026-02-28']
    """
    if recurring.resets is Reset.TERM:
        yield term
        return
    by_calendar = recurring.anchor is Anchor.CALENDAR
    if recurring.resets in _DAYS:
        days = _DAYS[recurring.resets] * recurring.every
        weekly = recurring.resets is Reset.WEEK
        origin = (_MONDAY if weekly else _JANUARY) if by_calendar else term[0]
        begins = first - timedelta(days=(first - origin).days % days)
        while begins <= last:
            # The last day there is ends what would go on beyond it.
            ends = begins + timedelta(days=min(days - 1, (FOREVER - begins).days))
            yield begins, ends
            if ends >= last:
                return
            begins = ends + timedelta(days=1)
        return
    months = _MONTHS[recurring.resets] * recurring.every
    start = _JANUARY if by_calendar else term[0]
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
