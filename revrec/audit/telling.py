"""An explanation told: as JSON, and as lines of text. The workbook is made from the same model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from revrec.audit.explanation import Change, Evidence, Explanation, Made, Touched
from revrec.audit.workings import Line, Operand, Operation, Working
from revrec.money import Money, minor_digits, with_decimals

_PLACES = 6
"""Decimals shown of what is not rounded, beyond those of the currency."""
_STEPS = {
    0: "Contract costs (340-40)",
    1: "Step 1: identify the contract",
    2: "Step 2: identify the performance obligations",
    3: "Step 3: determine the transaction price",
    4: "Step 4: allocate the transaction price",
    5: "Step 5: recognise revenue as obligations are satisfied",
}
_SIGNS = {Operation.GREATEST: "greatest of", Operation.LEAST: "least of"}


def step_title(step: int) -> str:
    """The name of one of the five steps; 0 stands beside them."""
    return _STEPS[step]


def in_figures(working: Working, line: Line) -> str:
    """What was done for a line, with the values it was done with; empty for what was told."""
    digits = minor_digits(working.currency)

    def told(operand: Operand) -> str:
        return with_decimals(operand.sign * working.lines[operand.line].value, digits)

    match line.operation:
        case Operation.TOLD:
            return ""
        case Operation.SUM:
            terms = [
                f"{'-' if each.sign < 0 else '+'} "
                f"{with_decimals(working.lines[each.line].value, digits)}"
                for each in line.operands
            ]
            return " ".join(terms).removeprefix("+ ")
        case Operation.SHARE:
            ratio = f"{line.numerator:,}/{line.denominator:,}"
            exact = exactly(line.exact, digits)
            return f"{told(line.operands[0])} x {ratio} = {exact}"
        case Operation.GREATEST | Operation.LEAST:
            return f"{_SIGNS[line.operation]} {', '.join(map(told, line.operands))}"


def exactly(minor: Fraction, digits: int) -> str:
    """Minor units that were not rounded as an amount; three dots where more digits follow.

    >>> exactly(Fraction(100, 3), 2), exactly(Fraction(150), 2)
    ('0.33333333...', '1.50')
    """
    places = digits if minor.denominator == 1 else digits + _PLACES
    shown = minor * 10**places / 10**digits
    text = with_decimals(int(shown), places)
    return f"{text}..." if shown.denominator != 1 else text


def explanation_data(told: Explanation) -> dict[str, Any]:
    """The explanation as JSON: amounts as text in their currency, ratios as whole numbers."""
    return {
        "subject": told.subject.value,
        "name": told.name,
        "title": told.title,
        "day": str(told.day),
        "known": {**asdict(told.known), "known_at": told.known.known_at.isoformat()},
        "holds": told.holds,
        "amounts": {name: _amount(each) for name, each in told.amounts.items()},
        "decisions": [_decision(each) for each in told.decisions],
        "workings": [_working(each) for each in told.workings],
        "facts": [_evidence(each) for each in told.facts],
        "approvals": [{**asdict(each), "at": each.at.isoformat()} for each in told.approvals],
        "changes": [_change(each) for each in told.changes],
        "postings": [_touched(each) for each in told.postings],
        "notes": list(told.notes),
    }


def lines_of(told: Explanation) -> Iterator[str]:
    """The explanation as lines of text."""
    yield told.title
    known = told.known
    usage = "" if known.usage_version is None else f", usage version {known.usage_version}"
    yield f"  as known at {known.known_at:%Y-%m-%d %H:%M:%S} UTC: facts to {known.fact_seq}{usage}"
    yield f"  {known.book}, engine {known.engine_version}"
    for name, amount in told.amounts.items():
        yield f"  {name}: {amount}"
    yield from _titled("Notes", told.notes)
    yield from _steps(told.decisions)
    for working in told.workings:
        yield from _worked(working)
    yield from _titled("Facts", map(_fact_line, told.facts))
    yield from _titled(
        "Approvals",
        (
            f"{each.what}: prepared by {each.prepared_by}, approved by {each.approved_by} at "
            f"{each.at:%Y-%m-%d %H:%M:%S} UTC{f'; {each.why}' if each.why else ''}"
            for each in told.approvals
        ),
    )
    yield from _titled(
        "Changed since the period before",
        (
            f"{each.name}: {each.before} to {each.after} ({each.change}). {each.why}"
            for each in told.changes
        ),
    )
    yield from _titled("Postings", map(_touched_line, told.postings))


def _titled(title: str, lines: Iterable[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield ""
        yield title
        yield from (f"  {line}" for line in listed)


def _steps(decisions: Sequence[Made]) -> Iterator[str]:
    for step, title in _STEPS.items():
        of_step = [each for each in decisions if each.decision.step == step]
        yield from _titled(title, map(_decision_line, of_step))


def _decision_line(made: Made) -> str:
    marks = "" if made.told_before else " [new since the close before]"
    marks += " *" if made.rests else ""
    paragraphs = ", ".join(made.decision.paragraphs)
    return f"{made.number}. {made.decision.rule} ({paragraphs}): {made.decision.sentence}{marks}"


def _worked(working: Working) -> Iterator[str]:
    digits = minor_digits(working.currency)
    yield ""
    yield f"{working.title} ({working.currency})"
    for number, line in enumerate(working.lines, start=1):
        done = in_figures(working, line)
        how = f" = {done}" if done else ""
        because = f"  [{line.rests_on}]" if line.rests_on else ""
        yield f"  {number}. {line.name}: {with_decimals(line.value, digits)}{how}{because}"
    if working.rounding:
        yield f"  of it by rounding: {exactly(working.rounding, digits)}"
    if working.posted is not None:
        held = with_decimals(working.posted, digits)
        yield f"  posted {held}, difference {with_decimals(working.difference, digits)}"


def _fact_line(each: Evidence) -> str:
    new = ", new since the close before" if each.since_last_close else ""
    version = f" version {each.version}" if each.version > 1 else ""
    seq = "" if each.seq is None else f", fact {each.seq}"
    tells = f": {each.tells}" if each.tells else ""
    at = f"{each.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
    what = f"{each.effective_on} {each.name}{version}{tells}"
    return f"{what}, told {at} by {each.recorded_by}{seq}, sha256 {each.digest}{new}"


def _touched_line(each: Touched) -> str:
    part = "" if each.of_it is None else f", of it {each.of_it}"
    return f"{each.posting}: {each.amount}{part}"


def _amount(money: Money) -> dict[str, str]:
    amount = with_decimals(money.minor, minor_digits(money.currency))
    return {"amount": amount, "currency": money.currency}


def _decision(made: Made) -> dict[str, Any]:
    told = made.decision
    return {
        "number": made.number,
        "step": told.step,
        "rule": told.rule,
        "paragraphs": list(told.paragraphs),
        "on": str(told.on),
        "inputs": dict(told.inputs),
        "outcome": told.outcome,
        "sentence": told.sentence,
        "rests": made.rests,
        "told_before": made.told_before,
    }


def _working(working: Working) -> dict[str, Any]:
    digits = minor_digits(working.currency)

    def text(value: int | None) -> str | None:
        return None if value is None else with_decimals(value, digits)

    return {
        "title": working.title,
        "currency": working.currency,
        "posted": text(working.posted),
        "result": text(working.result),
        "difference": text(working.difference),
        "rounding": str(working.rounding / 10**digits),
        "lines": [
            {
                "number": number,
                "name": line.name,
                "amount": text(line.value),
                "operation": line.operation.value,
                "operands": [{"line": each.line + 1, "sign": each.sign} for each in line.operands],
                "numerator": str(line.numerator),
                "denominator": str(line.denominator),
                "formula": in_figures(working, line),
                "rests_on": line.rests_on,
            }
            for number, line in enumerate(working.lines, start=1)
        ],
    }


def _evidence(each: Evidence) -> dict[str, Any]:
    return {
        **asdict(each),
        "effective_on": str(each.effective_on),
        "recorded_at": each.recorded_at.isoformat(),
    }


def _change(each: Change) -> dict[str, Any]:
    return {
        "name": each.name,
        "before": _amount(each.before),
        "after": _amount(each.after),
        "change": _amount(each.change),
        "why": each.why,
    }


def _touched(each: Touched) -> dict[str, Any]:
    return {
        "posting": each.posting,
        "period": each.period,
        "amount": _amount(each.amount),
        "of_it": None if each.of_it is None else _amount(each.of_it),
    }
