"""The day an event counts on: that of the time zone the policy elects."""

from __future__ import annotations

from revrec.store.transaction import Transaction
from revrec.usage.elections import elected

ELECTION = "days_of_usage"


def day_zone(tx: Transaction) -> str:
    """The IANA name of the time zone elected for days of usage."""
    return elected(tx, ELECTION)
