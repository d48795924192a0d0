"""Errors of earlier periods: measured, judged by one person, decided by another."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from revrec.disclosure.misstatements import MEASURES, Worksheet, worksheet
from revrec.engine import ENGINE_VERSION
from revrec.errors import ApprovalNeeded, Conflict
from revrec.feeds.records import of_fact
from revrec.model.fact import FactKind, digest_of
from revrec.model.misstatement import (
    ErrorTreatment,
    FinancialBenchmark,
    Misstatement,
    QualitativeFactor,
)
from revrec.model.proposal import DecidedOutcome, Proposal, ProposalKind, Standing
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, calendars, entities, facts, proposals
from revrec.store.entities import Entity
from revrec.store.transaction import Transaction
from revrec.usage.elections import elected, share

_ID_DIGITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """The worksheet, and what it was made from."""

    entity: Entity
    worksheet: Worksheet
    fact_seq: int
    known_at: datetime
    prepared_by: str
    engine_version: str


def misstatements(
    workspace: Workspace,
    factors: Collection[QualitativeFactor] = (),
    *,
    known_at: datetime | None = None,
) -> Assessed:
    """The worksheet on all errors that are told, by a moment or so far.

    See ``disclosure.misstatements``.
    """

    def read(tx: Transaction) -> Assessed:
        return Assessed(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            worksheet=measured(tx, factors, known_at=known_at),
            fact_seq=facts.last_seq(tx) if known_at is None else facts.seq_at(tx, known_at),
            known_at=known_at or tx.now,
            prepared_by=tx.actor,
            engine_version=ENGINE_VERSION,
        )

    return workspace.run(read, read_only=True)


def measured(
    tx: Transaction,
    factors: Collection[QualitativeFactor] = (),
    *,
    known_at: datetime | None = None,
) -> Worksheet:
    """The worksheet within a transaction of the caller's."""
    through = None if known_at is None else facts.seq_at(tx, known_at)

    def told(kind: FactKind) -> list[object]:
        return [of_fact(each.fact) for each in facts.read(tx, through_seq=through, kind=kind)]

    return worksheet(
        [each for each in told(FactKind.MISSTATEMENT) if isinstance(each, Misstatement)],
        [
            each
            for each in told(FactKind.FINANCIAL_BENCHMARK)
            if isinstance(each, FinancialBenchmark)
        ],
        thresholds={name: share(tx, f"misstatement_of_{name}", known_at) for name in MEASURES},
        calendar=calendars.calendar(tx),
        factors=factors,
    )


def assessing(
    tx: Transaction,
    period: Period,
    *,
    treatment: ErrorTreatment,
    factors: Collection[QualitativeFactor],
    rationale: str,
) -> Proposal:
    """Propose what becomes of the errors of a period; another person decides.

    Raises Conflict without a rationale, and what ``worksheet`` raises.
    """
    if not rationale.strip():
        raise Conflict("The assessment gives no rationale.", remedy="Say why in `rationale`.")
    made = measured(tx, factors)
    evidence = told_of(made) | {
        "period": str(period),
        "treatment": treatment.value,
        "rationale": rationale.strip(),
    }
    proposal = Proposal(
        id=digest_of([evidence, tx.actor])[:_ID_DIGITS],
        kind=ProposalKind.MISSTATEMENTS,
        subject=str(period),
        contract=None,
        as_of=period.last,
        prepared_by=tx.actor,
        standing=Standing.WAITS,
        reason=made.conclusion,
        run="by hand",
        seed=0,
        fact_seq=facts.last_seq(tx),
        usage_version=None,
        model_version=ENGINE_VERSION,
        facts=[],
        evidence=evidence,
    )
    proposals.record(tx, [proposal])
    audit_log.write(tx, "misstatements.assess", str(period), {"proposal": proposal.id})
    return proposal


def require_assessment(tx: Transaction, period: Period) -> None:
    """Raise ApprovalNeeded where policy lets a period be reopened only for errors judged so."""
    if elected(tx, "reopening_takes") != "assessment":
        return
    decided = proposals.decisions(tx)
    made = proposals.history(tx, ProposalKind.MISSTATEMENTS, subject=str(period))
    approved = [
        (decided[each.id].decided_at, each.evidence["treatment"])
        for each in made
        if each.id in decided and decided[each.id].outcome is DecidedOutcome.APPROVED
    ]
    if not approved or max(approved)[1] != ErrorTreatment.REOPEN:
        raise ApprovalNeeded(
            f"Nobody approved that errors of {period} are corrected by reopening it.",
            remedy="Assess them (`revrec assess`), have another person decide; "
            "or let them post to the open period.",
            citation="250-10-S99-1",
        )


def told_of(made: Worksheet) -> dict[str, Any]:
    """The worksheet as data; amounts and shares as text."""
    return {
        "currency": made.currency,
        "errors": [
            {
                "id": each.id,
                "origin": str(made.calendar.of(each.on)),
                "reverses": str(made.calendar.of(each.reverses_on)) if each.reverses_on else None,
                "nature": each.nature.value,
                "contract": each.contract,
                "description": each.description,
                **{name: f"{amount:f}" for name, amount in each.effects.items()},
            }
            for each in made.errors
        ],
        "effects": [
            {
                "year_end": each.year_end.isoformat(),
                "measure": each.measure,
                "rollover": f"{each.rollover:f}",
                "iron_curtain": f"{each.iron_curtain:f}",
                "benchmark": f"{each.benchmark:f}",
                "threshold": percent(each.threshold),
                "rollover_share": percent(each.shares[0]),
                "iron_curtain_share": percent(each.shares[1]),
                "material": each.material,
            }
            for each in made.effects
        ],
        "factors": sorted(made.factors),
        "proposed": made.proposed.value,
        "conclusion": made.conclusion,
    }


def percent(share_: Fraction) -> str:
    """A share in percent to two places, cut, so that what is below a bound is shown below it."""
    cut = share_.numerator * 10_000 // share_.denominator
    return f"{Decimal(cut).scaleb(-2):f}%"
