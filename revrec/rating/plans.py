"""Answers on prices of a whole window: capacity of several units, and discounted plans."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from revrec.rating.metering import capacity_tier
from revrec.rating.proration import rounded
from revrec.rating.questions import (
    Answer,
    Capacity,
    DiscountedPlan,
    PlanUse,
    contradicts,
    plain,
)


def held(asked: Capacity) -> Answer:
    """The tier whose limits hold all peaks, and its price.

    Raises FeedError if none does.
    """
    units = {unit for tier in asked.tiers for unit in tier.limits}
    limits = [{unit: tier.limits.get(unit) for unit in units} for tier in asked.tiers]
    number = capacity_tier(limits, asked.peaks)
    figures = {"tier": str(number), "amount": plain(asked.tiers[number - 1].amount)}
    return Answer(kind=asked.kind, figures=figures, tables={})


def covered(asked: DiscountedPlan) -> Answer:
    """What the commitment covers of each use, what is left of it, and what the rest costs.

    Raises FeedError for a plan price above the list price.
    """
    left = Fraction(asked.commitment)
    listed = Decimal(0)
    rows = []
    for use in sorted(asked.uses, key=_place):
        units = Fraction(use.quantity)
        if use.plan_price:
            units = min(units, left * _inverse(use.plan_price))
        drawn = units * Fraction(use.plan_price)
        left -= drawn
        beyond = (Fraction(use.quantity) - units) * Fraction(use.list_price)
        charged = rounded(beyond, asked.rounding, asked.currency)
        listed += charged
        rows.append(
            {
                "use": use.id,
                "units": str(units),
                "drawn": str(drawn),
                "units_at_list": str(Fraction(use.quantity) - units),
                "charged_at_list": plain(charged),
            }
        )
    lost = rounded(left, asked.rounding, asked.currency)
    figures = {
        "drawn": str(Fraction(asked.commitment) - left),
        "lost": plain(lost),
        "charged_at_list": plain(listed),
        "total": plain(
            rounded(Fraction(asked.commitment), asked.rounding, asked.currency) + listed
        ),
    }
    return Answer(kind=asked.kind, figures=figures, tables={"uses": tuple(rows)})


def _place(use: PlanUse) -> tuple[Fraction, Decimal, str]:
    if not 0 <= use.plan_price <= use.list_price:
        raise contradicts(
            f"the use {use.id!r}", "has a plan price below 0 or above its list price",
            "Give prices of a unit.",
        )  # fmt: skip
    paid = Fraction(use.plan_price) * _inverse(use.list_price) if use.list_price else Fraction(0)
    return paid, use.plan_price, use.id


def _inverse(price: Decimal) -> Fraction:
    exact = Fraction(price)
    return Fraction(exact.denominator, exact.numerator)
