"""``revrec usage``: looking into the usage ledger, and holding it against other counts."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from revrec.commands import control, drilling
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
from revrec.operations.counting import compare_counts, record_counts

app = typer.Typer(
    help="Look into the usage ledger; hold it against other counts.",
    no_args_is_help=True,
    callback=running,
)
app.command()(control.batches)
app.command()(control.batch)
app.command()(control.days)
app.command()(control.rules)
app.command()(drilling.totals)
app.command()(drilling.rows)
app.command()(drilling.statement)
app.command()(drilling.roll_up)
First = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
Last = Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]


@app.command()
def count(
    path: Annotated[Path, typer.Argument(help="Totals: contract or customer, meter, day.")],
    source: Annotated[str, typer.Option(help="The system that counted.")],
    batch: Annotated[str | None, typer.Option(help="Name of the sending.")] = None,
    actor: Actor = DEFAULT_ACTOR,
    as_json: AsJson = False,
) -> None:
    """Record what another system counted; it is compared with the ledger and never enters it.

    Ends with 1 if rows could not be read.
    """
    with workspace_of(actor) as workspace:
        told = record_counts(workspace, path, source=source, batch=batch)
    figures = {
        "received": told.received,
        "new": told.new,
        "corrected": told.corrected,
        "unchanged": told.unchanged,
        "refused": len(told.refused),
    }
    if as_json:
        out.print_json(json.dumps({"source": source, "batch": told.batch, **figures}))
    else:
        say(f"{path}: " + ", ".join(f"{figure:,} {name}" for name, figure in figures.items()))
    for each in told.refused:
        say(f"  row {each.row}: {each.message}")
    if told.refused:
        raise typer.Exit(1)


@app.command()
def compare(
    first: First,
    last: Last,
    source: Annotated[str | None, typer.Option(help="One system; all if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare the ledger with what other systems counted, by customer, meter and day.

    Ends with 1 if a count drifts beyond what the policy elects.
    """
    with workspace_of() as workspace:
        found = compare_counts(workspace, first=first.date(), last=last.date(), source=source)
    if as_json:
        told = [
            {
                "source": each.source,
                "customer": each.customer,
                "meter": each.meter,
                "day": each.day.isoformat(),
                "drift": each.drift.value,
                "ledger": f"{each.ledger:f}",
                "counted": f"{each.counted:f}",
                "difference": f"{each.difference:f}",
            }
            for each in found.drifted
        ]
        out.print_json(json.dumps(told))
    else:
        for each in found.drifted:
            out.print(str(each), highlight=False, markup=False, soft_wrap=True)
    err.print(f"{found.compared:,} compared, {len(found.drifted):,} drift.", highlight=False)
    if found.drifted:
        raise typer.Exit(1)
