"""Controls around a close: gates and their waivers, the checklist."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import hashlib
import json
from pathlib import Path
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
from revrec.errors import NotFound
from revrec.model.controls import TaskStatus
from revrec.operations import checklist as tasks
from revrec.operations import close as closing
from revrec.operations.gates import GateState

app = typer.Typer(help="Tasks of a close.", no_args_is_help=True, callback=running)


def gates(period: str, as_json: AsJson = False) -> None:
    """Show every gate of a period's close: its value, its bound, what to do.

    Ends with 1 if one keeps the period from being closed.
    """
    with workspace_of() as workspace, err.status("Computing the books ..."):
        found = closing.gate_states(workspace, workspace.calendar().parse(period))
    if as_json:
        out.print_json(json.dumps([gate_as_json(each) for each in found]))
    else:
        table = Table("gate", "state", "value", "bound")
        for each in found:
            table.add_row(each.gate, _state(each), each.value, each.bound)
        out.print(table)
    for each in found:
        if each.blocks:
            say(str(each))
        elif each.waiver:
            say(str(each.waiver))
    if any(each.blocks for each in found):
        raise typer.Exit(1)


def waive(
    period: str,
    gate: Annotated[str, typer.Argument(help="Its name, as `revrec gates` shows it.")],
    requested_by: Annotated[str, typer.Option()],
    approved_by: Annotated[str, typer.Option(help="Another person.")],
    reason: Annotated[str, typer.Option(help="Why; it is shown on the reports of the close.")],
) -> None:
    """Let a period's next close pass a gate, on two people's word."""
    with workspace_of(requested_by, approved_by) as workspace:
        made = closing.waive_gate(
            workspace,
            workspace.calendar().parse(period),
            gate,
            requested_by=requested_by,
            approved_by=approved_by,
            reason=reason,
        )
    say(f"{period}: {made}")


def cut_off(
    period: str,
    requested_by: Annotated[str, typer.Option()],
    approved_by: Annotated[str, typer.Option(help="The controller; another person.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
) -> None:
    """Let everything known by now post in a soft-closed period."""
    with (
        workspace_of(requested_by, approved_by) as workspace,
        err.status("Computing the books ..."),
    ):
        moved = closing.move_cut_off(
            workspace,
            workspace.calendar().parse(period),
            requested_by=requested_by,
            approved_by=approved_by,
            reason=reason,
        )
    done = "moved" if moved.new else "covers everything that is known already"
    say(f"The cut-off of {period} {done}. Chain head {moved.certificate.chain_head}.")


@app.command("list")
def list_tasks(period: str, as_json: AsJson = False) -> None:
    """List the tasks of a period's close: owner, due day, state, what is left to do."""
    with workspace_of() as workspace, err.status("Computing the books ..."):
        found = tasks.checklist(workspace, workspace.calendar().parse(period))
    if as_json:
        out.print_json(json.dumps([task_as_json(each) for each in found]))
        return
    table = Table("task", "owner", "due", "state", "what")
    for each in found:
        required = " (required)" if each.told.required else ""
        table.add_row(
            each.task + required, each.told.owner, str(each.due_on), each.state, each.what
        )
    out.print(table)


@app.command()
def prepare(
    period: str,
    task: str,
    *,
    document: Annotated[
        Path | None, typer.Option(help="The document that shows it; its SHA-256 is kept.")
    ] = None,
    link: Annotated[str, typer.Option(help="Where it is kept.")] = "",
    note: Annotated[str, typer.Option(help="What was done.")] = "",
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Give evidence that a task is done; another person signs it."""
    if document is not None and not document.is_file():
        raise NotFound(f"There is no file {document}.", remedy="Check the path.")
    sha256 = hashlib.sha256(document.read_bytes()).hexdigest() if document else ""
    with workspace_of(actor) as workspace:
        asked = workspace.calendar().parse(period)
        given = workspace.run(
            lambda tx: tasks.prepare_task(tx, asked, task, sha256=sha256, link=link, note=note)
        )
    say(f"{task} of {period} is prepared by {given.prepared_by}; another person signs it.")


@app.command()
def sign(
    period: str,
    task: str,
    accept: Annotated[bool, typer.Option("--accept/--return", help="What is said of it.")] = True,
    note: Annotated[str, typer.Option(help="Why.")] = "",
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Accept or return what another person did for a task."""
    with workspace_of(actor) as workspace:
        asked = workspace.calendar().parse(period)
        given = workspace.run(lambda tx: tasks.sign_task(tx, asked, task, accept=accept, note=note))
    assert given.sign_off is not None, "it was signed just now"
    say(f"{task} of {period} is {given.sign_off.outcome} by {given.sign_off.signed_by}.")


def gate_as_json(state: GateState) -> dict[str, object]:
    """A gate as data."""
    names = ("gate", "asks", "bound", "value", "what", "remedy", "waivable", "blocks")
    told: dict[str, object] = {name: getattr(state, name) for name in names}
    return told | {"waived": str(state.waiver) if state.waiver else None}


def task_as_json(status: TaskStatus) -> dict[str, object]:
    """A task as data."""
    given = status.evidence
    signed = given.sign_off if given else None
    return {
        "task": status.task,
        "title": status.told.title,
        "owner": status.told.owner,
        "due_on": status.due_on.isoformat(),
        "after": list(status.told.after),
        "gate": status.told.gate or None,
        "required": status.told.required,
        "state": status.state.value,
        "what": status.what,
        "prepared_by": given.prepared_by if given else None,
        "sha256": given.sha256 if given else None,
        "link": given.link if given else None,
        "note": given.note if given else None,
        "signed_by": signed.signed_by if signed else None,
    }


def _state(state: GateState) -> str:
    if not state.what:
        return "open"
    return "waived" if state.waiver else "blocks"
