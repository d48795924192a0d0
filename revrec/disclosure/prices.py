"""The transaction price traced through a contract's facts, apart from the engine's allocation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from revrec.asc606.modification import takes_effect
from revrec.asc606.payable import promised_later, with_amounts
from revrec.asc606.transaction_price import FIXED, estimated
from revrec.asc606.unit_price import estimate_per_unit, priced_by_unit, unit_prices
from revrec.citations import cites
from revrec.disclosure.terms import in_effect
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.decision import Segment, Stream
from revrec.model.events import Estimate, Modification
from revrec.model.history import ContractHistory
from revrec.model.options import Exercise
from revrec.money import to_minor


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A fact that may change the price, on the day the books changed; minor units."""

    event: Modification | Estimate | Exercise
    day: date
    before: int
    after: int


@cites("606-10-32-2", "606-10-32-14", "606-10-25-10")
def price_at_inception(contract: Contract) -> dict[str, int]:
    """Minor units of the fixed pool and of each estimate, as signed."""
    fixed = sum(
        to_minor(each.amount, contract.currency)
        for each in contract.consideration
        if each.kind is ConsiderationKind.FIXED
    )
    by_unit = [each for each in contract.consideration if priced_by_unit(each)]
    return (
        {FIXED: fixed}
        | estimated(contract.consideration, contract)
        | {each.id: _of_units(each, contract) for each in by_unit}
    )


@cites("606-10-32-14", "606-10-32-43", "606-10-25-10")
def price_changes(history: ContractHistory, on: date) -> list[PriceChange]:
    """Modifications and estimates that had changed the books by the end of the day, in order."""
    contract = history.contract
    amounts = price_at_inception(contract)
    added = [each for change in history.modifications for each in change.adds_consideration]
    by_unit = {each.id: each for each in (*contract.consideration, *added) if priced_by_unit(each)}
    changes = []
    for day, event in _in_order(history, on):
        before = sum(amounts.values())
        if isinstance(event, Modification):
            for name, amount in _promised(history, event).items():
                amounts[name] = amounts.get(name, 0) + amount
        elif isinstance(event, Exercise):
            amounts[event.id] = to_minor(event.price, contract.currency)
        elif event.consideration in by_unit:
            name = event.consideration
            by_unit[name] = estimate_per_unit(by_unit[name], event, contract)
            amounts[name] = _of_units(by_unit[name], contract)
        elif event.consideration is not None and event.amount is not None:
            amounts[event.consideration] = to_minor(event.amount, contract.currency)
        changes.append(PriceChange(event, day, before, sum(amounts.values())))
    return changes


@cites("606-10-32-2")
def price_on(history: ContractHistory, on: date) -> int:
    """The transaction price at the end of the day, from facts alone; 0 before inception."""
    if on < history.contract.inception:
        return 0
    later = sum(each.amount for each in promised_later(history) if each.on <= on)
    if history.modifications or with_amounts(history) or history.exercises:
        told = price_changes(history, on)
        if told:
            return told[-1].after + later
    return sum(price_at_inception(history.contract).values()) + later


@cites("606-10-32-15", "606-10-32-20")
def financed_on(accrued: Iterable[Segment], on: date) -> int:
    """What financing adds to the price, or takes off it: all interest of the contract's life."""
    signs = {Stream.INTEREST_EXPENSE: 1, Stream.INTEREST_INCOME: -1}
    return sum(
        signs[each.stream] * each.price
        for each in accrued
        if each.stream in signs and each.valid_from <= on <= each.valid_to
    )


_Change = Modification | Estimate | Exercise


def _in_order(history: ContractHistory, on: date) -> Iterator[tuple[date, _Change]]:
    """By the day the books change; of a day, modifications, estimates, then rights used."""
    inception = history.contract.inception
    changes = [each for each in history.modifications if in_effect(each, on)]
    placed: list[tuple[tuple[date, int, date, str], _Change]] = [
        *(((takes_effect(each), 0, each.on, each.id), each) for each in changes),
        *(
            ((each.on, 1, each.on, each.id), each)
            for each in with_amounts(history)
            if each.on <= on
        ),
        *(((each.on, 2, each.on, each.id), each) for each in history.exercises if each.on <= on),
    ]
    for place, event in sorted(placed, key=lambda pair: pair[0]):
        yield max(place[0], inception), event


def _promised(history: ContractHistory, modification: Modification) -> dict[str, int]:
    """What a modification adds to the price: to the fixed pool under its id, and estimates."""
    contract, currency = history.contract, history.contract.currency
    fixed = to_minor(modification.price_change, currency) + sum(
        to_minor(each.amount, currency)
        for each in modification.adds_consideration
        if each.kind is ConsiderationKind.FIXED
    )
    by_unit = [each for each in modification.adds_consideration if priced_by_unit(each)]
    return (
        {modification.id: fixed}
        | estimated(modification.adds_consideration, contract)
        | {each.id: _of_units(each, contract) for each in by_unit}
    )


def _of_units(consideration: Consideration, contract: Contract) -> int:
    """What the units expected cost, where tiers average over them; else it comes with use."""
    return sum(each.price for each in unit_prices(consideration, contract) if each.expected)
