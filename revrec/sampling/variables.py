"""Random and stratified samples of amounts, projected stratum by stratum (AS 2315.26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction

from revrec.errors import FeedError
from revrec.money import apportion
from revrec.sampling import chance
from revrec.sampling.monetary import Audited, Selected

_LEAST_OF_A_STRATUM = 2
"""A stratum that is not tested whole needs two items to show how much they differ."""
_DIGITS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """How far amounts are off by what was found; minor units, above zero where they are too high.

    By differences: the mean difference of a stratum's items times their number.
    """

    known: int
    projected: Fraction
    standard_error: Decimal
    """Of the projection, from how differences vary within strata; up to a minor unit."""


def strata_of(amounts: Sequence[int], bounds: Sequence[int]) -> list[list[int]]:
    """The places of items by the size of their amounts: below the first bound, ..., the rest.

    Raises FeedError for bounds that do not ascend.
    """
    if list(bounds) != sorted(set(bounds)) or any(each <= 0 for each in bounds):
        raise FeedError(
            "The bounds of strata do not ascend from above zero.",
            remedy="Give each once, the smallest first.",
        )
    found: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
    for place, amount in enumerate(amounts):
        found[sum(abs(amount) >= bound for bound in bounds)].append(place)
    return found


def select(amounts: Sequence[int], bounds: Sequence[int], size: int, seed: int) -> list[Selected]:
    """A random sample of each stratum, in proportion to its amounts, at least two items each.

    Without bounds there is one stratum: a simple random sample.
    """
    strata = strata_of(amounts, bounds)
    weights = {
        str(number): sum(abs(amounts[place]) for place in places) or 1
        for number, places in enumerate(strata)
        if places
    }
    found = []
    for name, share in (apportion(size, weights) if weights else {}).items():
        places = strata[int(name)]
        wanted = max(share, _LEAST_OF_A_STRATUM) if bounds else share
        found += [
            Selected(place=places[number], stratum=stratum_name(int(name)))
            for number in chance.chosen(seed, stratum_name(int(name)), len(places), wanted)
        ]
    return sorted(found, key=lambda each: each.place)


def stratum_name(number: int) -> str:
    """How a stratum is named, from 1 for the smallest amounts."""
    return f"stratum_{number + 1}"


def project(items: Sequence[Audited], counts: dict[str, int]) -> Projection:
    """Project the differences of a sample; ``counts`` are the items of each stratum.

    What is found in a stratum that was tested whole is known and is not projected.
    """
    known, projected, variance = 0, Fraction(0), Fraction(0)
    for stratum, count in counts.items():
        off = [each.recorded - each.audited for each in items if each.stratum == stratum]
        if len(off) == count:
            known += sum(off)
            continue
        if not off:
            continue
        projected += Fraction(sum(off) * count, len(off))
        if len(off) > 1:
            mean = Fraction(sum(off), len(off))
            squares = sum(((each - mean) * (each - mean) for each in off), Fraction(0))
            variance += Fraction(count * (count - len(off)), len(off) * (len(off) - 1)) * squares
    with localcontext(prec=_DIGITS):
        error = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
    return Projection(
        known=known,
        projected=projected,
        standard_error=error.quantize(Decimal(1), rounding=ROUND_CEILING),
    )
