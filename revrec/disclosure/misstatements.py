"""The worksheet on errors of earlier periods: rollover and iron curtain (250-10-S99-1).

An error is measured twice. By the rollover it is what the income of a year contains of it: what
arose in the year less what turned itself around in it. By the iron curtain it is what the balance
sheet at the year's end still contains, whenever it arose. Either may be material where the other
is not, so both are held against what the statements show (SAB Topic 1.N).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.citations import cites
from revrec.errors import ContractError, FeedError
from revrec.model.misstatement import (
    ErrorTreatment,
    FinancialBenchmark,
    Misstatement,
    QualitativeFactor,
)
from revrec.periods import Calendar

MEASURES = ("revenue", "pre_tax_income")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Errors by one measure on one fiscal year; amounts in the reporting currency."""

    begins_after: date
    """The last day of the fiscal year before."""
    year_end: date
    measure: str
    rollover: Decimal
    """What the year's income contains."""
    iron_curtain: Decimal
    """What the balance sheet at the year's end contains."""
    benchmark: Decimal
    threshold: Fraction
    """Share of the benchmark from which an effect is material by its size."""

    @property
    def shares(self) -> tuple[Fraction, Fraction]:
        """Rollover and iron curtain as shares of the benchmark, without signs."""
        return self._share(self.rollover), self._share(self.iron_curtain)

    @property
    def material(self) -> bool:
        """Whether one of them is material by its size."""
        return max(self.shares) >= self.threshold

    def _share(self, amount: Decimal) -> Fraction:
        if not self.benchmark:
            # Nothing is small against nothing.
            return Fraction(1) if amount else Fraction(0)
        return abs(Fraction(amount) * Fraction(1, Fraction(self.benchmark)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Worksheet:
    """Errors, their effects, and what follows from them by the numbers."""

    currency: str
    calendar: Calendar
    errors: Sequence[Misstatement]
    effects: Sequence[Effect]
    factors: frozenset[QualitativeFactor]
    """Those a person sees."""
    proposed: ErrorTreatment
    conclusion: str


@cites("250-10-S99-1", "250-10-45-23", "250-10-45-27")
def worksheet(
    errors: Sequence[Misstatement],
    benchmarks: Sequence[FinancialBenchmark],
    *,
    thresholds: dict[str, Fraction],
    calendar: Calendar,
    factors: Collection[QualitativeFactor] = (),
) -> Worksheet:
    """Measure errors both ways in every year with a benchmark, and propose what follows.

    The last benchmark is of the year in which they would be corrected. Raises FeedError without
    benchmarks, ContractError for errors after them or in several currencies.
    """
    years = sorted(benchmarks, key=lambda each: each.on)
    if not years:
        raise FeedError(
            "There is nothing to measure errors against.",
            remedy="Record a financial_benchmark for each fiscal year concerned.",
        )
    currencies = {each.currency for each in errors} | {each.currency for each in years}
    if len(currencies) > 1:
        raise ContractError(
            f"Errors and benchmarks are in {', '.join(sorted(currencies))}.",
            remedy="Tell them all in the reporting currency.",
            citation="250-10-S99-1",
        )
    late = [each.id for each in errors if each.on > years[-1].on]
    if late:
        raise ContractError(
            f"Errors {', '.join(late)} arose after the last benchmark, {years[-1].on}.",
            remedy="Record a financial_benchmark of their fiscal year, as expected.",
            citation="250-10-S99-1",
        )
    effects = [
        _effect(errors, years, number, (measure, thresholds[measure]), calendar)
        for number in range(len(years))
        for measure in MEASURES
    ]
    seen = frozenset(factors)
    proposed, conclusion = _conclude(effects, years[-1].on, seen)
    return Worksheet(
        currency=currencies.pop(),
        calendar=calendar,
        errors=sorted(errors, key=lambda each: (each.on, each.id)),
        effects=effects,
        factors=seen,
        proposed=proposed,
        conclusion=conclusion,
    )


def in_year(
    errors: Sequence[Misstatement], measure: str, first: date | None, last: date
) -> Decimal:
    """What arose after ``first`` and by ``last`` less what turned itself around then."""

    def within(day: date | None) -> bool:
        return day is not None and day <= last and (first is None or day > first)

    zero = Decimal(0)
    arose = sum((each.effects[measure] for each in errors if within(each.on)), zero)
    return arose - sum((e.effects[measure] for e in errors if within(e.reverses_on)), zero)


def _effect(
    errors: Sequence[Misstatement],
    years: Sequence[FinancialBenchmark],
    number: int,
    of: tuple[str, Fraction],
    calendar: Calendar,
) -> Effect:
    (measure, threshold), year = of, years[number]
    begins_after = years[number - 1].on if number else calendar.of(year.on).plus(-12).last
    return Effect(
        begins_after=begins_after,
        year_end=year.on,
        measure=measure,
        rollover=in_year(errors, measure, begins_after, year.on),
        iron_curtain=in_year(errors, measure, None, year.on),
        benchmark=Decimal(getattr(year, measure)),
        threshold=threshold,
    )


def _conclude(
    effects: Sequence[Effect], last: date, factors: frozenset[QualitativeFactor]
) -> tuple[ErrorTreatment, str]:
    """By the sizes, and by what a person sees: figures alone do not make an error immaterial."""
    earlier = [each for each in effects if each.year_end < last and each.material]
    now = [each for each in effects if each.year_end == last and each.material]
    if factors:
        named = ", ".join(sorted(factors))
        told = f"Whatever their size, the errors may be material: {named}."
        return ErrorTreatment.REOPEN, told
    if earlier:
        named = ", ".join(sorted({f"{each.measure} of {each.year_end.year}" for each in earlier}))
        told = f"The errors are material to statements that were issued ({named}): restate them."
        return ErrorTreatment.REOPEN, told
    if now:
        named = ", ".join(sorted({each.measure for each in now}))
        told = (
            "No earlier year is misstated materially, but correcting all in the current one would "
            f"misstate its {named}: revise the earlier years when they are shown next."
        )
        return ErrorTreatment.REOPEN, told
    told = (
        "Neither what any year's income contains nor what is left in a balance sheet is material: "
        "correct the errors in the open period."
    )
    return ErrorTreatment.CATCH_UP, told
