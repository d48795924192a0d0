"""Counters for the operator; served at ``/metrics``. No label carries a customer's name."""

from __future__ import annotations

from prometheus_client import Counter

TRANSACTION_RETRIES = Counter(
    "revrec_transaction_retries",
    "Transactions begun again, by SQLSTATE of what stopped them; 'lock' when a lock was taken.",
    ["reason"],
)
