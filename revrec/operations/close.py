"""Closing a period: open -> closing -> closed.

First the gates are passed and the facts are pinned, in a transaction of its own: whoever is
recording is waited for, so every fact up to the pin is there. Then one transaction computes and
writes postings, journal, chain and certificate. A close that dies in between is resumed on the
same pins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from revrec.engine import ENGINE_VERSION
from revrec.errors import PeriodNotReady, SelfApproval
from revrec.ledger.chart import charted
from revrec.ledger.detail import detail, journal_entries
from revrec.model.controls import Waiver
from revrec.model.fact import digest_of
from revrec.model.history import Book
from revrec.operations import gates
from revrec.operations.computing import Computed, compute, read_inputs
from revrec.operations.gates import GateState
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, controls, facts, journal, locks, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose, PeriodReopening, PeriodStatus, Pins
from revrec.store.transaction import Transaction
from revrec.usage import quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A closed period; ``new`` is false when it had been closed before and nothing was done."""

    certificate: PeriodClose
    new: bool


def close_period(
    workspace: Workspace, period: Period, *, prepared_by: str, approved_by: str
) -> Closed:
    """Close the period; a second call changes nothing and gives the first certificate.

    Raises SelfApproval, PeriodNotReady (an earlier period is open, or what blocks the close),
    CloseInProgress.
    """
    before = begin_close(workspace, period, prepared_by=prepared_by, approved_by=approved_by)
    if before is not None:
        return Closed(certificate=before, new=False)
    with given_up_if_blocked(workspace, period):
        return workspace.run(
            lambda tx: finish_close(
                tx, workspace.lake, period, prepared_by=prepared_by, approved_by=approved_by
            )
        )


def begin_close(
    workspace: Workspace, period: Period, *, prepared_by: str, approved_by: str
) -> PeriodClose | None:
    """Pin the facts of a close; gives the certificate instead if the period is closed."""
    if prepared_by == approved_by:
        raise SelfApproval(
            f"{prepared_by} cannot approve a close of {period} they prepared.",
            remedy="Have another person approve it.",
        )
    return workspace.run(lambda tx: _begin(tx, workspace.lake, period))


@contextmanager
def given_up_if_blocked(workspace: Workspace, period: Period) -> Iterator[None]:
    """Open the period again when its facts do not allow the close.

    The pins of the refused close would hide the very facts that correct what blocks it.
    """
    try:
        yield
    except PeriodNotReady:
        workspace.run(lambda tx: _give_up(tx, period))
        raise


def flash_close(workspace: Workspace, period: Period) -> Computed:
    """What closing the period now would post; writes nothing."""

    def show(tx: Transaction) -> Computed:
        return compute(read_inputs(tx, workspace.lake, None), period)

    return workspace.run(show, read_only=True)


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
    people = {"requested_by": requested_by, "approved_by": approved_by}
    return workspace.run(lambda tx: gates.waive(tx, period, gate, **people, reason=reason))


def reopen_period(
    workspace: Workspace, period: Period, *, requested_by: str, approved_by: str, reason: str
) -> None:
    """Open a closed period again. Only the last closed one: later closes rest on it."""
    people = {"requested_by": requested_by, "approved_by": approved_by}
    workspace.run(lambda tx: reopening(tx, period, **people, reason=reason))


def reopening(
    tx: Transaction, period: Period, *, requested_by: str, approved_by: str, reason: str
) -> PeriodReopening:
    """Reopen a period within a transaction of the caller's."""
    last = periods.last_closed(tx)
    if last is not None and last > period:
        raise PeriodNotReady(
            f"{period} cannot be reopened while {last} is closed.",
            remedy=f"Reopen {last} first, or post the correction to the open period.",
            blockers=[str(last)],
        )
    reopened = periods.reopen(
        tx, period, requested_by=requested_by, approved_by=approved_by, reason=reason
    )
    audit_log.write(tx, "period.reopen", str(period), {"reason": reason})
    return reopened


def _begin(tx: Transaction, lake: Lake, period: Period) -> PeriodClose | None:
    """Pin the facts, unless the period is closed or a close of it is to be resumed."""
    locks.period_exclusive(tx, period)
    status = periods.status(tx, period)
    if status is PeriodStatus.CLOSED:
        return _certificate(tx, period)
    if status is PeriodStatus.CLOSING:
        return None
    last = periods.last_closed(tx)
    if last is not None and period != last.next:
        raise PeriodNotReady(
            f"{period} cannot be closed: the last closed period is {last}.",
            remedy=f"Close {last.next} next.",
            blockers=[str(last.next)],
        )
    locks.facts_exclusive(tx)
    gates.pass_through(tx, lake, period)
    pins = Pins(
        fact_seq=facts.last_seq(tx),
        usage_version=lake.committed_version(tx, "usage"),
        known_at=tx.now,
    )
    periods.begin_closing(tx, period, pins)
    return None


def finish_close(
    tx: Transaction, lake: Lake, period: Period, *, prepared_by: str, approved_by: str
) -> Closed:
    """Compute and write a close whose facts are pinned, within a transaction of the caller's."""
    locks.period_exclusive(tx, period)
    locks.lake_table(tx, "posting")
    locks.journal(tx)
    if periods.status(tx, period) is PeriodStatus.CLOSED:
        return Closed(certificate=_certificate(tx, period), new=False)
    pins = periods.pins(tx, period)
    if pins is None:
        raise PeriodNotReady(
            f"The close of {period} was given up while it ran.", remedy="Close it again."
        )
    computed = compute(read_inputs(tx, lake, pins), period)
    gates.pass_books(tx, lake, period, computed)
    book = computed.inputs.book
    postings = charted(computed.postings, computed.inputs.posted, book, period)
    posted = journal.append(tx, journal_entries(postings, book, period))
    rows = detail(postings, book, computed.accounting, posted, period=period, entity=tx.entity)
    ordinal = periods.next_ordinal(tx, period)
    version = lake.committed_version(tx, "posting")
    if rows.num_rows:
        control = {"rows": str(rows.num_rows), "debits": str(_debits(rows))}
        version = lake.append(tx, "posting", rows, f"close {period} {ordinal}", control)
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
        totals=_totals(tx, computed, period),
    )
    periods.finish_closing(tx, certificate)
    audit_log.write(
        tx,
        "period.close",
        str(period),
        {"ordinal": ordinal, "entries": len(posted), "chain_head": head},
    )
    return Closed(certificate=certificate, new=True)


def _give_up(tx: Transaction, period: Period) -> None:
    locks.period_exclusive(tx, period)
    if periods.status(tx, period) is PeriodStatus.CLOSING:
        periods.abandon_closing(tx, period)


def _certificate(tx: Transaction, period: Period) -> PeriodClose:
    return [each for each in periods.closes(tx) if each.period == period][-1]


def _totals(tx: Transaction, computed: Computed, period: Period) -> Mapping[str, object]:
    """Control totals of the certificate: by currency in minor units, and what waits."""
    book = computed.inputs.book
    names = ("contract_liability", "contract_asset", "receivable", "recognised", "billed")
    by_currency: dict[str, dict[str, int]] = {}
    for row in computed.positions.to_pylist():
        currency = book.histories[row["contract"]].contract.currency
        sums = by_currency.setdefault(currency, dict.fromkeys(names, 0))
        for name in names:
            sums[name] += row[name]
    return {
        "balances_minor": {key: by_currency[key] for key in sorted(by_currency)},
        "contracts": len(book.histories),
        "postings": computed.postings.num_rows,
        "policy": _policy_digest(book),
        "quarantined": sum(quarantine.outstanding(tx, through=period.last).values()),
        "waived": [str(each) for each in controls.waivers(tx, period).values()],
    }


def _policy_digest(book: Book) -> str:
    elected = {name: each.value for name, each in sorted(book.policy.elections.items())}
    return digest_of(elected)


def _debits(rows: pa.Table) -> int:
    amounts = rows["amount"]
    return int(pc.sum(pc.if_else(pc.greater(amounts, 0), amounts, 0)).as_py() or 0)
