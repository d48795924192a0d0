"""``revrec usage batches``, ``batch``, ``days``, ``rules``: what was taken in, by which rules."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import AsJson, out, say, workspace_of
from revrec.usage import control
from revrec.usage.rules import RULES, RULES_VERSION
from revrec.usage.totals import FATES, Fates, Total

_Day = ["%Y-%m-%d"]


def batches(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most batches.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the last batches with their control totals."""
    with workspace_of() as workspace:
        found = workspace.run(partial(control.list_batches, limit=limit), read_only=True)
    if as_json:
        told = [
            {
                "batch": each.batch,
                "name": each.name,
                "recorded_at": each.recorded_at.isoformat(),
                "rules": each.rules,
                **_told(each.fates),
            }
            for each in found
        ]
        out.print_json(json.dumps(told))
        return
    table = Table("batch", "name", "recorded", *FATES, "rules")
    for each in found:
        moment = f"{each.recorded_at:%Y-%m-%d %H:%M}"
        table.add_row(each.batch[:16], each.name, moment, *_rows(each.fates), each.rules or "")
    out.print(table)


def batch(
    name: Annotated[str, typer.Argument(help="The batch, as `ingest --json` tells it.")],
    as_json: AsJson = False,
) -> None:
    """Show the control totals of one batch, by usage day."""
    with workspace_of() as workspace:
        found = workspace.run(partial(control.batch_of, batch=name), read_only=True)
    days = {str(day or "unreadable"): fates for day, fates in found.fates.items()}
    every = Fates(accepted=found.accepted, duplicate=found.duplicate, quarantined=found.quarantined)
    if as_json:
        told = {
            "batch": found.batch,
            "rules": found.rules,
            **_told(every),
            "days": {day: _told(fates) for day, fates in days.items()},
        }
        out.print_json(json.dumps(told))
        return
    _print({**days, "all": every})


def days(
    first: Annotated[
        datetime | None, typer.Option("--from", formats=_Day, help="First day.")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_Day, help="Last day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Control totals by usage day over all batches, and the rows still set aside."""
    read = partial(
        control.list_days, first=first.date() if first else None, last=last.date() if last else None
    )
    with workspace_of() as workspace:
        found = workspace.run(read, read_only=True)
    if as_json:
        told = [
            {"day": str(each.day or "unreadable"), "waiting": each.waiting, **_told(each.fates)}
            for each in found
        ]
        out.print_json(json.dumps(told))
        return
    _print(
        {str(each.day or "unreadable"): each.fates for each in found},
        waiting={str(each.day or "unreadable"): each.waiting for each in found},
    )


def rules(as_json: AsJson = False) -> None:
    """List the rules a row of usage must keep, with their versions; a row that breaks one waits."""
    told = [
        {
            "code": rule.reason,
            "version": rule.version,
            "since": rule.since_day.isoformat(),
            "rules": rule.since,
            "holds": rule.holds,
            "remedy": rule.remedy,
        }
        for rule in RULES
    ]
    if as_json:
        out.print_json(json.dumps({"rules": RULES_VERSION, "listed": told}))
        return
    table = Table("code", "version", "since", "what holds")
    for each in told:
        table.add_row(*(str(each[name]) for name in ("code", "version", "since", "holds")))
    out.print(table)
    say(f"The rules in force are {RULES_VERSION}.")


def _print(days: dict[str, Fates], *, waiting: dict[str, int] | None = None) -> None:
    last = [] if waiting is None else ["waiting"]
    table = Table("day", *FATES, "accepted quantity", "accepted amount", *last)
    for day, fates in days.items():
        sums = (f"{fates.accepted.quantity:,f}", f"{fates.accepted.amount:,f}")
        table.add_row(day, *_rows(fates), *sums, *([f"{waiting[day]:,}"] if waiting else []))
    out.print(table)


def _rows(fates: Fates) -> list[str]:
    return [f"{getattr(fates, fate).rows:,}" for fate in FATES]


def _told(fates: Fates) -> dict[str, dict[str, object]]:
    def told(total: Total) -> dict[str, object]:
        return {
            "rows": total.rows,
            "quantity": f"{total.quantity:f}",
            "amount": f"{total.amount:f}",
        }

    return {fate: told(getattr(fates, fate)) for fate in FATES}
