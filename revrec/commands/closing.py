"""Commands that close periods, open them again, and show where they stand."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import AsJson, err, out, say, workspace_of
from revrec.money import Money
from revrec.operations import close as closing
from revrec.operations import inspect
from revrec.operations.checking import run_checks
from revrec.operations.closable import Kind
from revrec.operations.engines import PARALLEL
from revrec.operations.gates import Rehearsal
from revrec.operations.spark_engine import Spark
from revrec.periods import Period
from revrec.store.periods import PeriodClose


class _Where(StrEnum):
    """Where a close is computed."""

    LOCAL = "local"
    SPARK = "spark"


def close(
    period: str,
    prepared_by: Annotated[str, typer.Option(help="Who prepared the close.")],
    approved_by: Annotated[str, typer.Option(help="Who approved it; another person.")],
    *,
    soft: Annotated[
        bool, typer.Option("--soft", help="Post what is known; the cut-off may still be moved.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show only; write nothing.")] = False,
    engine: Annotated[
        _Where, typer.Option(help="Where contracts are computed; the books are the same.")
    ] = _Where.LOCAL,
    spark_master: Annotated[
        str | None,
        typer.Option(help="Such as local[*] or spark://host:7077; else as Spark is configured."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Close a period, softly or for good; again, it is a no-op."""
    with workspace_of(prepared_by, approved_by) as workspace:
        asked = workspace.calendar().parse(period)
        if dry_run:
            _print_rehearsal(closing.rehearse_close(workspace, asked), asked, as_json=as_json)
            return
        with err.status(f"Closing {asked} ..."):
            closed = closing.close_period(
                workspace,
                asked,
                prepared_by=prepared_by,
                approved_by=approved_by,
                kind=Kind.SOFT if soft else Kind.HARD,
                engine=Spark(master=spark_master) if engine is _Where.SPARK else PARALLEL,
            )
        if closed.new:
            with err.status("Running the checks ..."):
                checked = run_checks(workspace, engine=PARALLEL)
            say(f"{checked.updated.standing:,} findings stand: `revrec findings list`.")
    _print_close(closed.certificate, new=closed.new, as_json=as_json)


def decide_ahead(period: str) -> None:
    """Decide contracts ahead of a period's close, which then need not; again, only what changed."""
    with workspace_of() as workspace:
        asked = workspace.calendar().parse(period)
        with err.status(f"Deciding for {asked} ..."):
            decided = closing.decide_for(workspace, asked, engine=PARALLEL)
    if decided is None:
        say(f"Nothing is decided ahead of the close of {asked}: so few contracts are read by it.")
    else:
        say(f"{decided:,} contracts decided for the close of {asked}.")


def _print_rehearsal(rehearsed: Rehearsal, period: Period, *, as_json: bool) -> None:
    for each in rehearsed.gates:
        if each.blocks:
            say(f"Waits at the gate {each}")
    if rehearsed.refused is not None:
        raise rehearsed.refused
    assert rehearsed.computed is not None, "what is not refused is computed"
    err.print(f"{period} would post {rehearsed.computed.postings.num_rows:,} postings.")
    _print_postings(inspect.by_account(rehearsed.computed), as_json=as_json)


def reopen(
    period: str,
    requested_by: Annotated[str, typer.Option()],
    approved_by: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
) -> None:
    """Open the last closed period again, with approval; the trace remains."""
    with workspace_of(requested_by, approved_by) as workspace:
        closing.reopen_period(
            workspace,
            workspace.calendar().parse(period),
            requested_by=requested_by,
            approved_by=approved_by,
            reason=reason,
        )
    err.print(f"{period} is open again.")


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
    rows, records = (
        ", ".join(f"{reason} {count:,}" for reason, count in waiting.items()) or "none"
        for waiting in (state.quarantined, state.refused)
    )
    out.print(f"{state.facts:,} facts; refused records: {records}; quarantined usage rows: {rows}")


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
