"""Step 5: which facts give the customer control of goods (606-10-25-30, 55-79 to 55-88).

An invoice never does. A shipment, goods kept for the customer, goods placed with a dealer and a
handover before acceptance do so only where the contract's terms, judged, say it. What passed on
each day is counted; progress follows from the counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain

from revrec.asc606.licenses import right_to_use
from revrec.asc606.performance_obligations import materials_counter
from revrec.citations import cites
from revrec.model.contract import Measure, PerformanceObligation
from revrec.model.events import Delivery
from revrec.model.history import ContractHistory
from revrec.model.performance import Acceptance, Control, CountedAs, Step

_NOTHING = Decimal(0)
_PLAIN = Control()


@dataclass(frozen=True, slots=True)
class Performed:
    """Units, weight or cost that count from a day, under the name of a counter."""

    counter: str
    on: date
    quantity: Decimal


@cites("606-10-25-30", "606-10-25-31", "606-10-55-21")
def performed(history: ContractHistory) -> Iterator[Performed]:
    """What was transferred, reached or incurred, on the day from which it counts."""
    special = _special(history)
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
            yield from _licensed(obligation, history.contract.first_day, steps)
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


@cites("606-10-55-58", "606-10-55-58C")
def _licensed(
    obligation: PerformanceObligation, first_day: date, steps: Iterable[Delivery]
) -> Iterator[Performed]:
    """A license to use is transferred when it can be used, never before its term begins (55-58C).

    A renewal therefore waits for its own first day, whenever it was agreed.
    """
    begins = obligation.start or first_day
    terms = obligation.license
    if terms is not None and terms.available is not None:
        yield Performed(obligation.id, max(terms.available, begins), obligation.quantity)
        return
    for each in steps:
        yield Performed(obligation.id, max(each.on, begins), each.quantity)


def _special(history: ContractHistory) -> Mapping[str, PerformanceObligation]:
    """Obligations, in their latest terms, whose control needs more than a handover."""
    promised = chain(
        history.contract.obligations,
        *((*each.adds, *each.revises) for each in history.modifications),
    )
    return {each.id: each for each in promised if each.control != _PLAIN or right_to_use(each)}
