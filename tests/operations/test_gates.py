"""A close does not begin over work that was left undone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from revrec.errors import PeriodNotReady
from revrec.feeds.loading import load
from revrec.operations.close import close_period, gate_states
from revrec.operations.facts import record_facts
from revrec.operations.gates import GateState
from revrec.operations.rating import rate_counted
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import periods
from revrec.store.periods import PeriodStatus
from revrec.usage.columns import COUNTED
from revrec.usage.ingest import ingest
from tests.cli.test_rate import BOOK
from tests.usage.samples import as_csv

JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}


def blocking(workspace: Workspace) -> list[GateState]:
    """Gates that keep January from being closed."""
    return [each for each in gate_states(workspace, JANUARY) if each.blocks]


@pytest.fixture
def count(workspace: Workspace, tmp_path: Path):
    """Counts input tokens of acme, in millions, on days; they cost 3.00 a million."""
    book = tmp_path / "book.yaml"
    book.write_text(BOOK)
    record_facts(workspace, load(book).facts, source="book.yaml")

    def send(days: Mapping[date, int], kind: str = "input") -> None:
        rows = [
            {
                "source": "gateway",
                "usage_id": f"{kind}-{day}",
                "contract": "acme",
                "meter": "tokens",
                "usage_date": str(day),
                "quantity": str(millions * 1_000_000),
                "unit": "token",
                "dimensions": f'{{"type":"{kind}"}}',
            }
            for day, millions in days.items()
        ]
        path = tmp_path / "usage.csv"
        path.write_bytes(as_csv(rows, COUNTED.columns))
        ingest(
            workspace.database, workspace.lake, path, source_name=path.name,
            entity=workspace.entity, actor="metering", form=COUNTED,
        )  # fmt: skip

    return send


def test_unrated_usage_keeps_a_close_from_beginning(workspace: Workspace, count) -> None:
    """What waits is told with its worth; the period stays open; rated, it closes."""
    count({date(2026, 1, 5): 2, date(2026, 1, 31): 4, date(2026, 2, 1): 100})

    (told,) = blocking(workspace)
    with pytest.raises(PeriodNotReady, match=r"2 lines of counted usage from 2026-01-05") as caught:
        close_period(workspace, JANUARY, **PEOPLE)

    assert ("counted-usage-is-rated", True) == (told.gate, "USD 18.0000" in told.what)
    assert [str(told)] == caught.value.attributes["blockers"]
    status = workspace.run(partial(periods.status, period=JANUARY), read_only=True)
    assert status is not PeriodStatus.CLOSING
    rate_counted(workspace, through=date(2026, 1, 31))
    assert [] == blocking(workspace)
    closed = close_period(workspace, JANUARY, **PEOPLE)
    assert closed.new
    assert len(verify(workspace)) == 5


def test_late_usage_of_a_rated_month_waits_again(workspace: Workspace, count) -> None:
    """Rated before it came: the gate looks at what is there, not at whether rating was run."""
    count({date(2026, 1, 5): 2})
    rate_counted(workspace, through=date(2026, 1, 31))
    count({date(2026, 1, 6): 1})

    (told,) = blocking(workspace)

    assert "1 lines of counted usage from 2026-01-06" in told.what


def test_usage_after_the_period_does_not_wait(workspace: Workspace, count) -> None:
    """Rated through a later day than the period's last, or not yet rated: both are fine."""
    count({date(2026, 1, 5): 2})
    rate_counted(workspace, through=date(2026, 3, 31))
    count({date(2026, 2, 5): 2})

    assert [] == blocking(workspace)


def test_usage_without_a_price_waits(workspace: Workspace, count) -> None:
    """Output tokens have no price here; what is free has one of zero."""
    count({date(2026, 1, 5): 2})
    count({date(2026, 1, 5): 9}, kind="output")
    run = rate_counted(workspace, through=date(2026, 1, 31))

    (told,) = blocking(workspace)

    assert {"USD": Decimal(6)} == run.amounts
    assert "1 contracts' meters has no price" in told.what
    assert "of zero for what is free" in told.remedy


def test_without_counted_usage_the_gate_is_open(workspace: Workspace) -> None:
    """Books whose usage comes rated have nothing to wait for."""
    assert [] == blocking(workspace)
