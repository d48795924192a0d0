"""Commands of change control: what a change would do, and proposing it."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, err, out, say, workspace_of
from revrec.errors import FeedError
from revrec.feeds.loading import load
from revrec.model.dataset import ColumnType, DataSet
from revrec.model.fact import Fact
from revrec.money import Money
from revrec.operations.changing import PERIODS_AHEAD, Effect, effect_of, propose_change
from revrec.operations.workspace import Workspace
from revrec.periods import Period

PeriodOption = Annotated[str, typer.Option("--period", help="The period to be closed next.")]
Until = Annotated[
    str | None, typer.Option(help="Last period of revenue to compare; 11 on if left out.")
]
_SHOWN_MAX = 40


def diff(
    paths: list[Path], period: PeriodOption, until: Until = None, as_json: AsJson = False
) -> None:
    """Show what recording files would do to revenue and entries; writes nothing."""
    told = _told(paths)
    with workspace_of() as workspace, err.status("Computing before and after ..."):
        effect = effect_of(workspace, told, *_periods(workspace, period, until))
    if as_json:
        out.print_json(json.dumps(_as_json(effect)))
        return
    _show(effect)


def propose(
    paths: list[Path],
    period: PeriodOption,
    note: Annotated[str, typer.Option(help="Why it is to be changed.")],
    until: Until = None,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Propose the facts of files, with their effect, for another person to decide."""
    told = _told(paths)
    with workspace_of(actor) as workspace, err.status("Computing before and after ..."):
        made = propose_change(workspace, told, *_periods(workspace, period, until), note=note)
    say(f"Proposal {made.id} waits for another person than {made.prepared_by}.")


def _told(paths: list[Path]) -> list[Fact]:
    """The facts of the files, all of which must be readable."""
    told: list[Fact] = []
    for path in paths:
        loaded = load(path)
        if loaded.rejections:
            raise FeedError(
                f"{path}: {loaded.rejections[0].message}",
                remedy="Correct the file; a change is looked at whole or not at all.",
            )
        told += loaded.facts
    return told


def _periods(workspace: Workspace, period: str, until: str | None) -> tuple[Period, Period]:
    """The period to be closed next, and the last one to compare."""
    calendar = workspace.calendar()
    first = calendar.parse(period)
    return first, calendar.parse(until) if until else first.plus(PERIODS_AHEAD)


def _show(effect: Effect) -> None:
    counted = effect.recorded
    told = f"{counted.new:,} new, {counted.corrected:,} corrected, {counted.unchanged:,} unchanged"
    say(f"{told} facts.")
    for data in (effect.revenue, effect.balances, effect.entries):
        if data.rows:
            out.print(_table(data))
        if len(data.rows) > _SHOWN_MAX:
            say(f"{len(data.rows) - _SHOWN_MAX:,} more rows; --json gives all.")
    for currency, months in effect.totals.items():
        shown = ", ".join(
            f"{month} {Money(change, currency).decimal:+,}" for month, change in months.items()
        )
        say(f"Revenue in {currency}: {shown}.")
    for currency, change in effect.rated.items():
        say(f"Counted usage would be rated anew: {currency} {change:+,f}; revenue follows.")
    if not effect.revenue.rows:
        say("Revenue stays as it is.")


def _table(data: DataSet) -> Table:
    names = [column.name for column in data.columns]
    currency_at = names.index("currency")
    shown = [at for at, name in enumerate(names) if name != "row_key"]
    table = Table(title=data.title)
    for at in shown:
        money = data.columns[at].type is ColumnType.MONEY
        table.add_column(data.columns[at].title, justify="right" if money else "left")
    for row in data.rows[:_SHOWN_MAX]:
        currency = str(row[currency_at])
        table.add_row(
            *(
                f"{Money(int(str(row[at])), currency).decimal:,}"
                if data.columns[at].type is ColumnType.MONEY
                else str(row[at])
                for at in shown
            )
        )
    return table


def _as_json(effect: Effect) -> dict[str, object]:
    def rows(data: DataSet) -> list[dict[str, object]]:
        names = [column.name for column in data.columns]
        return [dict(zip(names, row, strict=True)) for row in data.rows]

    return {
        "period": str(effect.period),
        "until": str(effect.until),
        "new": effect.recorded.new,
        "corrected": effect.recorded.corrected,
        "unchanged": effect.recorded.unchanged,
        "revenue": rows(effect.revenue),
        "balances": rows(effect.balances),
        "entries": rows(effect.entries),
        "rated": {currency: str(change) for currency, change in effect.rated.items()},
    }
