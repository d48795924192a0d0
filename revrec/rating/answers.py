"""Answers to what is asked of prices, credits, invoices and parts of periods.

Each goes through the functions that rate, draw and settle the books; nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from revrec.model.proration import ChangeDay, ProratedBy
from revrec.periods import next_day
from revrec.rating.counting import metered
from revrec.rating.grants import burn
from revrec.rating.plans import covered, held
from revrec.rating.proration import changed, level_price, part_of, part_of_time, rounded
from revrec.rating.questions import (
    Answer,
    BurnDown,
    Capacity,
    DiscountedPlan,
    LevelChange,
    LevelPrice,
    Metering,
    Proration,
    Question,
    Settlement,
    ThresholdBilling,
    UsagePrice,
    contradicts,
    plain,
)
from revrec.rating.quoting import priced
from revrec.rating.settlement import past_fresh_threshold, past_thresholds
from revrec.rating.settling import settled
from revrec.rating.windows import days_in

_Moments = tuple[datetime, datetime]


def answer(question: Question) -> Answer:
    """The answer to a question.

    Raises FeedError for a question that contradicts itself, naming what does.
    """
    answering: Mapping[type, Callable[[Any], Answer]] = {
        UsagePrice: priced,
        BurnDown: _burned,
        Settlement: settled,
        ThresholdBilling: _thresholds,
        Proration: _prorated,
        LevelPrice: _level,
        Metering: metered,
        Capacity: held,
        DiscountedPlan: covered,
    }
    return answering[type(question)](question)


def _burned(asked: BurnDown) -> Answer:
    found = burn(
        asked.grants,
        asked.uses,
        as_of=asked.as_of,
        order=asked.order,
        beyond=asked.beyond,
        resets=asked.resets,
    )
    draws = tuple(
        {"use": str(each.use), "grant": each.grant, "amount": plain(each.amount)}
        for each in found.draws
    )
    balances = tuple(
        {
            "grant": name,
            "left": plain(left),
            "lapsed": plain(found.lapsed.get(name, Decimal(0))),
        }
        for name, left in found.balances.items()
    )
    figures = {"balance": plain(found.balance), "beyond": plain(found.beyond)}
    return Answer(kind=asked.kind, figures=figures, tables={"draws": draws, "balances": balances})


def _thresholds(asked: ThresholdBilling) -> Answer:
    usage = [(each.on, each.amount) for each in sorted(asked.usage, key=lambda each: each.on)]
    if not asked.fresh:
        found = past_thresholds(usage, asked.thresholds, asked.recurring)
    elif len(asked.thresholds) == 1 and asked.recurring is None:
        found = past_fresh_threshold(usage, asked.thresholds[0])
    else:
        raise contradicts("a fresh threshold", "is one, and recurs by itself", "Give one of them.")
    billed = sum((each.amount for each in found), Decimal(0))
    used = sum((amount for _, amount in usage), Decimal(0))
    rows = tuple({"on": each.on.isoformat(), "amount": plain(each.amount)} for each in found)
    figures = {"billed": plain(billed), "unbilled": plain(used - billed)}
    return Answer(kind=asked.kind, figures=figures, tables={"invoices": rows})


def _prorated(asked: Proration) -> Answer:
    if asked.amount is not None and asked.old is None and asked.new is None:
        part = _part_used(asked)
        fee = rounded(Fraction(asked.amount) * part, asked.rounding, asked.currency)
        tax = _tax(fee, asked)
        figures = {"part": str(part), "amount": plain(fee)}
        figures |= {"tax": plain(tax), "due": plain(fee + tax)} if asked.tax_percents else {}
        return Answer(kind=asked.kind, figures=figures, tables={})
    if asked.amount is not None or asked.old is None or asked.new is None:
        raise contradicts(
            "a proration",
            "is of an amount, or of a change from an old price to a new one",
            "Give `amount`, or `old`, `new` and the day of the change.",
        )
    part = _part_changed(asked)
    found = changed(
        asked.old,
        asked.new,
        part,
        rounding=asked.rounding,
        currency=asked.currency,
        net_first=asked.net_first,
        credits_unused=asked.credits_unused,
    )
    figures = {
        "part": str(part),
        "credit": plain(found.credit),
        "charge": plain(found.charge),
        "net": plain(found.net),
    }
    if asked.tax_percents:
        taxes = _tax(found.credit, asked), _tax(found.charge, asked)
        figures |= {"credit_tax": plain(taxes[0]), "charge_tax": plain(taxes[1])}
        figures["due"] = plain(found.net + sum(taxes))
    return Answer(kind=asked.kind, figures=figures, tables={})


def _part_used(asked: Proration) -> Fraction:
    period = asked.period.first, asked.period.last
    first, last = asked.first or period[0], asked.last or period[1]
    if asked.last is not None and not asked.last_day_counts:
        last -= timedelta(days=1)
    if first < period[0] or last > period[1]:
        raise contradicts(
            f"the part from {first} to {last}",
            f"is not within the period from {period[0]} to {period[1]}",
            "Give days of the period.",
        )
    return _in_days(asked, part_of(period, first, last, asked.by))


def _part_changed(asked: Proration) -> Fraction:
    period = asked.period.first, asked.period.last
    change = LevelChange(change=Decimal(1), on=asked.on, at=asked.at)
    counts = asked.change_day is ChangeDay.OLD
    return _in_days(asked, _part_held(change, period, asked.by, from_next_day=counts))


def _in_days(asked: Proration, part: Fraction) -> Fraction:
    """A part of the days of the period as one of the days the price is for."""
    if asked.days_in_period is None:
        return part
    if asked.by is not ProratedBy.DAYS or asked.days_in_period <= 0:
        raise contradicts(
            f"a period of {asked.days_in_period} days", "is counted by days, and of more than 0",
            "Count by days, or leave `days_in_period` out.",
        )  # fmt: skip
    told = Fraction(asked.days_in_period)
    days = days_in((asked.period.first, asked.period.last))
    return part * days * Fraction(told.denominator, told.numerator)


def _part_held(
    change: LevelChange, period: tuple[date, date], by: ProratedBy, *, from_next_day: bool
) -> Fraction:
    """The part of the period from a change to its end."""
    if (change.on is None) == (change.at is None):
        raise contradicts("a change", "has a day or a moment", "Give `on`, or `at`.")
    if change.at is not None:
        if by is not ProratedBy.SECONDS:
            raise contradicts(
                f"a change at {change.at.isoformat()}", f"is prorated by {by.value}",
                "Give its day as `on`, or count by seconds.",
            )  # fmt: skip
        begins, ends = _moments(period, change.at)
        return part_of_time((begins, ends), change.at.astimezone(UTC), ends)
    on = change.on or period[0]
    if not period[0] <= on <= period[1]:
        raise contradicts(
            f"a change on {on}", f"is not within the period from {period[0]} to {period[1]}",
            "Give a day of the period.",
        )  # fmt: skip
    return part_of(period, next_day(on) if from_next_day else on, period[1], by)


def _moments(period: tuple[date, date], like: datetime) -> _Moments:
    """First moment of the period and the first after it, in the zone of a moment."""
    begins, ends = (
        datetime.combine(day, time(), like.tzinfo) for day in (period[0], next_day(period[1]))
    )
    return begins.astimezone(UTC), ends.astimezone(UTC)


def _tax(amount: Decimal, asked: Proration) -> Decimal:
    """Taxes of a line, each rounded."""
    return sum(
        (
            rounded(
                Fraction(amount) * Fraction(each) * Fraction(1, 100), asked.rounding, asked.currency
            )
            for each in asked.tax_percents
        ),
        Decimal(0),
    )


def _level(asked: LevelPrice) -> Answer:
    period = asked.period.first, asked.period.last
    held = [(asked.carried, Fraction(1))] if asked.carried else []
    ordered = sorted(asked.changes, key=_instant)
    rows = []
    for each in ordered:
        removed = each.change < 0 and asked.removed_day_counts and each.on is not None
        part = _part_held(each, period, asked.by, from_next_day=removed)
        held.append((each.change, part))
        rows.append({"change": plain(each.change), "part": str(part)})
    exact = level_price(asked.mode, asked.tiers, held)
    level = sum((change for change, _ in held), Decimal(0))
    amount = rounded(exact, asked.rounding, asked.currency)
    figures = {"level": plain(level), "exact": str(exact), "amount": plain(amount)}
    return Answer(kind=asked.kind, figures=figures, tables={"changes": tuple(rows)})


def _instant(change: LevelChange) -> datetime:
    if change.at is not None:
        return change.at.astimezone(UTC)
    return datetime.combine(change.on or date.max, time(), UTC)
