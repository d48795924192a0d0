"""``revrec quarantine``: usage rows that were set aside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
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
from revrec.errors import FeedError, NotFound
from revrec.usage import quarantine as kept
from revrec.usage import releases
from revrec.usage.totals import ControlTotals

app = typer.Typer(
    help="Usage rows set aside: see them, correct and release them, or reject them.",
    no_args_is_help=True,
    callback=running,
)
Rows = Annotated[list[int], typer.Argument(help="Numbers of rows, as `list` shows them.")]
Note = Annotated[str, typer.Option(help="Why; it is kept.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="A column to correct in all rows named, as meter=tokens."),
]


@app.command(name="list")
def list_rows(
    *,
    reason: Annotated[str | None, typer.Option(help="Only rows set aside for it.")] = None,
    batch: Annotated[str | None, typer.Option(help="Only rows of this sending.")] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Those released, rejected.")] = False,
    after: Annotated[int, typer.Option(help="Last row already seen.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most rows.")] = 500,
    as_json: AsJson = False,
) -> None:
    """List rows set aside, each with its reason and what to do."""
    read = partial(
        kept.list_quarantine,
        batch=batch,
        reason=reason,
        resolved=resolved,
        after=after,
        limit=limit,
    )
    with workspace_of() as workspace:
        rows = workspace.run(read, read_only=True)
    if as_json:
        out.print_json(json.dumps([_told(row) for row in rows]))
        return
    table = Table("row", "batch", "file row", "day", "reason", "message")
    for row in rows:
        day = str(row.usage_date or "")
        table.add_row(
            str(row.id), row.batch[:16], str(row.row_number), day, row.reason, row.message
        )
    out.print(table)
    if len(rows) == limit:
        say(f"There may be more: --after {rows[-1].id}")


@app.command()
def show(row: int) -> None:
    """Show one row as it was sent, and what became of it."""
    read = partial(kept.list_quarantine, resolved=None, after=row - 1, limit=1)
    with workspace_of() as workspace:
        found = workspace.run(read, read_only=True)
    if not found or found[0].id != row:
        raise NotFound(
            f"There is no quarantined row {row}.", remedy="See `revrec quarantine list`."
        )
    out.print_json(json.dumps(_told(found[0])))


@app.command()
def release(rows: Rows, note: Note, corrections: Set = None, actor: Actor = DEFAULT_ACTOR) -> None:
    """Judge rows again, corrected if wished; beyond what the policy elects it takes two people."""
    given = _corrections(rows, corrections)
    with workspace_of(actor) as workspace:
        lake = workspace.lake
        totals = workspace.run(
            lambda tx: releases.release(tx, lake, rows, note=note, corrections=given)
        )
    _print_totals(totals)


@app.command()
def request(rows: Rows, note: Note, corrections: Set = None, actor: Actor = DEFAULT_ACTOR) -> None:
    """Ask for a release that another person approves."""
    given = _corrections(rows, corrections)
    with workspace_of(actor) as workspace:
        asked = workspace.run(
            lambda tx: releases.request_release(tx, rows, note=note, corrections=given)
        )
    say(f"Request {asked.id}: {asked.size}. Another person approves it.")


@app.command()
def requests() -> None:
    """List releases that wait for a second person."""
    with workspace_of() as workspace:
        found = workspace.run(releases.open_requests, read_only=True)
    table = Table("request", "asked for by", "on", "of", "why")
    for each in found:
        day = f"{each.requested_at:%Y-%m-%d}"
        table.add_row(str(each.id), each.requested_by, day, str(each.size), each.note)
    out.print(table)


@app.command()
def approve(
    request: Annotated[int, typer.Argument(help="Number of the request.")],
    actor: Annotated[str, typer.Option("--as", help="Who approves; not who asked.")],
) -> None:
    """Approve a release that another person asked for; the rows are judged again."""
    with workspace_of(actor) as workspace:
        lake = workspace.lake
        totals = workspace.run(lambda tx: releases.approve_release(tx, lake, request))
    _print_totals(totals)


@app.command()
def reject(rows: Rows, note: Note, actor: Actor = DEFAULT_ACTOR) -> None:
    """Decide that rows will not count; they stay on record."""
    with workspace_of(actor) as workspace:
        count = workspace.run(lambda tx: kept.reject(tx, rows, note=note))
    err.print(f"{count:,} rejected.")


def _corrections(rows: list[int], told: list[str] | None) -> Mapping[int, Mapping[str, str]]:
    """Columns to correct, the same in every row."""
    columns: dict[str, str] = {}
    for each in told or ():
        column, equals, value = each.partition("=")
        if not equals:
            raise FeedError(f"--set {each!r} sets nothing.", remedy="Write --set meter=tokens.")
        columns[column] = value
    return dict.fromkeys(rows, columns) if columns else {}


def _told(row: kept.QuarantinedRow) -> dict[str, object]:
    return {
        "row": row.id,
        "batch": row.batch,
        "file_row": row.row_number,
        "usage_date": row.usage_date.isoformat() if row.usage_date else None,
        "reason": row.reason,
        "message": row.message,
        "sent": dict(row.payload),
        "outcome": row.outcome,
        "resolved_by": row.resolved_by,
        "note": row.note,
    }


def _print_totals(totals: ControlTotals) -> None:
    err.print(f"{totals.accepted.rows:,} accepted, {totals.duplicate.rows:,} known before, "
              f"{totals.quarantined.rows:,} set aside again.")  # fmt: skip
