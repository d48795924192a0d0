"""What the entity elects for its usage, as known now."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import cast

from revrec.feeds.policies import default_policy
from revrec.store.transaction import Transaction


def elected(tx: Transaction, name: str) -> str:
    """The value of an election: the entity's own, else that of the standing policy."""
    row = tx.connection.execute(
        "select body -> 'elections' -> %s ->> 'value' from facts.fact"
        " where entity_id = %s and kind = 'policy' order by version desc limit 1",
        [name, tx.entity],
    ).fetchone()
    own = cast("str | None", row[0]) if row else None
    return own or default_policy().value(name)


def share(tx: Transaction, name: str) -> Fraction:
    """An elected percentage as a share: ``0.01%`` is one in ten thousand."""
    return Fraction(Decimal(elected(tx, name).removesuffix("%"))) / 100
