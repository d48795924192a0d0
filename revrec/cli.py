"""The command line: operations' names as commands; data on stdout, progress and words on stderr.

Exit codes: 0 done, 1 something does not hold or was refused, 2 wrong usage.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from reports.export import export as write_report
from revrec.audit.check import check as check_scenario
from revrec.commands import (
    backing_up,
    calculations,
    changes,
    commitments,
    contracts,
    controls,
    estimates,
    exporting,
    lake,
    misstatements,
    quarantine,
    usage,
    usage_ledger,
)
from revrec.commands.shared import (
    DEFAULT_ACTOR,
    Actor,
    AsJson,
    err,
    out,
    progress_of,
    say,
    workspace_of,
)
from revrec.demo.run import run_demo
from revrec.errors import FeedError, RevrecError
from revrec.feeds.records import load as load_records
from revrec.feeds.scenario import read_scenario, schema
from revrec.money import Money
from revrec.operations import close as closing
from revrec.operations import inspect
from revrec.operations.facts import record_facts
from revrec.operations.report import report as make_report
from revrec.operations.verify import verify as verify_books
from revrec.operations.workspace import open_workspace
from revrec.periods import Period
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings
from revrec.store.periods import PeriodClose

app = typer.Typer(
    help="ASC 606 revenue recognition: facts in, postings out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
COMMANDS = (
    changes.diff,
    changes.propose,
    usage.ingest,
    usage.rate,
    usage.flags,
    contracts.combinations,
    controls.gates,
    controls.waive,
    controls.cut_off,
    misstatements.misstatements,
    misstatements.assess,
    lake.compact,
    backing_up.backup,
    backing_up.restore,
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
app.add_typer(usage_ledger.app, name="usage")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(controls.app, name="checklist")


def main() -> None:
    """Run a command; a deliberate error is told in words and ends with 1."""
    try:
        app()
    except RevrecError as error:
        say(f"{error.code}: {error.message}")
        for what, told in (("paragraph", error.citation), ("what to do", error.remedy)):
            if told:
                say(f"  {what}: {told}")
        sys.exit(1)


@app.command()
def migrate() -> None:
    """Bring the database to this program's schema."""
    settings = Settings()
    configure(settings.log_level)
    with open_workspace(settings, actor=DEFAULT_ACTOR, migrate=True):
        err.print("The database is at this program's migration.")


@app.command()
def load(paths: list[Path], actor: Actor = DEFAULT_ACTOR) -> None:
    """Record contracts, prices, invoices and events from YAML, JSON or NDJSON files."""
    rejected = 0
    with workspace_of(actor) as workspace:
        for path in paths:
            loaded = load_records(path)
            recorded = record_facts(workspace, loaded.facts, source=path.name)
            err.print(
                f"{path}: {recorded.new:,} new, {recorded.corrected:,} corrected, "
                f"{recorded.unchanged:,} unchanged, {len(loaded.rejections):,} refused"
            )
            for each in loaded.rejections:
                say(f"  refused: {each.message}")
            rejected += len(loaded.rejections)
    if rejected:
        raise typer.Exit(1)


@app.command()
def close(
    period: str,
    prepared_by: Annotated[str, typer.Option(help="Who prepared the close.")],
    approved_by: Annotated[str, typer.Option(help="Who approved it; another person.")],
    *,
    soft: Annotated[
        bool, typer.Option("--soft", help="Post what is known; the cut-off may still be moved.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show only; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Close a period, softly or for good; again, it is a no-op."""
    month = Period.parse(period)
    with workspace_of(prepared_by) as workspace:
        if dry_run:
            computed = closing.flash_close(workspace, month)
            err.print(f"{month} would post {computed.postings.num_rows:,} postings.")
            for each in closing.gate_states(workspace, month):
                if each.blocks:
                    say(f"Waits at the gate {each}")
            _print_postings(inspect.by_account(computed), as_json=as_json)
            return
        with err.status(f"Closing {month} ..."):
            closed = closing.close_period(
                workspace,
                month,
                prepared_by=prepared_by,
                approved_by=approved_by,
                kind=closing.Kind.SOFT if soft else closing.Kind.HARD,
            )
    _print_close(closed.certificate, new=closed.new, as_json=as_json)


@app.command()
def reopen(
    period: str,
    requested_by: Annotated[str, typer.Option()],
    approved_by: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
) -> None:
    """Open the last closed period again, with approval; the trace remains."""
    with workspace_of(requested_by) as workspace:
        closing.reopen_period(
            workspace,
            Period.parse(period),
            requested_by=requested_by,
            approved_by=approved_by,
            reason=reason,
        )
    err.print(f"{period} is open again.")


@app.command()
def export(
    period: str,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    first: Annotated[str | None, typer.Option(help="First period; the same if left out.")] = None,
) -> None:
    """Write workbooks, CSV twins and a manifest of closed periods."""
    last = Period.parse(period)
    with workspace_of() as workspace, err.status("Deriving schedules ..."):
        report = make_report(workspace, Period.parse(first) if first else last, last)
        files = write_report(report, folder)
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
def check(paths: list[Path]) -> None:
    """Run scenarios and print what differs; folders are searched for YAML files."""
    files = sorted({file for path in paths for file in _scenarios(path)})
    if not files:
        raise FeedError(
            f"No scenario in {', '.join(map(str, paths))}.", remedy="Name a .yaml file or a folder."
        )
    failed = held = 0
    with progress_of("scenarios", len(files)) as progress:
        for file in files:
            try:
                outcomes = check_scenario(read_scenario(file))
            except RevrecError as error:
                failed += 1
                say(f"{file}: {error}")
                continue
            finally:
                progress.advance(progress.task_ids[0])
            held += sum(each.holds for each in outcomes)
            for each in (each for each in outcomes if not each.holds):
                failed += 1
                wanted = each.expectation
                when = f"as of {wanted.as_of}" if wanted.as_of else f"in {wanted.period}"
                where = " ".join(filter(None, (wanted.contract, wanted.obligation)))
                out.print(
                    f"{file}: {wanted.measure} {where} {when}: expected {wanted.amount}, came out "
                    f"{each.actual} ({each.actual - wanted.amount:+})",
                    highlight=False,
                )
    out.print(f"{len(files):,} scenarios: {held:,} expectations hold, {failed:,} do not.")
    if failed:
        raise typer.Exit(1)


@app.command(name="schema")
def print_schema() -> None:
    """Print the JSON Schema of the scenario format."""
    out.print_json(json.dumps(schema()))


@app.command()
def explain(
    contract: str,
    as_of: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Such as 2026-03-31.")],
) -> None:
    """Show how a contract is accounted for: facts, decisions, what each cent rests on."""
    with workspace_of() as workspace:
        explanation = inspect.explain_contract(workspace, contract, as_of.date())
    out.print(f"[bold]{contract}[/] on {explanation.day}")
    for title, lines in (
        ("Facts", explanation.facts),
        (
            "Decisions",
            [
                f"{number}. step {each.step}, {each.rule} ({', '.join(each.paragraphs)}): "
                f"{each.sentence}"
                for number, each in enumerate(explanation.decisions)
            ],
        ),
        ("Earned to date", [str(each) for each in explanation.earned]),
        ("Balances", [f"{name}: {amount}" for name, amount in explanation.balances.items()]),
    ):
        out.print(f"\n[bold]{title}[/]")
        for line in lines:
            out.print(f"  {line}", highlight=False, markup=False)


@app.command()
def verify() -> None:
    """Verify chain, files, journal and invariants; rebuild the last close from its facts."""
    with workspace_of() as workspace, err.status("Verifying ..."):
        found = verify_books(workspace)
    for line in found:
        out.print(f"[green]ok[/] {line}", highlight=False)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Periods, their state, and what waits."""
    with workspace_of() as workspace:
        state = inspect.status(workspace)
    if as_json:
        out.print_json(json.dumps(asdict(state)))
        return
    table = Table("period", "status", "closed at", "prepared by", "approved by", "chain head")
    for each in state.periods:
        table.add_row(*(str(value) for value in asdict(each).values()))
    out.print(table)
    waiting = ", ".join(f"{reason} {count:,}" for reason, count in state.quarantined.items())
    out.print(f"{state.facts:,} facts; quarantined usage rows: {waiting or 'none'}")


@app.command()
def settings() -> None:
    """Print the settings in force, secrets as stars."""
    out.print_json(Settings().model_dump_json())


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Serve the HTTP API until told to stop; requests under way are finished."""
    from api.server import serve as serve_api

    with workspace_of() as workspace:
        serve_api(workspace, Settings(), host=host, port=port, tell=say)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
) -> None:
    """Close a quarter of a made-up AI company, from files to workbooks; again is a no-op."""
    run_demo(Settings().home / "demo", folder, err=err, out=out)


def _scenarios(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from path.rglob("*.yaml")
    else:
        yield path


def _print_close(certificate: PeriodClose, *, new: bool, as_json: bool) -> None:
    if as_json:
        told = {
            "period": str(certificate.period),
            "new": new,
            "ordinal": certificate.ordinal,
            "stage": certificate.stage.value,
            "chain_head": certificate.chain_head,
            "totals": dict(certificate.totals),
        }
        out.print_json(json.dumps(told))
        return
    state = "soft-closed" if certificate.stage == "soft" else "closed"
    done = state if new else f"was {state} already; nothing was done"
    err.print(f"{certificate.period} {done}. Chain head {certificate.chain_head}.")


def _print_postings(rows: list[dict[str, str]], *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(rows))
        return
    table = Table("event", "account", "currency", "amount")
    for row in rows:
        money = Money(int(row["amount"]), row["currency"]).decimal
        table.add_row(row["event"], row["account"], row["currency"], f"{money:,}")
    out.print(table)
