"""The ledger by account."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import AsJson, OfBook, err, out, say, workspace_of
from revrec.disclosure.columns import records_of
from revrec.model.dataset import DataSet
from revrec.money import Money
from revrec.operations.report import begun_by
from revrec.operations.trial_balances import of_entities, trial_balance

_NOT_SHOWN = frozenset({"entity", "row_key", "account"})


def trial_balance_(
    period: Annotated[str, typer.Argument(help="The last period, which is closed.")],
    first: Annotated[
        str | None,
        typer.Option("--from", help="The first period, quarter or year; the same if left out."),
    ] = None,
    entity: Annotated[
        list[int] | None,
        typer.Option(
            help="Entities to be added up in their currency of reports; nothing between them is "
            "eliminated. Repeatable."
        ),
    ] = None,
    book: OfBook = None,
    as_json: AsJson = False,
) -> None:
    """Show the trial balance in the functional currency, and translated for reports (830-30).

    Ends with 1 if something in it does not tie.
    """
    with workspace_of() as workspace, err.status("Reading the ledger ..."):
        last = workspace.calendar().parse(period)
        if entity:
            shown, checks = [of_entities(workspace, entity, last)], []
        else:
            made = trial_balance(workspace, begun_by(last, first), last, framework=book)
            shown = list(made.datasets)
            checks = [each for each in made.tie_outs if each.difference]
    if as_json:
        out.print_json(json.dumps({each.name: records_of(each) for each in shown}, default=str))
    else:
        for each in shown:
            out.print(_table(each))
    for check in checks:
        left, right = (Money(side, str(check.currency)) for side in (check.left, check.right))
        say(f"{check.name}: {left}, not {right}.")
    if checks:
        raise typer.Exit(1)


def _table(data: DataSet) -> Table:
    columns = [each for each in data.columns if each.name not in _NOT_SHOWN]
    table = Table(*(each.title for each in columns), title=data.title)
    for record in records_of(data):
        values = (record[each.name] for each in columns)
        table.add_row(*("" if value is None else str(value) for value in values))
    return table
