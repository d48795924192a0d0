"""What the entity elects for its usage, as known now or at a moment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import cast

from revrec.feeds.policies import default_policy
from revrec.store.transaction import Transaction


def elected(tx: Transaction, name: str, known_at: datetime | None = None) -> str:
    """The value of an election: the entity's own, else that of the standing policy.

    As known at a moment, or now.
    """
    row = tx.connection.execute(
        "select body -> 'elections' -> %s ->> 'value' from facts.fact"
        " where entity_id = %s and kind = 'policy'"
        " and (%s::timestamptz is null or recorded_at <= %s) order by version desc limit 1",
        [name, tx.entity, known_at, known_at],
    ).fetchone()
    own = cast("str | None", row[0]) if row else None
    return own or default_policy().value(name)


def share(tx: Transaction, name: str, known_at: datetime | None = None) -> Fraction:
    """An elected percentage as a share: ``0.01%`` is one in ten thousand."""
    return Fraction(Decimal(elected(tx, name, known_at).removesuffix("%"))) / 100
