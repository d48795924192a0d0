"""Estimates of variable consideration, and proposals that another person decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from revrec.client.calls import Call, Listing, Operation, Paged, at, get, listed, post, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Facts that are proposed, with what they rest on."""

    id: str
    kind: str
    """estimate, selling_prices, policy, misstatements or change."""
    subject: str
    contract: str | None
    as_of: date
    prepared_by: str
    standing: str
    """stands (its facts are recorded), or waits for a second person."""
    reason: str
    facts: list[dict[str, Any]]
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDecided:
    """A decision on a proposal."""

    proposal: str
    prepared_by: str
    approved_by: str
    decided_at: datetime
    outcome: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedComponent:
    """A component that cannot be estimated."""

    component: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatesProposed:
    """What a run proposed."""

    run: str
    new: bool
    proposed: int
    stand: int
    refused: list[RefusedComponent]


class EstimateOperations:
    """Estimating, and deciding."""

    @Operation
    def propose_estimates(self, *, as_of: date, seed: int | None = None) -> Call[EstimatesProposed]:
        """Estimate variable consideration as of a day."""
        return post(at("estimates"), EstimatesProposed, told(as_of=as_of, seed=seed))

    @Operation
    def override_estimate(
        self, component: str, value: Decimal, *, as_of: date, basis: str
    ) -> Call[Proposal]:
        """Propose an amount of one's own, or a quantity where the engine prices it."""
        body = told(component=component, value=value, as_of=as_of, basis=basis)
        return post(at("estimates", "overrides"), Proposal, body)

    @Paged
    def list_proposals(self) -> Listing[Proposal]:
        """Proposals that wait for another person."""
        return listed(at("proposals"), Proposal)

    @Operation
    def get_proposal(self, proposal: str) -> Call[Proposal]:
        """A proposal."""
        return get(at("proposals", proposal), Proposal)

    @Operation
    def decide_proposal(
        self, proposal: str, *, approve: bool, note: str = ""
    ) -> Call[ProposalDecided]:
        """Approve or reject; whoever prepared it may not."""
        body = told(approve=approve, note=note or None)
        return post(at("proposals", proposal, "decision"), ProposalDecided, body)
