"""From an uncertain quantity to consideration: exact rules, tabulated as straight pieces.

The rules are those of the engine. Here they are asked at a few quantities, exactly, and draws are
read off the straight lines between; no rule is written a second time in floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from revrec.asc606.unit_price import unit_prices
from revrec.citations import cites
from revrec.estimation.numbers import Floats
from revrec.model.contract import Consideration, Contract
from revrec.money import QUANTITY_SCALE, minor_digits

Rule = Callable[[Fraction], Fraction]
"""Consideration, in the currency, of a quantity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payoff:
    """Straight pieces, each from just above its start to the start of the next."""

    starts: Floats
    values: Floats
    """Value just above each start."""
    slopes: Floats

    def of(self, quantities: Floats) -> Floats:
        """Consideration of each quantity."""
        piece = np.maximum(np.searchsorted(self.starts, quantities, side="left") - 1, 0)
        return np.asarray(
            self.values[piece] + self.slopes[piece] * (quantities - self.starts[piece])
        )


def tabulated(rule: Rule, bounds: Sequence[Decimal | Fraction | int]) -> Payoff:
    """The rule as pieces between the bounds, at which alone it may bend or jump."""
    starts = sorted({Fraction(0), *(Fraction(each) for each in bounds if each > 0)})
    ends = [*starts[1:], 2 * starts[-1] + 10**6]
    lines = []
    for start, end in zip(starts, ends, strict=True):
        middle = (start + end) / 2
        slope = (rule(end) - rule(middle)) / (end - middle)
        lines.append((start, rule(end) - slope * (end - start), slope))
    columns = [np.array([float(line[place]) for line in lines]) for place in range(3)]
    return Payoff(starts=columns[0], values=columns[1], slopes=columns[2])


AS_IT_IS = Payoff(starts=np.zeros(1), values=np.zeros(1), slopes=np.ones(1))
"""A quantity that is itself what is estimated."""


def above(threshold: Decimal, unit_price: Decimal) -> Payoff:
    """What exceeds a threshold at a price: overage, and the true-up above a ceiling."""
    limit, price = Fraction(threshold), Fraction(unit_price)
    return tabulated(lambda used: max(used - limit, Fraction(0)) * price, [threshold])


def below(commitment: Decimal, unit_price: Decimal) -> Payoff:
    """What falls short of a commitment at a price: shortfall fees."""
    limit, price = Fraction(commitment), Fraction(unit_price)
    return tabulated(lambda used: max(limit - used, Fraction(0)) * price, [commitment])


def used_of(entitled: Decimal) -> Payoff:
    """What is used of an entitlement, in its unit: the rest is breakage, or rolls over."""
    limit = Fraction(entitled)
    return tabulated(lambda used: min(used, limit), [entitled])


def each(unit_price: Decimal, cap: Decimal | None) -> Payoff:
    """So much for each: credits, refunds, concessions (negative), fees for outcomes; capped."""
    price = Fraction(unit_price)
    if cap is None or not price:
        return tabulated(lambda count: count * price, [])
    most = Fraction(cap) / abs(price)
    return tabulated(lambda count: min(count, most) * price, [most])


@cites("606-10-32-5", "606-10-55-17")
def by_tiers(consideration: Consideration, contract: Contract) -> Payoff:
    """Tiers as the engine prices them: its own rule, asked within each tier."""
    bounds = [tier.up_to for tier in consideration.tiers if tier.up_to is not None]

    def rule(units: Fraction) -> Fraction:
        told = Decimal(units.numerator) / Decimal(units.denominator)
        prices = unit_prices(replace(consideration, expected_units=told), contract)
        rate = sum((Fraction(price.price, price.whole) for price in prices), Fraction(0))
        scale = Fraction(10**QUANTITY_SCALE, 10 ** minor_digits(contract.currency))
        return rate * scale * units

    return tabulated(rule, bounds)


def through(payoffs: Sequence[Payoff], quantities: Floats) -> Floats:
    """Each row of draws through its own payoff."""
    return np.stack([payoff.of(row) for payoff, row in zip(payoffs, quantities, strict=True)])
