"""Commands of webhooks: who is told what happened, and what they were told."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import (
    DEFAULT_ACTOR,
    Actor,
    AsJson,
    out,
    running,
    say,
    workspace_of,
)
from revrec.model.webhook import EventKind
from revrec.operations import webhooks
from revrec.operations.delivering import deliver_due
from revrec.operations.workspace import Workspace
from revrec.store import webhooks as kept

app = typer.Typer(help="Others who are told what happened.", no_args_is_help=True, callback=running)


@app.command()
def add(
    url: str,
    on: Annotated[list[EventKind], typer.Option("--on", help="What it is told.")],
    threshold: Annotated[
        list[int] | None,
        typer.Option("--threshold", help="Percent of a commitment or of credits."),
    ] = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Register an endpoint; the secret that proves it is told by us is shown once."""
    with workspace_of(actor) as workspace:
        made = workspace.run(
            lambda tx: webhooks.register(
                tx, workspace.outbound, url, on, thresholds=threshold or (), note=note
            )
        )
        _show_secret(workspace, made.id)
    say(f"{made.id} is told {', '.join(made.kinds)}.")


@app.command("list")
def list_endpoints(as_json: AsJson = False) -> None:
    """List endpoints, ended or not."""
    with workspace_of() as workspace:
        found = workspace.run(kept.endpoints, read_only=True)
    if as_json:
        told = [
            {
                "id": each.id,
                "url": each.url,
                "kinds": list(each.kinds),
                "thresholds": list(each.thresholds),
                "generation": each.generation,
                "ended_at": each.ended_at.isoformat() if each.ended_at else None,
            }
            for each in found
        ]
        out.print_json(json.dumps(told))
        return
    table = Table("endpoint", "URL", "told", "thresholds", "secret", "ended")
    for each in found:
        ended = f"{each.ended_at:%Y-%m-%d}" if each.ended_at else ""
        thresholds = ", ".join(f"{percent} %" for percent in each.thresholds)
        table.add_row(
            *(each.id, each.url, ", ".join(each.kinds), thresholds, str(each.generation), ended)
        )
    out.print(table)


@app.command()
def rotate(
    endpoint: str,
    after_hours: Annotated[
        int, typer.Option(min=0, help="Hours in which the old secret signs too.")
    ] = webhooks.OVERLAP_HOURS,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Begin another secret of an endpoint; it is shown once."""
    with workspace_of(actor) as workspace:
        workspace.run(
            lambda tx: webhooks.rotate(tx, workspace.outbound, endpoint, after_hours=after_hours)
        )
        _show_secret(workspace, endpoint)
    say(f"The old secret of {endpoint} signs for {after_hours} hours more.")


@app.command()
def end(
    endpoint: str,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Tell an endpoint nothing more."""
    with workspace_of(actor) as workspace:
        workspace.run(lambda tx: webhooks.end(tx, endpoint, reason))
    say(f"{endpoint} is told nothing more.")


@app.command()
def deliveries(
    endpoint: str,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
) -> None:
    """List what an endpoint was told, and what came of it."""
    with workspace_of() as workspace:
        found = workspace.run(lambda tx: kept.deliveries(tx, endpoint, limit), read_only=True)
        attempts = workspace.run(lambda tx: kept.attempts(tx, endpoint), read_only=True)
    rows = [
        {
            "event": each.event.id,
            "kind": each.event.kind.value,
            "subject": each.event.subject,
            "state": each.state.value,
            "attempts": [told.status or told.error for told in attempts.get(each.event.id, [])],
        }
        for each in found
    ]
    if as_json:
        out.print_json(json.dumps(rows))
        return
    table = Table("event", "kind", "of", "state", "attempts")
    for row in rows:
        told = ", ".join(map(str, row["attempts"]))
        table.add_row(*(str(row[name]) for name in ("event", "kind", "subject", "state")), told)
    out.print(table)


@app.command()
def replay(endpoint: str, event: str, actor: Actor = DEFAULT_ACTOR) -> None:
    """Send an event to an endpoint again, under the same id."""
    with workspace_of(actor) as workspace:
        workspace.run(lambda tx: webhooks.replay(tx, endpoint, event))
    say(f"{event} waits to be sent again: `revrec webhooks deliver`, or a worker.")


@app.command()
def deliver() -> None:
    """Send what is due now, once each, as the worker of `revrec serve` does all the time."""
    with workspace_of() as workspace:
        taken = deliver_due(workspace)
    say(f"{taken} taken.")


def _show_secret(workspace: Workspace, endpoint: str) -> None:
    told = workspace.run(lambda tx: (webhooks.found(tx, endpoint), tx.now), read_only=True)
    [secret, *_] = webhooks.secrets_of(workspace.outbound, workspace.entity, *told)
    say("Its secret follows from the service's own and is not kept:")
    out.print(secret, highlight=False, soft_wrap=True)
