"""The command line: operations' names as commands; data on stdout, progress and words on stderr.

Exit codes: 0 done, 1 something does not hold or was refused, 2 wrong usage.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from revrec.commands import (
    backing_up,
    books,
    calculations,
    changes,
    closing,
    commitments,
    contracts,
    controls,
    estimates,
    evidence,
    explaining,
    exporting,
    findings,
    jobs,
    lake,
    ledger,
    misstatements,
    parallel,
    people,
    quarantine,
    reading,
    reconciling,
    refused,
    replaying,
    samples,
    usage,
    usage_ledger,
    webhooks,
)
from revrec.commands.shared import (
    DEFAULT_ACTOR,
    Actor,
    OfBook,
    err,
    out,
    running,
    say,
    workspace_of,
)
from revrec.errors import RevrecError
from revrec.operations.people import NAMELESS
from revrec.operations.refused import take
from revrec.operations.workspace import open_workspace
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings, wrong

app = typer.Typer(
    help="ASC 606 revenue recognition: facts in, postings out.",
    no_args_is_help=True,
    callback=running,
    pretty_exceptions_enable=False,
)
COMMANDS = (
    closing.decide_ahead,
    closing.close,
    closing.reopen,
    closing.status,
    reading.check,
    reading.verify,
    explaining.changes,
    changes.diff,
    changes.propose,
    usage.ingest,
    usage.rate,
    usage.flags,
    contracts.combinations,
    controls.gates,
    controls.waive,
    controls.cut_off,
    people.consent,
    parallel.cutover,
    parallel.parallel,
    reconciling.reconcile,
    misstatements.misstatements,
    misstatements.assess,
    lake.compact,
    backing_up.backup,
    backing_up.restore,
    replaying.replay,
    evidence.evidence,
    commitments.burn_down,
    commitments.commitments,
    commitments.true_up,
    commitments.settle,
    calculations.calculate,
    calculations.prorate,
    estimates.estimate,
    estimates.proposals,
    estimates.decide,
    estimates.override,
    estimates.forecast,
    estimates.look_back,
    estimates.ssp_study,
    exporting.export_journal,
    exporting.exports,
    exporting.posted_references,
)
for command in COMMANDS:
    app.command()(command)
app.command(name="trial-balance")(ledger.trial_balance_)
app.command(name="audit-log")(people.audit_events)
app.command(name="schema")(reading.print_schema)
app.add_typer(usage_ledger.app, name="usage")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(refused.app, name="refused")
app.add_typer(controls.app, name="checklist")
app.add_typer(books.app, name="books")
app.add_typer(people.users, name="users")
app.add_typer(people.keys, name="keys")
app.add_typer(explaining.app, name="explain")
app.add_typer(jobs.app, name="jobs")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(findings.app, name="findings")
app.add_typer(findings.checks, name="checks")
app.add_typer(samples.app, name="sample")


def main() -> None:
    """Run a command; a deliberate error is told in words and ends with 1."""
    try:
        _run()
    except RevrecError as error:
        say(f"{error.code}: {error.message}")
        for what, told in (
            ("field", error.field),
            ("paragraph", error.citation),
            ("what to do", error.remedy),
        ):
            if told:
                say(f"  {what}: {told}")
        sys.exit(1)


def _run() -> None:
    try:
        app()
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        raise wrong(error) from error


@app.command()
def migrate() -> None:
    """Bring the database to this program's schema."""
    settings = Settings()
    configure(settings.log_level)
    with open_workspace(settings, actor=NAMELESS, migrate=True):
        err.print("The database is at this program's migration.")


@app.command()
def load(paths: list[Path], actor: Actor = DEFAULT_ACTOR) -> None:
    """Record contracts, prices, invoices and events from YAML, JSON or NDJSON files."""
    from revrec.feeds.loading import load as load_records

    count = 0
    with workspace_of(actor) as workspace:
        for path in paths:
            loaded = load_records(path)
            taken = workspace.run(partial(take, loaded=loaded, source=path.name))
            recorded = taken.recorded
            err.print(
                f"{path}: {recorded.new:,} new, {recorded.corrected:,} corrected, "
                f"{recorded.unchanged:,} unchanged, {len(taken.refused):,} refused"
            )
            for each in taken.refused:
                say(f"  refused, record {each.number} in quarantine: {each.rejection.message}")
            count += len(taken.refused)
    if count:
        say("See `revrec refused`: correct and release them, or dismiss them.")
        raise typer.Exit(1)


@app.command()
def export(
    period: str,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    first: Annotated[
        str | None, typer.Option(help="First period, or `quarter` or `year`; the same if left out.")
    ] = None,
    book: OfBook = None,
    package: Annotated[
        str, typer.Option(help="month-end, board, disclosure, flux or reconciliation.")
    ] = "month-end",
    *,
    since: Annotated[
        Path | None, typer.Option(help="Folder of an earlier report: adds a sheet of changes.")
    ] = None,
) -> None:
    """Write workbooks, their twins and a manifest of closed periods; all, or one package."""
    from reports.export import export as write_report
    from reports.packages import package_of
    from revrec.operations.report import begun_by
    from revrec.operations.report import report as make_report

    wanted = package_of(package)
    with workspace_of() as workspace, err.status("Deriving schedules ..."):
        last = workspace.calendar().parse(period)
        report = make_report(workspace, begun_by(last, first), last, framework=book)
        files = write_report(report, folder, wanted, since=since)
    for file in files:
        out.print(str(folder / file.name), highlight=False, soft_wrap=True)
    off = [each for each in report.tie_outs if each.difference]
    err.print(f"{len(report.tie_outs):,} tie-outs, {len(off):,} do not hold.")
    if off:
        raise typer.Exit(1)


@app.command()
def memos(
    as_of: estimates.AsOf,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Write the memos on estimates: a page for each component, schedules, JSON."""
    from reports.estimates import write_memos
    from revrec.operations.memos import memos_of

    with workspace_of(actor) as workspace, err.status("Writing memos ..."):
        files = write_memos(memos_of(workspace, as_of.date()), folder)
    for file in files:
        out.print(str(file), highlight=False, soft_wrap=True)


@app.command()
def balances(
    as_of: commitments.AsOf = None,
    known_at: commitments.KnownAt = None,
    contract: commitments.OfContract = None,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Write credits, commitments and draws at the end of a day: a workbook and CSV."""
    from reports.burn_down import write_position
    from revrec.operations.commitments import position_report

    with workspace_of(actor) as workspace, err.status("Writing balances ..."):
        day = as_of.date() if as_of else None
        report = position_report(workspace, as_of=day, known_at=known_at, contract=contract)
        files = write_position(report, folder)
    for file in files:
        out.print(str(file), highlight=False, soft_wrap=True)
    commitments.refuse(report.position.refused)


@app.command()
def settings() -> None:
    """Print the settings in force, secrets as stars."""
    out.print_json(Settings().model_dump_json())


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="Processes that answer.")
    ] = None,
) -> None:
    """Serve the HTTP API until told to stop; requests under way are finished."""
    from api.server import serve as serve_api

    settings = Settings()
    with workspace_of() as workspace:
        serve_api(
            workspace,
            settings,
            host=settings.host if host is None else host,
            port=settings.port if port is None else port,
            workers=settings.workers if workers is None else workers,
            tell=say,
        )


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
) -> None:
    """Close a quarter of a made-up AI company, from files to workbooks; again is a no-op."""
    from revrec.demo.run import run_demo

    run_demo(Settings().home / "demo", folder, err=err, out=out)
