"""Step 4: allocating the transaction price (606-10-32-28 to 32-45)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import lcm

from revrec.asc606.standalone_selling_price import as_minor
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    PerformanceObligation,
)
from revrec.model.decision import Decision
from revrec.money import Money, apportion

Weights = Mapping[str, Fraction]
"""Obligation -> standalone selling price in minor units."""


@cites("606-10-32-40")
def participants(
    obligations: Iterable[PerformanceObligation], consideration: Sequence[Consideration]
) -> list[PerformanceObligation]:
    """The obligations that share the fixed price.

    Usage whose fee is priced for the day it is used takes only its own fee (32-40).
    """
    by_use = {
        each.obligation
        for each in consideration
        if each.kind is ConsiderationKind.USAGE and not each.above_entitlement
    }
    return [
        each for each in obligations if each.id not in by_use or each.usage.entitled is not None
    ]


@cites("606-10-32-28", "606-10-32-31", "606-10-32-43")
def allocate(amount: int, weights: Weights) -> dict[str, int]:
    """Split minor units in proportion to selling prices, exact to the last unit.

    Units left by the division go to the largest remainders, ties to the lower obligation id.
    """
    if len(weights) == 1:
        return dict.fromkeys(weights, amount)
    common = lcm(*(weight.denominator for weight in weights.values()))
    return apportion(amount, {key: int(weight * common) for key, weight in sorted(weights.items())})


def explain_allocation(
    contract: Contract, component: str, amount: int, shares: Mapping[str, int], weights: Weights
) -> Decision:
    """The allocation of one component, as a decision."""
    currency = contract.currency
    total = Money(amount, currency)
    parts = ", ".join(f"{key} {Money(share, currency)}" for key, share in sorted(shares.items()))
    how = (
        "to the only obligation it can relate to"
        if len(shares) == 1
        else "in proportion to standalone selling prices at inception"
    )
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=4,
        rule="allocate",
        paragraphs=("606-10-32-28", "606-10-32-31"),
        inputs={
            f"standalone_selling_price.{key}": str(as_minor(weight))
            for key, weight in sorted(weights.items())
        },
        outcome=parts,
        sentence=f"{component} {total} is allocated {how}: {parts}.",
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
    above = " above the entitlement" if consideration.above_entitlement else ""
    return Decision(
        contract=contract.id,
        on=on,
        step=4,
        rule="allocate_to_its_day",
        paragraphs=("606-10-32-39", "606-10-32-40"),
        inputs={"consideration": consideration.id, "obligation": consideration.obligation},
        outcome="each day's fee to that day",
        sentence=(
            f"The fee for usage of {consideration.obligation}{above} relates to the day of use "
            "and is allocated to it; it is not estimated ahead."
        ),
    )
