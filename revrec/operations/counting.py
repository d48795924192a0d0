"""What other systems counted of usage, and how it compares with the ledger."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from revrec.operations.workspace import Workspace
from revrec.usage import comparison, counts
from revrec.usage.comparison import Comparison
from revrec.usage.counts import CountsRecorded


def record_counts(
    workspace: Workspace, path: Path, *, source: str, batch: str | None = None
) -> CountsRecorded:
    """Record a file of counts by a source; the same batch again changes nothing."""
    return workspace.run(
        lambda tx: counts.recording(tx, path, name=path.name, source=source, batch=batch)
    )


def compare_counts(
    workspace: Workspace,
    *,
    first: date,
    last: date,
    source: str | None = None,
    known_at: datetime | None = None,
) -> Comparison:
    """Where the ledger and what other systems counted fall apart, beyond what is elected."""
    return workspace.run(
        lambda tx: comparison.compare(
            tx, workspace.lake, first=first, last=last, source=source, known_at=known_at
        ),
        read_only=True,
    )
