"""Step 3: the transaction price (606-10-32-2 to 32-14), fixed and estimated.

Usage priced for its own day (32-40) is outside: it enters the price as it occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import partial

from revrec.asc606.estimates import of_outcomes
from revrec.asc606.payable import check_other_forms, off_the_price
from revrec.asc606.returns import refund_expected
from revrec.asc606.unit_price import priced_by_unit, unit_prices
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.decision import Decision, Told
from revrec.model.events import Estimate
from revrec.money import as_text, to_minor

FIXED = "fixed"
"""Name of the component that pools all fixed consideration of a contract."""


@cites("606-10-32-2", "606-10-32-5", "606-10-32-11")
def transaction_price(contract: Contract) -> tuple[Mapping[str, int], Decision]:
    """Amounts in minor units by component: the fixed pool and each constrained estimate.

    What is so much per unit is apart (``unit_price``); raises where its terms are unclear.
    """
    check_other_forms(contract, contract.consideration)
    for each in contract.consideration:
        if priced_by_unit(each):
            unit_prices(each, contract)
    currency = contract.currency
    fixed = sum(
        [
            to_minor(each.amount, currency)
            for each in contract.consideration
            if each.kind is ConsiderationKind.FIXED
        ]
    )
    amounts = {FIXED: fixed} | estimated(contract.consideration, contract)
    price = sum(amounts.values())
    if price < 0 <= fixed:
        raise UnsupportedTerm(
            f"The transaction price of contract {contract.id} would be {as_text(price, currency)}.",
            citation="606-10-32-2",
            remedy="Nobody is entitled to less than nothing: tell what is paid for apart.",
            contract=contract.id,
            field="consideration",
        )
    decision = Decision(
        contract=contract.id,
        on=contract.inception,
        step=3,
        rule="transaction_price",
        paragraphs=("606-10-32-2", "606-10-32-5", "606-10-32-11"),
        told=partial(_priced, amounts, currency),
    )
    return amounts, decision


def _priced(amounts: Mapping[str, int], currency: str) -> Told:
    price, fixed = sum(amounts.values()), amounts[FIXED]
    total = as_text(price, currency)
    return Told(
        inputs={name: as_text(amount, currency) for name, amount in amounts.items()},
        outcome=total,
        sentence=(
            f"The transaction price is {total}: {as_text(fixed, currency)} fixed and "
            f"{as_text(price - fixed, currency)} of estimates that pass the constraint."
        ),
    )


@cites("606-10-32-5")
def estimated(consideration: Iterable[Consideration], contract: Contract) -> dict[str, int]:
    """Minor units of each variable consideration as first estimated."""
    return {
        each.id: _first_estimate(each, contract)
        for each in consideration
        if each.kind is ConsiderationKind.VARIABLE and not priced_by_unit(each)
    }


@cites("606-10-32-8", "606-10-32-9")
def _first_estimate(consideration: Consideration, contract: Contract) -> int:
    """The amount given, or the expected value or most likely amount of its outcomes.

    For goods expected to come back it is what will be paid back for them (55-23), for what is
    payable to the customer what it takes off the price (32-25).
    """
    currency = contract.currency
    if consideration.returns is not None:
        units = Fraction(consideration.returns.expected)
        return refund_expected(consideration, contract, units)
    if consideration.payable is not None:
        promised = to_minor(consideration.amount, currency)
        return off_the_price(consideration.payable, promised, currency)
    outcomes = consideration.outcomes
    if not outcomes:
        return to_minor(consideration.amount, currency)
    return of_outcomes(consideration, outcomes, currency)


@cites("606-10-32-14", "606-10-32-42", "606-10-32-43", "606-10-55-48")
def re_estimate(
    contract: Contract, estimate: Estimate, amounts: Mapping[str, int], obligations: Iterable[str]
) -> Decision:
    """A changed estimate changes the price from its day on, in the proportions of inception.

    Raises UnsupportedTerm when it estimates nothing the contract knows.
    """
    if estimate.consideration is not None and estimate.amount is not None:
        before = amounts.get(estimate.consideration)
        if before is None or estimate.consideration == FIXED:
            raise _unknown(contract, estimate, "consideration", estimate.consideration)
        moved: tuple[int, int] | None = before, to_minor(estimate.amount, contract.currency)
        paragraphs: tuple[str, ...] = ("606-10-32-14", "606-10-32-42", "606-10-32-43")
    elif estimate.obligation is not None and estimate.expected is not None:
        if estimate.obligation not in set(obligations):
            raise _unknown(contract, estimate, "obligation", estimate.obligation)
        moved = None
        paragraphs = ("606-10-55-48", "606-10-25-35")
    else:
        raise UnsupportedTerm(
            f"Estimate {estimate.id} of contract {contract.id} gives neither a consideration with "
            "an amount nor an obligation with an expected use.",
            citation="606-10-32-14",
            remedy="Give `consideration` and `amount`, or `obligation` and `expected`.",
            contract=contract.id,
            field="estimate",
        )
    return Decision(
        contract=contract.id,
        on=estimate.on,
        step=3,
        rule="re_estimate",
        paragraphs=paragraphs,
        told=partial(_re_estimated, estimate, moved, contract.currency),
    )


def _re_estimated(estimate: Estimate, moved: tuple[int, int] | None, currency: str) -> Told:
    what, outcome = estimate.obligation, f"expected use {estimate.expected}"
    if moved is not None:
        before, now = moved
        what = estimate.consideration
        outcome = f"{as_text(before, currency)} -> {as_text(now, currency)}"
    reason = f" ({estimate.basis})" if estimate.basis else ""
    return Told(
        inputs={"estimate": estimate.id, "of": what or "", "basis": estimate.basis},
        outcome=outcome,
        sentence=(
            f"On {estimate.on} the estimate of {what} became {outcome}{reason}; the effect on "
            "work already done is recognised in the period of the change."
        ),
    )


def _unknown(contract: Contract, estimate: Estimate, field: str, name: str) -> UnsupportedTerm:
    return UnsupportedTerm(
        f"Estimate {estimate.id} names {field} {name!r}, which contract {contract.id} does not "
        f"have on {estimate.on}.",
        citation="606-10-32-14",
        remedy=f"Name a {field} of the contract.",
        contract=contract.id,
        field=f"estimate.{field}",
    )
