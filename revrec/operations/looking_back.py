"""Past estimates against what came out, from what is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from revrec.estimation.cases import Case
from revrec.estimation.change import Held
from revrec.estimation.evidence import held_of
from revrec.estimation.histories import use_of
from revrec.estimation.look_back import (
    LookedBack,
    Past,
    PolicyProposed,
    look_back,
    past_of,
    policy_proposed,
)
from revrec.estimation.numbers import MODEL_VERSION
from revrec.model.estimation import ComponentKind
from revrec.model.fact import digest_of
from revrec.model.proposal import DecidedOutcome, Proposal, ProposalDecision, ProposalKind, Standing
from revrec.operations.estimate_inputs import EstimateInputs, prepare, read_estimate_inputs
from revrec.operations.workspace import Workspace
from revrec.store import audit_log, proposals
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LookBack:
    """What was found, and what it speaks for."""

    as_of: date
    groups: Sequence[LookedBack]
    past: Sequence[Past]
    policy: Sequence[PolicyProposed]


def look_back_on(
    workspace: Workspace, as_of: date, *, known_at: datetime | None = None
) -> LookBack:
    """Compare every estimate that counted with its outcome; writes nothing.

    By what was known at a moment, or is now.

    An outcome is the amount of a final ``component_outcome``, or, once its last day is over, what
    the payoff gives for the use of the ledger.
    """
    return workspace.run(
        lambda tx: looking_back(tx, workspace.lake, as_of, known_at), read_only=True
    )


def looking_back(
    tx: Transaction, lake: Lake, as_of: date, known_at: datetime | None = None
) -> LookBack:
    """Look back within a transaction of the caller's."""
    inputs = read_estimate_inputs(tx, lake, as_of, known_at)
    decided = proposals.decisions(tx, known_at=known_at)
    counted = [
        each
        for each in proposals.history(tx, ProposalKind.ESTIMATE, known_at=known_at)
        if each.as_of < as_of and counts(each, decided.get(each.id))
    ]
    outcomes = _outcomes(inputs, counted)
    past = [
        found
        for each in counted
        if each.subject in outcomes and (found := _past(each, outcomes[each.subject])) is not None
    ]
    groups = look_back(past)
    election = (
        "estimates_highly_probable"
        if inputs.policy.value("estimates_standard") == "ifrs"
        else "estimates_probable"
    )
    return LookBack(
        as_of=as_of,
        groups=groups,
        past=past,
        policy=policy_proposed(groups, election, inputs.policy.value(election)),
    )


def counts(proposal: Proposal, decision: ProposalDecision | None) -> bool:
    """Whether an estimate counted: it stood, or a second person approved it."""
    approved = decision is not None and decision.outcome is DecidedOutcome.APPROVED
    return proposal.standing is Standing.STANDS or approved


def propose_policy(workspace: Workspace, as_of: date) -> list[Proposal]:
    """Record what a look-back speaks for, to be read and decided; it never changes the policy."""

    def propose(tx: Transaction) -> list[Proposal]:
        found = looking_back(tx, workspace.lake, as_of)
        made = [
            Proposal(
                id=digest_of([str(as_of), each.election, each.proposed, each.reason])[:20],
                kind=ProposalKind.POLICY,
                subject=each.election,
                contract=None,
                as_of=as_of,
                prepared_by=tx.actor,
                standing=Standing.WAITS,
                reason=each.reason,
                run="look-back",
                seed=0,
                fact_seq=0,
                usage_version=None,
                model_version=MODEL_VERSION,
                facts=[],
                evidence={"election": each.election, "from": each.value, "to": each.proposed},
            )
            for each in found.policy
        ]
        proposals.record(tx, made)
        if made:
            audit_log.write(tx, "policy.propose", str(as_of), {"proposals": len(made)})
        return made

    return workspace.run(propose)


def _past(proposal: Proposal, actual: Decimal) -> Past | None:
    assert proposal.contract is not None
    return past_of(
        proposal.evidence, contract=proposal.contract, as_of=proposal.as_of, actual=actual
    )


def _outcomes(inputs: EstimateInputs, counted: Sequence[Proposal]) -> Mapping[str, Decimal]:
    """What each component came to: as told, else by its use once that is over."""
    told = {
        name: last.amount if last.amount is not None else last.quantity
        for name, listed in inputs.outcomes.items()
        if (last := listed[-1]).final
    }
    prepared = prepare(inputs)
    over = {
        each.component.id: (each, prepared.series[each.row])
        for each in prepared.cases
        if each.row is not None and not each.days_left
    }
    used: dict[str, Decimal] = {}
    for each in counted:
        if each.subject in over:
            case, series = over[each.subject]
            quantity = use_of(inputs.daily, series, inputs.as_of)
            used[each.subject] = _came_to(case, held_of(each.evidence), quantity)
    return told | used


def _came_to(case: Case, held: Held, used: Decimal) -> Decimal:
    """What the use of the ledger comes to; of tiers the volume is what was estimated."""
    is_volume = case.component.component is ComponentKind.VOLUME_TIERS
    return used if is_volume else held.at(used)


def look_back_data(found: LookBack) -> dict[str, Any]:
    """The look-back as plain data: figures as text."""
    return {
        "as_of": str(found.as_of),
        "groups": [
            {
                "component": each.kind,
                "cohort": each.cohort,
                "estimates": each.count,
                "unconstrained": str(each.unconstrained),
                "included": str(each.included),
                "actual": str(each.actual),
                "bias": str(each.bias),
                "hit_rate": str(each.hit_rate),
                "reversals": each.reversals,
                "reversals_stated": str(each.reversals_stated),
                "verdict": each.verdict,
            }
            for each in found.groups
        ],
        "estimates": [
            {
                "component": each.component,
                "contract": each.contract,
                "as_of": str(each.as_of),
                "unconstrained": str(each.unconstrained),
                "included": str(each.included),
                "actual": str(each.actual),
                "difference": str(each.difference),
                "inside": each.is_inside,
                "reversed": each.is_reversed,
            }
            for each in found.past
        ],
        "proposed": [
            {
                "election": each.election,
                "value": each.value,
                "proposed": each.proposed,
                "reason": each.reason,
            }
            for each in found.policy
        ],
    }
