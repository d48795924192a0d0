"""From events to the quantity of a window: what is counted, and how levels weigh.

Days of the usage ledger add up; what does not (a peak, distinct users, a level held over time) is
made of the events of the whole window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from revrec.errors import FeedError
from revrec.model.rating import Aggregation

AVERAGE_MONTH = timedelta(hours=730)
"""A twelfth of 8,760 hours: the month of some prices of what runs by the hour."""


def aggregated(
    events: Sequence[Mapping[str, Any]], how: Aggregation, field: str = "quantity"
) -> Decimal:
    """The quantity of a window's events, which stand in the order of their moments; no level.

    >>> told = [{"pages": Decimal(10)}, {"pages": Decimal(20)}]
    >>> [aggregated(told, how, "pages") for how in (Aggregation.SUM, Aggregation.MAX)]
    [Decimal('30'), Decimal('20')]
    """
    values = [event[field] for event in events] if how is not Aggregation.COUNT else []
    if how is Aggregation.COUNT:
        return Decimal(len(events))
    if how is Aggregation.DISTINCT:
        return Decimal(len(set(values)))
    if not values:
        return Decimal(0)
    if how is Aggregation.LATEST:
        return Decimal(values[-1])
    return Decimal(max(values) if how is Aggregation.MAX else sum(values))


def weighted_level(
    changes: Sequence[tuple[datetime, Decimal]],
    window: tuple[datetime, datetime],
    *,
    carried: Decimal = Decimal(0),
    priced_for: timedelta | None = None,
) -> tuple[Fraction, Decimal]:
    """The mean of a level over a window, exact, and the level at its end, to be carried on.

    ``changes`` are changes of the level at moments of the window, whose end is excluded;
    ``carried`` is the level it begins with. The divisor is the whole window, or the time that
    ``priced_for`` tells: a price by the ``AVERAGE_MONTH`` costs the same each hour, and 744 hours
    of a level count 744/730 times. Raises FeedError for a change outside the window, or for no
    time.
    """
    begins, ends = window
    divisor = ends - begins if priced_for is None else priced_for
    if divisor <= timedelta(0):
        raise FeedError(
            f"A level cannot be priced for {divisor}.",
            remedy="Tell a time above 0, or a window that ends after it begins.",
        )
    level = carried
    since = begins
    held = Fraction(0)
    for at, change in sorted(changes, key=lambda each: each[0]):
        if not begins <= at < ends:
            raise FeedError(
                f"The level changes at {at}, outside the window from {begins} to {ends}.",
                remedy="Give the changes of the window alone.",
            )
        held += Fraction(level) * _microseconds(since, at)
        level, since = level + change, at
    held += Fraction(level) * _microseconds(since, ends)
    return held * Fraction(1, _microseconds_of(divisor)), level


def capacity_tier(
    tiers: Sequence[Mapping[str, Decimal | None]], peaks: Mapping[str, Decimal]
) -> int:
    """The tier, from 1, whose limits hold all peaks: of several units, the highest any reaches.

    A limit is included; none is no limit. Raises FeedError if the peaks exceed the last tier.
    """
    for number, limits in enumerate(tiers, 1):
        if all(
            limit is None or peaks.get(unit, Decimal(0)) <= limit for unit, limit in limits.items()
        ):
            return number
    raise FeedError(
        f"The peaks {dict(peaks)} exceed the last of {len(tiers)} tiers.",
        remedy="Add a tier without limits.",
    )


def _microseconds(first: datetime, last: datetime) -> int:
    return _microseconds_of(last - first)


def _microseconds_of(span: timedelta) -> int:
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
