"""Samples of a control's occurrences: how many, which, and what rate of deviation they leave."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from revrec.sampling import chance
from revrec.sampling.factors import upper_deviation_rate
from revrec.sampling.monetary import Selected

STRATUM = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often a control deviates; in percent."""

    size: int
    deviations: int
    found: Decimal
    """Of the sample, up to hundredths."""
    upper: Decimal
    """Not exceeded at the confidence."""


def select(count: int, size: int, seed: int) -> list[Selected]:
    """A random sample of so many occurrences, in order."""
    return [
        Selected(place=place, stratum=STRATUM)
        for place in chance.chosen(seed, STRATUM, count, size)
    ]


def rate(size: int, deviations: int, confidence: Fraction) -> Rate:
    """The rate of a sample and its upper limit by the exact binomial distribution."""
    hundredths = -(-deviations * 10_000 // size)
    return Rate(
        size=size,
        deviations=deviations,
        found=Decimal(hundredths).scaleb(-2),
        upper=upper_deviation_rate(size, deviations, confidence),
    )
