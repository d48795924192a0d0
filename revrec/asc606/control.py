"""Step 5: which facts give the customer control of goods (606-10-25-30, 55-79 to 55-88).

An invoice never does. A shipment, goods kept for the customer, goods placed with a dealer and a
handover before acceptance do so only where the contract's terms, judged, say it. What passed on
each day is counted; progress follows from the counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal
from itertools import chain

from revrec.asc606.licenses import right_to_use
from revrec.asc606.performance_obligations import materials_counter
from revrec.citations import cites
from revrec.model.contract import Measure, PerformanceObligation
from revrec.model.events import Delivery
from revrec.model.history import ContractHistory
from revrec.model.performance import HANDED_OVER, Acceptance, CountedAs, Step

_Versions = list[tuple[date, PerformanceObligation]]
_NOTHING = Decimal(0)
_COSTING = Context(prec=28)


@dataclass(frozen=True, slots=True)
class Performed:
    """Units, weight or cost that count from a day, under the name of a counter."""

    counter: str
    on: date
    quantity: Decimal


@cites("606-10-25-30", "606-10-25-31", "606-10-55-21")
def performed(history: ContractHistory) -> Iterator[Performed]:
    """What was transferred, reached or incurred, on the day from which it counts."""
    versions = _special(history)
    special = {name: terms[-1][1] for name, terms in versions.items()}
    goods: dict[str, list[Delivery]] = {}
    for each in history.deliveries:
        if each.counted_as is CountedAs.UNINSTALLED_MATERIALS:
            yield Performed(materials_counter(each.obligation), each.on, each.quantity)
        elif each.counted_as is CountedAs.INEFFICIENCY:
            continue
        elif each.obligation in special:
            goods.setdefault(each.obligation, []).append(each)
        elif each.step in (Step.TRANSFER, Step.SALE):
            yield Performed(each.obligation, each.on, each.quantity)
    for name, obligation in special.items():
        steps = goods.get(name, [])
        if obligation.measure is Measure.LICENSE:
            yield from _licensed(versions[name], steps)
        else:
            yield from passing_of_control(obligation, steps)


@cites("606-10-25-30", "606-10-55-80", "606-10-55-83", "606-10-55-86", "606-10-55-87")
def passing_of_control(
    obligation: PerformanceObligation, steps: Iterable[Delivery]
) -> Iterator[Performed]:
    """Units whose control passes, by day: several steps of the same units count once.

    Goods pass when handed over; when they leave us, if title and risk pass then; when kept for the
    customer under 55-83; when placed with a dealer who controls them, else when it sells them. A
    clause of acceptance that is more than a formality holds all of that back until acceptance.
    """
    control = obligation.control
    counting = {
        Step.TRANSFER: True,
        Step.SALE: True,
        Step.SHIPMENT: control.on_shipment,
        Step.HOLD: control.bill_and_hold,
        Step.CONSIGNMENT: control.dealer_controls,
    }
    told = dict.fromkeys(Step, _NOTHING)
    passed = _NOTHING
    for each in sorted(steps, key=lambda step: (step.on, step.id)):
        told[each.step] += each.quantity
        now = max(told[step] for step, counts in counting.items() if counts)
        if control.acceptance is Acceptance.SUBSTANTIVE:
            now = min(now, told[Step.ACCEPTANCE])
        if now != passed:
            yield Performed(obligation.id, each.on, now - passed)
            passed = now


@cites("606-10-25-30", "606-10-55-23")
def when_control_passes(history: ContractHistory) -> ContractHistory:
    """The history with goods delivered on the days control of them passes, at their average cost.

    What is followed with goods, their cost and their return, follows control as revenue does.
    """
    if not history.deliveries:
        return history
    special = {
        name: terms[-1][1]
        for name, terms in _special(history).items()
        if terms[-1][1].measure is not Measure.LICENSE
    }
    stepwise = any(each.step not in (Step.TRANSFER, Step.SALE) for each in history.deliveries)
    if not special and not stepwise:
        return history
    kept = [
        each
        for each in history.deliveries
        if each.obligation not in special and each.step in (Step.TRANSFER, Step.SALE)
    ]
    for name, obligation in special.items():
        steps = [each for each in history.deliveries if each.obligation == name]
        costs = [(each.quantity, each.unit_cost) for each in steps if each.unit_cost is not None]
        kept += [
            Delivery(
                id=f"{name} {passed.on}",
                contract=history.contract.id,
                on=passed.on,
                obligation=name,
                quantity=passed.quantity,
                unit_cost=_average(costs),
            )
            for passed in passing_of_control(obligation, steps)
        ]
    return replace(history, deliveries=sorted(kept, key=lambda each: (each.on, each.id)))


def _average(costs: Iterable[tuple[Decimal, Decimal]]) -> Decimal | None:
    """Cost of a unit over all that were told with one, as their total by their number."""
    told = list(costs)
    units = sum((quantity for quantity, _ in told), _NOTHING)
    if not units:
        return None
    if len({cost for _, cost in told}) == 1:
        return told[0][1]
    total = sum((quantity * cost for quantity, cost in told), _NOTHING)
    return _COSTING.divide(total, units)


@cites("606-10-55-58", "606-10-55-58C")
def _licensed(terms: _Versions, steps: Iterable[Delivery]) -> Iterator[Performed]:
    """A license to use is transferred when it can be used, never before its term begins (55-58C).

    A renewal therefore waits for its own first day, whenever it was agreed.
    """
    for _, obligation in terms:
        license_ = obligation.license
        if license_ is not None and license_.available is not None:
            begins = obligation.start or license_.available
            on = max(license_.available, begins)
            yield Performed(obligation.id, on, obligation.quantity)
    for each in steps:
        told = [obligation for since, obligation in terms if since <= each.on]
        obligation = told[-1] if told else terms[0][1]
        if obligation.license is not None and obligation.license.available is None:
            begins = obligation.start or each.on
            yield Performed(obligation.id, max(each.on, begins), each.quantity)


def _special(history: ContractHistory) -> dict[str, _Versions]:
    """Obligations whose control needs more than a handover, with the days their terms began."""
    contract, found = history.contract, dict[str, _Versions]()
    signed = ((date.min, contract.first_day, each) for each in contract.obligations)
    changed = (
        (change.new_terms_from or change.on, change.new_terms_from or change.on, each)
        for change in history.modifications
        for each in (*change.adds, *change.revises)
    )
    for since, first_day, each in chain(signed, changed):
        if each.control != HANDED_OVER or right_to_use(each):
            bound = each if each.start is not None else replace(each, start=first_day)
            found.setdefault(each.id, []).append((since, bound))
    return found
