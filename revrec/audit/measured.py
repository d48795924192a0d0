"""Measures of progress in words, with their values."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from revrec.model.contract import CountedIn
from revrec.model.decision import Answer, Progress, Shape
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE

_WORDS = {
    Progress.DAYS: "days of service",
    Progress.EVEN_MONTHS: "months of service from its first day",
    Progress.HALF_MONTH: "half months of service",
    Progress.CALENDAR_MONTHS: "calendar months, parts of them by days",
    Progress.WHOLE_MONTHS: "ends of calendar months",
    Progress.PRORATED_MONTHS: "calendar months, parts of them by milliseconds",
    Progress.SECONDS: "milliseconds of service",
    Progress.SCHEDULE: "a schedule, evenly between its days",
}


def in_words(shape: Shape, answer: Answer, day: date) -> str:
    """How far the shape is at the end of a day, and from what that follows."""
    return f"{_measure(shape, answer, day)}{_before(shape)}"


def _measure(shape: Shape, answer: Answer, day: date) -> str:
    if shape.progress is Progress.COMPLETE:
        return "earned before"
    if shape.progress is Progress.COUNTED:
        return _counted(shape, answer, day)
    span = f"{shape.starts} to {shape.ends}" if shape.starts else _knots(shape)
    if shape.progress is Progress.DAYS and shape.starts and shape.ends:
        of = (shape.ends - shape.starts).days + 1
        run = max(0, (min(day, shape.ends) - shape.starts).days + 1)
        return f"{run} of {of} days of service, {span}"
    return f"by {_WORDS[shape.progress]}, {span}"


def _knots(shape: Shape) -> str:
    if not shape.knots:
        return "without days"
    return f"{shape.knots[0][0]} to {shape.knots[-1][0]}"


def _counted(shape: Shape, answer: Answer, day: date) -> str:
    scale = QUANTITY_SCALE if shape.counted_in == CountedIn.QUANTITY else AMOUNT_SCALE
    what = "units" if shape.counted_in == CountedIn.QUANTITY else "of rated amount"
    told = f"{_units(answer.used, scale)} {what} counted by {day}"
    if shape.counts_from:
        told += f" from {shape.counts_from}"
    if shape.baseline:
        told += f" beyond {_units(shape.baseline, scale)}"
    told += f", of {_units(shape.whole, scale)}"
    if shape.cap is not None and answer.used > shape.cap:
        told += f", at most {_units(shape.cap, scale)}"
    if shape.entitled is not None and answer.used >= shape.entitled:
        told += f"; all {_units(shape.entitled, scale)} bought are used"
    lapsed = shape.rollover_ends or shape.lapses
    if lapsed and day >= lapsed:
        told += f"; the rest lapsed on {lapsed}"
    return told


def _before(shape: Shape) -> str:
    return "" if shape.done is None else f"; {shape.done} was done before, this is of the rest"


def _units(atoms: int, scale: int) -> str:
    whole = Fraction(atoms, 10**scale)
    if whole.denominator == 1:
        return f"{whole.numerator:,}"
    sign, digits = "-" if atoms < 0 else "", str(abs(atoms)).zfill(scale + 1)
    return f"{sign}{int(digits[:-scale]):,}.{digits[-scale:].rstrip('0')}"
