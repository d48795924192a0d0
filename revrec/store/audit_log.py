"""The audit log: one event per operation, append-only, in the operation's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from revrec.store.transaction import Transaction

LOOKED_AT = "inspect."
"""Begins the operations of events that tell what an auditor asked for."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events are asked for; what is left out narrows nothing."""

    actor: str | None = None
    operation: str | None = None
    """The name of an operation, or its beginning with the dot: ``access.``."""
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Before this moment."""
    known_at: datetime | None = None
    """Written by this moment."""


EVERYTHING = Wanted()


def last(tx: Transaction) -> int:
    """The id of the last event, 0 before the first: as long as it stands, nothing was written.

    What an auditor only looked at counts as nothing.
    """
    row = tx.connection.execute(
        "select coalesce(max(id), 0) from records.audit_event"
        " where entity_id = %s and not starts_with(operation, %s)",
        [tx.entity, LOOKED_AT],
    ).fetchone()
    return 0 if row is None else int(row[0])


def read(
    tx: Transaction, *, after: int = 0, limit: int = 500, wanted: Wanted = EVERYTHING
) -> list[AuditEvent]:
    """Events with an id above ``after``, in order, at most ``limit``."""
    rows = tx.connection.execute(
        """
        select id, at, actor, operation, subject, details from records.audit_event
        where entity_id = %(entity)s and id > %(after)s
          and (%(actor)s::text is null or actor = %(actor)s)
          and (%(operation)s::text is null or operation = %(operation)s
            or (right(%(operation)s, 1) = '.' and starts_with(operation, %(operation)s)))
          and (%(subject)s::text is null or subject = %(subject)s)
          and (%(since)s::timestamptz is null or at >= %(since)s)
          and (%(until)s::timestamptz is null or at < %(until)s)
          and (%(known_at)s::timestamptz is null or at <= %(known_at)s)
        order by id limit %(limit)s
        """,
        {"entity": tx.entity, "after": after, "limit": limit, **asdict(wanted)},
    )
    return [
        AuditEvent(
            id=event, at=at, actor=actor, operation=operation, subject=subject, details=details
        )
        for event, at, actor, operation, subject, details in rows
    ]
