"""The transaction price traced through a contract's facts, apart from the engine's allocation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from revrec.asc606.amendment import amended, changes_books
from revrec.asc606.modification import changes_nothing, takes_effect
from revrec.asc606.payable import promised_later, with_amounts
from revrec.asc606.term import Renewal, Term, bounded, enforceable_term
from revrec.asc606.transaction_price import FIXED, estimated
from revrec.asc606.unit_price import (
    estimate_per_unit,
    priced_by_unit,
    unit_components,
    unit_prices,
)
from revrec.citations import cites
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
    """Minor units of the fixed pool and of each estimate, for the term enforceable at inception."""
    return _amounts(enforceable_term(contract)[1])


def _amounts(contract: Contract) -> dict[str, int]:
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
    return _traced(history, on)[0]


def _traced(history: ContractHistory, on: date) -> tuple[list[PriceChange], dict[str, int]]:
    """Changes of the price by the end of the day, and its amounts then with what was renewed."""
    contract = history.contract
    term, bound, _ = enforceable_term(contract)
    last_day = bound.end
    amounts = _amounts(bound)
    by_unit = {each.id: each for each in history.consideration if priced_by_unit(each)}
    changes = []
    for day, event in _in_order(history, term, on):
        before = sum(amounts.values())
        if isinstance(event, Renewal):
            renewed = bounded(term, event)
            if renewed is not None:
                last_day = renewed.last_day
                amounts[FIXED] += term.price(renewed.first_day, renewed.last_day)
            continue
        if isinstance(event, Modification):
            told, last_day = amended(term, event, {}, last_day)
            if changes_nothing(told):
                continue
            for name, amount in _promised(history, told).items():
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
    return changes, amounts


@cites("606-10-32-2")
def price_on(history: ContractHistory, on: date) -> int:
    """The transaction price at the end of the day, from facts alone; 0 before inception."""
    if on < history.contract.inception:
        return 0
    later = sum(each.amount for each in promised_later(history) if each.on <= on)
    return sum(_traced(history, on)[1].values()) + later


@cites("606-10-32-14", "606-10-25-10")
def expected_of_withdrawn(history: ContractHistory, on: date) -> dict[str, int]:
    """Prices of all units expected, of obligations that were withdrawn by the end of the day.

    Of those only what was transferred before stays in the price.
    """
    changes = [each for each in history.modifications if takes_effect(each) <= on]
    withdrawn = {name for each in changes for name in each.withdraws}
    averaged = {
        each.id
        for each in history.consideration
        if priced_by_unit(each)
        and each.obligation in withdrawn
        and not unit_components(each)[each.id]
    }
    if not averaged:
        return {}
    return {name: amount for name, amount in _traced(history, on)[1].items() if name in averaged}


@cites("606-10-32-15", "606-10-32-20")
def financed_on(accrued: Iterable[Segment], on: date) -> int:
    """What financing adds to the price, or takes off it: all interest of the contract's life."""
    signs = {Stream.INTEREST_EXPENSE: 1, Stream.INTEREST_INCOME: -1}
    return sum(
        signs[each.stream] * each.price
        for each in accrued
        if each.stream in signs and each.valid_from <= on <= each.valid_to
    )


_Change = Renewal | Modification | Estimate | Exercise


def _in_order(history: ContractHistory, term: Term, on: date) -> Iterator[tuple[date, _Change]]:
    """By the day the books change; of a day, renewals, modifications, estimates, rights used."""
    inception = history.contract.inception
    placed: list[tuple[tuple[date, int, date, int, str], _Change]] = [
        *(((each.on, 0, each.on, 0, ""), each) for each in term.renewals(on)),
        *(
            ((changes_books(each, term), 1, each.on, each.order, each.id), each)
            for each in history.modifications
            if changes_books(each, term) <= on
        ),
        *(
            ((each.on, 2, each.on, 0, each.id), each)
            for each in with_amounts(history)
            if each.on <= on
        ),
        *(((each.on, 3, each.on, 0, each.id), each) for each in history.exercises if each.on <= on),
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
