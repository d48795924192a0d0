"""Credits and commitments: where they stand, and what reconciles their bills."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, err, out, say, workspace_of
from revrec.commitments.agreement import Agreement
from revrec.errors import FeedError
from revrec.money import as_text
from revrec.operations.commitments import position, records_of
from revrec.operations.commitments import settle as settle_bills

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from revrec.commitments.position import Position

AsOf = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Yesterday if left out.")]
KnownAt = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%dT%H:%M:%S%z"], help="What was recorded by then; all if left out."
    ),
]
OfContract = Annotated[str | None, typer.Option("--contract", help="Its account alone.")]

_CREDITS = (
    "grant contract promotional first_day last_day granted drawn expired voided rolled_over "
    "remaining worth_drawn worth_remaining currency"
).split()
_COMMITMENTS = (
    "commitment contract form first_day last_day amount consumed remaining expected_percent "
    "actual_percent exhausted_on shortfall_projected exceeded true_up currency"
).split()
_DRAWS = "day contract region meter grant covered quantity amount worth currency".split()


def burn_down(
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    contract: OfContract = None,
    draws: Annotated[bool, typer.Option("--draws", help="Every draw, day by day.")] = False,
    engine: Annotated[
        bool, typer.Option("--engine", help="Beside what revenue counts; 1 if it differs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show credits: what was granted, drawn, lost and is left, and what it is worth as paid."""
    found = _position(as_of, known_at, contract)
    if engine:
        _agree(found, as_json=as_json)
        return
    rows: Sequence[DataclassInstance] = (
        list(found.draws()) if draws else [*found.credits(), *found.transfers()]
    )
    if as_json:
        out.print_json(json.dumps([_plain(each) for each in rows]))
    elif draws:
        _table(_DRAWS, rows)
    else:
        _table(_CREDITS, list(found.credits()))
        for each in found.transfers():
            if each.given != each.asked:
                say(f"{each.transfer}: of {each.asked} there were {each.given:f} to be given.")
    refuse(found.refused)


def commitments(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    contract: OfContract = None,
    as_json: AsJson = False,
) -> None:
    """Show commitments: consumed beside an even course, what is missing and what is beyond."""
    found = _position(as_of, known_at, contract)
    rows = list(found.commitments())
    if as_json:
        out.print_json(json.dumps([_plain(each) for each in rows]))
    else:
        _table(_COMMITMENTS, rows)
    refuse(found.refused)


def true_up(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    contract: OfContract = None,
    file: Annotated[
        Path | None, typer.Option("--out", help="NDJSON file of what is proposed, to be loaded.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what is due for credits and commitments beside what was billed, and what reconciles it.

    Documents, and credits bought by rules, are proposals until somebody loads them.
    """
    found = _position(as_of, known_at, contract)
    records = [{"kind": fact.kind.value, **fact.body} for fact in records_of(found)]
    if file is not None:
        lines = "".join(json.dumps(record) + "\n" for record in records)
        file.write_text(lines, encoding="utf-8")
        err.print(f"{file}: {len(records):,} records.", highlight=False)
    elif as_json:
        out.print_json(json.dumps(records))
    else:
        table = Table("contract", "consideration", "due", "billed", "difference", "for")
        for each in found.reconciling():
            money = [
                as_text(amount, each.currency)
                for amount in (each.due, each.billed, each.difference)
            ]
            table.add_row(each.contract, each.consideration or "", *money, "; ".join(each.reasons))
        out.print(table)
    refuse(found.refused)


def settle(
    as_of: AsOf = None,
    contract: OfContract = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show only; write nothing.")] = False,
    as_json: AsJson = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Record the invoices and credit memos that `true-up` shows: a period is settled by its day.

    Again, it records nothing; what is learned later is settled by a further document.
    """
    day = as_of.date() if as_of else None
    with workspace_of(actor) as workspace:
        if dry_run:
            found = position(workspace, as_of=day, contract=contract)
            records, refused, verb = records_of(found), found.refused, "would be recorded"
        else:
            settled = settle_bills(workspace, as_of=day, contract=contract)
            records, refused, verb = settled.records, settled.refused, "recorded"
    if as_json:
        out.print_json(json.dumps([{"kind": each.kind.value, **each.body} for each in records]))
    else:
        for each in records:
            say(f"{each.kind.value} {each.key}: {_amount(each.body)}")
    say(f"{len(records):,} {verb}.")
    refuse(refused)


def _amount(body: Mapping[str, Any]) -> str:
    """What a record comes to, as it tells it."""
    if "lines" not in body:
        return str(body["paid"])
    return f"{sum(Decimal(line['amount']) for line in body['lines']):f}"


def _position(as_of: datetime | None, known_at: datetime | None, contract: str | None) -> Position:
    with workspace_of(DEFAULT_ACTOR) as workspace:
        return position(
            workspace,
            as_of=as_of.date() if as_of else None,
            known_at=known_at,
            contract=contract,
        )


def _agree(found: Position, *, as_json: bool) -> None:
    """Show what was drawn beside what the engine counts; ends with 1 where they differ."""
    rows = list(found.agreements())
    if as_json:
        out.print_json(json.dumps([_plain(each) | {"holds": each.holds} for each in rows]))
    else:
        _table([each.name for each in fields(Agreement)] + ["holds"], rows)
    refuse(found.refused)
    if not all(each.holds for each in rows):
        raise typer.Exit(1)


def refuse(refused: Mapping[str, FeedError]) -> None:
    """Tell which accounts cannot be drawn down; ends with 1 if there are any."""
    for name, error in refused.items():
        say(f"{name}: {error}")
    if refused:
        raise typer.Exit(1)


def _table(names: Sequence[str], rows: Iterable[DataclassInstance]) -> None:
    table = Table(*names)
    for row in rows:
        table.add_row(*(_text(getattr(row, name)) for name in names))
    out.print(table)


def _plain(row: DataclassInstance) -> dict[str, Any]:
    """A row as JSON takes it: decimals and days as text."""
    return {each.name: _value(getattr(row, each.name)) for each in fields(row)}


def _value(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _value(each) for name, each in value.items()}
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:,f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:,f}"
    return str(value)
