"""Usage: taken in and rated."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
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
    progress_of,
    show_rows,
    workspace_of,
)
from revrec.operations.rating import rate_counted, unlikely_usage
from revrec.usage.columns import FORMS
from revrec.usage.ingest import ingest as ingest_usage
from revrec.usage.rerating import RatingRun
from revrec.usage.sources import files


class Told(StrEnum):
    """Forms in which files tell usage."""

    RATED = "rated"
    COUNTED = "counted"
    EVENTS = "events"


def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or URLs of an object store.")],
    actor: Actor = DEFAULT_ACTOR,
    batch: Annotated[str | None, typer.Option(help="Name of the sending, for one file.")] = None,
    form: Annotated[
        Told, typer.Option(help="rated: days with amounts; counted: without; events: one by one.")
    ] = Told.RATED,
    as_json: AsJson = False,
) -> None:
    """Record usage from Parquet, Arrow, CSV or NDJSON files, each row exactly once.

    Of a folder or a prefix every file is taken; those taken before change nothing.
    """
    found = [file for path in paths for file in files(path)]
    if batch is not None and len(found) != 1:
        raise typer.BadParameter("--batch names one sending: give one file.")
    with workspace_of(actor) as workspace:
        for file in found:
            path = file.location
            with progress_of(file.name, None) as progress, file.opened() as content:
                totals = ingest_usage(
                    workspace.database,
                    workspace.lake,
                    content,
                    source_name=file.name,
                    entity=workspace.entity,
                    actor=actor,
                    batch=batch,
                    progress=partial(show_rows, progress),
                    form=FORMS[form],
                )
            counted = {
                name: getattr(totals, name).rows
                for name in ("received", "accepted", "duplicate", "quarantined")
            }
            if as_json:
                out.print_json(json.dumps({"file": path, "batch": totals.batch} | counted))
            else:
                told = ", ".join(f"{count:,} {name}" for name, count in counted.items())
                err.print(f"{path}: {told}", highlight=False)


def rate(
    through: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Months that ended by this day owe their minimums."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show only; write nothing.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what did not change since the last rating.")
    ] = False,
    as_json: AsJson = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Rate counted usage by the rate cards; again, it is a no-op.

    What late usage or a corrected card changes is appended, naming the rows it corrects.
    Ends with 1 if usage has no price.
    """
    with workspace_of(actor) as workspace, err.status("Rating ..."):
        day = through.date() if through else None
        run = rate_counted(workspace, through=day, dry_run=dry_run, everything=everything)
    if as_json:
        out.print_json(json.dumps(_told(run)))
    else:
        _print(run, dry_run=dry_run)
    if run.unpriced:
        raise typer.Exit(1)


def _told(run: RatingRun) -> dict[str, object]:
    return {
        "through": run.through.isoformat(),
        "counted": str(run.counted),
        "rated": str(run.rated),
        "unpriced": [
            {
                "contract": each.contract,
                "meter": each.meter,
                "labels": each.labels,
                "first_day": each.first_day.isoformat(),
                "last_day": each.last_day.isoformat(),
                "quantity": str(each.quantity),
            }
            for each in run.unpriced
        ],
        "new": run.new,
        "corrected": run.corrected,
        "reasons": run.reasons,
        "amounts": {currency: str(amount) for currency, amount in run.amounts.items()},
        "differences": {currency: str(amount) for currency, amount in run.differences.items()},
        "batch": run.recorded.batch if run.recorded else None,
    }


def _print(run: RatingRun, *, dry_run: bool) -> None:
    verb = "would be appended" if dry_run else "appended"
    err.print(
        f"Through {run.through}: {run.new:,} new lines and {run.corrected:,} corrections {verb}.",
        highlight=False,
    )
    for reason, count in run.reasons.items():
        err.print(f"  {count:,} because {reason}", highlight=False)
    table = Table("currency", "rated to date", "of it now")
    for currency, amount in run.amounts.items():
        table.add_row(currency, f"{amount:,f}", f"{run.differences.get(currency, 0):,f}")
    out.print(table)
    for each in run.unpriced:
        err.print(
            f"No price: {each.quantity:,f} of {each.contract} on {each.meter} {each.labels} from "
            f"{each.first_day} to {each.last_day}.",
            highlight=False,
            markup=False,
        )


def flags(
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Yesterday if left out.")
    ] = None,
) -> None:
    """Show usage that is unlikely for its own history; a flag blocks nothing."""
    with workspace_of() as workspace:
        found = unlikely_usage(workspace, as_of=as_of.date() if as_of else None)
    for each in found:
        out.print(str(each), highlight=False, markup=False, soft_wrap=True)
    err.print(f"{len(found):,} flags.")
