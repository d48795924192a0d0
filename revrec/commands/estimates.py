"""Estimates: proposed, decided of by a second person, looked ahead with and back on.

The statistics load when a command needs them, so that the others start without them.
"""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, err, out, say, workspace_of
from revrec.errors import FeedError
from revrec.model.proposal import Proposal

AsOf = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Such as 2026-03-31.")]
Seed = Annotated[int, typer.Option(min=0, help="Of the draws; the same gives the same numbers.")]


def estimate(
    as_of: AsOf, seed: Seed = 1, actor: Actor = DEFAULT_ACTOR, as_json: AsJson = False
) -> None:
    """Estimate variable consideration; what leaves the policy's bounds waits for approval.

    Ends with 1 if a component cannot be estimated.
    """
    from revrec.operations import estimating

    with workspace_of(actor) as workspace, err.status("Estimating ..."):
        run = estimating.propose_estimates(workspace, as_of.date(), seed=seed)
    if as_json:
        out.print_json(json.dumps([proposal_as_json(each) for each in run.proposals]))
    else:
        _print_proposals(run.proposals)
    stand = sum(each.standing == "stands" for each in run.proposals)
    repeated = "" if run.new else " It had been run before; nothing was added."
    say(f"Run {run.run}: {len(run.proposals):,} estimated, {stand:,} stand.{repeated}")
    for name, error in run.refused.items():
        say(f"  {name}: {error}")
    if run.refused:
        raise typer.Exit(1)


def proposals(as_json: AsJson = False) -> None:
    """List proposals that wait for a second person."""
    from revrec.operations import estimating

    with workspace_of() as workspace:
        found = estimating.waiting_proposals(workspace)
    if as_json:
        out.print_json(json.dumps([proposal_as_json(each) for each in found]))
        return
    _print_proposals(found)
    say(f"{len(found):,} wait. Decide with `revrec decide ID --approve` or `--reject`.")


def decide(
    proposal: str,
    approve: Annotated[bool, typer.Option("--approve/--reject", help="What is decided.")],
    note: Annotated[str, typer.Option(help="Why.")] = "",
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Approve or reject a proposal that another person or the model prepared."""
    from revrec.operations import estimating

    with workspace_of(actor) as workspace:
        made = estimating.decide_proposal(workspace, proposal, approve=approve, note=note)
    say(f"{proposal} is {made.outcome.value} by {made.approved_by}.")


def override(
    component: str,
    value: Annotated[str, typer.Argument(help="The amount, or quantity, in its place.")],
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])],
    basis: Annotated[str, typer.Option(help="Why.")],
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Propose an estimate by hand; it waits for a second person."""
    from revrec.operations import estimating

    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise FeedError(f"{value!r} is no amount.", remedy="Write it as 1250.00.") from error
    with workspace_of(actor) as workspace:
        made = estimating.override_estimate(
            workspace, component, amount, as_of=as_of.date(), basis=basis
        )
    say(f"Proposal {made.id} waits for another person than {made.prepared_by}.")


def forecast(
    as_of: AsOf,
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day.")],
    confidence: Annotated[float, typer.Option(min=0.5, max=0.99)] = 0.8,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Forecast revenue, use and the run-off of commitments, each with its interval."""
    from revrec.operations.forecasting import forecast_use, outlook_data

    with workspace_of() as workspace, err.status("Forecasting ..."):
        seen = forecast_use(workspace, as_of.date(), until.date(), confidence=confidence, seed=seed)
    if as_json:
        out.print_json(json.dumps(outlook_data(seen)))
        return
    revenue = Table("revenue", "as time passes", "by use", "in all", "from", "to")
    revenue.title = f"Until {until:%Y-%m-%d}, {confidence:.0%} confidence"
    for currency, ahead in seen.revenue.items():
        told = (ahead.scheduled, ahead.by_use.expected, ahead.total.expected)
        bounds = (ahead.total.low, ahead.total.high)
        revenue.add_row(currency, *(f"{each:,}" for each in (*told, *bounds)))
    out.print(revenue)
    table = Table("use", "expected", "from", "to")
    runs = Table("commitment", "used", "remaining", "by its end", "runs out", "short", "over")
    for name, found in seen.forecasts.items():
        total = found.total
        table.add_row(name, f"{total.expected:,.2f}", f"{total.low:,.2f}", f"{total.high:,.2f}")
        for each in found.commitments:
            runs.add_row(
                each.name,
                f"{each.used:,.0f}",
                f"{each.remaining:,.0f}",
                f"{each.low:,.0f} to {each.high:,.0f}",
                f"{each.exhausted_middle or ''} ({each.probability:.0%})",
                f"{each.shortfall:,.0f}",
                f"{each.overage:,.0f}",
            )
    if table.row_count:
        out.print(table)
    if runs.row_count:
        out.print(runs)
    for name, error in seen.refused.items():
        say(f"Without {name}: {error}")
    for warned in seen.warnings:
        by = "be exceeded" if warned.warning == "exceeded" else "not be used up"
        say(
            f"{warned.commitment} will {by} with a probability of {warned.probability:.0%}, "
            f"by {warned.expected:,.0f} on average."
        )


def look_back(
    as_of: AsOf,
    propose: Annotated[
        bool, typer.Option("--propose", help="Record what it speaks for, to be decided.")
    ] = False,
    actor: Actor = DEFAULT_ACTOR,
    as_json: AsJson = False,
) -> None:
    """Compare past estimates with what came out: bias, stated confidence, reversals."""
    from revrec.operations.looking_back import look_back_data, look_back_on, propose_policy

    with workspace_of(actor) as workspace:
        found = look_back_on(workspace, as_of.date())
        made = propose_policy(workspace, as_of.date()) if propose else []
    if as_json:
        out.print_json(json.dumps(look_back_data(found)))
        return
    table = Table("component", "cohort", "estimates", "bias", "in 80%", "reversals", "verdict")
    for each in found.groups:
        table.add_row(
            each.kind,
            each.cohort,
            f"{each.count:,}",
            f"{each.bias:+.1%}",
            f"{each.hit_rate:.0%}",
            f"{each.reversals:,} ({each.reversals_stated:.1f} stated)",
            each.verdict,
        )
    out.print(table)
    for one in found.policy:
        say(f"{one.election}: {one.proposed} instead of {one.value}. {one.reason}")
    for proposal in made:
        say(f"Proposal {proposal.id} waits; a policy is changed by recording one.")


def ssp_study(
    as_of: AsOf,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First invoice date.")],
    actor: Actor = DEFAULT_ACTOR,
    as_json: AsJson = False,
) -> None:
    """Study selling prices from what was invoiced; the book it proposes waits for approval."""
    from revrec.operations.price_study import stratum_data, study_prices

    with workspace_of(actor) as workspace, err.status("Studying ..."):
        found = study_prices(workspace, since.date(), as_of.date())
    if as_json:
        told = {
            "strata": [stratum_data(each) for each in found.strata],
            "revenue": found.sensitivity,
            "proposals": [each.id for each in found.proposals],
        }
        out.print_json(json.dumps(told))
        return
    table = Table("stratum", "prices", "middle", "range", "inside", "before", "drift")
    for each in found.strata:
        entry, stratum = each.entry, each.stratum
        table.add_row(
            entry.id,
            f"{stratum.count:,}",
            f"{entry.amount}",
            f"{entry.low} to {entry.high}",
            f"{stratum.inside:.0%}" + ("" if stratum.concentrates else " (judge)"),
            f"{each.before or ''}",
            "" if each.drift is None else f"{each.drift:+.1%}",
        )
    out.print(table)
    for proposal in found.proposals:
        say(f"Proposal {proposal.id} of {proposal.subject}: {proposal.reason}")


def proposal_as_json(proposal: Proposal) -> dict[str, object]:
    """A proposal with its evidence."""
    return {
        "id": proposal.id,
        "kind": proposal.kind.value,
        "subject": proposal.subject,
        "contract": proposal.contract,
        "as_of": str(proposal.as_of),
        "prepared_by": proposal.prepared_by,
        "standing": proposal.standing.value,
        "reason": proposal.reason,
        "facts": list(proposal.facts),
        "evidence": dict(proposal.evidence),
    }


def _print_proposals(found: Sequence[Proposal]) -> None:
    table = Table("proposal", "of", "estimate", "included", "reversal", "standing", "why")
    for each in found:
        told = each.evidence
        table.add_row(
            each.id,
            each.subject,
            str(told.get("unconstrained", "")),
            str(told.get("included", "")),
            str(told.get("reversal", "")),
            each.standing.value,
            each.reason,
        )
    out.print(table)
