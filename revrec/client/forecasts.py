"""What is to come, how estimates did, and what prices show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from revrec.client.calls import Call, Operation, at, get, post


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A figure with the bounds it lies in with the confidence asked for."""

    expected: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAhead:
    """Use of some weeks, over all contracts."""

    expected: Decimal
    low: Decimal
    high: Decimal
    ends: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueAhead:
    """Revenue to come in a currency: the prices in force, as time passes and as they are used."""

    currency: str
    scheduled: Decimal
    """What passes with time."""
    by_use: Range
    """What depends on use."""
    total: Range
    steps: list[StepAhead]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOff:
    """How a commitment will be used up."""

    commitment: str
    used: Decimal
    remaining: Decimal
    expected_use: Decimal
    low: Decimal
    high: Decimal
    exhausted: Decimal
    """A probability."""
    short: Decimal
    """A probability."""
    exhausted_early: date | None
    exhausted_middle: date | None
    """The day by which it is used up with even chances; none if it probably lasts."""
    shortfall: Decimal
    overage: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UseForecast:
    """What is to come of one meter, or of rated amounts in a currency."""

    counted: str
    """The meter with its unit, or rated amounts with their currency."""
    confidence: Decimal
    """A probability."""
    total: Range
    steps: list[StepAhead]
    commitments: list[RunOff]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentWarning:
    """A commitment that is headed for something with more than the tolerated probability."""

    commitment: str
    warning: str
    probability: Decimal
    """A probability."""
    expected: Decimal
    """Use beyond the commitment, or of it left unused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRefused:
    """A contract that cannot be accounted for."""

    contract: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A forecast of everything that is used, and of the revenue it comes to."""

    as_of: date
    until: date
    seed: int
    revenue: list[RevenueAhead]
    forecasts: list[UseForecast]
    warnings: list[CommitmentWarning]
    refused: list[ContractRefused]
    """Contracts whose revenue is left out: they cannot be accounted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBackGroup:
    """How the estimates of a kind and cohort did."""

    component: str
    cohort: str
    estimates: int
    unconstrained: Decimal
    included: Decimal
    actual: Decimal
    bias: Decimal
    """Unconstrained over actual, less one."""
    hit_rate: Decimal
    """A probability."""
    reversals: int
    reversals_stated: Decimal
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateOutcome:
    """An estimate with what came out."""

    component: str
    contract: str
    as_of: date
    unconstrained: Decimal
    included: Decimal
    actual: Decimal
    difference: Decimal
    inside: bool
    reversed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectionProposed:
    """Another value that a look-back speaks for; it is never applied by itself."""

    election: str
    value: str
    proposed: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """Past estimates against what came out."""

    as_of: date
    groups: list[LookBackGroup]
    estimates: list[EstimateOutcome]
    proposed: list[ElectionProposed]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesStudied:
    """What a study found; what it proposes waits for a second person."""

    strata: list[dict[str, Any]]
    """Prices that are alike, with the range they show, the book's price and the drift."""
    revenue: dict[str, dict[str, int]]
    """Choice -> product -> revenue to date in minor units, had it been in force all along."""
    proposals: list[str]


class ForecastOperations:
    """Looking ahead and back."""

    @Operation
    def forecast_use(
        self,
        as_of: date,
        until: date,
        *,
        confidence: Decimal | None = None,
        seed: int | None = None,
        known_at: datetime | None = None,
    ) -> Call[Outlook]:
        """Use and revenue to come, with the bounds they lie in with the confidence."""
        return get(
            at("forecast"),
            Outlook,
            as_of=as_of,
            until=until,
            confidence=confidence,
            seed=seed,
            known_at=known_at,
        )

    @Operation
    def look_back(self, as_of: date, *, known_at: datetime | None = None) -> Call[LookBack]:
        """Past estimates of variable consideration against what came out."""
        return get(at("look-back"), LookBack, as_of=as_of, known_at=known_at)

    @Operation
    def study_prices(self, since: date, as_of: date) -> Call[PricesStudied]:
        """Find standalone selling prices in what was sold, and propose those that drifted."""
        body = {"since": since, "as_of": as_of}
        return post(at("selling-prices", "studies"), PricesStudied, body)
