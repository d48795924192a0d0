"""How use is paid for: as it happens, out of a commitment or credits, beyond them, or trued up.

The words a company that sells by use speaks of its revenue in. They follow from the contract and
from its commitments, and say nothing about when revenue is recognised.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from revrec.model.commitment import CommitmentForm
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    CountedIn,
    Measure,
    PerformanceObligation,
)
from revrec.model.credit_book import CreditBook

ON_DEMAND: Final = "on_demand"
PREPAID: Final = "prepaid_drawdown"
POSTPAID: Final = "postpaid_drawdown"
CREDITS: Final = "credit_drawdown"
OVERAGE: Final = "overage"
BREAKAGE: Final = "breakage"
TRUE_UP: Final = "true_up"
REBATES: Final = "rebates"
FIXED: Final = "fixed_fees"
KINDS: Mapping[str, str] = {
    ON_DEMAND: "On demand",
    PREPAID: "Prepaid commitments drawn",
    POSTPAID: "Postpaid commitments drawn",
    CREDITS: "Credits drawn",
    OVERAGE: "Overage",
    BREAKAGE: "Breakage",
    TRUE_UP: "True-ups, other variable fees",
    REBATES: "Rebates and service credits",
    FIXED: "Fixed fees, not by use",
}
"""Kind -> heading, in the order of a reader."""
Paid = Mapping[tuple[str, str], str]
"""Contract and consideration -> kind, where a commitment says it."""
_NOT_OVER_TIME = frozenset(
    {
        Measure.USAGE,
        Measure.UNITS,
        Measure.MILESTONES,
        Measure.COSTS,
        Measure.POINT_IN_TIME,
        Measure.LICENSE,
    }
)


def paid_under(told: CreditBook) -> Paid:
    """What is billed under commitments that are paid as they are used, or trued up."""
    found: dict[tuple[str, str], str] = {}
    for each in told.commitments:
        if each.form is not CommitmentForm.PREPAID and each.usage_consideration:
            found[each.contract, each.usage_consideration] = POSTPAID
        if each.form is not CommitmentForm.PREPAID and each.consideration:
            found[each.contract, each.consideration] = TRUE_UP
    return found


def paid_as(contract: str, consideration: Consideration, paid: Paid) -> str:
    """The kind of an amount that is not fixed."""
    if consideration.above_entitlement:
        return OVERAGE
    if (contract, consideration.id) in paid:
        return paid[contract, consideration.id]
    if consideration.kind is ConsiderationKind.USAGE:
        return ON_DEMAND
    given = consideration.payable is not None or consideration.returns is not None
    least = min([consideration.amount, *(each.amount for each in consideration.outcomes)])
    return REBATES if given or least < 0 else TRUE_UP


def drawn_from(obligation: PerformanceObligation) -> str:
    """What the fixed price of an obligation is drawn as; nothing if it is not bought to be used."""
    if obligation.usage.entitled is None:
        return ""
    return PREPAID if obligation.usage.counted_in is CountedIn.AMOUNT else CREDITS


def agreed_as(contract: Contract) -> str:
    """The type of a contract by what it sells: commitment, credits, subscription, usage, services.

    The first that any of its promises is.
    """
    kinds = {drawn_from(each) for each in contract.obligations}
    if PREPAID in kinds:
        return "commitment"
    if CREDITS in kinds:
        return "credits"
    by_use = any(each.kind is ConsiderationKind.USAGE for each in contract.consideration)
    priced = {
        each.obligation
        for each in contract.consideration
        if each.kind is ConsiderationKind.USAGE and each.obligation
    }
    if any(
        each.measure not in _NOT_OVER_TIME and each.id not in priced
        for each in contract.obligations
    ):
        return "subscription"
    return "usage" if by_use else "services"
