"""Recording facts."""

from __future__ import annotations

from collections.abc import Sequence

from revrec.model.fact import Fact
from revrec.operations.workspace import Workspace
from revrec.store import audit_log, facts
from revrec.store.facts import Recorded
from revrec.store.transaction import Transaction


def record_facts(workspace: Workspace, told: Sequence[Fact], *, source: str) -> Recorded:
    """Record facts; the same facts again change nothing, changed ones become new versions."""
    return workspace.run(lambda tx: recording(tx, told, source=source))


def recording(tx: Transaction, told: Sequence[Fact], *, source: str) -> Recorded:
    """Record facts within a transaction of the caller's."""
    recorded = facts.record(tx, told)
    if recorded.new or recorded.corrected:
        details = {"new": recorded.new, "corrected": recorded.corrected}
        audit_log.write(tx, "facts.record", source, details)
    return recorded
