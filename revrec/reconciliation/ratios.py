"""Amounts that are right in another currency, or with another currency's decimals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations

from revrec.model.policy import StandaloneSellingPrice
from revrec.money import Money
from revrec.reconciliation.limits import NAMED_RATIO_MINOR_MIN

_SHIFTS = (100, 1000)


@dataclass(frozen=True, slots=True)
class Slip:
    """A ratio of billed to promised that names a mistake by itself."""

    ratio: Fraction
    said: str
    """What happened, for the sentence of a finding."""


Slips = Mapping[str, Sequence[Slip]]
"""By the contract's currency."""


def slips_of(prices: Iterable[StandaloneSellingPrice], currencies: Iterable[str]) -> Slips:
    """The ratios between the price lists of two currencies, and those of misplaced decimals.

    Price lists are compared through the products that both have; of several ratios the most
    frequent counts, because single prices are rounded.
    """
    lists: dict[tuple[object, ...], dict[str, StandaloneSellingPrice]] = {}
    for price in prices:
        listed = (price.product, price.per, price.region, price.segment, price.effective_from)
        lists.setdefault(listed, {})[price.currency] = price
    counts: dict[tuple[str, str], Counter[Fraction]] = {}
    for by_currency in lists.values():
        for own, other in permutations(sorted(by_currency), 2):
            amounts = by_currency[other].amount, by_currency[own].amount
            if all(amount > 0 for amount in amounts):
                ratio = Fraction(amounts[0]) * _inverse(Fraction(amounts[1]))
                counts.setdefault((own, other), Counter())[ratio] += 1
    decimals = [
        Slip(ratio, f"the decimal point is {len(str(shift)) - 1} places off")
        for shift in _SHIFTS
        for ratio in (Fraction(shift), Fraction(1, shift))
    ]
    slips = {currency: list(decimals) for currency in currencies}
    for (own, other), ratios in sorted(counts.items()):
        usual = min(ratios, key=lambda ratio: (-ratios[ratio], ratio))
        if own in slips and usual != 1:
            slips[own].append(Slip(usual, f"the figure is the price in {other}, not in {own}"))
    return slips


def slipped(slips: Slips, currency: str, billed: int, should: int) -> str | None:
    """What happened, if the billed amount is the right one times a ratio that names a mistake.

    Both amounts may have been rounded once before.
    """
    if min(abs(billed), abs(should)) < NAMED_RATIO_MINOR_MIN:
        return None
    for slip in slips.get(currency, ()):
        off = abs(billed - should * slip.ratio)
        if off <= 1 + slip.ratio:
            right = Money(should, currency)
            return f"{slip.said}; {right} is right"
    return None


def _inverse(value: Fraction) -> Fraction:
    return Fraction(value.denominator, value.numerator)
