"""Two books from the same facts: side by side, and the rules on which they differ."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import AsJson, err, out, running, say, workspace_of
from revrec.disclosure.columns import records_of
from revrec.feeds.frameworks import frameworks
from revrec.model.dataset import DataSet
from revrec.money import Money
from revrec.operations import books as both
from revrec.operations.report import begun_by

app = typer.Typer(
    help="Books under ASC 606 and IFRS 15 side by side.",
    no_args_is_help=True,
    callback=running,
)
_SHOWN = ("book_totals", "book_comparison", "book_balances")
_NOT_SHOWN = frozenset({"entity", "row_key", "customer"})


@app.command()
def compare(
    period: Annotated[str, typer.Argument(help="The last period, which is closed.")],
    first: Annotated[
        str | None,
        typer.Option("--from", help="The first period, quarter or year; the same if left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show both books of closed months, every difference with the rule that explains it.

    Ends with 1 if a rule is missing for one, or a book is not what it has posted.
    """
    with workspace_of() as workspace, err.status("Computing both books ..."):
        last = workspace.calendar().parse(period)
        found = both.compare(workspace, begun_by(last, first), last)
    if as_json:
        out.print_json(json.dumps({each.name: records_of(each) for each in found.datasets}))
    else:
        for each in found.datasets:
            if each.name in _SHOWN:
                out.print(_table(each))
    off = [each for each in found.tie_outs if each.difference]
    for check in off:
        left, right = (Money(side, check.currency) for side in (check.left, check.right))
        say(f"{check.name}: {left}, not {right}.")
    if off:
        raise typer.Exit(1)


@app.command()
def rules() -> None:
    """List the rules on which ASC 606 and IFRS 15 differ, and those from which nothing follows."""
    known = frameworks()
    table = Table("rule", "codification", "IFRS 15", "ASC 606 book", "IFRS 15 book", "why")
    for name, rule in known.differences.items():
        sides = zip(*(values.values() for values in rule.elections.values()), strict=True)
        elected = [", ".join(side) for side in sides]
        cited = ", ".join(rule.asc606), ", ".join(rule.ifrs15)
        table.add_row(name, *cited, *elected, rule.rationale)
    for name, like in known.alike.items():
        cited = ", ".join(like.asc606), ", ".join(like.ifrs15)
        table.add_row(name, *cited, "", "", like.because)
    out.print(table)


def _table(data: DataSet) -> Table:
    shown = [
        each for each in data.columns if each.name not in _NOT_SHOWN and _moves(data, each.name)
    ]
    table = Table(*(each.title for each in shown), title=data.title)
    for record in records_of(data):
        table.add_row(*(str(record[each.name]) for each in shown))
    return table


def _moves(data: DataSet, name: str) -> bool:
    """Whether a column is worth its room: rules that move nothing are left out."""
    if name in _NOT_SHOWN:
        return False
    place = [each.name for each in data.columns].index(name)
    return not name.startswith(("by_", "unexplained")) or any(row[place] for row in data.rows)
