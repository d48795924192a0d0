"""Proposing estimates, and deciding of proposals: what stands becomes facts, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from revrec.errors import Conflict, ContractError, NotFound, SelfApproval
from revrec.estimation.cases import Case, Estimated
from revrec.estimation.change import explain_change
from revrec.estimation.components import IN_UNITS
from revrec.estimation.constraint import ConstraintPolicy, constraint_policy
from revrec.estimation.estimate import estimates
from revrec.estimation.evidence import evidence_by_hand, evidence_of, held_of
from revrec.estimation.histories import history_of
from revrec.estimation.numbers import MODEL_VERSION, generator
from revrec.estimation.outlook import Portfolio, fit_portfolio
from revrec.feeds.records import fact_of
from revrec.model.estimation import ComponentKind, UncertaintyFactor
from revrec.model.fact import digest_of
from revrec.model.proposal import (
    DecidedOutcome,
    Proposal,
    ProposalDecision,
    ProposalKind,
    Standing,
)
from revrec.operations.estimate_inputs import (
    EstimateInputs,
    Prepared,
    prepare,
    read_estimate_inputs,
)
from revrec.operations.facts import recording
from revrec.operations.workspace import Workspace
from revrec.store import audit_log, proposals
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction

_ID_DIGITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRun:
    """What a run proposed. A run of the same data and seed is the same run."""

    run: str
    new: bool
    proposals: Sequence[Proposal]
    refused: Mapping[str, ContractError]
    """Components that cannot be estimated, with the reason."""


def propose_estimates(workspace: Workspace, as_of: date, *, seed: int = 1) -> EstimateRun:
    """Estimate every open component as of a day; those within the policy's bounds stand."""
    return workspace.run(lambda tx: proposing(tx, workspace.lake, as_of, seed=seed))


def proposing(tx: Transaction, lake: Lake, as_of: date, *, seed: int = 1) -> EstimateRun:
    """Propose estimates within a transaction of the caller's."""
    inputs = read_estimate_inputs(tx, lake, as_of)
    prepared = prepare(inputs)
    run = digest_of([inputs.digest, seed])[:_ID_DIGITS]
    before = proposals.of_run(tx, run)
    if before:
        return EstimateRun(run=run, new=False, proposals=before, refused=prepared.refused)
    latest = proposals.latest(tx, ProposalKind.ESTIMATE, as_of)
    found = [
        _with_change(each, latest.get(each.subject))
        for each in _proposed(inputs, prepared, run=run, seed=seed, actor=tx.actor)
    ]
    proposals.record(tx, found)
    standing = [each for each in found if each.standing is Standing.STANDS]
    recording(tx, [fact_of(fact, each.id) for each in standing for fact in each.facts], source=run)
    details = {"as_of": str(as_of), "seed": seed, "proposed": len(found), "stand": len(standing)}
    audit_log.write(tx, "estimates.propose", run, details)
    return EstimateRun(run=run, new=True, proposals=found, refused=prepared.refused)


def fitted(inputs: EstimateInputs, prepared: Prepared, *, seed: int) -> Portfolio | None:
    """The portfolio of the series, tried on its past; none without series."""
    if not prepared.series:
        return None
    panel = history_of(inputs.daily, prepared.series, inputs.as_of)
    days = [each.days_left for each in prepared.cases if each.row is not None]
    horizon = -(-max(days, default=panel.step_days) // panel.step_days)
    return fit_portfolio(panel, horizon=horizon, rng=generator(seed))


def _proposed(
    inputs: EstimateInputs, prepared: Prepared, *, run: str, seed: int, actor: str
) -> Iterator[Proposal]:
    policy = constraint_policy(inputs.policy)
    portfolio = fitted(inputs, prepared, seed=seed)
    cases = {each.component.id: each for each in prepared.cases}
    rng = generator(seed + 1)
    for estimated in estimates(prepared.cases, portfolio, policy=policy, rng=rng):
        case = cases[estimated.component]
        standing, reason = _standing(case, estimated, inputs, policy)
        yield Proposal(
            id=digest_of([run, estimated.component])[:_ID_DIGITS],
            kind=ProposalKind.ESTIMATE,
            subject=estimated.component,
            contract=estimated.contract,
            as_of=inputs.as_of,
            prepared_by=actor,
            standing=standing,
            reason=reason,
            run=run,
            seed=seed,
            fact_seq=inputs.fact_seq,
            usage_version=inputs.usage_version,
            model_version=MODEL_VERSION,
            facts=[_fact(case, estimated.included, inputs.as_of, _basis(estimated))],
            evidence=evidence_of(case, estimated, policy),
        )


def _with_change(proposal: Proposal, before: Proposal | None) -> Proposal:
    """The proposal with why it differs from the last one that counted (606-10-32-14)."""
    if before is None:
        return proposal
    name = proposal.subject
    change = explain_change({name: held_of(before.evidence)}, {name: held_of(proposal.evidence)})
    told = {"since": str(before.as_of)} | {
        part: str(getattr(change, part))
        for part in ("before", "after", "usage", "mix", "price", "method")
    }
    return replace(proposal, evidence={**proposal.evidence, "change": told})


def _standing(
    case: Case, estimated: Estimated, inputs: EstimateInputs, policy: ConstraintPolicy
) -> tuple[Standing, str]:
    """Whether the estimate is inside the bounds, and why or why not."""
    if UncertaintyFactor.LITTLE_EXPERIENCE in estimated.factors:
        return Standing.WAITS, "There is little experience of predictive value (606-10-32-12c)."
    before = inputs.in_force(case.component)
    if before is None:
        return Standing.WAITS, "It is the component's first estimate by the model."
    if estimated.kind in IN_UNITS:
        moved, price = estimated.included - before, max(abs(before), Decimal(1))
    else:
        moved = estimated.included - before
        price = max(abs(inputs.price(case.contract)), Decimal(1))
    share = abs(moved) / price
    told = f"It moves by {share:.1%} of the {'estimate' if estimated.kind in IN_UNITS else 'price'}"
    if share > Decimal(repr(policy.stand_within)):
        return Standing.WAITS, f"{told}, more than {policy.stand_within:.0%}."
    return Standing.STANDS, f"{told}, within {policy.stand_within:.0%}."


def _basis(estimated: Estimated) -> str:
    return (
        f"{estimated.method.value.replace('_', ' ')} {estimated.unconstrained} {estimated.unit}; "
        f"included {estimated.included}: probability of a significant reversal "
        f"{estimated.reversal:.1%}, tolerated {estimated.tolerated:.1%}"
    )


def _fact(case: Case, value: Decimal, as_of: date, basis: str) -> dict[str, Any]:
    """The estimate as a record: an amount, or a quantity where the engine prices it."""
    component = case.component
    return _record(component.component, component.consideration, component.obligation) | {
        "kind": "estimate",
        "id": f"{component.id} {as_of}",
        "contract": component.contract,
        "on": str(as_of),
        "expected" if component.component in IN_UNITS else "amount": str(value),
        "basis": basis,
    }


def _record(
    kind: ComponentKind, consideration: str | None, obligation: str | None
) -> dict[str, Any]:
    if consideration is not None and kind not in {ComponentKind.BREAKAGE, ComponentKind.ROLLOVER}:
        return {"consideration": consideration}
    return {"obligation": obligation}


def override_estimate(
    workspace: Workspace, component: str, value: Decimal, *, as_of: date, basis: str
) -> Proposal:
    """Propose another estimate by hand; it waits for a second person.

    Raises NotFound for a component that is not open, Conflict without a reason.
    """
    return workspace.run(
        lambda tx: overriding(tx, workspace.lake, component, value, as_of=as_of, basis=basis)
    )


def overriding(
    tx: Transaction, lake: Lake, component: str, value: Decimal, *, as_of: date, basis: str
) -> Proposal:
    """Propose by hand within a transaction of the caller's."""
    if not basis.strip():
        raise Conflict("An override gives no reason.", remedy="Say why in `basis`.")
    inputs = read_estimate_inputs(tx, lake, as_of)
    cases = {each.component.id: each for each in prepare(inputs).cases}
    if component not in cases:
        raise NotFound(
            f"No open variable component {component!r} on {as_of}.",
            remedy="Name one that is recorded and not final.",
        )
    case = cases[component]
    proposal = Proposal(
        id=digest_of([component, str(as_of), str(value), basis, tx.actor])[:_ID_DIGITS],
        kind=ProposalKind.ESTIMATE,
        subject=component,
        contract=case.contract.id,
        as_of=as_of,
        prepared_by=tx.actor,
        standing=Standing.WAITS,
        reason="It was set by hand.",
        run="by hand",
        seed=0,
        fact_seq=inputs.fact_seq,
        usage_version=inputs.usage_version,
        model_version=MODEL_VERSION,
        facts=[_fact(case, value, as_of, basis)],
        evidence=evidence_by_hand(case, value, basis),
    )
    proposals.record(tx, [proposal])
    audit_log.write(tx, "estimates.override", component, {"proposal": proposal.id})
    return proposal


def decide_proposal(
    workspace: Workspace, proposal: str, *, approve: bool, note: str = ""
) -> ProposalDecision:
    """Approve or reject a proposal that waits; who prepared it may do neither."""
    return workspace.run(lambda tx: deciding(tx, proposal, approve=approve, note=note))


def deciding(tx: Transaction, proposal: str, *, approve: bool, note: str = "") -> ProposalDecision:
    """Decide within a transaction of the caller's; approval records the proposed facts.

    Raises NotFound, SelfApproval, Conflict when it stands already or was decided.
    """
    found = proposals.find(tx, proposal)
    if found is None:
        raise NotFound(f"No proposal {proposal!r}.", remedy="List those that wait.")
    if tx.actor == found.prepared_by:
        raise SelfApproval(
            f"{tx.actor} prepared the proposal {proposal} and cannot decide of it.",
            remedy="Have another person decide.",
        )
    earlier = proposals.decisions(tx).get(proposal)
    if found.standing is Standing.STANDS or earlier is not None:
        done = "stands" if earlier is None else f"was {earlier.outcome} by {earlier.approved_by}"
        raise Conflict(
            f"The proposal {proposal} {done}.", remedy="Override it with a new proposal."
        )
    decision = ProposalDecision(
        proposal=proposal,
        prepared_by=found.prepared_by,
        approved_by=tx.actor,
        decided_at=tx.now,
        outcome=DecidedOutcome.APPROVED if approve else DecidedOutcome.REJECTED,
        note=note,
    )
    proposals.decide(tx, decision)
    if approve:
        proposed = [fact_of(each, proposal) for each in found.facts]
        recording(tx, proposed, source=proposal, approved=True)
    audit_log.write(tx, f"proposal.{decision.outcome}", proposal, {"note": note})
    return decision


def waiting_proposals(workspace: Workspace, known_at: datetime | None = None) -> list[Proposal]:
    """Proposals that wait for a second person, at a moment or now."""
    return workspace.run(lambda tx: proposals.waiting(tx, known_at), read_only=True)
