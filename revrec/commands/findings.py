"""``revrec findings`` and ``revrec checks``: what checks found, and what people do about it."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import (
    DEFAULT_ACTOR,
    Actor,
    AsJson,
    err,
    out,
    running,
    say,
    workspace_of,
)
from revrec.model.finding import Finding, FindingState
from revrec.operations import checking, findings
from revrec.operations.engines import PARALLEL
from revrec.operations.findings import Wanted
from revrec.reconciliation.datasets import age
from revrec.store.transaction import Transaction

app = typer.Typer(
    help="What checks found, and what people do about it.",
    no_args_is_help=True,
    callback=running,
)
checks = typer.Typer(help="Checks that run all the time.", no_args_is_help=True, callback=running)
Note = Annotated[str, typer.Option(help="Why.")]
Named = Annotated[str, typer.Argument(help="The finding's id.")]


@app.command("list")
def list_findings(
    state: Annotated[FindingState | None, typer.Option(help="Of one state.")] = None,
    contract: Annotated[str, typer.Option(help="Of one contract.")] = "",
    owner: Annotated[str, typer.Option(help="Of one owner.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List findings, oldest first, with their age. Ends with 1 if one is not resolved."""
    wanted = Wanted(
        state=state, standing=not all_ and state is None, contract=contract, owner=owner
    )
    with workspace_of() as workspace:
        found = workspace.run(lambda tx: findings.listed(tx, wanted), read_only=True)
        today = workspace.run(lambda tx: tx.now.date(), read_only=True)
    if as_json:
        out.print_json(json.dumps([told_of(each) for each in found]))
    else:
        table = Table("finding", "reason", "contract", "amount", "", "state", "owner", "age", "due")
        for each in found:
            table.add_row(
                each.id,
                each.cause.reason,
                f"{each.cause.contract} {each.cause.subject}",
                f"{each.amount:,f}",
                each.currency,
                each.state.value,
                each.owner,
                age(each.since, today),
                str(each.due_on or ""),
            )
        out.print(table)
    if any(not each.is_resolved for each in found):
        raise typer.Exit(1)


@app.command()
def show(finding: Named) -> None:
    """Show a finding with everything that happened to it."""
    with workspace_of() as workspace:
        found = workspace.run(lambda tx: findings.found_as(tx, finding), read_only=True)
    out.print_json(json.dumps(told_of(found)))


@app.command()
def assign(
    finding: Named,
    owner: Annotated[str, typer.Option(help="Who has it.")],
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By when.")] = None,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Give a finding to somebody."""
    due_on = None if due is None else due.date()
    _do(actor, lambda tx: findings.assign(tx, finding, owner, due_on))


@app.command()
def accept(finding: Named, note: Note = "", actor: Actor = DEFAULT_ACTOR) -> None:
    """Agree that it is to be corrected."""
    _do(actor, lambda tx: findings.accept(tx, finding, note))


@app.command()
def start(finding: Named, note: Note = "", actor: Actor = DEFAULT_ACTOR) -> None:
    """Tell that it is being corrected."""
    _do(actor, lambda tx: findings.start(tx, finding, note))


@app.command()
def resolve(finding: Named, note: Note, actor: Actor = DEFAULT_ACTOR) -> None:
    """Resolve a finding; above the policy's bound it then waits for another person."""
    _do(actor, lambda tx: findings.resolve(tx, finding, note))


@app.command()
def reopen(finding: Named, note: Note, actor: Actor = DEFAULT_ACTOR) -> None:
    """Open a resolved finding again."""
    _do(actor, lambda tx: findings.reopen(tx, finding, note))


@app.command("note")
def add_note(finding: Named, note: Note, actor: Actor = DEFAULT_ACTOR) -> None:
    """Add a note to a finding."""
    _do(actor, lambda tx: findings.note(tx, finding, note))


@checks.command("run")
def run_(
    check: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(checking.CHECKS)}; repeatable.")
    ] = None,
    as_json: AsJson = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Run checks as known now; raise, change and clear findings. Ends with 1 if any stands."""
    unknown = sorted(set(check or ()) - set(checking.CHECKS))
    if unknown:
        raise typer.BadParameter(f"there is no check {unknown[0]}")
    with workspace_of(actor) as workspace, err.status("Checking ..."):
        done = checking.run_checks(workspace, check or checking.CHECKS, engine=PARALLEL)
    names = ("raised", "changed", "cleared", "recurred", "standing")
    counts = {name: getattr(done.updated, name) for name in names}
    if as_json:
        refused = {name: error.message for name, error in done.refused.items()}
        out.print_json(json.dumps({"run": list(done.run), **counts, "refused": refused}))
    else:
        say(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    for name, error in done.refused.items():
        say(f"  {name} could not be run: {error.message} {error.remedy}")
    if done.updated.standing or done.refused:
        raise typer.Exit(1)


def _do(actor: str, operation: Callable[[Transaction], Finding]) -> None:
    with workspace_of(actor) as workspace:
        found = workspace.run(operation)
    waits = found.proposed
    say(
        f"{found.id} is {found.state}"
        + (f" and waits for another person than {waits.by}." if waits else ".")
    )


def told_of(found: Finding) -> dict[str, object]:
    """A finding as JSON."""
    told = ("action", "by", "owner", "note", "prepared_by", "first_period")
    return {
        "finding": found.id,
        "check": found.cause.check,
        "reason": found.cause.reason,
        "contract": found.cause.contract,
        "subject": found.cause.subject,
        "customer": found.customer,
        "currency": found.currency,
        "amount": f"{found.amount:f}",
        "state": found.state.value,
        "owner": found.owner,
        "since": found.since.isoformat(),
        "due_on": found.due_on and found.due_on.isoformat(),
        "events": [
            {name: str(getattr(each, name)) for name in told}
            | {"at": each.at.isoformat(), "amount": f"{each.amount:f}"}
            for each in found.events
        ],
    }
