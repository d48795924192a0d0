"""Monetary-unit sampling: each unit of recorded amount has the same chance (AS 2315, AU-C 530).

Every item as large as the sampling interval is certain to be selected. Items of a negative amount
and of none have no chance among the others, and are populations of their own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from math import ceil

from revrec.errors import FeedError
from revrec.estimation.sampling_factors import planning_factor
from revrec.sampling import chance
from revrec.sampling.factors import check_confidence, expansion_factor, misstatement_factor


class Planning(StrEnum):
    """How expected misstatement narrows the interval."""

    RATIO = "ratio"
    """Tolerable misstatement over the factor of the expected share of it."""
    EXPANSION = "expansion"
    """Tolerable less expected misstatement times its expansion factor, over the factor of none."""


class Stratum(StrEnum):
    """Why an item is in a sample of monetary units."""

    CERTAIN = "certain"
    """It is as large as the interval."""
    INTERVAL = "interval"
    """A unit of it was hit."""
    NEGATIVE_CERTAIN = "negative_certain"
    NEGATIVE_INTERVAL = "negative_interval"
    ZERO = "zero"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A planned sampling interval, in minor units, and the factor it was planned by."""

    units: int
    factor: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """An item of the population, by its place from 0, and why it is in the sample."""

    place: int
    stratum: str
    hit: int = 0
    """The monetary unit that was hit, counted from 1 within its stratum; 0 without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """An item of the sample with what it should have been, in minor units."""

    stratum: str
    recorded: int
    audited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How far amounts may be off in one direction; minor units, none below zero."""

    known: int
    """What was found in items that were certain."""
    projected: Fraction
    """What was found in the others, over their whole interval."""
    basic_precision: Fraction
    """What would stay possible had nothing been found."""
    incremental: Fraction
    """What each misstatement that was found adds for those that were not."""

    @property
    def likely(self) -> Fraction:
        """The best estimate: what is known and what is projected."""
        return self.known + self.projected

    @property
    def upper(self) -> int:
        """The misstatement that is not exceeded at the confidence, up to a whole unit."""
        return ceil(self.likely + self.basic_precision + self.incremental)


def plan(
    tolerable: int,
    expected: int = 0,
    *,
    confidence: Fraction,
    planning: Planning = Planning.RATIO,
) -> Interval:
    """The sampling interval, down to whole minor units.

    ``tolerable`` and ``expected`` misstatement are in minor units. Raises FeedError where nothing
    is left to sample for.
    """
    check_confidence(confidence)
    if tolerable <= 0 or expected < 0:
        raise FeedError(
            "A sample of monetary units needs a tolerable misstatement above zero, and an expected "
            "one that is not below.",
            remedy="Give what you tolerate in the population, such as your performance "
            "materiality or a part of it.",
        )
    if planning is Planning.RATIO:
        factor = planning_factor(confidence, Fraction(expected, tolerable))
        room = Fraction(tolerable)
    else:
        factor = misstatement_factor(confidence, 0)
        room = tolerable - expected * Fraction(expansion_factor(confidence))
    units = int(room // Fraction(factor))
    if units < 1:
        raise FeedError(
            "What is expected leaves no room in what is tolerated.",
            remedy="Expect less, tolerate more, or test every item.",
        )
    return Interval(units=units, factor=factor)


def select(amounts: Sequence[int], interval: int, seed: int, *, zeros: int) -> list[Selected]:
    """The sample, in order of place: systematic, from a seeded start for each sign.

    ``amounts`` are recorded amounts in the population's order; ``zeros`` how many items without
    an amount are looked at.
    """
    found: list[Selected] = []
    for sign, certain, hit in (
        (1, Stratum.CERTAIN, Stratum.INTERVAL),
        (-1, Stratum.NEGATIVE_CERTAIN, Stratum.NEGATIVE_INTERVAL),
    ):
        sized = [(place, sign * each) for place, each in enumerate(amounts) if sign * each > 0]
        found += [
            Selected(place=place, stratum=certain) for place, size in sized if size >= interval
        ]
        found += _hits([each for each in sized if each[1] < interval], interval, seed, hit)
    empty = [place for place, each in enumerate(amounts) if each == 0]
    found += [
        Selected(place=empty[number], stratum=Stratum.ZERO)
        for number in chance.chosen(seed, Stratum.ZERO, len(empty), zeros)
    ]
    return sorted(found, key=lambda each: each.place)


def _hits(
    sized: Sequence[tuple[int, int]], interval: int, seed: int, stratum: Stratum
) -> Iterable[Selected]:
    if not sized:
        return
    ends = list(accumulate(size for _, size in sized))
    for hit in range(chance.start(seed, stratum, interval), ends[-1] + 1, interval):
        yield Selected(place=sized[bisect_left(ends, hit)][0], stratum=stratum, hit=hit)


def limits(
    items: Iterable[Audited], interval: int, confidence: Fraction, *, sampled: bool
) -> tuple[Limit, Limit]:
    """How far recorded amounts of one sign may be too high, and too low.

    ``items`` are those of one sign, as amounts above zero; ``sampled`` whether there are items
    that were not certain. A misstatement taints each unit of its item alike; the largest taint is
    projected first, so that the factor which grows most goes with it.
    """
    known = [0, 0]
    taints: tuple[list[Fraction], list[Fraction]] = ([], [])
    for each in items:
        off = each.recorded - each.audited
        side = 0 if off > 0 else 1
        if each.recorded >= interval:
            known[side] += abs(off)
        elif off:
            taints[side].append(Fraction(abs(off), each.recorded))
    over, under = (
        _limit(found, taint, interval, confidence, sampled=sampled)
        for found, taint in zip(known, taints, strict=True)
    )
    return over, under


def _limit(
    known: int, taints: Sequence[Fraction], interval: int, confidence: Fraction, *, sampled: bool
) -> Limit:
    factors = [Fraction(misstatement_factor(confidence, k)) for k in range(len(taints) + 1)]
    added = (
        (factors[number] - factors[number - 1] - 1) * taint
        for number, taint in enumerate(sorted(taints, reverse=True), start=1)
    )
    return Limit(
        known=known,
        projected=interval * sum(taints, Fraction(0)),
        basic_precision=factors[0] * interval if sampled else Fraction(0),
        incremental=interval * sum(added, Fraction(0)),
    )
