"""Estimates in money that counted at a close, from the proposals on record."""

from __future__ import annotations

from decimal import Decimal

from revrec.disclosure.estimate_ranges import Estimated
from revrec.estimation.components import UNITS
from revrec.model.proposal import Proposal, ProposalDecision, ProposalKind
from revrec.operations.looking_back import counts
from revrec.store import proposals
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction


def counted_estimates(tx: Transaction, certificate: PeriodClose) -> list[Estimated]:
    """The last of each component as of the period's end that counted when it was closed."""
    at = certificate.closed_at
    decided = proposals.decisions(tx, known_at=at)
    made = [
        each
        for each in proposals.history(tx, ProposalKind.ESTIMATE, known_at=at)
        if each.as_of <= certificate.period.last and counts(each, decided.get(each.id))
    ]
    latest = {each.subject: each for each in made}
    return [
        _estimated(latest[name], decided.get(latest[name].id))
        for name in sorted(latest)
        if latest[name].evidence["unit"] != UNITS
    ]


def _estimated(proposal: Proposal, decision: ProposalDecision | None) -> Estimated:
    told = proposal.evidence
    quantiles = told.get("quantiles", {})
    low, high = (Decimal(quantiles[at]) if at in quantiles else None for at in ("0.10", "0.90"))
    return Estimated(
        component=proposal.subject,
        contract=proposal.contract or "",
        kind=str(told["kind"]),
        as_of=proposal.as_of,
        currency=str(told["unit"]),
        low=low,
        # Of an estimate by hand, all is included that is estimated.
        estimate=Decimal(told.get("unconstrained") or told["included"]),
        high=high,
        included=Decimal(told["included"]),
        prepared_by=proposal.prepared_by,
        approved_by="" if decision is None else decision.approved_by,
    )
