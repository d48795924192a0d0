"""What usage costs, credits pay, an invoice or a part of a period comes to, without any books."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from revrec.commands.shared import AsJson, err, out
from revrec.errors import FeedError
from revrec.feeds.calculations import question_of, read_question
from revrec.model.proration import ChangeDay, ProratedBy
from revrec.model.rating import RoundingMode
from revrec.rating.answers import answer
from revrec.rating.questions import Answer

By = Annotated[ProratedBy, typer.Option(help="What a part is counted in.")]
WhoseDay = Annotated[ChangeDay, typer.Option(help="Which fee the day of the change has.")]
Half = Annotated[RoundingMode, typer.Option(help="What becomes of half a cent.")]
NetFirst = Annotated[bool, typer.Option("--net-first", help="Net, then round; else lines first.")]
CreditUnused = Annotated[
    bool, typer.Option("--credit-unused/--keep-unused", help="Whether unused days are given back.")
]


def _day(option: str, told: str) -> Any:  # noqa: ANN401  typer's own type
    return typer.Option(option, formats=["%Y-%m-%d"], help=told)


def calculate(
    paths: Annotated[list[Path], typer.Argument(help="YAML or JSON, a question in each.")],
    folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for a CSV file of each table.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Calculate what usage costs, credits pay, an invoice or a part of a period comes to.

    The question tells all that decides it, by its `kind`: usage_price, burn_down, settlement,
    threshold_billing, proration, level_price, metering, capacity, discounted_plan. Nothing is
    read from the books or written.
    """
    told: list[dict[str, Any]] = []
    for path in paths:
        found = answer(read_question(path))
        if folder is not None:
            _write(found, folder, path.stem)
        if as_json:
            told.append({"question": str(path), **_plain(found)})
        else:
            _show(found, str(path) if len(paths) > 1 else "")
    if as_json:
        out.print_json(json.dumps(told))


def prorate(
    amount: Annotated[str, typer.Argument(help="The fee of the period; of a change, the old one.")],
    *,
    currency: Annotated[str, typer.Option(help="ISO 4217.")],
    period_first: Annotated[datetime, _day("--from", "First day of the period.")],
    period_last: Annotated[datetime, _day("--to", "Last day of the period.")],
    begins: Annotated[datetime | None, _day("--begins", "First day of service.")] = None,
    ends: Annotated[datetime | None, _day("--ends", "Last day of service.")] = None,
    new: Annotated[str | None, typer.Option(help="The fee it changes to ...")] = None,
    changed: Annotated[datetime | None, _day("--changed", "... on this day.")] = None,
    by: By = ProratedBy.DAYS,
    change_day: WhoseDay = ChangeDay.NEW,
    mode: Half = RoundingMode.HALF_EVEN,
    net_first: NetFirst = False,
    credit_unused: CreditUnused = True,
    as_json: AsJson = False,
) -> None:
    """Calculate the part of a fee, or what a change of it within its period comes to."""
    question: dict[str, Any] = {
        "kind": "proration",
        "currency": currency,
        "period": {"from": period_first.date(), "to": period_last.date()},
        "by": by,
        "rounding": {"mode": mode},
    }
    if new is None:
        question |= {"amount": _amount(amount), "from": _date(begins), "to": _date(ends)}
    else:
        question |= {
            "old": _amount(amount),
            "new": _amount(new),
            "on": _date(changed),
            "change_day": change_day,
            "net_first": net_first,
            "credits_unused": credit_unused,
        }
    found = answer(question_of(question, "the proration"))
    if as_json:
        out.print_json(json.dumps(_plain(found)))
    else:
        _show(found, "")


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise FeedError(f"{text!r} is no amount.", remedy="Write 1200.00.") from error


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _show(found: Answer, name: str) -> None:
    for title, rows in found.tables.items():
        if rows:
            table = Table(*rows[0], title=f"{name} {title}".strip())
            for row in rows:
                table.add_row(*row.values())
            out.print(table)
    for figure, value in found.figures.items():
        out.print(f"{name} {figure}: {value}".strip(), highlight=False, markup=False)


def _plain(found: Answer) -> dict[str, Any]:
    tables = {name: list(rows) for name, rows in found.tables.items()}
    return {"kind": found.kind, "figures": dict(found.figures), "tables": tables}


def _write(found: Answer, folder: Path, stem: str) -> None:
    """One CSV file for the figures and one for each table with rows."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = [{"figure": name, "value": value} for name, value in found.figures.items()]
    for name, rows in {"figures": figures, **found.tables}.items():
        if not rows:
            continue
        path = folder / f"{stem}.{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
        err.print(f"{path}: {len(rows):,} rows.", highlight=False)
