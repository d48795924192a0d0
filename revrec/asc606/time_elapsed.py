"""Step 5: progress by time elapsed (606-10-25-31, 25-33, 55-16 to 55-19).

For a service that is there all the time, time is what the customer consumes. The grain in which
time is counted (moments, days, months of different kinds) is a choice that the Topic leaves open:
the contract names it, or ``time_elapsed`` takes the one that policy elects.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise

from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.decision import Answer, Progress, Shape
from revrec.model.policy import Policy
from revrec.money import QUANTITY_SCALE, atoms
from revrec.periods import FOREVER, day_before, months_of

_GRAINS = {
    Measure.DAYS: Progress.DAYS,
    Measure.EVEN_MONTHS: Progress.EVEN_MONTHS,
    Measure.HALF_MONTH: Progress.HALF_MONTH,
    Measure.CALENDAR_MONTHS: Progress.CALENDAR_MONTHS,
    Measure.WHOLE_MONTHS: Progress.WHOLE_MONTHS,
    Measure.PRORATED_MONTHS: Progress.PRORATED_MONTHS,
    Measure.SECONDS: Progress.SECONDS,
}
_IN_PARTS = frozenset({Measure.SCHEDULE, Measure.RIGHT_TO_INVOICE})
BY_TIME = frozenset(_GRAINS) | _IN_PARTS
"""Measures of progress that pass with time."""
_TO_THE_MOMENT = frozenset({Measure.SECONDS, Measure.PRORATED_MONTHS})
_DAY = 24 * 60 * 60 * 1000
"""Milliseconds."""


@cites("606-10-25-31", "606-10-25-32", "606-10-55-18")
def in_elected_grain(obligation: PerformanceObligation, policy: Policy) -> PerformanceObligation:
    """The obligation with ``time_elapsed`` in the grain policy elects, and moments as days.

    A contract that names its grain keeps it. What may be invoiced measures progress only where
    policy elects the expedient (55-18), else time does. Raises UnsupportedTerm for moments
    without a zone.
    """
    if obligation.measure is Measure.RIGHT_TO_INVOICE:
        elected = policy.value("right_to_invoice") == "elected"
        measure = obligation.measure if elected else Measure.TIME_ELAPSED
        obligation = replace(obligation, measure=measure)
    if obligation.measure is Measure.TIME_ELAPSED:
        obligation = replace(obligation, measure=Measure(policy.value("grain_of_time")))
    if obligation.starts_at is None and obligation.ends_at is None:
        return obligation
    starts, ends = obligation.starts_at, obligation.ends_at
    for name, moment in (("starts_at", starts), ("ends_at", ends)):
        if moment is not None and moment.tzinfo is None:
            raise UnsupportedTerm(
                f"`{name}` of obligation {obligation.id}, {moment.isoformat()}, has no zone.",
                citation="606-10-25-31",
                remedy="Write the moment with its zone, such as 2024-06-15T12:00:00Z.",
                field=f"obligations.{obligation.id}.{name}",
            )
    first = starts.date() if starts is not None else obligation.start
    last = obligation.end
    if ends is not None:
        ends = _in_zone_of(starts, ends)
        in_part = obligation.measure in _TO_THE_MOMENT and _milliseconds(ends) > 0
        last = ends.date() if in_part else day_before(ends.date())
        last = max(last, first or last)
    return replace(obligation, start=first, end=last)


@cites("606-10-25-31", "606-10-25-33")
def elapsed(
    obligation: PerformanceObligation, contract: Contract, starts: date, ends: date | None
) -> Shape:
    """Service from the first to the last day in the obligation's grain.

    Raises UnsupportedTerm where there is no last day, or no whole months for half months.
    """
    if obligation.measure in _IN_PARTS:
        return _schedule(obligation, contract)
    if ends is None or ends < starts:
        raise UnsupportedTerm(
            f"Obligation {obligation.id} of contract {contract.id} is measured by time but runs "
            f"from {starts} to {ends or 'no end'}.",
            citation="606-10-25-3",
            remedy="Give an `end` on or after the start: the enforceable term.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.end",
        )
    if obligation.measure is Measure.HALF_MONTH:
        _whole_months(starts, ends, f"obligation {obligation.id} of contract {contract.id}")
    shape = Shape(progress=_GRAINS[obligation.measure], starts=starts, ends=ends)
    return _to_the_moment(shape, obligation)


@cites("606-10-25-13")
def remaining_time(shape: Shape, answer: Answer, first_day: date) -> Shape:
    """What is left of service after a cut-off, measured afresh from ``first_day``."""
    if shape.progress is Progress.SCHEDULE:
        return _remaining_schedule(shape, answer, first_day)
    starts = max(first_day, shape.starts or first_day)
    if shape.progress is Progress.HALF_MONTH and shape.ends is not None:
        _whole_months(starts, shape.ends, "what is left of the service")
    late = shape.late if starts == shape.starts else 0
    return shape._replace(starts=starts, late=late, done=None)


@cites("606-10-25-31", "606-10-25-35")
def goes_on(shape: Shape, *, starts: date, ends: date, done: Fraction) -> Shape:
    """Service that goes on from a day after it stood still, with the progress made before.

    Before its first day nothing is done and it simply begins later.
    """
    starts = max(starts, shape.starts or starts)
    if shape.progress is Progress.HALF_MONTH and ends != FOREVER:
        _whole_months(starts, ends, "what is left of the service")
    late = shape.late if starts == shape.starts else 0
    early = shape.early if ends == shape.ends else 0
    return shape._replace(starts=starts, ends=ends, late=late, early=early, done=done or None)


def _to_the_moment(shape: Shape, obligation: PerformanceObligation) -> Shape:
    """The milliseconds of the first and last day without service, where the grain counts them."""
    if obligation.measure not in _TO_THE_MOMENT:
        return shape
    starts, ends, late, early = obligation.starts_at, obligation.ends_at, 0, 0
    if starts is not None and starts.date() == shape.starts:
        late = _milliseconds(starts)
    if ends is not None:
        ends = _in_zone_of(starts, ends)
        early = _DAY - _milliseconds(ends) if ends.date() == shape.ends else 0
    return shape._replace(late=late, early=early)


def _in_zone_of(starts: datetime | None, ends: datetime) -> datetime:
    """Days are those of the zone in which the beginning is told."""
    return ends if starts is None else ends.astimezone(starts.tzinfo)


def _milliseconds(moment: datetime) -> int:
    """Milliseconds since the day began."""
    seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second
    return seconds * 1000 + moment.microsecond // 1000


def _schedule(obligation: PerformanceObligation, contract: Contract) -> Shape:
    """Knots at the ends of parts, in order; parts may neither overlap nor weigh nothing."""
    parts = sorted(obligation.schedule, key=lambda part: part.first)
    apart = all(one.last < other.first for one, other in pairwise(parts))
    sound = all(part.first <= part.last and part.weight > 0 for part in parts)
    if not parts or not apart or not sound:
        raise UnsupportedTerm(
            f"The schedule of obligation {obligation.id} in contract {contract.id} has "
            f"{len(parts)} parts that overlap, end before they begin or weigh nothing.",
            citation="606-10-25-33",
            remedy="Give parts one after the other, each with `first`, `last` and a `weight`.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.schedule",
        )
    knots: list[tuple[date, int]] = []
    reached = 0
    for part in parts:
        before = day_before(part.first)
        if not knots or knots[-1][0] < before:
            knots.append((before, reached))
        reached += atoms(part.weight, QUANTITY_SCALE)
        knots.append((part.last, reached))
    return Shape(
        progress=Progress.SCHEDULE,
        starts=parts[0].first,
        ends=parts[-1].last,
        whole=reached,
        knots=tuple(knots),
    )


def _remaining_schedule(shape: Shape, answer: Answer, first_day: date) -> Shape:
    """Knots to come, of what was not reached at the cut-off."""
    passed = Fraction(answer.numerator, answer.denominator)
    if shape.done is not None:
        passed = Fraction(passed - shape.done, 1 - shape.done)
    if shape.ends is None or shape.ends < first_day or not passed:
        return shape._replace(done=None)
    of, before = passed.denominator, shape.whole * passed.numerator
    knots = [(day_before(first_day), 0)]
    knots += [(day, reached * of - before) for day, reached in shape.knots if day >= first_day]
    whole = knots[-1][1]
    return shape._replace(starts=first_day, whole=whole, knots=tuple(knots), done=None)


def _whole_months(starts: date, ends: date, what: str) -> None:
    months = months_of(starts, ends)
    if months.denominator != 1 or months < 1:
        raise UnsupportedTerm(
            f"The half-month convention needs whole months, but {what} runs {starts} to {ends}.",
            citation="606-10-25-31",
            remedy="Measure by days or even months, or give a term of whole months.",
            field="measure",
        )
