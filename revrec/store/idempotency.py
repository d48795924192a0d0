"""Answers kept by request key: the same request twice is one effect and one answer.

``recall`` first, then the effect, then ``remember``, all in one transaction: a client that does
not know whether a cut-off commit happened asks again with the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from revrec.errors import IdempotencyMismatch
from revrec.store import locks
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first answer to a request."""

    status: int
    body: str
    recorded_at: datetime


def recall(tx: Transaction, key: str, request_digest: str) -> Answer | None:
    """The answer given to this request before; None claims the key for this transaction.

    Raises RequestInProgress while another request with the key runs, IdempotencyMismatch when the
    key was used for another request.
    """
    locks.idempotency_key(tx, key)
    return look_up(tx, key, request_digest)


def look_up(tx: Transaction, key: str, request_digest: str) -> Answer | None:
    """The answer given to this request before, without claiming the key.

    Raises IdempotencyMismatch when the key was used for another request.
    """
    row = tx.connection.execute(
        "select request_digest, status, body, recorded_at from records.idempotent_answer"
        " where entity_id = %s and key = %s",
        [tx.entity, key],
    ).fetchone()
    if row is None:
        return None
    known_digest, status, body, recorded_at = row
    if known_digest != request_digest:
        raise IdempotencyMismatch(
            f"The key {key!r} was used for another request on {recorded_at.isoformat()}.",
            remedy="Use a new key for a new request.",
            key=key,
        )
    return Answer(status=status, body=body, recorded_at=recorded_at)


def remember(tx: Transaction, key: str, request_digest: str, *, status: int, body: str) -> None:
    """Keep the answer, in the same transaction as the effect."""
    tx.connection.execute(
        "insert into records.idempotent_answer"
        " (entity_id, key, request_digest, status, body, recorded_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        [tx.entity, key, request_digest, status, body, tx.now],
    )
