"""Commands of a move from another system: a parallel run, and whether a cutover ties."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, err, out, say, workspace_of
from revrec.disclosure.columns import records_of
from revrec.errors import FeedError
from revrec.feeds.loading import load
from revrec.feeds.schedules import read_schedule
from revrec.model.dataset import ColumnType, DataSet
from revrec.operations.cutover import read_controls, tied_cutover
from revrec.operations.parallel import ParallelRun, parallel_run, policies_in_parallel

_SHOWN_MAX = 40


def parallel(  # noqa: PLR0917 - options of the command
    paths: list[Path],
    under: Annotated[
        bool, typer.Option("--under", help="The files are records, such as a policy.")
    ] = False,
    first: Annotated[str | None, typer.Option("--from", help="First period, with --under.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last period, with --under.")] = None,
    tolerance: Annotated[int, typer.Option(min=0, help="Minor units for each figure.")] = 0,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for a workbook.")] = None,
    as_json: AsJson = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Compare the books with another system's schedule, or with themselves under other records."""
    refused = 0
    with workspace_of(actor) as workspace, err.status("Comparing ..."):
        calendar = workspace.calendar()
        if under:
            if not (first and last):
                raise FeedError("--under has no periods.", remedy="Give --from and --to.")
            told = [load(path) for path in paths]
            for each in (rejection for loaded in told for rejection in loaded.rejections):
                raise FeedError(each.message, remedy="Correct the file.")
            facts = [fact for loaded in told for fact in loaded.facts]
            span = calendar.parse(first), calendar.parse(last)
            run = policies_in_parallel(workspace, facts, *span)
        else:
            if len(paths) != 1:
                raise FeedError("A schedule is one file.", remedy="Put its rows together.")
            schedule = read_schedule(paths[0], calendar)
            for rejection in schedule.rejections:
                say(f"  refused: {rejection.message}")
            refused = len(schedule.rejections)
            run = parallel_run(workspace, schedule.schedule, tolerance=tolerance)
    _show_run(run, folder, as_json=as_json)
    if run.differences or refused:
        raise typer.Exit(1)


def cutover(
    period: str,
    controls: Annotated[
        Path | None, typer.Option(help="CSV of account, currency, amount at the period's end.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show whether what is taken over at a period's end ties to the other system."""
    with workspace_of() as workspace, err.status("Comparing ..."):
        of = workspace.calendar().parse(period)
        totals = read_controls(controls, of.last) if controls else []
        tied = tied_cutover(workspace, of, totals)
    if as_json:
        print_json(tied.datasets)
    else:
        for data in tied.datasets:
            _print(data)
        say(f"{tied.contracts:,} contracts are taken over; {len(tied.open):,} differences stand.")
    if tied.open:
        raise typer.Exit(1)


def _show_run(run: ParallelRun, folder: Path | None, *, as_json: bool) -> None:
    for each in run.refused:
        say(f"  not accounted for: {each}")
    if folder is not None:
        from reports.parallel import write_parallel_run

        for file in write_parallel_run(run, folder):
            say(str(file))
    if as_json:
        print_json(run.datasets)
        return
    for data in run.datasets:
        _print(data)
    say(f"{len(run.compared):,} figures compared, {len(run.differences):,} differ.")


def print_json(tables: tuple[DataSet, ...]) -> None:
    """Data sets by their names."""
    told = {each.name: records_of(each) for each in tables}
    out.print_json(json.dumps(told, default=_in_text))


def _in_text(value: object) -> str:
    """Exact decimals in full, days as ISO 8601."""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _print(data: DataSet) -> None:
    columns = [each for each in data.columns if each.name != "row_key"]
    table = Table(title=data.title)
    for each in columns:
        table.add_column(each.title, justify="right" if each.type is ColumnType.MONEY else "left")
    for row in records_of(data)[:_SHOWN_MAX]:
        table.add_row(*(str(row[each.name]) for each in columns))
    if data.rows:
        out.print(table)
    if len(data.rows) > _SHOWN_MAX:
        say(f"{len(data.rows) - _SHOWN_MAX:,} more rows; --json gives all.")
