"""The numbers of the published sampling tables, computed: Poisson for amounts, binomial for rates.

The tables of the AICPA Audit Guide Audit Sampling round the same figures up in the last place they
print, as is done here, by exact fractions and 60 digits. Both distributions are of populations
without end: of a finite one, whose own is the hypergeometric, they never promise too much.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache, partial
from math import ceil, comb, floor

from revrec.errors import FeedError

CONFIDENCE = Fraction(95, 100)
"""Unless told otherwise: a risk of 5%, the first column of the Guide's tables."""
_HUNDREDTHS_MAX = 100_000
_SIZE_MAX = 5_000
_DIGITS = 60
_RATES = 10_000
"""Upper deviation rates are in hundredths of a percent."""

_EXPANSION = {
    1: Decimal("1.9"), 5: Decimal("1.6"), 10: Decimal("1.5"), 15: Decimal("1.4"),
    20: Decimal("1.3"), 25: Decimal("1.25"), 30: Decimal("1.2"), 37: Decimal("1.15"),
    50: Decimal("1.0"),
}  # fmt: skip
"""Expansion factors for expected misstatement by percent of risk of incorrect acceptance (AICPA
Audit Guide Audit Sampling, monetary unit sampling): approximations that the Guide prints and no
distribution gives. Planning by ratio computes what they approximate."""


def check_confidence(confidence: Fraction) -> None:
    """Refuse a confidence that is none: it is at least one half and below one."""
    if not Fraction(1, 2) <= confidence < 1:
        raise FeedError(
            f"A confidence of {_percent(confidence)} is not from 50% to below 100%.",
            remedy="Give it as 95%, 90% or 80%, by the risk you assessed.",
        )


@cache
def misstatement_factor(confidence: Fraction, misstatements: int) -> Decimal:
    """The confidence factor for so many misstatements: the Poisson mean, up to hundredths.

    The least mean at which so few or fewer are found with no more than the risk.

    >>> misstatement_factor(Fraction(95, 100), 0), misstatement_factor(Fraction(9, 10), 1)
    (Decimal('3.00'), Decimal('3.89'))
    """
    check_confidence(confidence)
    risk = 1 - confidence
    with localcontext(prec=_DIGITS):
        limit = Decimal(risk.numerator) / Decimal(risk.denominator)
        found = _least(
            lambda hundredths: _poisson(misstatements, Decimal(hundredths) / 100) <= limit,
            _HUNDREDTHS_MAX,
        )
    return Decimal(found).scaleb(-2)


def expansion_factor(confidence: Fraction) -> Decimal:
    """The published factor by which expected misstatement widens a sample; FeedError for none."""
    risk = (1 - confidence) * 100
    if risk.denominator != 1 or int(risk) not in _EXPANSION:
        raise FeedError(
            f"No expansion factor is published for a confidence of {_percent(confidence)}.",
            remedy="Use 99%, 95%, 90%, 85%, 80%, 75%, 70%, 63% or 50%, or plan by ratio.",
        )
    return _EXPANSION[int(risk)]


@cache
def upper_deviation_rate(size: int, deviations: int, confidence: Fraction) -> Decimal:
    """The rate that a control's deviations do not exceed at the confidence, in percent.

    Exact binomial, up to hundredths of a percent.

    >>> upper_deviation_rate(60, 0, Fraction(95, 100))
    Decimal('4.88')
    """
    check_confidence(confidence)
    if deviations >= size:
        return Decimal(100)
    risk = 1 - confidence
    found = _least(lambda rate: _at_most(deviations, size, Fraction(rate, _RATES)) <= risk, _RATES)
    return Decimal(found).scaleb(-2)


@cache
def attribute_size(
    tolerable: Fraction, expected: Fraction, confidence: Fraction
) -> tuple[int, int]:
    """The least sample that supports a tolerable rate, and the deviations it may then have.

    As the Guide's tables: it may have the expected rate of its size, up to a whole number. Raises
    FeedError where no sample of 5,000 does, because the two rates are too close.

    >>> attribute_size(Fraction(5, 100), Fraction(1, 100), Fraction(95, 100))
    (93, 1)
    """
    check_confidence(confidence)
    risk = 1 - confidence
    most = ceil(_SIZE_MAX * expected) if expected < tolerable else -1
    for deviations in range(most + 1):
        # Sizes of which so many are expected: above those of one deviation less.
        first = floor((deviations - 1) / expected) + 1 if deviations else 1
        last = min(floor(deviations / expected) if expected else _SIZE_MAX, _SIZE_MAX)
        shows = partial(_shows, deviations, tolerable, risk, first)
        if first <= last and shows(last - first):
            return first + _least(shows, last - first), deviations
    raise FeedError(
        f"No sample shows that {_percent(tolerable)} is not exceeded where {_percent(expected)} "
        "is expected.",
        remedy="Tolerate more, expect less, or test the control's effect on amounts instead.",
    )


def _shows(deviations: int, tolerable: Fraction, risk: Fraction, first: int, more: int) -> bool:
    """Whether so few deviations among so many and more are rare enough at the tolerable rate."""
    return _at_most(deviations, first + more, tolerable) <= risk


def _least(holds: Callable[[int], bool], most: int) -> int:
    """The least whole number for which something holds that holds for all greater ones."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _poisson(most: int, mean: Decimal) -> Decimal:
    """The probability of at most so many."""
    term = total = Decimal(1)
    for number in range(1, most + 1):
        term = term * mean / number
        total += term
    return total * (-mean).exp()


def _at_most(most: int, size: int, rate: Fraction) -> Fraction:
    """The probability of at most so many deviations in a sample, exactly."""
    with_, without = rate.numerator, rate.denominator - rate.numerator
    ways = sum(
        comb(size, number) * with_**number * without ** (size - number)
        for number in range(most + 1)
    )
    return Fraction(ways, rate.denominator**size)


def _percent(share: Fraction) -> str:
    return f"{Decimal(share.numerator) * 100 / share.denominator:f}%"
