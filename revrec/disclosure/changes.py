"""Logs of what changed the accounting: modifications and estimates, with their catch-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from revrec.asc606.modification import Treatment, takes_effect
from revrec.asc606.payable import with_amounts
from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.catch_up import Effect, catch_ups
from revrec.disclosure.frame import Frame, Row
from revrec.disclosure.prices import PriceChange, price_changes
from revrec.model.dataset import DataSet
from revrec.model.decision import Decision
from revrec.model.events import Estimate, Modification

_DISTINCT = {
    Treatment.SEPARATE.value: "yes",
    Treatment.PROSPECTIVE.value: "yes",
    Treatment.CATCH_UP.value: "no",
    Treatment.MIXED.value: "in part",
}
_AT_SELLING_PRICES = {"True": "yes", "False": "no", None: ""}
"""As the decision tells it; what is only conceded for the past is not compared with prices."""
_RULES = ("classify", "explain_concession")
"""Rules that decide on a modification: on what it changes from now on, and for the past."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a contract and what it did to revenue on its day."""

    contract: str
    change: PriceChange
    effect: Effect | None
    """None where the counts are not at hand, or an earlier change of the day has it."""


@cites("606-10-25-10", "606-10-25-12", "606-10-25-13")
def modification_log(frame: Frame, found: Iterable[Change]) -> DataSet:
    """Every modification in effect by the report's end, with treatment, price and catch-up."""
    return DataSet(
        name="modification_log",
        title="Modification log",
        columns=[
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.text("modification", "Modification"),
            c.day("approved", "Approved"), c.day("new_terms_from", "New terms from"),
            c.day("takes_effect", "Takes effect"), c.text("changes", "Changes"),
            c.text("distinct", "Rest distinct"), c.text("at_selling_prices", "At selling prices"),
            c.text("treatment", "Treatment"), c.text("paragraphs", "Paragraphs"), c.CURRENCY,
            c.money("price_before", "Transaction price before", total=False),
            c.money("price_change", "Change of the price"),
            c.money("price_after", "Transaction price after", total=False),
            c.money("remaining", "Remaining after", total=False),
            c.money("catch_up", "Catch-up"), c.text("reason", "Reason"),
            c.text("sentence", "Accounted for"), c.ROW_KEY,
        ],
        rows=[_modified(frame, each, event) for each in found
              if isinstance(event := each.change.event, Modification)],
        note=(
            "Catch-up: revenue to date on the day it takes effect, under the new terms less under "
            "the old. Several changes on one day show it together, with the first."
        ),
    )  # fmt: skip


@cites("606-10-32-14", "606-10-32-43", "606-10-55-48", "606-10-50-12A")
def estimate_log(frame: Frame, found: Iterable[Change]) -> DataSet:
    """Every new estimate by the report's end, of consideration or of use to come."""
    return DataSet(
        name="estimate_log",
        title="Estimate log",
        columns=[
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.text("estimate", "Estimate"),
            c.day("effective", "On"), c.text("subject", "Of"),
            c.quantity("expected", "Expected use"), c.CURRENCY,
            c.money("price_before", "Transaction price before", total=False),
            c.money("price_change", "Change of the price"),
            c.money("price_after", "Transaction price after", total=False),
            c.money("catch_up", "Catch-up"), c.text("basis", "Basis"), c.ROW_KEY,
        ],
        rows=[_estimated(frame, each, event) for each in found
              if isinstance(event := each.change.event, Estimate)],
        note="Catch-up: revenue to date on the day, under the new estimate less under the old.",
    )  # fmt: skip


@cites("606-10-25-13", "606-10-32-43")
def changes(frame: Frame) -> list[Change]:
    """All changes in effect by the report's end, sorted by customer, contract and day."""
    book, last = frame.inputs.book, frame.span.last
    listed = {
        name: price_changes(book.histories[name], last)
        for name in frame.inputs.accounting.contracts
        if book.histories[name].modifications or with_amounts(book.histories[name])
    }
    changed = {(name, each.day) for name, told in listed.items() for each in told}
    effects = catch_ups(frame.inputs, changed)
    found = []
    for name in sorted(listed, key=lambda name: (frame.customers[name], name)):
        seen: set[date] = set()
        for each in listed[name]:
            effect = None if each.day in seen else effects.get((name, each.day))
            seen.add(each.day)
            found.append(Change(name, each, effect))
    return found


def _modified(frame: Frame, found: Change, event: Modification) -> Row:
    change, effect = found.change, found.effect
    decision = _classified(frame, found.contract, event.id)
    at_selling_prices = decision.inputs.get("at_standalone_selling_prices")
    return (
        frame.entity, frame.customers[found.contract], found.contract, event.id, event.on,
        event.new_terms_from or event.on, takes_effect(event), _what(event),
        _DISTINCT.get(decision.outcome, ""), _AT_SELLING_PRICES[at_selling_prices],
        decision.outcome, ", ".join(decision.paragraphs),
        frame.inputs.book.histories[found.contract].contract.currency,
        change.before, change.after - change.before, change.after,
        effect.remaining if effect else None, effect.catch_up if effect else None,
        event.reason, decision.sentence, c.key_of(found.contract, event.id),
    )  # fmt: skip


def _estimated(frame: Frame, found: Change, event: Estimate) -> Row:
    change, effect = found.change, found.effect
    return (
        frame.entity, frame.customers[found.contract], found.contract, event.id, event.on,
        event.consideration or event.obligation or "", event.expected,
        frame.inputs.book.histories[found.contract].contract.currency,
        change.before, change.after - change.before, change.after,
        effect.catch_up if effect else None, event.basis, c.key_of(found.contract, event.id),
    )  # fmt: skip


def _classified(frame: Frame, contract: str, modification: str) -> Decision:
    """The decision on a modification; every one in effect has been decided.

    On its treatment, or else on the first amount that it only concedes for the past (25-13).
    """
    decisions = frame.inputs.accounting.contracts[contract].decisions
    return next(
        decision
        for rule in _RULES
        for decision in decisions
        if decision.rule == rule and decision.inputs["modification"] == modification
    )


def _what(event: Modification) -> str:
    """What the modification does, by obligation."""
    told = [f"adds {each.id}" for each in event.adds]
    told += [f"revises {each.id}" for each in event.revises]
    told += [f"withdraws {name}" for name in event.withdraws]
    if event.price_change:
        told.append("changes the price")
    told += [f"adds consideration {each.id}" for each in event.adds_consideration]
    return ", ".join(told)
