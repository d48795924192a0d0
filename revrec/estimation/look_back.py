"""Past estimates against what came out: bias, confidence that was stated, reversals that happened.

What it finds may speak for another election. It is proposed with its reason, never applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from revrec.citations import cites
from revrec.estimation.evidence import held_of
from revrec.estimation.numbers import ratio
from revrec.model.estimation import ComponentKind

CONFIDENCE = 0.8
"""Between the recorded quantiles at 0.10 and 0.90."""
_CHANCE_MAX = 0.01
"""What happens less often by chance alone speaks against what was stated."""
_PROBABLE = (0.50, 0.95)
_USED = frozenset({ComponentKind.BREAKAGE, ComponentKind.ROLLOVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An estimate that counted, and what its component came to."""

    component: str
    contract: str
    kind: ComponentKind
    cohort: str
    as_of: date
    unconstrained: Decimal
    included: Decimal
    actual: Decimal
    stated_reversal: Decimal
    low: Decimal
    """Recorded quantiles at 0.10 ..."""
    high: Decimal
    """... and 0.90."""
    is_reversed: bool
    """Whether what was included turned out to be too much, significantly."""

    @property
    def difference(self) -> Decimal:
        """Actual less what was included."""
        return self.actual - self.included

    @property
    def is_inside(self) -> bool:
        """Whether the outcome lay where eighty percent were said to lie."""
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedBack:
    """How the estimates of a kind and cohort did."""

    kind: str
    cohort: str
    count: int
    unconstrained: Decimal
    included: Decimal
    actual: Decimal
    bias: Decimal
    """Unconstrained over actual, less one."""
    hit_rate: Decimal
    """Share of outcomes inside the eighty percent that were stated."""
    reversals: int
    reversals_stated: Decimal
    """Sum of the probabilities that were stated."""
    chance: Decimal
    """How often so many reversals, or more, would come about if what was stated were true."""
    chance_of_hits: Decimal
    """How often a hit rate as far off would."""

    @property
    def verdict(self) -> str:
        """What it says, in words."""
        if self.chance < Decimal(repr(_CHANCE_MAX)):
            return "more reversals than stated"
        if self.chance_of_hits < Decimal(repr(_CHANCE_MAX)):
            off = "narrow" if self.hit_rate < Decimal(repr(CONFIDENCE)) else "wide"
            return f"ranges were too {off}"
        return "as stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyProposed:
    """Another value for an election, and why."""

    election: str
    value: str
    proposed: str
    reason: str


def past_of(
    evidence: Mapping[str, Any], *, contract: str, as_of: date, actual: Decimal
) -> Past | None:
    """An estimate as its evidence tells it; none where a person set it without a distribution."""
    quantiles = evidence.get("quantiles")
    if not quantiles:
        return None
    return Past(
        component=evidence["component"],
        contract=contract,
        kind=ComponentKind(evidence["kind"]),
        cohort=evidence["cohort"],
        as_of=as_of,
        unconstrained=Decimal(evidence["unconstrained"]),
        included=Decimal(evidence["included"]),
        actual=actual,
        stated_reversal=Decimal(evidence["reversal"]),
        low=Decimal(quantiles["0.10"]),
        high=Decimal(quantiles["0.90"]),
        is_reversed=_reversed(evidence, actual),
    )


@cites("606-10-32-11", "606-10-55-17", "606-10-55-48")
def _reversed(evidence: Mapping[str, Any], actual: Decimal) -> bool:
    """Whether revenue fell significantly from what was included to what came out.

    Each unit used of an entitlement earned one over expected use; each unit in tiers the price of
    the volume expected; a unit returned is one not sold; the rest are amounts of their own.
    """
    kind, share = ComponentKind(evidence["kind"]), Decimal(evidence["significant"])
    included, other = Decimal(evidence["included"]), Decimal(evidence["other_revenue"])
    if kind in _USED:
        return actual * (1 - share) > included
    if kind is ComponentKind.RETURN:
        return actual - included > share * (Decimal(evidence["trials"]) - included)
    if kind is ComponentKind.VOLUME_TIERS:
        held = held_of(evidence)
        earned = held.at(included) / max(included, Decimal(1)) * actual
        return held.at(actual) < earned * (1 - share)
    return actual < included * (1 - share) - share * other


@cites("606-10-32-12", "606-10-32-14")
def look_back(past: Iterable[Past]) -> list[LookedBack]:
    """Estimates against outcomes, by kind and cohort.

    Estimates of one component at several dates are not independent; only the first of each counts
    for the tests, all of them for the sums.
    """
    groups: dict[tuple[str, str], list[Past]] = {}
    for each in sorted(past, key=lambda one: (one.component, one.as_of)):
        groups.setdefault((each.kind.value, each.cohort), []).append(each)
    return [_of_group(kind, cohort, group) for (kind, cohort), group in sorted(groups.items())]


def _of_group(kind: str, cohort: str, group: Sequence[Past]) -> LookedBack:
    from scipy.stats import binomtest

    first = list({each.component: each for each in reversed(group)}.values())
    unconstrained = sum((each.unconstrained for each in group), Decimal(0))
    actual = sum((each.actual for each in group), Decimal(0))
    hits = sum(each.is_inside for each in first)
    reversals = sum(each.is_reversed for each in first)
    stated = np.array([float(each.stated_reversal) for each in first])
    tests = (
        binomtest(reversals, len(first), min(max(float(stated.mean()), 1e-6), 1.0), "greater"),
        binomtest(hits, len(first), CONFIDENCE),
    )
    return LookedBack(
        kind=kind,
        cohort=cohort,
        count=len(group),
        unconstrained=unconstrained,
        included=sum((each.included for each in group), Decimal(0)),
        actual=actual,
        bias=ratio(float(unconstrained / actual) - 1) if actual else Decimal(0),
        hit_rate=ratio(hits / len(first)),
        reversals=reversals,
        reversals_stated=ratio(float(stated.sum())),
        chance=ratio(float(tests[0].pvalue)),
        chance_of_hits=ratio(float(tests[1].pvalue)),
    )


@cites("606-10-32-11", "606-10-32-12")
def policy_proposed(
    found: Sequence[LookedBack], election: str, probable: str
) -> list[PolicyProposed]:
    """A stricter level where more was reversed than stated, by as much as it was more."""
    wrong = [each for each in found if each.chance < Decimal(repr(_CHANCE_MAX))]
    if not wrong:
        return []
    happened = sum(each.reversals for each in wrong)
    stated = sum(float(each.reversals_stated) for each in wrong)
    tolerated = 1 - float(probable.removesuffix("%")) / 100
    level = min(max(1 - tolerated * max(stated, 0.5) / happened, _PROBABLE[0]), _PROBABLE[1])
    groups = ", ".join(f"{each.kind} of {each.cohort or 'all'}" for each in wrong)
    return [
        PolicyProposed(
            election=election,
            value=probable,
            proposed=f"{level * 100:.0f}%",
            reason=(
                f"{happened} reversals of {groups}, {stated:.1f} were stated: tolerating so much "
                "less would have kept to what was stated."
            ),
        )
    ]
