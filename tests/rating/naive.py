"""Rating as a person would do it by hand: one window at a time, in fractions, no columns.

Shares nothing with the engine but the nouns.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from revrec.model.rating import (
    Anchor,
    IncludedUnits,
    Packages,
    Price,
    Reset,
    RoundedAt,
    Rounding,
    RoundingMode,
    TierMode,
)

Row = tuple[str, str, date, str, str, Decimal]
Window = tuple[date, date]


def rounded(amount: Fraction, rounding: Rounding, decimals: int = 2) -> Fraction:
    """The amount to the decimals."""
    quantum = Fraction(1, 10 ** (decimals if rounding.decimals is None else rounding.decimals))
    if rounding.mode is RoundingMode.HALF_EVEN:
        return round(amount / quantum) * quantum
    if rounding.mode in {RoundingMode.UP, RoundingMode.DOWN}:
        whole = {RoundingMode.UP: math.ceil, RoundingMode.DOWN: math.floor}[rounding.mode]
        return whole(amount / quantum) * quantum
    return math.floor(amount / quantum + Fraction(1, 2)) * quantum


def packages(units: Fraction, price: Price, per: Decimal) -> Fraction:
    """How many times ``per`` units are charged."""
    count = units / Fraction(per)
    return {
        Packages.FRACTION: count,
        Packages.UP: Fraction(math.ceil(count)),
        Packages.DOWN: Fraction(math.floor(count)),
        Packages.HALF_UP: Fraction(math.floor(count + Fraction(1, 2))),
    }[price.packages]


def tiers(price: Price) -> Iterator[tuple[Fraction, Fraction | None, Fraction, Fraction, Decimal]]:
    """(low, high, unit price, flat, per) of each tier."""
    if not price.tiers:
        unit = price.unit_amount if price.percent is None else price.percent / 100
        yield Fraction(0), None, Fraction(unit), Fraction(0), price.per
        return
    low = Fraction(0)
    for number, tier in enumerate(price.tiers):
        high: Fraction | None = None
        if tier.up_to is not None:
            high = Fraction(tier.up_to)
        elif tier.width is not None:
            high = low + Fraction(tier.width)
        elif number + 1 < len(price.tiers):
            first = price.tiers[number + 1].first_unit
            assert first is not None
            high = Fraction(first) - 1
        last = number + 1 == len(price.tiers)
        if last and price.last_tier_goes_on:
            high = None
        unit = tier.unit_amount if tier.percent is None else tier.percent / 100
        yield low, high, Fraction(unit), Fraction(tier.flat_amount), tier.per or price.per
        low = high or low


def _plain(price: Price, units: Fraction, total: Fraction) -> dict[int, Fraction]:
    """Cost by tier of the first units of a window, before discounts and commitments."""
    included = Fraction(price.included)
    free = Fraction(0)
    if price.included_units is IncludedUnits.BEFORE_TIERS:
        units, total = max(units - included, Fraction(0)), max(total - included, Fraction(0))
    else:
        free = included
    costs: dict[int, Fraction] = {}
    for number, (first, last, unit, flat, per) in enumerate(tiers(price), 1):
        low, high = first, last
        if price.mode is TierMode.VOLUME:
            if not ((total > low or number == 1) and (high is None or total <= high)):
                continue
            low, high = Fraction(0), None
        top = units if high is None else min(units, high)
        if top > low:
            charged = max(top - max(low, free), Fraction(0))
            costs[number] = flat + packages(charged, price, per) * unit
    return costs


def cost(price: Price, units: Fraction, total: Fraction) -> dict[int, Fraction]:
    """Exact cost by tier of the first ``units`` of a window whose total is ``total``."""
    scale = Fraction(price.multiplier) * (100 - Fraction(price.discount_percent)) / 100
    units, total = max(units, Fraction(0)), max(total, Fraction(0))
    costs = {tier: cost * scale for tier, cost in _plain(price, units, total).items()}
    terms = price.commitment
    if terms is None:
        return costs
    factor = Fraction(terms.overage_factor)
    if terms.overage_unit_amount is not None:
        factor = Fraction(terms.overage_unit_amount) / Fraction(price.unit_amount)
    amount = sum(costs.values(), Fraction(0))
    if terms.quantity is not None:
        before = price.included_units is IncludedUnits.BEFORE_TIERS
        mark = Fraction(terms.quantity) + (Fraction(price.included) if before else 0)
        within = sum(_plain(price, min(units, mark), total).values(), Fraction(0)) * scale
    else:
        within = min(amount, Fraction(terms.amount or 0))
    return {1: within + (amount - within) * factor}


def without_usage(price: Price) -> Fraction:
    """What a window without usage costs that is charged with one package, exactly."""
    assert price.package_at_zero_usage
    _, _, unit, flat, _ = next(tiers(price))
    owed = (unit + flat) * Fraction(price.multiplier) * (1 - Fraction(price.discount_percent) / 100)
    return owed if price.maximum is None else min(owed, Fraction(price.maximum))


def transactions(price: Price, quantities: Sequence[Decimal], rounding: Rounding) -> Fraction:
    """What a window's transactions cost, one by one in their order, at one price."""
    terms = price.per_event
    assert terms is not None
    total = Fraction(0)
    gone = Fraction(0)
    for number, quantity in enumerate(quantities):
        value = Fraction(quantity)
        free = value if terms.free_events is not None or terms.free_amount is not None else 0
        if terms.free_events is not None and number >= terms.free_events:
            free = Fraction(0)
        elif terms.free_amount is not None:
            free = min(value, max(Fraction(terms.free_amount) - gone, Fraction(0)))
        gone += value
        if free == value:
            continue
        owed = sum(cost(price, value - free, value - free).values(), Fraction(0))
        owed += Fraction(terms.fee)
        if terms.minimum is not None:
            owed = max(owed, Fraction(terms.minimum))
        if terms.maximum is not None:
            owed = min(owed, Fraction(terms.maximum))
        total += owed
    return rounded(total, rounding)


def window_of(price: Price, day: date, term: Window) -> Window:
    """The window the day lies in, found by counting."""
    if price.resets is Reset.TERM:
        return term
    if price.resets in {Reset.DAY, Reset.HOUR, Reset.EVENT}:
        return day, day
    if price.resets is Reset.WEEK:
        monday = day - timedelta(days=day.weekday())
        while price.anchor is Anchor.CONTRACT and monday.weekday() != term[0].weekday():
            monday += timedelta(days=1 if monday < day else -6)
        return monday, monday + timedelta(days=6)
    months = {Reset.MONTH: 1, Reset.QUARTER: 3, Reset.YEAR: 12}[price.resets]
    origin = date(2000, 1, 1) if price.anchor is Anchor.CALENDAR else term[0]
    number = 0
    while not _plus(origin, number) <= day < _plus(origin, number + months):
        number += months if day >= _plus(origin, number) else -months
    return _plus(origin, number), _plus(origin, number + months) - timedelta(days=1)


def _plus(day: date, months: int) -> date:
    ordinal = day.year * 12 + day.month - 1 + months
    for last in range(day.day, 0, -1):
        try:
            return date(ordinal // 12, ordinal % 12 + 1, last)
        except ValueError:
            continue
    raise AssertionError


def rate(
    rows: Sequence[Row],
    prices: Mapping[str, Price],
    rounding: Rounding,
    term: Window,
    scopes: Mapping[str, str],
) -> dict[tuple[str, str, date, str], Fraction]:
    """Amount by (contract, meter, day, labels); meters of the same price are counted together."""
    windows: dict[tuple[str, str, str, Window], list[Row]] = defaultdict(list)
    for row in rows:
        contract, meter, day, labels, _, _ = row
        price = prices[meter]
        told = json.loads(labels)
        counted = str([told.get(name) for name in price.counted_by])
        counted += {Reset.EVENT: str(row[:5]), Reset.HOUR: row[4][:19]}.get(price.resets, "")
        windows[scopes[contract], price.id, counted, window_of(price, day, term)].append(row)
    amounts: dict[tuple[str, str, date, str], Fraction] = defaultdict(Fraction)
    for used in windows.values():
        price = prices[used[0][1]]
        total = sum((Fraction(row[5]) for row in used), Fraction(0))
        before = Fraction(0)
        opened: dict[date, Fraction] = {}
        for row in sorted(used, key=lambda row: (row[2], row[0], row[3], row[1], row[4])):
            opened.setdefault(row[2], before)
            after = before + Fraction(row[5])
            spans = [cost(price, at, total) for at in (before, after, opened[row[2]])]
            amounts[row[0], row[1], row[2], row[3]] += _between(price, *spans, rounding)
            before = after
    return amounts


def _between(
    price: Price,
    before: dict[int, Fraction],
    after: dict[int, Fraction],
    opened: dict[int, Fraction],
    rounding: Rounding,
) -> Fraction:
    if rounding.at is RoundedAt.LINE:
        ends = [rounded(sum(each.values(), Fraction(0)), rounding) for each in (before, after)]
        if price.maximum is not None:
            ends = [min(each, Fraction(price.maximum)) for each in ends]
        return ends[1] - ends[0]
    amount = Fraction(0)
    for tier in {*before, *after}:
        start = opened.get(tier, Fraction(0)) if rounding.at is RoundedAt.DAY else Fraction(0)
        amount += rounded(after.get(tier, Fraction(0)) - start, rounding)
        amount -= rounded(before.get(tier, Fraction(0)) - start, rounding)
    return amount
