"""The costs told of a contract: that they fit together, and the contract's part of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from revrec.asc340.amortization import promised
from revrec.citations import cites
from revrec.errors import ContractError, FeedError
from revrec.model.contract import Contract
from revrec.model.costs import ContractCost
from revrec.model.history import ContractHistory
from revrec.money import QUANTITY_SCALE, apportion, atoms, to_minor

AMOUNT_MAX = 10**13
"""Largest single amount, in major units: sums of many stay within 64 bits of minor units."""


@cites("340-40-25-1", "340-40-25-5")
def check_costs(history: ContractHistory) -> None:
    """Refuse costs and reviews that contradict the contract or each other (ContractError)."""
    contract = history.contract
    known = {cost.id: cost for cost in history.costs}
    for cost in history.costs:
        for wrong, field in _contradictions(history, cost, known):
            raise _contradiction(contract, cost.id, wrong, field)
    for review in history.cost_reviews:
        for name in review.costs:
            if name not in known or known[name].on > review.on:
                what = f"names {name}, which is no cost of the contract by then"
                raise _contradiction(contract, review.id, what, "costs")
        if review.applies_from is not None and review.applies_from < review.on:
            what = f"of {review.on} applies from {review.applies_from}: estimates never reach back"
            raise _contradiction(contract, review.id, what, "applies_from", "340-40-35-2")


def _contradictions(
    history: ContractHistory, cost: ContractCost, known: Mapping[str, ContractCost]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a cost, and in which field."""
    contract = history.contract
    if [each.id for each in history.costs].count(cost.id) > 1:
        yield "is told more than once", "id"
    adjusted = known.get(cost.adjusts or "")
    if cost.adjusts is not None and (adjusted is None or adjusted.adjusts or adjusted.on > cost.on):
        yield f"adjusts {cost.adjusts}, which is no cost of the contract by then", "adjusts"
    if cost.adjusts is None and cost.amount < 0:
        yield f"of {cost.amount} is below zero and adjusts no other cost", "amount"
    if cost.shared and contract.id not in cost.shared:
        yield f"is shared by {', '.join(sorted(cost.shared))} and not by the contract", "shared"
    if cost.shared and not (sum(cost.shared.values()) and min(cost.shared.values()) >= 0):
        yield "is shared by weights that are not positive", "shared"
    if cost.shared and not cost.currency:
        yield "is shared and names no currency", "currency"
    if cost.currency not in {"", contract.currency}:
        yield f"is in {cost.currency}, not in {contract.currency}", "currency"
    if cost.obligation is not None and cost.obligation not in promised(history, cost.on):
        yield f"is for {cost.obligation}, which is not promised by then", "obligation"


@cites("340-40-25-1", "340-40-25-5")
def amount_of(contract: Contract, cost: ContractCost) -> int:
    """The contract's part of the cost in minor units; parts of a shared cost sum to the whole."""
    whole = in_minor(contract, cost.id, cost.amount)
    if not cost.shared:
        return whole
    weights = {name: atoms(weight, QUANTITY_SCALE) for name, weight in cost.shared.items()}
    return apportion(whole, weights)[contract.id]


@cites("340-40-25-1")
def in_minor(contract: Contract, name: str, amount: Decimal) -> int:
    """An amount told of a cost in minor units (ContractError names the fact)."""
    try:
        minor = to_minor(amount, contract.currency)
    except FeedError as error:
        raise ContractError(
            f"Cost {name} of contract {contract.id}: {error.message}",
            remedy=error.remedy,
            contract=contract.id,
            field=f"contract_cost.{name}",
        ) from error
    if abs(amount) > AMOUNT_MAX:
        what = f"of {amount} is beyond the largest amount kept, {AMOUNT_MAX:,}"
        raise _contradiction(contract, name, what, "amount")
    return minor


def _contradiction(
    contract: Contract, name: str, what: str, field: str, citation: str = "340-40-25-1"
) -> ContractError:
    return ContractError(
        f"Cost {name} of contract {contract.id} {what}.",
        citation=citation,
        remedy="Correct the cost.",
        contract=contract.id,
        field=f"contract_cost.{name}.{field}",
    )
