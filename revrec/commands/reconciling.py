"""``revrec reconcile``: usage metered, rated, billed and recognised against each other."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.parallel import print_json
from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, err, out, say, workspace_of
from revrec.disclosure.columns import records_of
from revrec.operations.reconciling import ThreeWay, three_way
from revrec.usage.metered_to_rated import Grain


def reconcile(  # noqa: PLR0917 - options of the command
    period: str,
    first: Annotated[str | None, typer.Option("--from", help="First period.")] = None,
    grain: Annotated[Grain, typer.Option(help="By day, too.")] = Grain.MONTH,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for a workbook.")] = None,
    as_json: AsJson = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Compare usage metered, rated, billed and recognised, as known now, each reason named.

    Ends with 1 if something has no reason or is invoiced wrongly, or a total does not tie.
    """
    with workspace_of(actor) as workspace, err.status("Reconciling ..."):
        calendar = workspace.calendar()
        last = calendar.parse(period)
        run = three_way(workspace, calendar.parse(first) if first else last, last, grain)
    if folder is not None:
        from reports.reconciliation import write_three_way

        for file in write_three_way(run, folder):
            say(str(file))
    if as_json:
        print_json(tuple(run.datasets.values()))
    else:
        _show(run)
    off = any(each.difference for each in run.tie_outs)
    if run.open_reasons or run.billing_errors or off:
        raise typer.Exit(1)


def _show(run: ThreeWay) -> None:
    sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in records_of(run.reconciliation.reasons):
        key = tuple(str(row[name]) for name in ("difference", "code", "reason", "currency"))
        sums[key] += Decimal(str(row["amount"]))
    table = Table("difference", "code", "reason", "", "amount", title="Reasons of differences")
    for key, amount in sorted(sums.items()):
        table.add_row(*key, f"{amount:,f}")
    out.print(table)
    for row in records_of(run.metered.reasons):
        moved = row["quantity"] or row["amount"]
        say(
            f"  {row['contract']} {row['meter']} {row['service']}: {row['difference']} "
            f"{row['reason']} {moved:,f}"
        )
    for row in records_of(run.reconciliation.findings):
        say(f"  {row['age']}: {row['sentence']} {row['remedy']}")
    say(f"{len(run.reconciliation.findings.rows):,} findings.")
    wrong, open_ = run.billing_errors, run.open_reasons
    say(f"{wrong:,} differences are invoiced wrongly, {open_:,} have no reason.")
