"""Periods: open, closing, closed; closes and reopenings as append-only records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from revrec.periods import Period
from revrec.store.transaction import Transaction


class PeriodStatus(StrEnum):
    """Where a period stands."""

    OPEN = "open"
    CLOSING = "closing"
    """Facts are pinned; the close is being computed."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What a close reads: nothing recorded later changes it."""

    fact_seq: int
    usage_version: int | None
    known_at: datetime


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
    raise NotImplementedError


def pins(tx: Transaction, period: Period) -> Pins | None:
    """The pins of a close in progress."""
    raise NotImplementedError


def open_period(tx: Transaction, period: Period) -> None:
    """Open a period that was never opened; nothing for an open one; PeriodClosed for a closed."""
    raise NotImplementedError


def begin_closing(tx: Transaction, period: Period, pins: Pins) -> None:
    """Mark the period as closing on these pins (opens it if need be); takes period_exclusive."""
    raise NotImplementedError


def abandon_closing(tx: Transaction, period: Period) -> None:
    """Give a close up: the period is open again, its pins are gone."""
    raise NotImplementedError


def finish_closing(tx: Transaction, close: PeriodClose) -> None:
    """Write the certificate and close the period; it must be closing."""
    raise NotImplementedError


def reopen(
    tx: Transaction, period: Period, *, requested_by: str, approved_by: str, reason: str
) -> PeriodReopening:
    """Open a closed period again, leaving a trace; requester and approver differ."""
    raise NotImplementedError


def next_ordinal(tx: Transaction, period: Period) -> int:
    """The ordinal of the period's next close."""
    raise NotImplementedError


def last_closed(tx: Transaction) -> Period | None:
    """The latest period that is closed now."""
    raise NotImplementedError


def closes(tx: Transaction) -> list[PeriodClose]:
    """Every close, ordered by (period, ordinal)."""
    raise NotImplementedError


def reopenings(tx: Transaction) -> list[PeriodReopening]:
    """Every reopening, ordered by (period, ordinal)."""
    raise NotImplementedError
