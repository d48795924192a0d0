"""Factors of audit samples that take a quantile of a continuous distribution."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

from revrec.errors import FeedError

RATIO_MAX = Fraction(6, 10)
"""The greatest expected share of tolerable misstatement the published table plans for."""
_HUNDREDTHS = Decimal("0.01")
_NEAR = 1e-10


def planning_factor(confidence: Fraction, ratio: Fraction) -> Decimal:
    """The factor for an expected share of tolerable misstatement, up to hundredths.

    The sample size per unit of tolerable share at which as many misstatements as are expected, a
    fraction of one too, still leave the tolerable one unexceeded: the mean ``n`` of a Poisson
    distribution whose quantile at ``1 + ratio * n`` is ``n`` itself (AICPA Audit Guide Audit
    Sampling, table of confidence factors by ratio). Raises FeedError beyond 0.6, where a sample
    would be of little use.

    >>> (
    ...     planning_factor(Fraction(95, 100), Fraction(0)),
    ...     planning_factor(Fraction(95, 100), Fraction(1, 5)),
    ... )
    (Decimal('3.00'), Decimal('4.63'))
    """
    from scipy.special import gammaincinv

    if not 0 <= ratio <= RATIO_MAX:
        raise FeedError(
            "The expected misstatement is more than 60% of the tolerable one.",
            remedy="Expect less, tolerate more, or have the entity correct the population first.",
        )
    share, quantile = float(ratio), float(confidence)
    factor = float(gammaincinv(1.0, quantile))
    while True:
        following = float(gammaincinv(1.0 + share * factor, quantile))
        if abs(following - factor) < _NEAR:
            break
        factor = following
    # A hair below, so that an exact hundredth is not lifted by the last bit.
    return Decimal(repr(following - _NEAR)).quantize(_HUNDREDTHS, rounding=ROUND_CEILING)


def normal_factor(confidence: Fraction) -> Decimal:
    """How many standard errors are not exceeded in one direction, up to hundredths.

    >>> normal_factor(Fraction(95, 100))
    Decimal('1.65')
    """
    from scipy.special import ndtri

    quantile = float(ndtri(float(confidence)))
    return Decimal(repr(quantile - _NEAR)).quantize(_HUNDREDTHS, rounding=ROUND_CEILING)
