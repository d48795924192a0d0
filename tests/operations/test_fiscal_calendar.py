"""The entity's own calendar: told once, kept under closed periods, fiscal years in reports."""

from __future__ import annotations

import pytest

from revrec.errors import FeedError, PeriodClosed, PeriodNotReady
from revrec.feeds.records import fact_of
from revrec.operations.close import begin_close, close_period
from revrec.operations.report import begun_by, report
from revrec.operations.workspace import Workspace
from revrec.periods import Calendar, Pattern
from tests.books import agree

PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
CONTRACT = {
    "kind": "contract",
    "id": "C-1",
    "customer": "acme",
    "currency": "USD",
    "inception": "2025-06-01",
    "start": "2025-06-01",
    "end": "2026-05-31",
    "obligations": [{"id": "access", "product": "platform", "measure": "even_months"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "1200.00"}],
}
INVOICE = {
    "kind": "invoice",
    "id": "I-1",
    "contract": "C-1",
    "on": "2025-06-01",
    "lines": [{"amount": "1200.00"}],
}


WEEKS = Calendar(pattern=Pattern.WEEKS_4_4_5)


def tell(workspace: Workspace, *records: dict[str, object]) -> None:
    """Record facts as two people agreed to."""
    agree(workspace, [fact_of(each, "test") for each in records])


def calendar(**told: object) -> dict[str, object]:
    """A calendar as a record."""
    return {"kind": "fiscal_calendar", "effective_from": "2025-01-01", **told}


def test_periods_that_were_closed_stay(workspace: Workspace) -> None:
    """Until one is, or is being, closed anything goes; then only the year's end of months does."""
    tell(workspace, CONTRACT, INVOICE, calendar(pattern="4-4-5"), calendar())
    with pytest.raises(PeriodNotReady, match="FY2025-P06 is no period of the entity"):
        close_period(workspace, WEEKS.parse("FY2025-P06"), **PEOPLE)
    june = workspace.calendar().parse("2025-06")
    begin_close(workspace, june, **PEOPLE)
    with pytest.raises(PeriodClosed, match="closed by another calendar"):
        tell(workspace, calendar(pattern="4-4-5"))
    close_period(workspace, june, **PEOPLE)

    with pytest.raises(PeriodClosed, match="closed by another calendar"):
        tell(workspace, calendar(pattern="5-4-4", last_month=6))
    tell(workspace, calendar(last_month=6))

    assert 2025 == workspace.calendar().parse("2025-06").fiscal_year
    assert 2026 == workspace.calendar().parse("2025-07").fiscal_year


def test_a_fiscal_year_from_july_opens_in_july(workspace: Workspace) -> None:
    """1,200.00 from June on, 100.00 a month: 1,100.00 stand on 30 June, when the year begins.

    Of these 200.00 are earned in July and August. The calendar year would have opened with none.
    """
    tell(workspace, CONTRACT, INVOICE, calendar(last_month=6))
    for month in ("2025-06", "2025-07", "2025-08"):
        close_period(workspace, workspace.calendar().parse(month), **PEOPLE)
    august = workspace.calendar().parse("2025-08")

    made = report(workspace, begun_by(august, "year"), august)
    rolled = made.datasets["contract_balances"]
    periods = made.datasets["accounting_periods"]

    names = [each.name for each in rolled.columns]
    (row,) = rolled.rows
    assert {"opening": 1100_00, "revenue_from_opening": -200_00, "closing": 900_00} == {
        name: row[names.index(name)] for name in ("opening", "revenue_from_opening", "closing")
    }
    assert ("2025-07", "FY2026", "Q1", 1) == tuple(periods.rows[0][:4])
    assert ("2025-10", "FY2026", "Q2", 4) == tuple(periods.rows[3][:4])
    assert [] == [each for each in made.tie_outs if each.difference]
    assert begun_by(august, "quarter") == begun_by(august, "2025-07") == begun_by(august, "year")
    with pytest.raises(FeedError, match="Write a month"):
        begun_by(august, "FY2026-P01")
