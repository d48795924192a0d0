"""Answers kept by request key: the same request twice is one effect and one answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first answer to a request."""

    status: int
    body: str
    recorded_at: datetime


def recall(tx: Transaction, key: str, request_digest: str) -> Answer | None:
    """The answer given to this request before; None claims the key for this transaction.

    Raises Conflict while another request with the key runs, IdempotencyMismatch when the key
    was used for another request.
    """
    raise NotImplementedError


def remember(tx: Transaction, key: str, request_digest: str, *, status: int, body: str) -> None:
    """Keep the answer, in the same transaction as the effect."""
    raise NotImplementedError
