"""What a cost benefits and how the asset is spread over it (340-40-35-1, 35-2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import lcm

from revrec.citations import cites
from revrec.errors import ContractError, UnsupportedTerm
from revrec.model.contract import PerformanceObligation
from revrec.model.costs import AmortizationPattern, ContractCost
from revrec.model.decision import Answer, Progress, Segment, Shape
from revrec.model.history import ContractHistory
from revrec.periods import day_before, months_of

COMPLETE = Shape(progress=Progress.COMPLETE)
"""Amortised, impaired or expensed: it moves no more."""
FOLLOWED = frozenset({Progress.COUNTED, Progress.SCHEDULE})
"""Progress of an obligation that a cost can follow; the rest is time, over the benefit."""
_ELAPSED = {
    AmortizationPattern.EVEN_MONTHS: Progress.EVEN_MONTHS,
    AmortizationPattern.DAYS: Progress.DAYS,
    AmortizationPattern.CALENDAR_MONTHS: Progress.CALENDAR_MONTHS,
    AmortizationPattern.WHOLE_MONTHS: Progress.WHOLE_MONTHS,
}


@cites("340-40-35-1")
def benefit_period(history: ContractHistory, cost: ContractCost) -> tuple[date, date]:
    """First and last day of the goods or services the cost relates to.

    Anticipated renewals belong to it, unless they pay a commensurate commission of their own.
    Raises UnsupportedTerm when nothing says how long that is, ContractError when it ends before it
    begins.
    """
    contract = history.contract
    obligation = promised(history, cost.on).get(cost.obligation or "")
    begins, last_day = contract.first_day, term(history, cost.on)
    if obligation is not None:
        begins, last_day = obligation.start or begins, obligation.end or last_day
    ends = cost.benefit_end or last_day
    if cost.renewal_commission_commensurate and ends is not None:
        ends = min(ends, last_day or ends)
    if ends is None:
        raise UnsupportedTerm(
            f"Nothing says how long contract {contract.id} benefits from cost {cost.id}: it has "
            "no end.",
            citation="340-40-35-1",
            remedy="Give `benefit_end`: the last day of the service it benefits, with renewals.",
            contract=contract.id,
            field=f"contract_cost.{cost.id}.benefit_end",
        )
    starts = cost.benefit_start or max(begins, cost.on)
    if ends < starts:
        raise ContractError(
            f"Cost {cost.id} of contract {contract.id} benefits {starts} to {ends}, which is no "
            "time at all.",
            citation="340-40-35-1",
            remedy="Give `benefit_end`, or a cost of past performance as one.",
            contract=contract.id,
            field=f"contract_cost.{cost.id}.benefit_end",
        )
    return starts, ends


@cites("340-40-35-1")
def measured(
    history: ContractHistory, cost: ContractCost, elected: str, segments: Sequence[Segment]
) -> Shape:
    """The systematic basis of amortisation, as a measure of progress.

    The pattern of transfer is the progress of the related obligation where that is counted, such as
    usage or units, or follows a schedule. Time is the measure where the obligation has it, where
    the cost relates to no single obligation, and where it benefits renewals, whose counts nobody
    knows.
    """
    starts, ends = benefit_period(history, cost)
    pattern = cost.pattern or AmortizationPattern(elected)
    if pattern in _ELAPSED:
        return Shape(progress=_ELAPSED[pattern], starts=starts, ends=ends)
    shapes = measures_of(segments, related(history, cost))
    known = [shape for day, shape in shapes if day <= max(cost.on, history.contract.inception)]
    if not known:
        return Shape(progress=Progress.EVEN_MONTHS, starts=starts, ends=ends)
    if known[-1].progress not in FOLLOWED:
        grain = known[-1].progress
        kind = grain if grain in _ELAPSED.values() else Progress.EVEN_MONTHS
        return Shape(progress=kind, starts=starts, ends=ends)
    last_day = known[-1].ends or known[-1].lapses or term(history, cost.on)
    if last_day is not None and ends > last_day:
        return Shape(progress=Progress.EVEN_MONTHS, starts=starts, ends=ends)
    return known[-1]


@cites("340-40-35-1")
def shared_by(
    history: ContractHistory, cost: ContractCost, elected: str, segments: Sequence[Segment]
) -> list[Segment]:
    """Prices in force of the obligations that a cost of the whole contract is for.

    Only where it follows the transfer of several of them. None where it also benefits renewals or
    usage that is priced day by day: of those nobody knows how much there will be.
    """
    several = cost.obligation is None and not related(history, cost)
    if not several or (cost.pattern or elected) != AmortizationPattern.PATTERN_OF_TRANSFER:
        return []
    day, last_day = max(cost.on, history.contract.inception), term(history, cost.on)
    if cost.benefit_start or cost.benefit_end not in {None, last_day}:
        return []
    live = [
        each
        for each in segments
        if each.valid_from <= day <= each.valid_to and each.shape.progress is not Progress.COMPLETE
    ]
    return [] if any(each.as_used for each in live) else live


@cites("340-40-35-1")
def still_to_transfer(live: Sequence[Segment], answers: Sequence[Answer]) -> dict[str, int]:
    """Obligation -> its price still to be earned, as weights of a cost incurred for all of them."""
    left: dict[str, Fraction] = {}
    for each, answer in zip(live, answers, strict=True):
        share = each.price * (1 - Fraction(answer.numerator, answer.denominator))
        left[each.obligation] = left.get(each.obligation, Fraction(0)) + share
    scale = lcm(*(each.denominator for each in left.values()))
    return {name: max(int(share * scale), 0) for name, share in left.items()}


@cites("340-40-35-1")
def related(history: ContractHistory, cost: ContractCost) -> str:
    """The obligation the cost relates to: the one it names, or the only one there is."""
    if cost.obligation is not None:
        return cost.obligation
    known = promised(history, cost.on)
    return next(iter(known)) if len(known) == 1 else ""


@cites("340-40-35-1")
def measures_of(segments: Iterable[Segment], obligation: str) -> list[tuple[date, Shape]]:
    """How the obligation is measured, from which day on, in order of day."""
    by_day: dict[date, Shape] = {}
    for each in segments:
        moving = not each.as_used and each.shape.progress is not Progress.COMPLETE
        if each.obligation == obligation and moving:
            by_day.setdefault(each.valid_from, each.shape)
    found = sorted(by_day.items(), key=lambda at: at[0])
    return found[:1] + [after for before, after in pairwise(found) if before[1] != after[1]]


@cites("340-40-25-4")
def months_amortized(shape: Shape) -> Fraction:
    """Length of the amortisation period in months; as long as it takes, for counts without end."""
    if shape.starts is None or shape.ends is None:
        return Fraction(10**6)
    return months_of(shape.starts, shape.ends)


@cites("340-40-35-2")
def from_day(shape: Shape, answer: Answer, first_day: date) -> Shape:
    """What is left of a measure after ``answer``, measured afresh from ``first_day``."""
    if shape.progress is Progress.SCHEDULE:
        return _rest_of_schedule(shape, answer, first_day)
    if shape.progress is not Progress.COUNTED:
        return shape._replace(starts=max(first_day, shape.starts or first_day))
    whole = max(shape.whole - answer.numerator, 1)
    return shape._replace(
        counts_from=max(first_day, shape.counts_from or first_day),
        whole=whole,
        cap=whole,
        entitled=None if shape.entitled is None else max(shape.entitled - answer.used, 1),
    )


@cites("340-40-35-2")
def until(shape: Shape, last_day: date) -> Shape:
    """The same basis over a period that ends on another day, by months if it was counted."""
    if shape.progress in FOLLOWED:
        starts = shape.counts_from or shape.starts
        return Shape(progress=Progress.EVEN_MONTHS, starts=starts, ends=last_day)
    return shape._replace(ends=last_day)


def _rest_of_schedule(shape: Shape, answer: Answer, first_day: date) -> Shape:
    """Knots to come, of what was not reached by the day before."""
    if not answer.numerator or shape.done is not None:
        return shape
    before = shape.whole * answer.numerator
    knots = [(day_before(first_day), 0)]
    knots += [(d, at * answer.denominator - before) for d, at in shape.knots if d >= first_day]
    return shape._replace(starts=first_day, whole=knots[-1][1], knots=tuple(knots))


@cites("340-40-35-1", "340-40-35-2")
def same_measure(before: Shape, after: Shape) -> bool:
    """Whether only the expected total changed: the same count from the same day."""
    return (before.counts_from, before.starts, before.counted_in) == (
        after.counts_from,
        after.starts,
        after.counted_in,
    )


@cites("340-40-35-1")
def promised(history: ContractHistory, on: date) -> dict[str, PerformanceObligation]:
    """Obligations as promised, added or restated by the day, by id."""
    found = {each.id: each for each in history.contract.obligations}
    for modification in history.modifications:
        if modification.on <= on:
            found |= {each.id: each for each in (*modification.adds, *modification.revises)}
    return found


@cites("340-40-35-1")
def term(history: ContractHistory, on: date) -> date | None:
    """Last day of the term as known on the day; none for an open end."""
    last = history.contract.end
    for modification in history.modifications:
        if modification.on <= on:
            last = modification.end or last
    return last
