"""The audit log: one event per operation, append-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what to which thing, when."""

    id: int
    at: datetime
    actor: str
    operation: str
    subject: str
    details: Mapping[str, object]


def write(tx: Transaction, operation: str, subject: str, details: Mapping[str, object]) -> None:
    """Write an event by the transaction's actor at its time."""
    raise NotImplementedError


def read(tx: Transaction, *, after: int = 0, limit: int = 500) -> list[AuditEvent]:
    """Events with an id above ``after``, in order, at most ``limit``."""
    raise NotImplementedError
