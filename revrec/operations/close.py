"""Closing a period: open -> closing -> closed, or soft-closed before.

First the gates are passed and the facts are pinned, in a transaction of its own: whoever is
recording is waited for, so every fact up to the pin is there. Then one transaction computes and
writes postings, journal, chain and certificate. A close that dies in between is resumed on the
same pins.

A soft close posts all that is known and stops there: its pins are the period's cut-off. What is
told later belongs to the next period, whatever day it is of, unless a controller moves the cut-off
(``move_cut_off``), which posts the difference in the same period. The close for good passes the
gates and certifies what was known at the cut-off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from revrec.collector import collector_at_rest
from revrec.engine import ENGINE_VERSION
from revrec.errors import Conflict, PeriodNotReady
from revrec.ledger.detail import entries_of, numbered
from revrec.model.controls import Waiver
from revrec.model.fact import digest_of
from revrec.model.history import Book
from revrec.operations import books, gates
from revrec.operations.closable import Kind, closable, is_begun, refuse_own_approval
from revrec.operations.computing import Computed, compute, posted_by, read_inputs
from revrec.operations.engines import LOCAL, Engine
from revrec.operations.gates import GateState, Rehearsal
from revrec.operations.incremental import ToClose, pass_gates, to_close
from revrec.operations.known import pins_at
from revrec.operations.misstating import require_assessment
from revrec.operations.webhooks import period_closed, period_reopened
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, calendars, controls, facts, journal, locks, periods
from revrec.store.lake import Lake
from revrec.store.periods import (
    CloseStage,
    PeriodClose,
    PeriodReopening,
    PeriodStatus,
    Pins,
)
from revrec.store.transaction import Transaction
from revrec.usage import quarantine, rollup


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closed period; ``new`` is false when it had been closed before and nothing was done."""

    certificate: PeriodClose
    new: bool


def close_period(
    workspace: Workspace,
    period: Period,
    *,
    prepared_by: str,
    approved_by: str,
    kind: Kind = Kind.HARD,
    reason: str = "",
    engine: Engine = LOCAL,
) -> Closed:
    """Close the period; a second call changes nothing and gives the first certificate.

    ``engine`` says where the contracts are computed; the books are the same to the byte.
    Raises SelfApproval, PeriodNotReady (an earlier period is open, or what blocks the close),
    CloseInProgress.
    """
    named = {"prepared_by": prepared_by, "approved_by": approved_by}
    before = begin_close(
        workspace,
        period,
        prepared_by=prepared_by,
        approved_by=approved_by,
        kind=kind,
        reason=reason,
        engine=engine,
    )
    if before is not None:
        return Closed(certificate=before, new=False)
    with given_up_if_blocked(workspace, period):
        return workspace.run(
            lambda tx: finish_close(tx, workspace.lake, period, **named, engine=engine)
        )


def begin_close(
    workspace: Workspace,
    period: Period,
    *,
    prepared_by: str,
    approved_by: str,
    kind: Kind = Kind.HARD,
    reason: str = "",
    engine: Engine = LOCAL,
) -> PeriodClose | None:
    """Pin the facts of a close; gives the certificate instead if the period is so closed.

    ``reason`` is kept where a cut-off is moved. What the close computes with is made ready: sums of
    usage, and by the ``engine`` decisions; a close that dies later finds them.
    """
    refuse_own_approval(period, prepared_by=prepared_by, approved_by=approved_by)

    def begin(tx: Transaction) -> PeriodClose | None:
        two = {"asked": prepared_by, "approved": approved_by}
        return _begin(tx, workspace.lake, period, kind, reason=reason, two=two)

    closed = workspace.run(begin)
    if closed is None:
        # In transactions of their own: they save reading rows and facts, for others too.
        workspace.run(lambda tx: _roll_up(tx, workspace.lake, period))
        workspace.run(lambda tx: _decide_ahead(tx, workspace.lake, period, engine))
    return closed


def _roll_up(tx: Transaction, lake: Lake, period: Period) -> None:
    pins = periods.pins(tx, period)
    if pins is not None and pins.usage_version is not None:
        rollup.roll_up(tx, lake, pins.usage_version)


def _decide_ahead(tx: Transaction, lake: Lake, period: Period, engine: Engine) -> None:
    pins = periods.pins(tx, period)
    # A cut-off that is moved is closed from what changed.
    if pins is None or periods.standing_close(tx, period) is not None:
        return
    if pins.stage is CloseStage.SOFT or not gates.need_everything(tx, pins):
        engine.decide_ahead(tx, lake, pins, period)


def decide_for(workspace: Workspace, period: Period, *, engine: Engine = LOCAL) -> int | None:
    """Decide contracts for a close of the period to come, as known now; how many were decided.

    None where there are so few that a close does not ask for it.
    """

    def decide(tx: Transaction) -> int | None:
        return engine.decide_ahead(tx, workspace.lake, pins_at(tx, workspace.lake), period)

    return workspace.run(decide)


def move_cut_off(
    workspace: Workspace, period: Period, *, requested_by: str, approved_by: str, reason: str
) -> Closed:
    """Let everything known by now post in a soft-closed period, on a controller's word.

    Raises SelfApproval, PeriodNotReady for a period that is not soft-closed, Conflict without a
    reason, CloseInProgress.
    """
    if not reason.strip():
        raise Conflict("Moving the cut-off gives no reason.", remedy="Say why in `reason`.")
    return close_period(
        workspace,
        period,
        prepared_by=requested_by,
        approved_by=approved_by,
        kind=Kind.CUT_OFF,
        reason=reason,
    )


@contextmanager
def given_up_if_blocked(
    workspace: Workspace, period: Period, *others: type[Exception]
) -> Iterator[None]:
    """Open the period again when its facts do not allow the close, or for other exceptions.

    The pins of the refused close would hide the very facts that correct what blocks it.
    """
    refusals: tuple[type[Exception], ...] = (PeriodNotReady, *others)
    try:
        yield
    except refusals:
        workspace.run(lambda tx: _give_up(tx, period))
        raise


def flash_close(
    workspace: Workspace, period: Period, *, known_at: datetime | None = None
) -> Computed:
    """What closing the period would post now, or would have at a moment; writes nothing."""

    def show(tx: Transaction) -> Computed:
        pins, lake = pins_at(tx, workspace.lake, known_at), workspace.lake
        return compute(read_inputs(tx, lake, pins, posted=posted_by(tx, lake, known_at)), period)

    return workspace.run(show, read_only=True)


def rehearse_close(workspace: Workspace, period: Period) -> Rehearsal:
    """What closing the period now would find at each gate and post; computed once."""
    return workspace.run(lambda tx: gates.rehearse(tx, workspace.lake, period), read_only=True)


def gate_states(workspace: Workspace, period: Period) -> list[GateState]:
    """Every gate of a close of the period as it stands now; see ``gates``."""
    return workspace.run(lambda tx: gates.states(tx, workspace.lake, period), read_only=True)


def waive_gate(
    workspace: Workspace,
    period: Period,
    gate: str,
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
) -> Waiver:
    """Let the period's next close pass a gate on two people's word; see ``gates.waive``."""
    named = {"requested_by": requested_by, "approved_by": approved_by}
    return workspace.run(lambda tx: gates.waive(tx, period, gate, **named, reason=reason))


def reopen_period(
    workspace: Workspace, period: Period, *, requested_by: str, approved_by: str, reason: str
) -> None:
    """Open a closed period again. Only the last closed one: later closes rest on it."""
    named = {"requested_by": requested_by, "approved_by": approved_by}
    workspace.run(lambda tx: reopening(tx, period, **named, reason=reason))


def reopening(
    tx: Transaction, period: Period, *, requested_by: str, approved_by: str, reason: str
) -> PeriodReopening:
    """Reopen a period within a transaction of the caller's."""
    last = periods.soft_closed(tx) or periods.last_closed(tx)
    if last is not None and last > period:
        raise PeriodNotReady(
            f"{period} cannot be reopened while {last} is closed.",
            remedy=f"Reopen {last} first, or post the correction to the open period.",
            blockers=[str(last)],
        )
    require_assessment(tx, period)
    reopened = periods.reopen(
        tx, period, requested_by=requested_by, approved_by=approved_by, reason=reason
    )
    audit_log.write(tx, "period.reopen", str(period), {"reason": reason})
    period_reopened(tx, reopened)
    return reopened


def _begin(
    tx: Transaction,
    lake: Lake,
    period: Period,
    kind: Kind,
    *,
    reason: str,
    two: Mapping[str, str],
) -> PeriodClose | None:
    """Pin the facts, unless the period is so closed or such a close of it is to be resumed."""
    closed = closable(tx, period, kind, two=two)
    if closed is not None or is_begun(tx, period, kind):
        return closed
    standing = periods.standing_close(tx, period)
    locks.facts_exclusive(tx)
    calendars.require_own(tx, period)
    if kind is Kind.HARD:
        gates.pass_through(tx, lake, period)
    pins = Pins(
        fact_seq=facts.last_seq(tx),
        usage_version=lake.committed_version(tx, "usage"),
        known_at=tx.now,
        stage=kind.stage,
    )
    if kind is Kind.CUT_OFF and standing is not None and _same_facts(standing, pins):
        return standing
    if kind is Kind.HARD and standing is not None:
        pins = replace(standing.pins, stage=CloseStage.HARD)
    periods.begin_closing(tx, period, pins)
    if kind is Kind.CUT_OFF:
        audit_log.write(tx, "period.cut_off", str(period), {"reason": reason})
    return None


def _same_facts(standing: PeriodClose, pins: Pins) -> bool:
    cut_off = standing.pins
    return (cut_off.fact_seq, cut_off.usage_version) == (pins.fact_seq, pins.usage_version)


@collector_at_rest()
def finish_close(
    tx: Transaction,
    lake: Lake,
    period: Period,
    *,
    prepared_by: str,
    approved_by: str,
    engine: Engine = LOCAL,
) -> Closed:
    """Compute and write a close whose facts are pinned, within a transaction of the caller's."""
    locks.period_exclusive(tx, period)
    locks.lake_table(tx, "posting")
    books.lock(tx, period)
    locks.journal(tx)
    pins = periods.pins(tx, period)
    standing = periods.standing_close(tx, period)
    if pins is None and standing is not None:
        return Closed(certificate=standing, new=False)
    if pins is None:
        raise PeriodNotReady(
            f"The close of {period} was given up while it ran.", remedy="Close it again."
        )
    found = to_close(tx, lake, period, pins, engine)
    if pins.stage is CloseStage.HARD:
        pass_gates(tx, lake, period, found)
    posted = journal.append(tx, entries_of(found.closed.rows, found.book, period))
    rows = numbered(found.closed.rows, posted, period=period, entity=tx.entity)
    ordinal = periods.next_ordinal(tx, period)
    version = lake.committed_version(tx, "posting")
    if rows.num_rows:
        control = {"rows": str(rows.num_rows), "debits": str(_debits(rows))}
        version = lake.append(tx, "posting", rows, f"close {period} {ordinal}", control)
    second = books.post_second(
        tx, lake, period, pins, ordinal=ordinal, among=found.among, engine=engine
    )
    seq, head = journal.head(tx)
    certificate = PeriodClose(
        period=period,
        ordinal=ordinal,
        closed_at=tx.now,
        prepared_by=prepared_by,
        approved_by=approved_by,
        fact_seq=pins.fact_seq,
        usage_version=pins.usage_version,
        posting_version=version,
        chain_seq=seq,
        chain_head=head,
        engine_version=ENGINE_VERSION,
        totals={**_totals(tx, found, period, pins), **second},
        stage=pins.stage,
    )
    periods.finish_closing(tx, certificate)
    told = {"ordinal": ordinal, "stage": pins.stage.value, "entries": len(posted)}
    audit_log.write(tx, "period.close", str(period), {**told, "chain_head": head})
    period_closed(tx, certificate)
    return Closed(certificate=certificate, new=True)


def _give_up(tx: Transaction, period: Period) -> None:
    locks.period_exclusive(tx, period)
    if periods.status(tx, period) is PeriodStatus.CLOSING:
        periods.abandon_closing(tx, period)


def _totals(tx: Transaction, found: ToClose, period: Period, pins: Pins) -> Mapping[str, object]:
    """Control totals of the certificate: by currency in minor units, and what waits."""
    return {
        "balances_minor": found.balances,
        "contracts": found.contracts,
        "postings": found.closed.postings,
        "policy": _policy_digest(found.book),
        "quarantined": sum(quarantine.outstanding(tx, through=period.last).values()),
        "facts_after_cut_off": facts.count_after(tx, pins.fact_seq),
        "waived": [str(each) for each in controls.waivers(tx, period).values()],
    }


def _policy_digest(book: Book) -> str:
    elected = {name: each.value for name, each in sorted(book.policy.elections.items())}
    return digest_of(elected)


def _debits(rows: pa.Table) -> int:
    amounts = rows["amount"]
    return int(pc.sum(pc.if_else(pc.greater(amounts, 0), amounts, 0)).as_py() or 0)
