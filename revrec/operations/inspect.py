"""Reading the books: status, what may be combined, postings by account."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from revrec.asc606.combination import Proposal, propose_combinations
from revrec.operations.computing import Computed, read_inputs
from revrec.operations.known import pins_at
from revrec.operations.workspace import Workspace
from revrec.store import fact_quarantine, facts, periods
from revrec.store.periods import CloseStage, PeriodClose, PeriodStatus
from revrec.store.transaction import Transaction
from revrec.usage import quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPeriod:
    """A period that was closed at least once, with its last certificate."""

    period: str
    status: str
    closed_at: str
    prepared_by: str
    approved_by: str
    chain_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where the books stand."""

    periods: list[ClosedPeriod]
    facts: int
    quarantined: dict[str, int]
    """Usage rows set aside and not yet resolved, by reason."""
    refused: dict[str, int]
    """Records that are no facts, set aside and not yet resolved, by reason."""


def status(workspace: Workspace) -> Status:
    """Periods with their last close, number of facts, quarantined rows by reason."""

    def read(tx: Transaction) -> Status:
        return Status(
            periods=closed_periods(tx),
            facts=facts.last_seq(tx),
            quarantined=quarantine.outstanding(tx),
            refused=dict(fact_quarantine.outstanding(tx)),
        )

    return workspace.run(read, read_only=True)


def closed_periods(tx: Transaction, known_at: datetime | None = None) -> list[ClosedPeriod]:
    """Periods that had been closed at least once by a moment, or now, as they stood then.

    Of a moment that is past, a close that was under way then is told as it turned out: not yet.
    """
    last = {each.period: each for each in periods.closes(tx, known_at)}
    return [
        ClosedPeriod(
            period=str(period),
            status=str(_status_at(tx, each, known_at)),
            closed_at=each.closed_at.isoformat(),
            prepared_by=each.prepared_by,
            approved_by=each.approved_by,
            chain_head=each.chain_head,
        )
        for period, each in sorted(last.items())
    ]


def _status_at(
    tx: Transaction, last: PeriodClose, known_at: datetime | None
) -> PeriodStatus | None:
    """Where a period stands after the last close of it that was known."""
    if known_at is None:
        return periods.status(tx, last.period)
    if periods.standing_close(tx, last.period, known_at) is None:
        return PeriodStatus.OPEN
    return PeriodStatus.SOFT_CLOSED if last.stage is CloseStage.SOFT else PeriodStatus.CLOSED


def open_combinations(workspace: Workspace, *, known_at: datetime | None = None) -> list[Proposal]:
    """Contracts that may have to be accounted for as one, about which nobody has decided.

    By what was known at a moment, or is now.
    """

    def read(tx: Transaction) -> list[Proposal]:
        pins = pins_at(tx, workspace.lake, known_at)
        return propose_combinations(read_inputs(tx, workspace.lake, pins).book)

    return workspace.run(read, read_only=True)


def by_account(computed: Computed) -> list[dict[str, str]]:
    """Postings of a computed close summed by event, account and currency; minor units as text."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in computed.postings.to_pylist():
        currency = computed.inputs.book.known(row["contract"]).contract.currency
        sums[row["event"], row["account"], currency] += row["amount"]
    return [
        {"event": event, "account": account, "currency": currency, "amount": str(amount)}
        for (event, account, currency), amount in sorted(sums.items())
    ]
