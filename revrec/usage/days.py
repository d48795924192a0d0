"""The day an event counts on: that of the time zone the policy elects."""

from __future__ import annotations

from typing import cast

from revrec.feeds.policies import default_policy
from revrec.store.transaction import Transaction

ELECTION = "days_of_usage"


def day_zone(tx: Transaction) -> str:
    """The IANA name of the time zone elected for days of usage."""
    row = tx.connection.execute(
        "select body -> 'elections' -> %s ->> 'value' from facts.fact"
        " where entity_id = %s and kind = 'policy' order by version desc limit 1",
        [ELECTION, tx.entity],
    ).fetchone()
    elected = cast("str | None", row[0]) if row else None
    return elected or default_policy().value(ELECTION)
