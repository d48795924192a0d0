"""``revrec refused``: records that are no facts, set aside when they were told."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any

import typer
from rich.table import Table

from revrec.commands.quarantine import Note
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
from revrec.errors import FeedError
from revrec.feeds.documents import read_json
from revrec.operations import refused
from revrec.store import fact_quarantine
from revrec.store.fact_quarantine import QuarantinedFact

app = typer.Typer(
    help="Records that are no facts, set aside: correct and release them, or dismiss them.",
    no_args_is_help=True,
    callback=running,
)
Records = Annotated[list[int], typer.Argument(help="Numbers of records, as `list` shows them.")]


@app.command(name="list")
def list_records(
    *,
    kind: Annotated[str | None, typer.Option(help="Only of this kind of fact.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only those set aside for it.")] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Those dealt with.")] = False,
    after: Annotated[int, typer.Option(help="Last record already seen.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most records.")] = 500,
    as_json: AsJson = False,
) -> None:
    """List records set aside, each with its reason and what to do."""
    read = partial(
        fact_quarantine.page,
        kind=kind,
        reason=reason,
        resolved=resolved,
        after=after,
        limit=limit,
    )
    with workspace_of() as workspace:
        found = workspace.run(read, read_only=True)
    if as_json:
        out.print_json(json.dumps([_told(each) for each in found]))
        return
    table = Table("record", "told on", "from", "place", "reason", "message")
    for each in found:
        day = f"{each.told_at:%Y-%m-%d}"
        table.add_row(str(each.id), day, each.source, each.place, each.reason, each.message)
    out.print(table)
    if len(found) == limit:
        say(f"There may be more: --after {found[-1].id}")


@app.command()
def show(record: int) -> None:
    """Show one record as it was sent, and what became of it."""
    with workspace_of() as workspace:
        found = workspace.run(lambda tx: fact_quarantine.find(tx, record), read_only=True)
    out.print_json(json.dumps(_told(found)))


@app.command()
def release(
    records: Records,
    note: Note,
    corrections: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="A field to correct in all of them, as amount=12.50 or a JSON value."
        ),
    ] = None,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Judge records again, corrected if wished; what is no fact yet stays where it is."""
    fields = _fields(corrections or [])
    given = dict.fromkeys(records, fields) if fields else {}
    with workspace_of(actor) as workspace:
        taken = workspace.run(lambda tx: refused.release(tx, records, note=note, corrections=given))
    done = taken.recorded
    err.print(
        f"{done.new:,} new, {done.corrected:,} corrected, {done.unchanged:,} unchanged, "
        f"{len(taken.refused):,} stay in quarantine"
    )
    for each in taken.refused:
        say(f"  {each.rejection.message}")
    if taken.refused:
        raise typer.Exit(1)


@app.command()
def dismiss(records: Records, note: Note, actor: Actor = DEFAULT_ACTOR) -> None:
    """Decide that records will not count; they stay on record."""
    with workspace_of(actor) as workspace:
        count = workspace.run(lambda tx: refused.dismiss(tx, records, note=note))
    err.print(f"{count:,} dismissed.")


def _fields(told: list[str]) -> dict[str, Any]:
    """Fields by name; what begins like a list, an object or is null is read as JSON."""
    fields: dict[str, Any] = {}
    for each in told:
        name, equals, value = each.partition("=")
        if not equals:
            raise FeedError(f"--set {each!r} sets nothing.", remedy="Write --set amount=12.50.")
        is_json = value.startswith(("[", "{")) or value == "null"
        fields[name] = read_json(value, f"--set {name}") if is_json else value
    return fields


def _told(record: QuarantinedFact) -> dict[str, object]:
    return {
        "record": record.id,
        "source": record.source,
        "place": record.place,
        "kind": record.kind or None,
        "reason": record.reason,
        "message": record.message,
        "fields": list(record.fields),
        "sent": record.sent,
        "told_at": record.told_at.isoformat(),
        "told_by": record.told_by,
        "outcome": record.outcome,
        "resolved_by": record.resolved_by,
        "note": record.note,
    }
