"""Arithmetic that shows itself: numbers with where they come from, and what was done with them.

A working is a list of lines. A line is told, or follows from lines before it by one of four
operations, so that it can be written out in words, as JSON, or as formulas that a spreadsheet
computes again. Amounts are integers in minor units; nothing is rounded but a share, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from math import gcd

from revrec.money import round_ratio


class Operation(StrEnum):
    """How a line follows from lines before it."""

    TOLD = "told"
    """It does not: a fact, a decision or a record says it."""
    SUM = "sum"
    """Lines added, or taken away by their sign."""
    SHARE = "share"
    """A line times an exact ratio, rounded once, half to even."""
    GREATEST = "greatest"
    LEAST = "least"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A line before, by its position, and the sign with which it counts."""

    line: int
    sign: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A number in minor units with its origin."""

    name: str
    value: int
    operation: Operation = Operation.TOLD
    operands: tuple[Operand, ...] = ()
    numerator: int = 1
    """Of a share, in lowest terms; never negative, as the denominator."""
    denominator: int = 1
    whole: int = 0
    """Of a share: what it is a share of."""
    rests_on: str = ""
    """The fact, decision, close or paragraph that says it; how a ratio was measured."""

    @property
    def exact(self) -> Fraction:
        """The value before it was rounded."""
        if self.operation is not Operation.SHARE:
            return Fraction(self.value)
        return Fraction(self.whole * self.numerator, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """How a number was computed: its lines, the last of which is the result."""

    title: str
    currency: str
    lines: Sequence[Line]
    posted: int | None = None
    """What the books hold, in minor units; none where nothing is posted of it."""

    @property
    def result(self) -> int:
        """The last line."""
        return self.lines[-1].value

    @property
    def difference(self) -> int:
        """What the books hold less the result: zero, or the working does not explain it."""
        return 0 if self.posted is None else self.posted - self.result

    @property
    def rounding(self) -> Fraction:
        """Of the result, what rounding gave: the share of every rounded line that counts in it."""
        return self.result - _exact(self.lines, len(self.lines) - 1)


def _exact(lines: Sequence[Line], at: int) -> Fraction:
    """A line without any rounding; what is chosen by size is as it was chosen."""
    line = lines[at]
    match line.operation:
        case Operation.TOLD:
            return Fraction(line.value)
        case Operation.SUM:
            return sum((each.sign * _exact(lines, each.line) for each in line.operands), Fraction())
        case Operation.SHARE:
            whole = line.operands[0]
            ratio = Fraction(line.numerator, line.denominator)
            return whole.sign * _exact(lines, whole.line) * ratio
        case Operation.GREATEST | Operation.LEAST:
            chosen = next(
                each for each in line.operands if each.sign * lines[each.line].value == line.value
            )
            return chosen.sign * _exact(lines, chosen.line)


@dataclass(slots=True)
class Sheet:
    """Lines while they are written; each method gives the position of its line."""

    lines: list[Line] = field(default_factory=list)

    def told(self, name: str, value: int, rests_on: str = "") -> int:
        """A number that somebody told or the books hold."""
        return self._add(Line(name=name, value=value, rests_on=rests_on))

    def sum(self, name: str, *terms: int, rests_on: str = "", less: Sequence[int] = ()) -> int:
        """Lines added, and those of ``less`` taken away."""
        operands = (
            *(Operand(line=each) for each in terms),
            *(Operand(line=each, sign=-1) for each in less),
        )
        value = sum(each.sign * self.lines[each.line].value for each in operands)
        return self._add(
            Line(
                name=name, value=value, operation=Operation.SUM, operands=operands,
                rests_on=rests_on,
            )
        )  # fmt: skip

    def share(
        self, name: str, of: int, numerator: int, denominator: int, rests_on: str = ""
    ) -> int:
        """A line times a ratio, rounded half to even, to the last minor unit."""
        common = gcd(numerator, denominator)
        # A ratio below zero counts against the line, so that numerators are digits alone.
        operand = Operand(line=of, sign=-1 if numerator < 0 else 1)
        whole = operand.sign * self.lines[of].value
        ratio = abs(numerator) // common, denominator // common
        return self._add(
            Line(
                name=name,
                value=round_ratio(whole * ratio[0], ratio[1]),
                operation=Operation.SHARE,
                operands=(operand,),
                numerator=ratio[0],
                denominator=ratio[1],
                whole=whole,
                rests_on=rests_on,
            )
        )

    def greatest(self, name: str, *of: Operand, rests_on: str = "") -> int:
        """The largest of lines."""
        return self._chosen(name, Operation.GREATEST, of, rests_on)

    def least(self, name: str, *of: Operand, rests_on: str = "") -> int:
        """The smallest of lines."""
        return self._chosen(name, Operation.LEAST, of, rests_on)

    def working(self, title: str, currency: str, posted: int | None = None) -> Working:
        """The lines so far, the last of which is the result."""
        return Working(title=title, currency=currency, lines=tuple(self.lines), posted=posted)

    def value(self, line: int) -> int:
        """The value of a line."""
        return self.lines[line].value

    def _chosen(self, name: str, operation: Operation, of: Sequence[Operand], rests_on: str) -> int:
        values = [each.sign * self.lines[each.line].value for each in of]
        value = max(values) if operation is Operation.GREATEST else min(values)
        return self._add(
            Line(name=name, value=value, operation=operation, operands=tuple(of), rests_on=rests_on)
        )

    def _add(self, line: Line) -> int:
        self.lines.append(line)
        return len(self.lines) - 1
