"""``revrec usage totals``, ``rows`` and ``roll-up``: from totals to days to rows."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, err, out, say, workspace_of
from revrec.errors import FeedError
from revrec.operations.drilling import roll_up_usage, usage_rows, usage_totals
from revrec.operations.statements import customer_statement, statement_data
from revrec.usage.drilling import LABEL, Span

_Day = ["%Y-%m-%d"]
_NARROWING = frozenset({"customer", "contract", "meter", "source"})
_SHOWN = (
    "usage_date",
    "source",
    "usage_id",
    "contract",
    "meter",
    "quantity",
    "unit",
    "amount",
    "currency",
    "corrects",
)
First = Annotated[datetime | None, typer.Option("--from", formats=_Day, help="First day.")]
Last = Annotated[datetime | None, typer.Option("--to", formats=_Day, help="Last day.")]
Only = Annotated[
    list[str] | None,
    typer.Option(
        "--only", help="customer=, contract=, meter=, source= or label:NAME= with its value."
    ),
]
Version = Annotated[int | None, typer.Option(help="As of this version of the usage ledger.")]
KnownAt = Annotated[
    str | None, typer.Option(help="As it was known then, such as 2026-02-01T09:00:00Z.")
]


def totals(
    by: Annotated[
        str, typer.Option(help="customer, contract, meter, source, month, day, label:NAME.")
    ] = "contract,month",
    *,
    only: Only = None,
    first: First = None,
    last: Last = None,
    version: Version = None,
    known_at: KnownAt = None,
    scan: Annotated[bool, typer.Option("--scan", help="Sum the rows, not the roll-up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Totals of the usage ledger, now, as of a version or as known at a moment."""
    grains = by.split(",")
    span = _span(only, first, last, version, known_at)
    with workspace_of() as workspace:
        found = usage_totals(workspace, grains, span, rolled=not scan)
    if as_json:
        told = [
            dict(zip(grains, each.by, strict=True))
            | {
                "unit": each.unit,
                "currency": each.currency,
                "rows": each.rows,
                "quantity": f"{each.quantity:f}",
                "amount": f"{each.amount:f}",
            }
            for each in found.totals
        ]
        out.print_json(json.dumps({"version": found.version, "totals": told}))
        return
    table = Table(*grains, "rows", "quantity", "unit", "amount", "currency")
    for each in found.totals:
        places = (place or "" for place in each.by)
        figures = (f"{each.rows:,}", f"{each.quantity:,f}", each.unit, f"{each.amount:,f}")
        table.add_row(*places, *figures, each.currency)
    out.print(table)
    say(f"As of version {found.version} of the usage ledger.")


def rows(
    *,
    only: Only = None,
    first: First = None,
    last: Last = None,
    version: Version = None,
    known_at: KnownAt = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most rows shown.")] = 100,
    after: Annotated[int, typer.Option(min=0, help="Rows to pass over first.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Rows of the usage ledger, by day, source and id."""
    span = _span(only, first, last, version, known_at)
    with workspace_of() as workspace:
        found = usage_rows(workspace, span, limit=limit, after=after)
    if as_json:
        told = [
            {name: _text(value) for name, value in row.items()} for row in found.rows.to_pylist()
        ]
        out.print_json(json.dumps({"version": found.version, "found": found.found, "rows": told}))
        return
    shown = (
        "usage_date source usage_id contract meter quantity unit amount currency corrects".split()
    )
    table = Table(*shown)
    for row in found.rows.to_pylist():
        table.add_row(*(_text(row[name]) or "" for name in _SHOWN))
    out.print(table)
    say(f"{found.rows.num_rows:,} of {found.found:,} rows, as of version {found.version}.")


def statement(
    customer: str,
    first: Annotated[datetime, typer.Option("--from", formats=_Day, help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=_Day, help="Last day.")],
    *,
    label: Annotated[str, typer.Option(help="The label that names projects.")] = "project",
    most: Annotated[int, typer.Option(min=0, max=1000, help="Projects of a meter shown.")] = 20,
    version: Version = None,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    as_json: AsJson = False,
) -> None:
    """A customer's use from totals to meters, projects and days: a workbook and JSON."""
    from reports.statement import write_statement

    with workspace_of() as workspace, err.status("Summing ..."):
        report = customer_statement(
            workspace, customer=customer, label=label, first=first.date(), last=last.date(),
            version=version, most=most,
        )  # fmt: skip
    if as_json:
        out.print_json(json.dumps(statement_data(report.statement)))
        return
    for file in write_statement(report, folder):
        out.print(str(file), highlight=False, soft_wrap=True)


def roll_up(actor: Actor = DEFAULT_ACTOR) -> None:
    """Sum what was appended since the last roll-up, so that totals need not read the rows."""
    with workspace_of(actor) as workspace:
        done = roll_up_usage(workspace)
    if done is None:
        err.print("Nothing was appended since.")
    else:
        say(f"{done.rows:,} rows in {done.cells:,} sums, through version {done.through_version}.")


def _span(
    only: list[str] | None,
    first: datetime | None,
    last: datetime | None,
    version: int | None,
    known_at: str | None,
) -> Span:
    narrow: dict[str, str] = {}
    labels: dict[str, str] = {}
    for told in only or ():
        name, equals, value = told.partition("=")
        if equals and name.startswith(LABEL):
            labels[name.removeprefix(LABEL)] = value
        elif equals and name in _NARROWING:
            narrow[name] = value
        else:
            raise FeedError(
                f"--only {told!r} narrows nothing.",
                remedy="Write --only contract=C-1, or customer=, meter=, source=, label:NAME=.",
            )
    return Span(
        first=first.date() if first else None,
        last=last.date() if last else None,
        version=version,
        known_at=_moment(known_at) if known_at else None,
        labels=labels,
        **narrow,
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise FeedError(
            f"{text!r} is no moment with its offset.", remedy="Write it as 2026-02-01T09:00:00Z."
        )
    return moment


def _text(value: object) -> str | None:
    return None if value is None else value.isoformat() if isinstance(value, date) else f"{value}"
