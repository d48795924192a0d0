"""A soft close from what changed is, to the byte, the one from everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from revrec.engine import account
from revrec.errors import PeriodNotReady
from revrec.model.fact import Fact
from revrec.operations import incremental
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, move_cut_off
from revrec.operations.workspace import Workspace
from revrec.periods import MONTHS, Period
from revrec.store.database import Database
from revrec.store.lake import Lake
from tests.properties.books import read_book
from tests.properties.closing import books_of, facts_told, fresh, tell, usage_told
from tests.properties.profiles import examples
from tests.properties.runs import month_ends
from tests.strategies import scenarios

PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
MOVED = {"requested_by": "ada", "approved_by": "grace", "reason": "late facts"}


def closed(
    workspace: Workspace, folder: Path, parts: list[tuple[list[Fact], list[Any]]], month: Period
) -> Any:
    """The books after a soft close that is moved with each further part, then made for good."""
    for number, (told, usage) in enumerate(parts):
        tell(workspace, folder, told, usage)
        try:
            if number:
                move_cut_off(workspace, month, **MOVED)
            else:
                close_period(workspace, month, **PEOPLE, kind=Kind.SOFT)
        except PeriodNotReady as error:
            return str(error)
    close_period(workspace, month, **PEOPLE)
    return books_of(workspace)


@examples(commit=2, torture=200)
@given(scenario=scenarios(size=6), data=st.data())
def test_books_closed_from_changes_are_those_closed_from_everything(
    database: Database,
    lake: Lake,
    tmp_path_factory: pytest.TempPathFactory,
    scenario: Any,
    data: st.DataObject,
) -> None:
    """Contracts first, events in three parts: after each, the same journal, detail and totals."""
    ends = month_ends(scenario)[:-1]
    month = MONTHS.of(ends[len(ends) // 2])
    refused = set(account(read_book(scenario), [month.last]).refused)
    told = [each for each in facts_told(scenario) if each.contract not in refused]
    usage = [each for each in usage_told(scenario) if each["contract"] not in refused]
    late = [each for each in told if each.kind in {"invoice", "payment", "delivery"}]
    # A memo credits a bill that is known.
    last = [each for each in told if each.kind == "credit_memo"]
    first = [each for each in told if each not in late and each not in last]
    parts = [data.draw(st.integers(0, 2)) for _ in range(len(late) + len(usage))]
    split = [
        (
            (first if part == 0 else last if part == 2 else [])
            + [each for each, at in zip(late, parts, strict=False) if at == part],
            [each for each, at in zip(usage, parts[len(late) :], strict=True) if at == part],
        )
        for part in range(3)
    ]
    folder = tmp_path_factory.mktemp("usage")

    workspace = Workspace(database=database, lake=lake, entity=1, actor="preparer")

    from_changes = closed(fresh(workspace), folder, split, month)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incremental, "changed_since", lambda *_: None)
        from_everything = closed(fresh(workspace), folder, split, month)

    event("closed" if isinstance(from_changes, dict) else "refused")
    assert from_everything == from_changes
