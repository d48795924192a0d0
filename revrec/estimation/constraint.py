"""How much of an estimate may enter the price (606-10-32-11 to 32-13).

The largest amount such that a significant downward reversal of cumulative revenue is improbable.
What probable and significant mean are numbers of the policy. The factors of 32-12 each take a
stated part off the probability that is tolerated: they are about what the model cannot see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from revrec.citations import cites
from revrec.estimation.distribution import Distribution
from revrec.estimation.numbers import Booleans, Floats
from revrec.estimation.panel import Doubt
from revrec.model.estimation import UncertaintyFactor
from revrec.model.policy import Policy

_TOLERATED_MIN = 0.01


class Binds(StrEnum):
    """What decides the amount."""

    NOTHING = "nothing"
    """The estimate itself passes."""
    REVERSAL = "reversal"
    """A larger amount would be reversed too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintPolicy:
    """The numbers that the literature leaves to judgment, as elected."""

    probable: float = 0.80
    """How probable it must be that no significant reversal occurs."""
    significant: float = 0.05
    """Share of cumulative revenue from which a reversal is significant."""
    factor_weight: float = 0.02
    """What each factor that is present takes off the tolerated probability."""
    long_days: int = 365
    """Uncertainty that lasts longer is long."""
    experience_days: int = 168
    """Days of history below which experience is little ..."""
    experience_contracts: int = 30
    """... and number of similar contracts."""
    broad_range: float = 1.0
    """Width of the middle eighty percent, in units of the median, from which a range is broad."""

    stand_within: float = 0.10
    """Share of the contract's price within which an estimate may move without a second person."""


def constraint_policy(policy: Policy) -> ConstraintPolicy:
    """The numbers elected; the level of assurance is that of the standard elected."""

    def share(name: str) -> float:
        return float(policy.value(name).removesuffix("%")) / 100

    def count(name: str) -> int:
        return int(policy.value(name).partition("_")[0])

    is_ifrs = policy.value("estimates_standard") == "ifrs"
    return ConstraintPolicy(
        probable=share("estimates_highly_probable" if is_ifrs else "estimates_probable"),
        significant=share("estimates_significant"),
        factor_weight=share("estimates_factor_weight"),
        long_days=count("estimates_long_uncertainty"),
        experience_days=count("estimates_least_history"),
        experience_contracts=count("estimates_least_contracts"),
        broad_range=share("estimates_broad_range"),
        stand_within=share("estimates_stand_within"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the factors are scored from, one entry a row."""

    days_left: Floats
    days_seen: Floats
    cohort_size: Floats
    tested: Floats
    """Forecasts of the kind that were tried on the past; the fewer, the more is kept back."""
    doubts: tuple[frozenset[Doubt], ...]
    stated: tuple[Mapping[UncertaintyFactor, bool], ...] = field(default=())
    """What a person states goes before what is scored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constrained:
    """What of each estimate passes."""

    unconstrained: Floats
    amount: Floats
    tolerated: Floats
    """Probability of a significant reversal that is tolerated."""
    reversal: Floats
    """Probability of one, at the amount."""
    reversal_unconstrained: Floats
    """Probability of one, had the whole estimate been included."""
    factors: tuple[frozenset[UncertaintyFactor], ...]

    def binds(self, row: int) -> Binds:
        """What decides the amount of a row."""
        return Binds.REVERSAL if self.amount[row] < self.unconstrained[row] else Binds.NOTHING


@cites("606-10-32-12")
def factors_of(
    distribution: Distribution, evidence: Evidence, policy: ConstraintPolicy
) -> tuple[frozenset[UncertaintyFactor], ...]:
    """Which factors are present: scored where data tell, stated where only people can."""
    low, high = distribution.quantile(0.1), distribution.quantile(0.9)
    middle = np.maximum(np.abs(distribution.quantile(0.5)), 1e-9)
    weak = {Doubt.NO_HISTORY, Doubt.SHORT_HISTORY, Doubt.SMALL_COHORT, Doubt.CURRENCY_CHANGED}
    scored: dict[UncertaintyFactor, Booleans] = {
        UncertaintyFactor.LONG_UNCERTAINTY: evidence.days_left > policy.long_days,
        UncertaintyFactor.LITTLE_EXPERIENCE: (evidence.days_seen < policy.experience_days)
        | (evidence.cohort_size < policy.experience_contracts)
        | np.array([bool(weak & each) for each in evidence.doubts], np.bool_),
        UncertaintyFactor.MANY_OUTCOMES: (high - low) / middle > policy.broad_range,
    }
    found = []
    for row in range(len(low)):
        told = evidence.stated[row] if evidence.stated else {}
        present = {factor for factor, rows in scored.items() if rows[row]}
        present |= {factor for factor, is_so in told.items() if is_so}
        found.append(frozenset(present - {factor for factor, is_so in told.items() if not is_so}))
    return tuple(found)


@cites("606-10-32-11", "606-10-32-12", "606-10-32-13")
def constrain(
    distribution: Distribution,
    unconstrained: Floats,
    *,
    other_revenue: Floats,
    evidence: Evidence,
    policy: ConstraintPolicy,
) -> Constrained:
    """The largest amount of each row, up to its estimate, that a reversal seldom exceeds.

    With x included and F of other revenue, an outcome Y reverses x - Y. That is significant beyond
    a share s of F + x, so when Y < x (1 - s) - s F: the right side may reach the quantile of Y at
    the tolerated probability. A standard error of how well that probability is known, from the
    forecasts tried on the past, is kept back as well.
    """
    factors = factors_of(distribution, evidence, policy)
    present = np.array([len(each) for each in factors], np.float64)
    tolerated = 1 - policy.probable - policy.factor_weight * present
    tolerated = np.maximum(tolerated, _TOLERATED_MIN)
    error = np.sqrt(tolerated * (1 - tolerated) / np.maximum(evidence.tested, 1))
    kept = np.where(evidence.tested > 0, np.minimum(error, tolerated / 2), 0.0)
    count = distribution.draws.shape[1]
    place = np.minimum(np.floor((tolerated - kept) * count + 1e-9), count - 1).astype(np.int64)
    quantile = np.take_along_axis(distribution.draws, place[:, None], axis=1)[:, 0]
    share = policy.significant
    most = (quantile + share * other_revenue) / (1 - share)
    amount = np.minimum(unconstrained, most)

    def reversed_by(included: Floats) -> Floats:
        return distribution.below(included * (1 - share) - share * other_revenue - 1e-9)

    return Constrained(
        unconstrained=unconstrained,
        amount=amount,
        tolerated=tolerated,
        reversal=reversed_by(amount),
        reversal_unconstrained=reversed_by(unconstrained),
        factors=factors,
    )
