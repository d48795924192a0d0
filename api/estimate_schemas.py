"""What goes over the wire of estimates. Amounts and quantities are decimal strings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, TypeAdapter

from api.schemas import Count, Person, Wire
from revrec.model.proposal import Proposal, ProposalDecision
from revrec.operations.estimating import EstimateRun
from revrec.operations.forecasting import Heading
from revrec.operations.price_study import PriceStudy, stratum_data

Number = Annotated[str, Field(pattern=r"^-?[0-9]{1,20}(\.[0-9]{1,9})?$", examples=["1250.00"])]
Chance = Annotated[str, Field(examples=["0.1825"], description="A probability.")]


class RunRequested(Wire):
    """As of when to estimate, and from which seed."""

    as_of: date = Field(examples=["2026-01-31"])
    seed: int = Field(default=1, ge=0, lt=2**31, examples=[1])
    """Of the draws: the same seed and data give the same numbers."""


class ProposalListed(Wire):
    """A proposal of facts, with what it rests on."""

    id: str = Field(examples=["7c1f0a52e3b94d0c8a11"])
    kind: str = Field(examples=["estimate"])
    """estimate, selling_prices, policy or misstatements."""
    subject: str
    """The component, product or election it is of."""
    contract: str | None
    as_of: date
    prepared_by: Person
    standing: str = Field(examples=["waits"])
    """stands (its facts are recorded), or waits for a second person."""
    reason: str
    facts: list[dict[str, object]]
    """What is recorded once it stands."""
    evidence: dict[str, object]
    """The memo: facts, method, data, factors, result."""

    @classmethod
    def of(cls, proposal: Proposal) -> ProposalListed:
        """The wire form of a proposal."""
        return cls(
            id=proposal.id,
            kind=proposal.kind.value,
            subject=proposal.subject,
            contract=proposal.contract,
            as_of=proposal.as_of,
            prepared_by=proposal.prepared_by,
            standing=proposal.standing.value,
            reason=proposal.reason,
            facts=[dict(each) for each in proposal.facts],
            evidence=dict(proposal.evidence),
        )


class ComponentRefused(Wire):
    """A component that cannot be estimated."""

    component: str
    message: str


class EstimatesProposed(Wire):
    """What a run proposed."""

    run: str
    new: bool
    """False if the same data had been run before with this seed."""
    proposed: Count
    stand: Count
    refused: list[ComponentRefused]

    @classmethod
    def of(cls, run: EstimateRun) -> EstimatesProposed:
        """The wire form of a run."""
        return cls(
            run=run.run,
            new=run.new,
            proposed=len(run.proposals),
            stand=sum(each.standing == "stands" for each in run.proposals),
            refused=[
                ComponentRefused(component=name, message=str(error))
                for name, error in run.refused.items()
            ],
        )


class OverrideRequested(Wire):
    """An estimate by hand."""

    component: str = Field(min_length=1, max_length=200, examples=["usage"])
    value: Number
    """The amount, or the quantity where the engine prices it."""
    as_of: date = Field(examples=["2026-01-31"])
    basis: str = Field(min_length=1, max_length=2000, examples=["The customer's own forecast."])
    """Why."""


class DecisionRequested(Wire):
    """What is decided of a proposal; the caller decides."""

    approve: bool = Field(examples=[True])
    note: str = Field(default="", max_length=2000)


class ProposalDecided(Wire):
    """A decision."""

    proposal: str
    prepared_by: Person
    approved_by: Person
    decided_at: datetime
    outcome: str = Field(examples=["approved"])
    note: str

    @classmethod
    def of(cls, decision: ProposalDecision) -> ProposalDecided:
        """The wire form of a decision."""
        return cls(
            proposal=decision.proposal,
            prepared_by=decision.prepared_by,
            approved_by=decision.approved_by,
            decided_at=decision.decided_at,
            outcome=decision.outcome.value,
            note=decision.note,
        )


class Range(Wire):
    """A figure with the bounds it lies in with the confidence asked for."""

    expected: Number
    low: Number
    high: Number


class StepAhead(Range):
    """Use of some weeks, over all contracts."""

    ends: date


class RunOff(Wire):
    """How a commitment will be used up."""

    commitment: str
    used: Number
    remaining: Number
    expected_use: Number
    low: Number
    high: Number
    exhausted: Chance
    """Probability that it is used up before its end."""
    short: Chance
    """Probability that a significant part of it will not have been used."""
    exhausted_early: date | None
    exhausted_middle: date | None
    """The day by which it is used up with even chances; none if it probably lasts."""
    shortfall: Number
    overage: Number


class Forecast(Wire):
    """What is to come of one meter, or of rated amounts in a currency."""

    counted: str = Field(examples=["rated amount USD"])
    confidence: Chance
    total: Range
    steps: list[StepAhead]
    commitments: list[RunOff]


class RevenueAhead(Wire):
    """Revenue to come in a currency: the prices in force, as time passes and as they are used."""

    currency: str = Field(examples=["USD"])
    scheduled: Number
    """What passes with time."""
    by_use: Range
    """What depends on use."""
    total: Range
    steps: list[StepAhead]


class CommitmentWarned(Wire):
    """A commitment that is headed for something with more than the tolerated probability."""

    commitment: str
    warning: Heading
    probability: Chance
    expected: Number
    """Use beyond the commitment, or of it left unused."""


class ContractRefused(Wire):
    """A contract that cannot be accounted for."""

    contract: str
    reason: str


class OutlookGiven(Wire):
    """A forecast of everything that is used, and of the revenue it comes to."""

    as_of: date
    until: date
    seed: Count
    revenue: list[RevenueAhead]
    forecasts: list[Forecast]
    warnings: list[CommitmentWarned]
    refused: list[ContractRefused]
    """Contracts whose revenue is left out: they cannot be accounted for."""


OUTLOOK = TypeAdapter(OutlookGiven)


class GroupLookedBack(Wire):
    """How the estimates of a kind and cohort did."""

    component: str = Field(examples=["overage"])
    cohort: str
    estimates: Count
    unconstrained: Number
    included: Number
    actual: Number
    bias: Number
    """Unconstrained over actual, less one."""
    hit_rate: Chance
    """Share of outcomes inside the eighty percent that were stated."""
    reversals: Count
    reversals_stated: Number
    verdict: str = Field(examples=["as stated"])


class EstimateLookedBack(Wire):
    """An estimate with what came out."""

    component: str
    contract: str
    as_of: date
    unconstrained: Number
    included: Number
    actual: Number
    difference: Number
    inside: bool
    reversed: bool


class ElectionProposed(Wire):
    """Another value that a look-back speaks for; it is never applied by itself."""

    election: str
    value: str
    proposed: str
    reason: str


class LookedBack(Wire):
    """Past estimates against what came out."""

    as_of: date
    groups: list[GroupLookedBack]
    estimates: list[EstimateLookedBack]
    proposed: list[ElectionProposed]


LOOK_BACK = TypeAdapter(LookedBack)


class StudyRequested(Wire):
    """Which invoices to study."""

    since: date = Field(examples=["2025-01-01"])
    as_of: date = Field(examples=["2026-01-31"])


class PricesStudied(Wire):
    """What a study found; what it proposes waits for a second person."""

    strata: list[dict[str, object]]
    """Prices that are alike, with the range they show, the book's price and the drift."""
    revenue: dict[str, dict[str, int]]
    """Choice -> product -> revenue to date in minor units, had it been in force all along."""
    proposals: list[str]

    @classmethod
    def of(cls, found: PriceStudy) -> PricesStudied:
        """The wire form of a study."""
        return cls(
            strata=[stratum_data(each) for each in found.strata],
            revenue={choice: dict(sums) for choice, sums in found.sensitivity.items()},
            proposals=[each.id for each in found.proposals],
        )
