"""Commands of work in the background: asking for it, looking at it, doing it."""

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
from revrec.errors import FeedError
from revrec.model.job import Job, JobState
from revrec.operations import jobs
from revrec.operations.people import require_of
from revrec.store import jobs as kept
from revrec.store.transaction import Transaction

app = typer.Typer(
    help="Work in the background, which survives a restart.",
    no_args_is_help=True,
    callback=running,
)


@app.command()
def start(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(jobs.KINDS)}.")],
    told: Annotated[
        list[str] | None, typer.Option("--set", help="What it needs, as period=2026-01.")
    ] = None,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Ask for a job in your name; a worker does it."""
    pairs = {}
    for each in told or []:
        name, is_pair, value = each.partition("=")
        if not is_pair:
            raise FeedError(f"--set {each!r} has no value.", remedy="Write name=value.")
        pairs[name] = value
    with workspace_of(actor) as workspace:
        needed = jobs.kind_of(kind, pairs).duties

        def ask(tx: Transaction) -> Job:
            require_of(workspace, needed, f"start {kind}")
            return jobs.submit(tx, kind, pairs)

        made = workspace.run(ask)
    say(f"{made.id} waits for a worker: `revrec jobs work`, or the one of `revrec serve`.")
    out.print(made.id, highlight=False)


@app.command("list")
def list_jobs(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 20, as_json: AsJson = False
) -> None:
    """List the jobs asked for last."""
    with workspace_of() as workspace:
        found = workspace.run(lambda tx: kept.latest(tx, limit), read_only=True)
    if as_json:
        out.print_json(json.dumps([_as_json(each) for each in found]))
        return
    table = Table("job", "kind", "asked by", "at", "state", "step")
    for each in found:
        step = f"{each.steps_done} of {each.steps_total}: {each.step}" if each.steps_total else ""
        at = f"{each.requested_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(each.id, each.kind, each.requested_by, at, each.state, step)
    out.print(table)


@app.command()
def show(job: str) -> None:
    """Show a job: how far it is, what came of it. Ends with 1 if it failed."""
    with workspace_of() as workspace:
        found = workspace.run(lambda tx: jobs.found(tx, job), read_only=True)
    out.print_json(json.dumps(_as_json(found)))
    if found.state is JobState.FAILED:
        raise typer.Exit(1)


@app.command()
def cancel(
    job: str,
    reason: Annotated[str, typer.Option(help="Why it is not wanted any more.")],
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Cancel a job: at once if it waits, where it next stops to look if it is under way."""
    with workspace_of(actor) as workspace:

        def end(tx: Transaction) -> Job:
            needed = jobs.KINDS[jobs.found(tx, job).kind].duties
            require_of(workspace, needed, "cancel a job")
            return jobs.cancel(tx, job, reason=reason)

        found = workspace.run(end)
    say(f"{job} is cancelled." if found.state.is_ended else f"{job} ends at its next step.")


@app.command()
def work(
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing waits any more.")] = False,
) -> None:
    """Do what waits, each job in the name of whoever asked for it, until told to stop."""
    from revrec.operations.worker import run_worker

    with workspace_of() as workspace:
        run_worker(workspace, wait=not once)


def _as_json(job: Job) -> dict[str, object]:
    names = ("id", "kind", "requested_by", "state", "attempts", "step", "steps_done")
    told: dict[str, object] = {name: getattr(job, name) for name in (*names, "steps_total")}
    for name in ("requested_at", "started_at", "ended_at", "cancelled_at"):
        moment = getattr(job, name)
        told[name] = None if moment is None else moment.isoformat()
    rest = {"arguments": dict(job.arguments), "result": job.result, "error": job.error}
    return told | rest | {"cancelled_by": job.cancelled_by}
