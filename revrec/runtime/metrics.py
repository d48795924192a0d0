"""Counters for the operator; served at ``/metrics``. No label carries a customer's name."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

TRANSACTION_RETRIES = Counter(
    "revrec_transaction_retries",
    "Transactions begun again, by SQLSTATE of what stopped them; 'lock' when a lock was taken.",
    ["reason"],
)
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


def shared_in(folder: Path) -> None:
    """Let the processes that are started from now on count in one folder."""
    os.environ[_SHARED] = str(folder)


def exposition() -> bytes:
    """The counters of this process, or of all that count in one folder, for Prometheus."""
    if _SHARED not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
