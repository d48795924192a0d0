"""Parts of periods: what a fee is worth when it holds for some of its days, and when it changes.

A part is an exact ratio until money comes of it. Where a change is settled by a credit for the
old fee and a charge for the new, each is a line: rounded first, then netted, unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction

from revrec.errors import FeedError
from revrec.model.proration import ChangeDay, GrantProration, ProratedBy
from revrec.model.rating import Rounding, RoundingMode, Tier, TierMode
from revrec.money import minor_digits, round_ratio
from revrec.periods import day_before, next_day, plus_months

_MICROSECOND = timedelta(microseconds=1)
_MONTH_DAYS = 30
_FIRST_OF_MONTH = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a change of price within a period comes to."""

    credit: Decimal
    """Given back of the old price, not above 0."""
    charge: Decimal
    """Owed of the new one."""
    net: Decimal


def part_of(
    period: tuple[date, date], first: date, last: date, by: ProratedBy = ProratedBy.DAYS
) -> Fraction:
    """The part of a period that the days from ``first`` to ``last`` are; all days included.

    The divisor is the whole period, though the service began or ended within it. Whole days are
    the same part of it in seconds.

    >>> part_of((date(2025, 8, 1), date(2025, 8, 31)), date(2025, 8, 10), date(2025, 8, 31))
    Fraction(22, 31)
    >>> july_on = date(2026, 7, 11), date(2026, 9, 30)
    >>> [str(part_of((date(2026, 7, 1), july_on[1]), *july_on, by)) for by in ProratedBy]
    ['1', '41/46', '41/46', '8/9', '83/93']
    """
    begins, ends = max(first, period[0]), min(last, period[1])
    if begins > ends:
        return Fraction(0)
    match by:
        case ProratedBy.NONE:
            return Fraction(1)
        case ProratedBy.THIRTY_DAY_MONTHS:
            return Fraction(_days_of_thirty(begins, ends), _days_of_thirty(*period))
        case ProratedBy.CALENDAR_MONTHS:
            return Fraction(_calendar_months(begins, ends), _calendar_months(*period))
        case ProratedBy.DAYS | ProratedBy.SECONDS:
            return Fraction((ends - begins).days + 1, (period[1] - period[0]).days + 1)


def _days_of_thirty(first: date, last: date) -> int:
    """Days of months of 30 days; both included."""
    end = next_day(last)
    months = (end.year - first.year) * 12 + end.month - first.month
    return months * _MONTH_DAYS + min(end.day, _MONTH_DAYS) - min(first.day, _MONTH_DAYS)


def _calendar_months(first: date, last: date) -> Fraction:
    return periods_between(first, next_day(last), _FIRST_OF_MONTH)


def part_of_time(period: tuple[datetime, datetime], begins: datetime, ends: datetime) -> Fraction:
    """The part of a period that a time is, to the microsecond; ends are excluded.

    >>> noon = datetime(2026, 1, 16, 12)
    >>> part_of_time((datetime(2026, 1, 1), datetime(2026, 2, 1)), noon, datetime(2026, 2, 1))
    Fraction(1, 2)
    """
    held = max(min(ends, period[1]) - max(begins, period[0]), timedelta(0))
    return Fraction(held // _MICROSECOND, (period[1] - period[0]) // _MICROSECOND)


def part_left(
    period: tuple[date, date],
    changed_on: date,
    change_day: ChangeDay = ChangeDay.NEW,
    by: ProratedBy = ProratedBy.DAYS,
) -> Fraction:
    """The part of a period that has the new price, if it changes on a day.

    >>> april = date(2026, 4, 1), date(2026, 4, 30)
    >>> [part_left(april, date(2026, 4, 10), day) for day in ChangeDay]
    [Fraction(7, 10), Fraction(2, 3)]
    """
    first = changed_on if change_day is ChangeDay.NEW else next_day(changed_on)
    return part_of(period, first, period[1], by)


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
    credits_unused: bool = True,
) -> Change:
    """A change from one price to another for the rest of a period, which is ``part`` of it.

    Where what is unused of the old price is not given back, it stays paid: only what the new one
    exceeds it by is owed, and a downgrade comes to nothing.
    """
    if not credits_unused:
        exact = max((Fraction(new) - Fraction(old)) * part, Fraction(0))
        charge = rounded(exact, rounding, currency)
        return Change(credit=Decimal(0), charge=charge, net=charge)
    credit = -prorated(old, part, rounding, currency)
    charge = prorated(new, part, rounding, currency)
    net = credit + charge
    if net_first:
        net = rounded((Fraction(new) - Fraction(old)) * part, rounding, currency)
    return Change(credit=credit, charge=charge, net=net)


def granted_part(name: str, on: date, terms: GrantProration) -> Fraction:
    """The part of a period for which something is granted that begins on a day of it.

    Raises FeedError, naming what is granted, for a day outside the period.
    """
    end = plus_months(terms.period_first, terms.period_months)
    period = terms.period_first, day_before(end)
    if not period[0] <= on <= period[1]:
        raise FeedError(
            f"{name!r} begins on {on}, outside the period from {period[0]} to {period[1]} it is "
            "prorated in.",
            remedy="Give `period_first`, the first day of the period in which it begins.",
        )
    if terms.by is not ProratedBy.SECONDS or terms.since is None:
        return part_of(period, on, period[1], terms.by)
    if terms.since.tzinfo is None or terms.since.date() != on:
        raise FeedError(
            f"{name!r} begins on {on} and counts since {terms.since}.",
            remedy="Give `since` as a moment of its first day with zone, 2026-01-16T12:00:00Z.",
        )
    midnights = [datetime.combine(day, time(), terms.since.tzinfo) for day in (period[0], end)]
    begins, ends, since = (
        moment.astimezone(UTC) for moment in (midnights[0], midnights[1], terms.since)
    )
    return part_of_time((begins, ends), since, ends)


def rounded(amount: Fraction, rounding: Rounding, currency: str) -> Decimal:
    """An exact amount to the decimals of the rounding, or of the currency; negatives mirror."""
    decimals = minor_digits(currency) if rounding.decimals is None else rounding.decimals
    scaled = abs(amount) * 10**decimals
    above, below = scaled.numerator, scaled.denominator
    match rounding.mode:
        case RoundingMode.HALF_UP:
            whole = (2 * above + below) // (2 * below)
        case RoundingMode.UP:
            whole = -(-above // below)
        case RoundingMode.DOWN:
            whole = above // below
        case RoundingMode.HALF_EVEN:
            whole = round_ratio(above, below)
    return Decimal(whole if amount >= 0 else -whole).scaleb(-decimals)


def level_price(
    mode: TierMode, tiers: Sequence[Tier], changes: Sequence[tuple[Decimal, Fraction]]
) -> Fraction:
    """A price on a level that rises and falls, each change for the part of the period it holds.

    Graduated, each change is priced in the tiers it crosses. By volume, the level at the end, in
    full units, tells the tier whose price all prorated units have, and its flat amount is owed
    once. A level or an amount below 0 counts as none.

    >>> tiers = [Tier(up_to=Decimal(100), unit_amount=Decimal(2)), Tier(unit_amount=Decimal(1))]
    >>> level_price(TierMode.VOLUME, tiers, [(Decimal(120), Fraction(1, 2))])
    Fraction(60, 1)
    """
    _refuse_bounds(tiers)
    if mode is TierMode.GRADUATED:
        return max(levels_in_tiers(tuple(tiers), list(changes)), Fraction(0))
    level = max(sum((change for change, _ in changes), Decimal(0)), Decimal(0))
    units = sum((Fraction(change) * part for change, part in changes), Fraction(0))
    reached = next(each for each in tiers if each.up_to is None or level <= each.up_to)
    return Fraction(reached.flat_amount) + max(units, Fraction(0)) * Fraction(reached.unit_amount)


def _refuse_bounds(tiers: Sequence[Tier]) -> None:
    bounds = [each.up_to for each in tiers]
    rising = [each for each in bounds[:-1] if each is not None]
    if (
        not tiers
        or bounds[-1] is not None
        or len(rising) < len(bounds) - 1
        or (rising != sorted(set(rising)))
    ):
        raise FeedError(
            "The tiers of a level tell no rising bounds.",
            remedy="Give `up_to` for each tier but the last, each above the one before.",
        )


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
