"""Step 4: allocating the transaction price (606-10-32-28 to 32-45)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from math import lcm

from revrec.asc606.time_elapsed import BY_TIME
from revrec.asc606.unit_price import priced_by_unit
from revrec.citations import cites
from revrec.errors import MissingSellingPrice, UnsupportedTerm
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.decision import Decision, Told
from revrec.money import Money, apportion, as_text, minor_digits, round_ratio, with_decimals

_ACCESS = BY_TIME | {Measure.TIME_ELAPSED}
Exact = Fraction | int
"""A rational number: most prices are whole minor units, and whole numbers add faster."""
Weights = Mapping[str, Exact]
"""Obligation -> standalone selling price in minor units."""
Proportions = Mapping[str, int]
"""Obligation -> whole number in proportion to its selling price, in the order of ids."""


@cites("606-10-32-5", "606-10-32-40")
def participants(
    obligations: Iterable[PerformanceObligation], consideration: Sequence[Consideration]
) -> list[PerformanceObligation]:
    """The obligations that share the fixed price.

    Usage whose fee is priced for the day it is used takes only its own fee (32-40), unless it is a
    service by time with an amount for it, or for no obligation in particular, beside the fee. What
    is priced per unit or by a royalty takes only that, unless an amount is for it too (32-5).
    """
    offered = list(obligations)
    apart = [
        each
        for each in consideration
        if each.kind is ConsiderationKind.USAGE or each.royalty is not None or priced_by_unit(each)
    ]
    if not apart:
        return offered
    by_use = {
        each.obligation
        for each in apart
        if each.kind is ConsiderationKind.USAGE
        and not each.above_entitlement
        and each.royalty is None
    }
    amounts = [
        each
        for each in consideration
        if each.kind is not ConsiderationKind.USAGE and not priced_by_unit(each)
    ]
    named = {each.obligation for each in amounts}
    if len(offered) == 1 and amounts:
        named.add(offered[0].id)
    by_use -= {
        each.id
        for each in offered
        if each.measure in _ACCESS and (each.id in named or None in named)
    }
    by_unit = {
        each.obligation for each in apart if priced_by_unit(each) or each.royalty is not None
    } - named
    return [
        each
        for each in offered
        if each.id not in by_use | by_unit or each.usage.entitled is not None
    ]


@cites("606-10-32-31")
def proportions(weights: Weights) -> dict[str, int]:
    """Selling prices over their common denominator, found once for all that is allocated."""
    if len(weights) == 1:
        return dict.fromkeys(weights, 1)
    ratios = [(key, *weights[key].as_integer_ratio()) for key in sorted(weights)]
    common = lcm(*[denominator for _, _, denominator in ratios])
    return {key: numerator * (common // denominator) for key, numerator, denominator in ratios}


@cites("606-10-32-28", "606-10-32-31", "606-10-32-43")
def allocate(amount: int, parts: Proportions) -> dict[str, int]:
    """Split minor units in proportion to selling prices, exact to the last unit.

    Units left by the division go to the largest remainders, ties to the lower obligation id.
    """
    if len(parts) == 1:
        return dict.fromkeys(parts, amount)
    return apportion(amount, parts)


@cites("606-10-32-36", "606-10-32-37")
def discounted(contract: Contract, weights: Weights, price: int) -> Weights:
    """A discount goes to some obligations only where observable bundle prices prove it (32-37).

    The proof holds when the prices of the bundles, and selling prices of what is in none, sum to
    the transaction price: then the contract's discount is the bundles' discount. Otherwise the
    discount is shared by all (32-36) and the weights stay as they are. Minor units.
    """
    if not contract.bundles:
        return weights
    proven = _at_bundle_prices(contract, weights)
    return proven if sum(proven.values()) == price else weights


def _at_bundle_prices(contract: Contract, weights: Weights) -> Weights:
    """Selling prices with each bundle brought to its observable price, in proportion."""
    found = dict(weights)
    for bundle in contract.bundles:
        if not weights.keys() >= set(bundle.obligations):
            raise UnsupportedTerm(
                f"Bundle of {', '.join(bundle.obligations)} in contract {contract.id} names an "
                "obligation that does not share in the price.",
                citation="606-10-32-37",
                remedy=f"Name some of: {', '.join(sorted(weights))}.",
                contract=contract.id,
                field="bundles",
            )
        alone = sum((weights[name] for name in bundle.obligations), Fraction(0))
        price = Fraction(bundle.price) * 10 ** minor_digits(contract.currency)
        found |= {name: price * Fraction(weights[name], alone) for name in bundle.obligations}
    return found


@cites("606-10-32-34", "606-10-32-35", "606-10-32-38")
def with_residual(
    contract: Contract, weights: Weights, residual: PerformanceObligation, price: int
) -> Weights:
    """What the others leave of the price is the selling price of the uncertain one (32-34c).

    A discount proven to belong to some of them is taken first (32-38). Raises MissingSellingPrice
    when the residual is not above zero or outside the obligation's range: the result would not
    meet the allocation objective.
    """
    scale = 10 ** minor_digits(contract.currency)
    others = _at_bundle_prices(contract, weights)
    rest = price - sum(others.values(), Fraction(0))
    bounds = residual.selling_price_range
    outside = bounds is not None and not bounds.low * scale <= rest <= bounds.high * scale
    if rest <= 0 or outside:
        told = Money(round(rest), contract.currency)
        limits = f" outside {bounds.low} to {bounds.high}" if bounds is not None else ""
        raise MissingSellingPrice(
            f"The residual for {residual.id} in contract {contract.id} is {told},{limits or ' not'}"
            f"{'' if limits else ' above zero'}: it would not meet the allocation objective.",
            citation="606-10-32-34",
            remedy="Give an observable or estimated standalone selling price.",
            contract=contract.id,
            field=f"obligations.{residual.id}.residual",
            obligation=residual.id,
            residual_minor=round(rest),
        )
    return {**others, residual.id: rest}


@cites("606-10-32-28", "606-10-32-31")
def explain_allocation(
    contract: Contract, component: str, amount: int, shares: Mapping[str, int], weights: Weights
) -> Decision:
    """The allocation of one component, as a decision."""
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=4,
        rule="allocate",
        paragraphs=("606-10-32-28", "606-10-32-31"),
        told=partial(_allocated, component, amount, shares, weights, contract.currency),
    )


def _allocated(
    component: str, amount: int, shares: Mapping[str, int], weights: Weights, currency: str
) -> Told:
    parts = ", ".join(f"{key} {as_text(share, currency)}" for key, share in sorted(shares.items()))
    how = (
        "to the only obligation it can relate to"
        if len(shares) == 1
        else "in proportion to standalone selling prices at inception"
    )
    return Told(
        inputs=_told(weights, currency) if len(weights) > 1 else {},
        outcome=parts,
        sentence=f"{component} {as_text(amount, currency)} is allocated {how}: {parts}.",
    )


@cites("606-10-32-39", "606-10-32-40")
def allocate_to_its_day(contract: Contract, consideration: Consideration, on: date) -> Decision:
    """A day's usage fee belongs to that day of the series (32-40).

    Raises UnsupportedTerm when the consideration does not say which obligation it prices.
    """
    if consideration.obligation is None:
        raise UnsupportedTerm(
            f"Usage consideration {consideration.id} of contract {contract.id} names no "
            "obligation.",
            citation="606-10-32-40",
            remedy="Give `obligation`: whose days the usage fee prices.",
            contract=contract.id,
            field=f"consideration.{consideration.id}.obligation",
        )
    return Decision(
        contract=contract.id,
        on=on,
        step=4,
        rule="allocate_to_its_day",
        paragraphs=("606-10-32-39", "606-10-32-40"),
        told=partial(_to_its_day, consideration),
    )


def _to_its_day(consideration: Consideration) -> Told:
    above = " above the entitlement" if consideration.above_entitlement else ""
    return Told(
        inputs={"consideration": consideration.id, "obligation": consideration.obligation or ""},
        outcome="each day's fee to that day",
        sentence=(
            f"The fee for usage of {consideration.obligation}{above} relates to the day of use "
            "and is allocated to it; it is not estimated ahead."
        ),
    )


def _told(weights: Weights, currency: str) -> dict[str, str]:
    """Selling prices in the currency, to one hundredth of its minor unit, and the currency."""
    digits = minor_digits(currency) + 2
    told = {
        f"standalone_selling_price.{key}": with_decimals(
            round_ratio(price.numerator * 100, price.denominator), digits
        )
        for key, price in sorted(weights.items())
    }
    return told | {"currency": currency}
