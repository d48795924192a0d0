"""What the contracts say, as columns to join with: parties, promises, kinds of consideration.

Terms are those in force at the end of the report: a modification counts once it has taken effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import pyarrow as pa

from revrec.asc606.licenses import right_to_use
from revrec.asc606.modification import Treatment, changes_nothing, cut_off, takes_effect
from revrec.asc606.unit_price import priced_by_unit, unit_components
from revrec.citations import cites
from revrec.columnar import table_of
from revrec.disclosure.use import Paid, agreed_as, drawn_from, paid_as, paid_under
from revrec.engine import Accounting
from revrec.model.contract import Consideration, ConsiderationKind, Measure, PerformanceObligation
from revrec.model.events import Modification
from revrec.model.history import Book, ContractHistory
from revrec.model.options import Exercise
from revrec.periods import plus_months

_YEAR_MONTHS = 12

CONTRACTS = pa.schema(
    [
        ("contract", pa.string()),
        ("customer", pa.string()),
        ("currency", pa.string()),
        ("region", pa.string()),
        ("segment", pa.string()),
        ("channel", pa.string()),
        ("agreed", pa.string()),
        ("combined", pa.string()),
        ("inception", pa.date32()),
        ("ends", pa.date32()),
        ("within_a_year", pa.bool_()),
    ]
)
OBLIGATIONS = pa.schema(
    [
        ("contract", pa.string()),
        ("obligation", pa.string()),
        ("product", pa.string()),
        ("measure", pa.string()),
        ("timing", pa.string()),
        ("drawn", pa.string()),
        ("starts", pa.date32()),
        ("ends", pa.date32()),
    ]
)
COMPONENTS = pa.schema(
    [
        ("contract", pa.string()),
        ("component", pa.string()),
        ("category", pa.string()),
        ("paid", pa.string()),
        ("within_a_year", pa.bool_()),
        ("royalty", pa.bool_()),
    ]
)
"""Components of the price other than the fixed pool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Tables of ``CONTRACTS``, ``OBLIGATIONS`` and ``COMPONENTS``."""

    contracts: pa.Table
    obligations: pa.Table
    components: pa.Table


class _Promise(NamedTuple):
    obligation: PerformanceObligation
    starts: date
    ends: date | None


def terms_of(book: Book, accounting: Accounting, on: date) -> Terms:
    """The terms of every contract that is accounted for, as of the end of the day."""
    contracts: list[Sequence[object]] = []
    obligations: list[Sequence[object]] = []
    components: list[Sequence[object]] = []
    paid = paid_under(book.credits)
    for name in accounting.contracts:
        history = book.histories[name]
        contract = history.contract
        changes = [each for each in history.modifications if in_effect(each, on)]
        ends = [each.end for each in changes if each.end is not None]
        short = _within_a_year(contract.first_day, contract.end)
        contracts.append(
            (name, contract.customer_name or contract.customer, contract.currency,
             contract.region, contract.segment, contract.terms.get("channel", ""),
             agreed_as(contract), ", ".join(history.members), contract.inception,
             ends[-1] if ends else contract.end, short)
        )  # fmt: skip
        bought = [each for each in history.exercises if each.on <= on]
        promises = _promises(history, changes, bought).values()
        obligations += [_obligation_row(name, each) for each in promises]
        components += _component_rows(name, contract.consideration, paid, within_a_year=short)
        for change in changes:
            added = change.adds_consideration
            components += _component_rows(name, added, paid, within_a_year=short)
            if is_separate(accounting, name, change):
                short_too = _added_within_a_year(change)
                components.append(
                    (name, change.id, ConsiderationKind.FIXED.value, "", short_too, False)
                )
    return Terms(
        contracts=_table(CONTRACTS, contracts),
        obligations=_table(OBLIGATIONS, obligations),
        components=_table(COMPONENTS, components),
    )


def in_effect(modification: Modification, on: date) -> bool:
    """Whether the modification changed the books by the end of the day."""
    return takes_effect(modification) <= on and not changes_nothing(modification)


@cites("606-10-25-12")
def is_separate(accounting: Accounting, contract: str, modification: Modification) -> bool:
    """Whether the modification was decided to be a contract of its own (25-12)."""
    return any(
        decision.rule == "classify"
        and decision.inputs.get("modification") == modification.id
        and decision.outcome == Treatment.SEPARATE.value
        for decision in accounting.contracts[contract].decisions
    )


def _promises(
    history: ContractHistory, changes: Iterable[Modification], bought: Iterable[Exercise]
) -> dict[str, _Promise]:
    """Every obligation ever promised, under its latest terms, from its first day to its last."""
    contract = history.contract
    promises = {
        each.id: _Promise(each, each.start or contract.first_day, each.end or contract.end)
        for each in contract.obligations
    }
    ends = contract.end
    for change in changes:
        ends = change.end or ends
        first_day = cut_off(change) + timedelta(days=1)
        for each in change.adds:
            promises[each.id] = _Promise(each, each.start or first_day, each.end or ends)
        for each in change.revises:
            starts = promises[each.id].starts if each.id in promises else first_day
            promises[each.id] = _Promise(each, starts, each.end or ends)
    for exercise in bought:
        for each in exercise.buys:
            promises[each.id] = _Promise(each, each.start or exercise.on, each.end or ends)
    return promises


def _obligation_row(contract: str, promise: _Promise) -> Sequence[object]:
    obligation = promise.obligation
    at_once = obligation.measure is Measure.POINT_IN_TIME or right_to_use(obligation)
    timing = "point in time" if at_once else "over time"
    return (contract, obligation.id, obligation.product, obligation.measure.value, timing,
            drawn_from(obligation), promise.starts, promise.ends)  # fmt: skip


def _component_rows(
    contract: str,
    consideration: Iterable[Consideration],
    paid: Paid,
    *,
    within_a_year: bool,
) -> Iterator[Sequence[object]]:
    for each in consideration:
        kind = paid_as(contract, each, paid)
        if priced_by_unit(each):
            for component, as_used in unit_components(each).items():
                category = "per_unit" if as_used else "estimate"
                yield contract, component, category, kind, within_a_year, False
        elif each.kind is not ConsiderationKind.FIXED:
            is_royalty = each.royalty is not None
            yield contract, each.id, _category(each), kind, within_a_year, is_royalty


def _category(consideration: Consideration) -> str:
    if consideration.kind is ConsiderationKind.VARIABLE:
        return "estimate"
    return "overage" if consideration.above_entitlement else "usage"


@cites("606-10-50-14")
def _within_a_year(first_day: date, last_day: date | None) -> bool:
    """Whether a contract's original expected duration is one year or less (50-14a)."""
    return last_day is not None and last_day < plus_months(first_day, _YEAR_MONTHS)


def _added_within_a_year(change: Modification) -> bool:
    """The same for what a modification adds as a contract of its own."""
    first_day = min((each.start for each in change.adds if each.start), default=None)
    ends = [each.end or change.end for each in change.adds]
    starts = first_day or cut_off(change) + timedelta(days=1)
    return all(_within_a_year(starts, last_day) for last_day in ends)


def _table(schema: pa.Schema, rows: Sequence[Sequence[object]]) -> pa.Table:
    return table_of(rows, schema)
