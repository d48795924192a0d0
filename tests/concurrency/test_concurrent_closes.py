"""Fifty people close the same period at once: one close, one set of entries."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from revrec.errors import CloseInProgress
from revrec.operations.close import close_period
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal, periods
from tests.books import load_examples

CLOSERS = 50
JANUARY = Period(2026, 1)


def test_fifty_concurrent_closes_make_one_close(workspace: Workspace, tmp_path: Path) -> None:
    """One posts; the others are told that it runs or that it is done; nothing is doubled."""
    load_examples(workspace, tmp_path)

    def close(number: int) -> str:
        try:
            closed = close_period(
                workspace, JANUARY, prepared_by=f"preparer {number}", approved_by="controller"
            )
        except CloseInProgress:
            return "in progress"
        return "closed" if closed.new else "was closed"

    with ThreadPoolExecutor(CLOSERS) as pool:
        outcomes = Counter(pool.map(close, range(CLOSERS)))

    assert outcomes["closed"] == 1
    assert outcomes.total() == CLOSERS
    assert len(workspace.run(periods.closes)) == 1
    entries = workspace.run(journal.read)
    assert len({(e.entry.origin, e.entry.event, e.entry.currency) for e in entries}) == len(entries)
    verify(workspace)
