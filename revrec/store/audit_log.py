"""The audit log: one event per operation, append-only, in the operation's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

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
    """Write an event by the transaction's actor at its time; details are JSON without floats."""
    tx.connection.execute(
        "insert into records.audit_event (entity_id, at, actor, operation, subject, details)"
        " values (%s, %s, %s, %s, %s, %s)",
        [tx.entity, tx.now, tx.actor, operation, subject, Jsonb(dict(details))],
    )


def read(tx: Transaction, *, after: int = 0, limit: int = 500) -> list[AuditEvent]:
    """Events with an id above ``after``, in order, at most ``limit``."""
    rows = tx.connection.execute(
        "select id, at, actor, operation, subject, details from records.audit_event"
        " where entity_id = %s and id > %s order by id limit %s",
        [tx.entity, after, limit],
    )
    return [
        AuditEvent(
            id=event, at=at, actor=actor, operation=operation, subject=subject, details=details
        )
        for event, at, actor, operation, subject, details in rows
    ]
