"""Parts of periods: what a fee is worth when it holds for some of its days, and when it changes.

A part is an exact ratio until money comes of it. Where a change is settled by a credit for the
old fee and a charge for the new, each is a line: rounded first, then netted, unless told otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from revrec.model.rating import Rounding, RoundingMode, Tier
from revrec.money import minor_digits, round_ratio
from revrec.periods import next_day, plus_months

_MICROSECOND = timedelta(microseconds=1)


class ChangeDay(StrEnum):
    """Which price the day of a change has."""

    NEW = "new"
    """The one it changes to."""
    OLD = "old"
    """The one it changes from: the day counts as used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a change of price within a period comes to."""

    credit: Decimal
    """Given back of the old price, not above 0."""
    charge: Decimal
    """Owed of the new one."""
    net: Decimal


def part_of(period: tuple[date, date], first: date, last: date) -> Fraction:
    """The part of a period that the days from ``first`` to ``last`` are; all days included.

    The divisor is the whole period, though the service began or ended within it.

    >>> part_of((date(2025, 8, 1), date(2025, 8, 31)), date(2025, 8, 10), date(2025, 8, 31))
    Fraction(22, 31)
    """
    begins, ends = max(first, period[0]), min(last, period[1])
    days = max((ends - begins).days + 1, 0)
    return Fraction(days, (period[1] - period[0]).days + 1)


def part_of_time(period: tuple[datetime, datetime], begins: datetime, ends: datetime) -> Fraction:
    """The part of a period that a time is, to the microsecond; ends are excluded.

    >>> noon = datetime(2026, 1, 16, 12)
    >>> part_of_time((datetime(2026, 1, 1), datetime(2026, 2, 1)), noon, datetime(2026, 2, 1))
    Fraction(1, 2)
    """
    held = max(min(ends, period[1]) - max(begins, period[0]), timedelta(0))
    return Fraction(held // _MICROSECOND, (period[1] - period[0]) // _MICROSECOND)


def part_left(
    period: tuple[date, date], changed_on: date, change_day: ChangeDay = ChangeDay.NEW
) -> Fraction:
    """The part of a period that has the new price, if it changes on a day.

    >>> april = date(2026, 4, 1), date(2026, 4, 30)
    >>> [part_left(april, date(2026, 4, 10), day) for day in ChangeDay]
    [Fraction(7, 10), Fraction(2, 3)]
    """
    first = changed_on if change_day is ChangeDay.NEW else next_day(changed_on)
    return part_of(period, first, period[1])


def periods_between(first: date, end: date, billing_day: int) -> Fraction:
    """Billing months from ``first`` to ``end``, which is excluded, as a number of them.

    Each part counts by the days of the billing month it lies in; months begin on the billing day,
    or on the last day of a month that has not so many.

    >>> periods_between(date(2012, 2, 1), date(2012, 2, 15), 1)
    Fraction(14, 29)
    """
    origin = date(2000, 1, billing_day)
    number = (first.year - origin.year) * 12 + first.month - origin.month
    if plus_months(origin, number) > first:
        number -= 1
    total = Fraction(0)
    while (begins := plus_months(origin, number)) < end:
        number += 1
        ends = plus_months(origin, number)
        total += Fraction((min(end, ends) - max(first, begins)).days, (ends - begins).days)
    return total


def prorated(amount: Decimal, part: Fraction, rounding: Rounding, currency: str) -> Decimal:
    """The part of an amount, rounded."""
    return rounded(Fraction(amount) * part, rounding, currency)


def changed(
    old: Decimal,
    new: Decimal,
    part: Fraction,
    *,
    rounding: Rounding,
    currency: str,
    net_first: bool = False,
) -> Change:
    """A change from one price to another for the rest of a period, which is ``part`` of it."""
    credit = -prorated(old, part, rounding, currency)
    charge = prorated(new, part, rounding, currency)
    net = credit + charge
    if net_first:
        net = rounded((Fraction(new) - Fraction(old)) * part, rounding, currency)
    return Change(credit=credit, charge=charge, net=net)


def rounded(amount: Fraction, rounding: Rounding, currency: str) -> Decimal:
    """An exact amount to the decimals of the rounding, or of the currency; negatives mirror."""
    decimals = minor_digits(currency) if rounding.decimals is None else rounding.decimals
    scaled = abs(amount) * 10**decimals
    if rounding.mode is RoundingMode.HALF_UP:
        whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    else:
        whole = round_ratio(scaled.numerator, scaled.denominator)
    return Decimal(whole if amount >= 0 else -whole).scaleb(-decimals)


def levels_in_tiers(tiers: tuple[Tier, ...], changes: list[tuple[Decimal, Fraction]]) -> Fraction:
    """A graduated price on a level that rises and falls, each change for the part it holds.

    ``changes`` are the change of the level and the part of the period from it to the end. A change
    is split over the tiers it crosses; the flat amount of a tier is owed once it is touched, that
    of the first always.
    """
    level = Fraction(0)
    total = Fraction(tiers[0].flat_amount)
    touched = {0}
    for change, part in changes:
        after = level + Fraction(change)
        low = Fraction(0)
        for number, tier in enumerate(tiers):
            high = Fraction(tier.up_to) if tier.up_to is not None else max(level, after, low)
            crossed = min(max(after, low), high) - min(max(level, low), high)
            total += crossed * Fraction(tier.unit_amount) * part
            if crossed and number not in touched:
                touched.add(number)
                total += Fraction(tier.flat_amount)
            low = high
        level = after
    return total
