"""Periods: open, closing, soft-closed, closed; closes and reopenings as append-only records.

A close is two transactions with the computation between them: ``begin_closing`` pins what is
read, ``finish_closing`` writes the certificate and closes the period. A close that died leaves
the period closing on its pins; it is begun again on new pins or given up. A soft close leaves the
period soft-closed, which is closed softly again or for good. The database holds the same rules in
``migrations/sql/0011_soft_close.sql``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from psycopg.types.json import Jsonb

from revrec.errors import PeriodClosed, PeriodNotReady, SelfApproval
from revrec.periods import Period
from revrec.store import calendars, locks
from revrec.store.transaction import Transaction

_CLOSE_COLUMNS = (
    "period, ordinal, closed_at, prepared_by, approved_by, fact_seq, usage_version, "
    "posting_version, chain_seq, chain_head, engine_version, totals, stage"
)


class PeriodStatus(StrEnum):
    """Where a period stands."""

    OPEN = "open"
    CLOSING = "closing"
    """Facts are pinned; the close is being computed."""
    SOFT_CLOSED = "soft_closed"
    """What was known at the cut-off is posted; later facts post only if the cut-off is moved."""
    CLOSED = "closed"


class CloseStage(StrEnum):
    """How a period is closed."""

    SOFT = "soft"
    """To those who prepare: its cut-off may still be moved."""
    HARD = "hard"
    """For good, unless it is reopened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What a close reads: nothing recorded later changes it."""

    fact_seq: int
    usage_version: int | None
    known_at: datetime
    stage: CloseStage = CloseStage.HARD
    """What the close is going to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodClose:
    """The certificate of a close."""

    period: Period
    ordinal: int
    """1 for the first close of the period, one more for each reclose."""
    closed_at: datetime
    prepared_by: str
    approved_by: str
    fact_seq: int
    usage_version: int | None
    posting_version: int | None
    chain_seq: int
    """Last entry of the journal at the close ..."""
    chain_head: str
    """... and its digest, which goes outside as the anchor."""
    engine_version: str
    totals: Mapping[str, object]
    """Control totals, as JSON: strings and integers, no floats."""
    stage: CloseStage = CloseStage.HARD

    @property
    def pins(self) -> Pins:
        """What the close had read."""
        return Pins(
            fact_seq=self.fact_seq,
            usage_version=self.usage_version,
            known_at=self.closed_at,
            stage=self.stage,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodReopening:
    """An approved reopening of the close with this ordinal."""

    period: Period
    ordinal: int
    reopened_at: datetime
    requested_by: str
    approved_by: str
    reason: str


def status(tx: Transaction, period: Period) -> PeriodStatus | None:
    """The period's status; None for a period that was never opened."""
    row = tx.connection.execute(
        "select status from work.period where entity_id = %s and period = %s",
        [tx.entity, str(period)],
    ).fetchone()
    return None if row is None else PeriodStatus(row[0])


def pins(tx: Transaction, period: Period) -> Pins | None:
    """The pins of a close in progress; None when the period is not closing."""
    row = tx.connection.execute(
        "select pin_fact_seq, pin_usage_version, pin_known_at, pin_stage from work.period"
        " where entity_id = %s and period = %s and status = 'closing'",
        [tx.entity, str(period)],
    ).fetchone()
    if row is None:
        return None
    return Pins(fact_seq=row[0], usage_version=row[1], known_at=row[2], stage=CloseStage(row[3]))


def open_period(tx: Transaction, period: Period) -> None:
    """Open a period that was never opened; nothing for one that is open or closing.

    Raises PeriodClosed for a closed one: that takes ``reopen``.
    """
    known = status(tx, period)
    if known is PeriodStatus.CLOSED:
        raise _closed(period)
    if known is None:
        tx.connection.execute(
            "insert into work.period (entity_id, period, status) values (%s, %s, 'open')",
            [tx.entity, str(period)],
        )


def begin_closing(tx: Transaction, period: Period, pins: Pins) -> None:
    """Mark the period as closing on these pins, opening it if need be.

    Takes the period's lock exclusively. A close that was begun and not finished is begun anew.
    Raises CloseInProgress, PeriodClosed.
    """
    locks.period_exclusive(tx, period)
    open_period(tx, period)
    tx.connection.execute(
        "update work.period set status = 'closing', pin_fact_seq = %s, pin_usage_version = %s,"
        " pin_known_at = %s, pin_stage = %s where entity_id = %s and period = %s",
        [
            *(pins.fact_seq, pins.usage_version, pins.known_at, pins.stage.value),
            *(tx.entity, str(period)),
        ],
    )


def abandon_closing(tx: Transaction, period: Period) -> None:
    """Give a close up: the period stands where it did before, its pins are gone."""
    locks.period_exclusive(tx, period)
    _require_closing(tx, period)
    before = standing_close(tx, period)
    _leave_closing(tx, period, PeriodStatus.SOFT_CLOSED if before else PeriodStatus.OPEN)


def finish_closing(tx: Transaction, close: PeriodClose) -> None:
    """Write the certificate and close the period, which must be closing.

    Raises SelfApproval, CloseInProgress, PeriodClosed, PeriodNotReady.
    """
    if close.approved_by == close.prepared_by:
        raise _self_approval(close.approved_by, "prepared")
    locks.period_exclusive(tx, close.period)
    _require_closing(tx, close.period)
    told = {name: getattr(close, name) for name in _CLOSE_COLUMNS.split(", ")} | {
        "period": str(close.period),
        "totals": Jsonb(dict(close.totals)),
        "stage": close.stage.value,
    }
    values = list(told.values())
    places = ", ".join(["%s"] * (len(values) + 1))
    tx.connection.execute(
        f"insert into records.period_close (entity_id, {_CLOSE_COLUMNS}) values ({places})",
        [tx.entity, *values],
    )
    soft = close.stage is CloseStage.SOFT
    _leave_closing(tx, close.period, PeriodStatus.SOFT_CLOSED if soft else PeriodStatus.CLOSED)


def reopen(
    tx: Transaction, period: Period, *, requested_by: str, approved_by: str, reason: str
) -> PeriodReopening:
    """Open a closed period again, leaving a trace.

    Raises SelfApproval when requester and approver are one, PeriodNotReady when the period is
    not closed or no reason is given, CloseInProgress.
    """
    if approved_by == requested_by:
        raise _self_approval(approved_by, "asked for")
    locks.period_exclusive(tx, period)
    known = status(tx, period)
    if known is not PeriodStatus.CLOSED or not reason:
        raise PeriodNotReady(
            f"Period {period} is {_told(known)}" + ("." if reason else " and no reason given."),
            remedy="Only a closed period is reopened, and only for a reason.",
            period=str(period),
        )
    reopening = PeriodReopening(
        period=period,
        ordinal=next_ordinal(tx, period) - 1,
        reopened_at=tx.now,
        requested_by=requested_by,
        approved_by=approved_by,
        reason=reason,
    )
    tx.connection.execute(
        "insert into records.period_reopening (entity_id, period, ordinal, reopened_at,"
        " requested_by, approved_by, reason) values (%s, %s, %s, %s, %s, %s, %s)",
        [tx.entity, str(period), reopening.ordinal, tx.now, requested_by, approved_by, reason],
    )
    tx.connection.execute(
        "update work.period set status = 'open' where entity_id = %s and period = %s",
        [tx.entity, str(period)],
    )
    return reopening


def next_ordinal(tx: Transaction, period: Period) -> int:
    """The ordinal of the period's next close: 1, or one more than the last."""
    row = tx.connection.execute(
        "select coalesce(max(ordinal), 0) + 1 from records.period_close"
        " where entity_id = %s and period = %s",
        [tx.entity, str(period)],
    ).fetchone()
    return 1 if row is None else int(row[0])


def last_closed(tx: Transaction) -> Period | None:
    """The latest period that is closed now; None when none is."""
    row = tx.connection.execute(
        "select max(period) from work.period where entity_id = %s and status = 'closed'",
        [tx.entity],
    ).fetchone()
    return None if row is None or row[0] is None else calendars.calendar(tx).parse(row[0])


def closing_before(tx: Transaction, period: Period) -> Period | None:
    """An earlier period whose close was begun and not finished; None when there is none."""
    row = tx.connection.execute(
        "select min(period) from work.period"
        " where entity_id = %s and status = 'closing' and period < %s",
        [tx.entity, str(period)],
    ).fetchone()
    return None if row is None or row[0] is None else calendars.calendar(tx).parse(row[0])


def soft_closed(tx: Transaction) -> Period | None:
    """The period whose last close is a soft one, also while its next is made; None if none is."""
    row = tx.connection.execute(
        "select period from records.period_close as made where entity_id = %s and stage = 'soft'"
        " and not exists (select from records.period_close as later"
        " where later.entity_id = made.entity_id and later.period = made.period"
        " and later.ordinal > made.ordinal)",
        [tx.entity],
    ).fetchone()
    return None if row is None else calendars.calendar(tx).parse(row[0])


def standing_close(
    tx: Transaction, period: Period, known_at: datetime | None = None
) -> PeriodClose | None:
    """The period's last close, if it was not reopened since: its postings stand as it left them.

    As that was at a moment, or is now.
    """
    made = [each for each in closes(tx, known_at) if each.period == period]
    undone = {each.ordinal for each in reopenings(tx, known_at) if each.period == period}
    return made[-1] if made and made[-1].ordinal not in undone else None


def closes(tx: Transaction, known_at: datetime | None = None) -> list[PeriodClose]:
    """Every close, or those made by a moment, ordered by (period, ordinal)."""
    rows = tx.connection.execute(
        f"select {_CLOSE_COLUMNS} from records.period_close where entity_id = %s"
        " and (%s::timestamptz is null or closed_at <= %s) order by period, ordinal",
        [tx.entity, known_at, known_at],
    )
    names, own = _CLOSE_COLUMNS.split(", "), calendars.calendar(tx)
    return [
        PeriodClose(
            **{
                **dict(zip(names, row, strict=True)),
                "period": own.parse(row[0]),
                "stage": CloseStage(row[-1]),
            }
        )
        for row in rows
    ]


def reopenings(tx: Transaction, known_at: datetime | None = None) -> list[PeriodReopening]:
    """Every reopening, or those made by a moment, ordered by (period, ordinal)."""
    own = calendars.calendar(tx)
    rows = tx.connection.execute(
        "select period, ordinal, reopened_at, requested_by, approved_by, reason"
        " from records.period_reopening where entity_id = %s"
        " and (%s::timestamptz is null or reopened_at <= %s) order by period, ordinal",
        [tx.entity, known_at, known_at],
    )
    return [
        PeriodReopening(
            period=own.parse(period),
            ordinal=ordinal,
            reopened_at=reopened_at,
            requested_by=requested_by,
            approved_by=approved_by,
            reason=reason,
        )
        for period, ordinal, reopened_at, requested_by, approved_by, reason in rows
    ]


def _require_closing(tx: Transaction, period: Period) -> None:
    known = status(tx, period)
    if known is PeriodStatus.CLOSED:
        raise _closed(period)
    if known is not PeriodStatus.CLOSING:
        raise PeriodNotReady(
            f"Period {period} is {_told(known)}, not closing.",
            remedy="Begin closing it first.",
            period=str(period),
        )


def _told(status: PeriodStatus | None) -> str:
    return "not open" if status is None else status.value.replace("_", "-")


def _leave_closing(tx: Transaction, period: Period, to: PeriodStatus) -> None:
    tx.connection.execute(
        "update work.period set status = %s, pin_fact_seq = null, pin_usage_version = null,"
        " pin_known_at = null, pin_stage = null where entity_id = %s and period = %s",
        [to.value, tx.entity, str(period)],
    )


def _closed(period: Period) -> PeriodClosed:
    return PeriodClosed(
        f"Period {period} is closed.",
        remedy="Have it reopened: a requester, another approver, a reason.",
        period=str(period),
    )


def _self_approval(person: str, did: str) -> SelfApproval:
    return SelfApproval(
        f"{person} {did} it and cannot approve it.", remedy="Have another person approve."
    )
