"""Steps 2 and 5: what was promised, and how progress towards it is measured.

606-10-25-14 to 25-22 and 25-31 to 25-37, 55-16 to 55-21, 55-46 to 55-49.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

from revrec.asc606.licenses import right_to_use, told_of_license
from revrec.asc606.time_elapsed import BY_TIME, elapsed, remaining_time
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract, CountedIn, Measure, PerformanceObligation
from revrec.model.decision import Answer, Decision, Progress, Shape, Told
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, atoms, minor_digits

_COUNTED_BY_DELIVERY = frozenset(
    {Measure.UNITS, Measure.MILESTONES, Measure.COSTS, Measure.POINT_IN_TIME, Measure.LICENSE}
)
_SERIES = ("606-10-25-14", "606-10-25-15", "606-10-25-31")
_SINGLE = ("606-10-25-14", "606-10-25-19", "606-10-25-31")
COMPLETE = Shape(progress=Progress.COMPLETE)
"""Earned before: progress is one from the day the segment is in force."""


@cites("606-10-25-14", "606-10-25-15", "606-10-25-31")
def identify_obligation(
    contract: Contract, obligation: PerformanceObligation, on: date
) -> Decision:
    """A promised good or service, or series of days of service, is one obligation."""
    if obligation.option is not None or obligation.renewal is not None:
        return _identify_right(contract, obligation, on)
    over_time = obligation.measure is not Measure.POINT_IN_TIME and not right_to_use(obligation)
    series = over_time and obligation.distinct_increments
    return Decision(
        contract=contract.id,
        on=on,
        step=2,
        rule="identify_obligation",
        paragraphs=_SERIES if series else _SINGLE,
        told=partial(_identified, obligation, over_time=over_time),
    )


def _identified(obligation: PerformanceObligation, *, over_time: bool) -> Told:
    series = over_time and obligation.distinct_increments
    kind = "series of distinct increments" if series else "single performance obligation"
    measure = str(obligation.measure)
    timing = (
        f"over time, measured by {measure.replace('_', ' ')}"
        if over_time
        else "at the point in time of delivery"
    )
    return Told(
        inputs={"obligation": obligation.id, "measure": measure},
        outcome=kind,
        sentence=(
            f"{obligation.id} ({obligation.product}) is a {kind}, satisfied {timing}."
            f"{told_of_license(obligation)}"
        ),
    )


@cites("606-10-25-31", "606-10-25-33", "606-10-55-17", "606-10-55-48")
def measure_progress(
    obligation: PerformanceObligation, contract: Contract, *, first_day: date, last_day: date | None
) -> Shape:
    """The measure of progress of the whole obligation, bound to its service dates and counts.

    Raises UnsupportedTerm where the measure needs an end or a total the contract does not give.
    """
    starts, ends = obligation.start or first_day, obligation.end or last_day
    if obligation.renewal is not None:
        return _until_used(obligation, contract, obligation.renewal.expires)
    if obligation.option is not None and obligation.option.expires is not None:
        if obligation.measure is not Measure.USAGE:
            return _until_used(obligation, contract, obligation.option.expires)
        ends = obligation.option.expires
    if obligation.measure in BY_TIME:
        return elapsed(obligation, contract, starts, ends)
    if obligation.measure in _COUNTED_BY_DELIVERY:
        depicting = obligation.quantity - obligation.uninstalled_materials
        whole = _positive(obligation, contract, "quantity", depicting, QUANTITY_SCALE)
        return Shape(
            progress=Progress.COUNTED,
            starts=starts,
            ends=ends,
            counted_in=CountedIn.QUANTITY.value,
            cap=whole,
            whole=whole,
        )
    return _entitlement(obligation, contract, starts, ends)


@cites("606-10-55-42")
def _identify_right(contract: Contract, obligation: PerformanceObligation, on: date) -> Decision:
    """A right that the customer would not get without this contract is an obligation (55-42)."""
    renewal = obligation.renewal is not None
    _check_likelihood(contract, obligation)
    kind = "to renew" if renewal else "to buy at a discount that others do not get"
    return Decision(
        contract=contract.id,
        on=on,
        step=2,
        rule="identify_obligation",
        paragraphs=("606-10-55-42", "606-10-55-45" if renewal else "606-10-55-44"),
        told=Told(
            inputs={"obligation": obligation.id, "measure": obligation.measure.value},
            outcome="material right",
            sentence=(
                f"{obligation.id} ({obligation.product}) is a material right {kind}: what is "
                "deferred for it is revenue when what is bought with it is transferred, or when it "
                "lapses."
            ),
        ),
    )


def _check_likelihood(contract: Contract, obligation: PerformanceObligation) -> None:
    """How likely a right is used is a share of the cases."""
    for name, right in (("option", obligation.option), ("renewal", obligation.renewal)):
        if right is not None and not 0 <= right.likelihood <= 1:
            raise UnsupportedTerm(
                f"The right {obligation.id} of contract {contract.id} is used with a likelihood of "
                f"{right.likelihood}.",
                citation="606-10-55-44" if name == "option" else "606-10-55-45",
                remedy="Give a share from 0 to 1.",
                contract=contract.id,
                field=f"obligations.{obligation.id}.{name}.likelihood",
            )


@cites("606-10-55-42", "606-10-55-48")
def _until_used(
    obligation: PerformanceObligation, contract: Contract, expires: date | None
) -> Shape:
    """A right earns nothing until it is used; on its last day what is unused is revenue."""
    whole = _positive(obligation, contract, "quantity", obligation.quantity, QUANTITY_SCALE)
    return Shape(
        progress=Progress.COUNTED,
        counted_in=CountedIn.QUANTITY.value,
        cap=whole,
        whole=whole,
        entitled=whole,
        lapses=expires,
    )


@cites("606-10-32-40", "606-10-55-17")
def measure_each_day(
    contract: Contract, *, entitlement: Shape | None, first_day: date, used: int = 0
) -> Shape:
    """Usage priced for its own day: revenue to date is the rated amount from ``first_day`` on.

    For overage, ``entitlement`` is what is used before any is charged; it must be counted in
    amount (UnsupportedTerm). Where it counts from before ``first_day``, ``used`` is its count until
    then, in atoms: what exceeded it was charged for, or not, by the terms of those days.
    """
    counts_from, baseline = first_day, 0
    if entitlement is not None:
        if entitlement.entitled is None or entitlement.counted_in != CountedIn.AMOUNT:
            raise UnsupportedTerm(
                f"Overage in contract {contract.id} needs an entitlement counted in amount.",
                citation="606-10-32-40",
                remedy="Give `usage: {counted_in: amount, entitled: ...}` on the obligation.",
                contract=contract.id,
                field="obligations.usage",
            )
        baseline = max(entitlement.entitled, used)
        counts_from = entitlement.counts_from or first_day
    return Shape(
        progress=Progress.COUNTED,
        counted_in=CountedIn.AMOUNT.value,
        counts_from=counts_from,
        baseline=baseline,
        whole=10 ** (AMOUNT_SCALE - minor_digits(contract.currency)),
    )


@cites("606-10-25-31", "606-10-55-17")
def count_each_unit(first_day: date) -> Shape:
    """Units transferred from ``first_day`` on, used or delivered; what one earns is apart."""
    return Shape(
        progress=Progress.COUNTED,
        counted_in=CountedIn.QUANTITY.value,
        counts_from=first_day,
        whole=10**QUANTITY_SCALE,
    )


@cites("606-10-55-21")
def materials_counter(obligation: str) -> str:
    """Name under which materials at zero margin are counted, apart from progress (55-21b)."""
    return f"{obligation} / uninstalled materials"


@cites("606-10-55-48", "606-10-25-35")
def expecting(
    shape: Shape, expected: Decimal, obligation: PerformanceObligation, on: date
) -> Shape:
    """The same promise with another consumption, count or cost expected in all (55-48, 25-35).

    Where no more is expected than earlier terms saw, nothing is left and all is earned that day.
    Raises UnsupportedTerm for a right to buy: how likely it is used was judged at inception.
    """
    right = obligation.option is not None or obligation.renewal is not None
    if right and obligation.measure is not Measure.USAGE:
        raise UnsupportedTerm(
            f"The likely use of {obligation.id}, a right to buy more, is not estimated anew.",
            citation="606-10-55-44",
            remedy="Tell its use as `exercise`, its end as `lapse`.",
            field=f"obligations.{obligation.id}",
        )
    if obligation.measure in _COUNTED_BY_DELIVERY:
        depicting = atoms(expected - obligation.uninstalled_materials, QUANTITY_SCALE)
        whole = depicting - shape.before
    else:
        left = atoms(expected, _scale(obligation)) - _used_before(shape, obligation)
        whole = min(left, shape.whole if shape.entitled is None else shape.entitled)
    if whole <= 0:
        last = on if shape.lapses is None else min(shape.lapses, on)
        return shape._replace(lapses=last, rollover=None, rollover_ends=None)
    return shape._replace(whole=whole, cap=whole)


@cites("606-10-25-13")
def remaining(shape: Shape, answer: Answer, first_day: date) -> Shape:
    """What is left of a shape after a cut-off, measured afresh from ``first_day``.

    Elapsed measures restart; counted ones leave out what was counted before.
    """
    if shape.progress is not Progress.COUNTED:
        return remaining_time(shape, answer, first_day)
    whole = max(shape.whole - answer.numerator, 1)
    left = None if shape.entitled is None else max(shape.entitled - answer.used, 1)
    return shape._replace(
        counts_from=max(first_day, shape.counts_from or first_day),
        whole=whole,
        cap=whole,
        entitled=left,
        before=shape.before + answer.numerator,
    )


def _entitlement(
    obligation: PerformanceObligation, contract: Contract, starts: date, ends: date | None
) -> Shape:
    terms = obligation.usage
    if terms.entitled is None:
        raise UnsupportedTerm(
            f"Obligation {obligation.id} of contract {contract.id} has a fixed price measured by "
            "usage but no entitlement.",
            citation="606-10-55-17",
            remedy="Give `usage.entitled`, or price the usage as it occurs.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.usage.entitled",
        )
    scale = _scale(obligation)
    entitled = _positive(obligation, contract, "usage.entitled", terms.entitled, scale)
    whole = entitled
    if terms.expected is not None:
        whole = _positive(obligation, contract, "usage.expected", terms.expected, scale)
        if whole > entitled:
            raise UnsupportedTerm(
                f"Obligation {obligation.id} of contract {contract.id} expects "
                f"{terms.expected} to be used of {terms.entitled} bought.",
                citation="606-10-55-48",
                remedy="Expected use cannot exceed the entitlement; overage is priced apart.",
                contract=contract.id,
                field=f"obligations.{obligation.id}.usage.expected",
            )
    lapses = terms.lapses or ends
    rollover = _rollover(obligation, contract, lapses, scale)
    return Shape(
        progress=Progress.COUNTED,
        starts=starts,
        ends=ends,
        counted_in=terms.counted_in.value,
        counts_from=starts,
        cap=whole,
        whole=whole,
        entitled=entitled,
        lapses=lapses,
        rollover=rollover,
        rollover_ends=terms.rolls_over_until,
    )


def _rollover(
    obligation: PerformanceObligation, contract: Contract, lapses: date | None, scale: int
) -> int | None:
    """What of the unused entitlement lives on after the day on which the rest lapses."""
    terms = obligation.usage
    if terms.rolls_over_until is None and not terms.rolls_over:
        return None
    until = terms.rolls_over_until
    if lapses is None or until is None or until <= lapses or terms.expected is not None:
        raise UnsupportedTerm(
            f"Obligation {obligation.id} of contract {contract.id} rolls over "
            f"{terms.rolls_over} until {until}, after rights lapse on {lapses}, with an expected "
            f"use of {terms.expected}.",
            citation="606-10-55-48",
            remedy="Give `rolls_over_until` after `lapses`, and no `expected` use.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.usage.rolls_over",
        )
    return _positive(obligation, contract, "usage.rolls_over", terms.rolls_over, scale)


def _used_before(shape: Shape, obligation: PerformanceObligation) -> int:
    """Atoms of the entitlement that earlier shapes have used up."""
    if obligation.usage.entitled is None or shape.entitled is None:
        return 0
    return atoms(obligation.usage.entitled, _scale(obligation)) - shape.entitled


def _scale(obligation: PerformanceObligation) -> int:
    in_amount = obligation.usage.counted_in is CountedIn.AMOUNT
    return AMOUNT_SCALE if in_amount else QUANTITY_SCALE


def _positive(
    obligation: PerformanceObligation, contract: Contract, name: str, value: Decimal, scale: int
) -> int:
    if value <= 0:
        raise UnsupportedTerm(
            f"`{name}` of obligation {obligation.id} in contract {contract.id} is {value}.",
            citation="606-10-25-31",
            remedy="Give a number above zero.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.{name}",
        )
    return atoms(value, scale)
