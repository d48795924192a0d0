"""Compaction between closes: what was pinned, posted and counted once stays so."""

from __future__ import annotations

from pathlib import Path

import pytest

from revrec.errors import NotFound
from revrec.operations.close import close_period
from revrec.operations.compacting import compact
from revrec.operations.facts import record_facts
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log
from tests.books import examples, facts_of, send, usage_rows, write_usage

PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}


def test_closes_before_and_after_stand(workspace: Workspace, tmp_path: Path) -> None:
    """The close is rebuilt from the version it pinned; usage sent again is still known."""
    record_facts(workspace, facts_of(examples()), source="examples")
    rows = usage_rows(examples())
    for each in (0, 1):
        send(workspace, write_usage(tmp_path / f"{each}.ndjson", rows[each::2]))
    close_period(workspace, Period(2026, 1), **PEOPLE)

    done = compact(workspace)
    found = verify(workspace)
    close_period(workspace, Period(2026, 2), **PEOPLE)
    again = send(workspace, write_usage(tmp_path / "again.ndjson", rows[::-1]))

    assert ["usage"] == [each.table for each in done]
    assert done[0].files_after < done[0].files_before
    assert len(found) == 5
    assert len(verify(workspace)) == 5
    assert again.received == again.duplicate
    told = workspace.run(audit_log.read, read_only=True)
    assert [each.table for each in done] == [
        each.subject for each in told if each.operation == "lake.compact"
    ]


def test_a_table_that_is_not_there_is_named(workspace: Workspace) -> None:
    """The tables are listed."""
    with pytest.raises(NotFound, match=r"no table 'usages'.*metered, posting"):
        compact(workspace, ["usages"])
