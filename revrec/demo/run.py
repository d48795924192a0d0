"""The demonstration from an empty folder to workbooks, with what people want to see on the way."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from reports.export import export
from revrec.demo.generate import generate
from revrec.demo.replay import Step, register_entity, replay, steps
from revrec.errors import InvariantViolated
from revrec.money import Money
from revrec.operations.report import Report, report
from revrec.operations.verify import verify
from revrec.operations.workspace import open_workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings

FIRST, LAST = Period(2026, 1), Period(2026, 3)


def run_demo(home: Path, folder: Path, *, err: Console, out: Console) -> None:
    """Make the files, let them arrive, close January to March 2026, verify, write the workbooks.

    The books are in ``home``, on a private server of their own, whatever else is configured.
    Raises InvariantViolated unless every tie-out holds.
    """
    settings = Settings(home=home, database_url=None, owner_database_url=None, lake=None)
    configure(settings.log_level)
    with err.status("Making a quarter's files of a company that sells tokens ..."):
        manifest = generate(home / "files")
    todo = steps(manifest, home / "files")
    clock = FixedClock(todo[0].at)
    with (
        err.status("Starting the embedded PostgreSQL and migrating ..."),
        open_workspace(settings, actor="demo", clock=clock, migrate=True) as workspace,
    ):
        err.print("The embedded PostgreSQL is up and migrated.")
        register_entity(workspace, manifest)
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=err,
            transient=True,
        ) as progress:
            task = progress.add_task("Files arrive, months are closed", total=len(todo))

            def tell(step: Step, result: str) -> None:
                err.print(
                    f"{step.at:%Y-%m-%d} {step.told}: {result}", highlight=False, soft_wrap=True
                )
                progress.advance(task)

            replay(workspace, clock, todo, tell)
        for line in verify(workspace):
            err.print(f"[green]ok[/] {line}", highlight=False, soft_wrap=True)
        told = report(workspace, FIRST, LAST)
        files = export(told, folder)
    _show(told, out)
    for file in files:
        if file.name.endswith(".xlsx"):
            out.print(str(folder / file.name), highlight=False, soft_wrap=True)


def _show(told: Report, out: Console) -> None:
    """Key figures and whether everything agrees."""
    table = Table("month", "", "recognised", "deferred", "contract asset", "receivable", "unbilled")
    for column in table.columns[2:]:
        column.justify = "right"
    for each in told.schedules.summary:
        amounts = (
            each.recognised,
            each.contract_liability,
            each.contract_asset,
            each.receivable,
            each.unbilled,
        )
        shown = [f"{Money(amount, each.currency).decimal:,}" for amount in amounts]
        table.add_row(each.period, each.currency, *shown)
    out.print(table)
    findings = told.reconciliation.findings.rows
    out.print(f"The reconciliation found and named {len(findings):,} billing mistakes.")
    off = [each for each in told.tie_outs if each.difference]
    if off:
        raise InvariantViolated(
            f"{len(off):,} of {len(told.tie_outs):,} tie-outs do not hold, first: {off[0].name}, "
            f"{off[0].left_name} {off[0].left:,} against {off[0].right_name} {off[0].right:,}.",
        )
    out.print(f"Every one of {len(told.tie_outs):,} tie-outs holds.")
