"""Memos: a page for each component, schedules that add up, as a workbook and as JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from reports.estimates import write_memos
from revrec.disclosure.columns import records_of
from revrec.feeds.records import fact_of
from revrec.operations.close import close_period
from revrec.operations.estimating import decide_proposal, override_estimate, propose_estimates
from revrec.operations.facts import record_facts
from revrec.operations.memos import memos_of
from revrec.operations.report import report
from revrec.periods import Period
from tests.books import send, write_usage

AS_OF = date(2026, 1, 31)
BOOKS = [
    {
        "kind": "contract", "id": "C-1", "customer": "acme", "currency": "USD",
        "inception": "2026-01-01", "end": "2026-12-31", "segment": "mid",
        "obligations": [
            {"id": "access", "product": "platform", "measure": "days",
             "standalone_selling_price": "10000.00"},
            {"id": "units", "product": "units", "measure": "units", "quantity": "1000",
             "standalone_selling_price": "1000.00"},
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "10000.00"},
            {"id": "bonus", "kind": "variable", "method": "most_likely_amount"},
            {"id": "back", "kind": "variable", "obligation": "units",
             "returns": {"expected": "0", "refund": "1"}},
        ],
    },
    {
        "kind": "variable_component", "id": "V-bonus", "contract": "C-1", "on": "2026-01-01",
        "component": "bonus", "method": "most_likely_amount", "consideration": "bonus",
        "outcomes": [{"amount": "5000", "probability": "0.7"},
                     {"amount": "0", "probability": "0.3"}],
        "factors": {"outside_influence": True}, "basis": "the customer's own audit decides",
    },
    {
        "kind": "variable_component", "id": "V-back", "contract": "C-1", "on": "2026-01-01",
        "component": "return", "method": "expected_value", "consideration": "back",
        "trials": "1000",
    },
    {
        "kind": "component_outcome", "id": "O-1", "contract": "C-1", "on": "2026-01-20",
        "component": "V-back", "quantity": "10", "trials": "500",
    },
]  # fmt: skip


def test_a_page_says_what_an_estimate_rests_on_and_who_decided(workspace, tmp_path):
    """From components to the files an auditor gets; every figure is the recorded one."""
    record_facts(workspace, [fact_of(each, "test") for each in BOOKS], source="test")
    run = propose_estimates(workspace.acting_as("model"), AS_OF)
    for each in run.proposals:
        decide_proposal(workspace.acting_as("grace"), each.id, approve=True, note="read")

    memos = memos_of(workspace, AS_OF)
    files = write_memos(memos, tmp_path)

    bonus = next(page for page in memos.pages if page["component"] == "V-bonus")
    assert ("5000.00", "526.32", "reversal") == (
        bonus["unconstrained"], bonus["included"], bonus["binds"]
    )  # fmt: skip
    assert ("approved", "grace") == (bonus["decided"], bonus["decided_by"])
    lines = [row[2:] for row in memos.datasets["estimate_memos"].rows if row[0] == "V-bonus"]
    assert ("Factors (32-12)", "outside_influence", "present") in lines
    assert ("Facts", "basis", "the customer's own audit decides") in lines
    assert ("Distribution", "outcome 5000", "0.7") in lines
    schedule = memos.datasets["variable_consideration"]
    names = [column.name for column in schedule.columns]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in schedule.rows}
    assert (500_000, 52_632, 447_368) == tuple(
        rows["V-bonus"][name] for name in ("unconstrained", "included", "excluded")
    )
    back = rows["V-back"]
    assert Decimal(15) < back["unconstrained_units"] <= back["included_units"] < Decimal(60)

    (book,) = [file for file in files if file.suffix == ".xlsx"]
    sheets = CalamineWorkbook.from_path(str(book)).sheet_names
    assert {"Cover", "Variable consideration", "Estimate memos", "V-back", "V-bonus"} <= set(sheets)
    (told,) = [file for file in files if file.name.endswith("memos.json")]
    assert ["V-back", "V-bonus"] == [
        page["component"] for page in json.loads(told.read_text(encoding="utf-8"))
    ]


def test_books_without_estimates_have_empty_memos(workspace, tmp_path):
    """Nothing estimated is a memo without rows, not an error."""
    memos = memos_of(workspace, AS_OF)

    assert [] == memos.pages
    assert write_memos(memos, tmp_path)


SHORT = [
    {
        "kind": "contract", "id": "C-2", "customer": "blue", "currency": "USD",
        "inception": "2025-07-01", "end": "2026-06-30",
        "obligations": [
            {"id": "access", "product": "platform", "measure": "days",
             "standalone_selling_price": "3650.00", "meters": ["calls"]},
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "3650.00"},
            {"id": "short", "kind": "variable", "amount": "0", "obligation": "access"},
        ],
    },
    {
        "kind": "variable_component", "id": "V-short", "contract": "C-2", "on": "2025-07-01",
        "component": "shortfall", "method": "expected_value", "consideration": "short",
        "threshold": "1000", "unit_price": "1", "meters": ["calls"],
    },
]  # fmt: skip


def test_a_page_draws_use_and_the_estimates_so_far(workspace, tmp_path):
    """280 calls in 196 days, seen from two dates, then a figure by hand: two charts, all figures.

    On the second day 28 steps of a week are over, and the last of them ends on it.
    """
    record_facts(workspace, [fact_of(each, "test") for each in SHORT], source="test")
    rows = [
        {"source": "gateway", "usage_id": f"u-{week}", "contract": "C-2", "meter": "calls",
         "usage_date": str(date(2025, 7, 1) + timedelta(7 * week)), "quantity": "10",
         "unit": "call", "amount": "0", "currency": "USD"}
        for week in range(28)
    ]  # fmt: skip
    send(workspace, write_usage(tmp_path / "usage.ndjson", rows))
    first = propose_estimates(workspace.acting_as("model"), date(2025, 12, 31))
    decide_proposal(workspace, first.proposals[0].id, approve=True)
    propose_estimates(workspace, date(2026, 1, 12))
    override_estimate(workspace, "V-short", Decimal(400), as_of=AS_OF, basis="a letter")

    memos = memos_of(workspace, AS_OF)
    (page,) = memos.pages
    assert ("a letter", "400") == (page["by_hand"], page["included"])
    assert ["2025-12-31", "2026-01-12", "2026-01-31"] == [e["as_of"] for e in page["estimates"]]
    schedule = memos.datasets["variable_consideration"]
    (row,) = [dict(zip([c.name for c in schedule.columns], r, strict=True)) for r in schedule.rows]
    assert (40_000, 40_000, 0, "by hand") == (
        row["unconstrained"], row["included"], row["excluded"], row["binds"]
    )  # fmt: skip

    changes = memos.datasets["estimate_changes"]
    (moved,) = [dict(zip([c.name for c in changes.columns], r, strict=True)) for r in changes.rows]
    before = int(100 * Decimal(first.proposals[0].evidence["included"]))
    assert (before, 0, 0, 0, 40_000 - before, 40_000) == tuple(
        moved[part] for part in ("before", "usage", "mix", "price", "method", "after")
    )

    files = write_memos(memos_of(workspace, date(2026, 1, 12)), tmp_path / "out")
    (book,) = [file for file in files if file.suffix == ".xlsx"]
    sheet = load_workbook(book)["V-short"]
    use, estimates = sheet._charts
    assert [5, 4] == [len(use.series), len(estimates.series)]
    figures = [[cell.value for cell in row] for row in sheet.iter_rows(max_col=6)]
    at = next(n for n, row in enumerate(figures) if "Use to date" in str(row[0])) + 1
    assert ["Day", "Observed", "Estimate", "10% are below", "10% are above", "Threshold"] == (
        figures[at]
    )
    end = next(n for n in range(at, len(figures)) if figures[n][0] == datetime(2026, 6, 30))  # noqa: DTZ001
    now = figures[end - 1]
    assert [datetime(2026, 1, 12), 280, 280, 280, 280, 1000] == now  # noqa: DTZ001
    low, high = figures[end][3:5]
    assert 280 <= low <= figures[end][2] <= high


def test_a_close_shows_the_estimates_that_counted_in_their_range(workspace):
    """5,000.00 with 70%: a tenth below is nothing, a tenth above all; 526.32 is not reversed.

    What was rejected is not shown.
    """
    record_facts(workspace, [fact_of(each, "test") for each in BOOKS], source="test")
    for each in propose_estimates(workspace.acting_as("model"), AS_OF).proposals:
        approve = each.subject == "V-bonus"
        decide_proposal(workspace.acting_as("grace"), each.id, approve=approve, note="read")
    january = Period(2026, 1)
    close_period(workspace, january, prepared_by="ada", approved_by="grace")

    told = report(workspace, january, january)
    (shown,) = records_of(told.datasets["estimate_ranges"])
    assert ("V-bonus", "statistics", "model", "grace") == (
        shown["component"], shown["basis"], shown["prepared_by"], shown["approved_by"]
    )  # fmt: skip
    names = ("low", "estimate", "high", "included", "held_back")
    assert ["0.00", "5000.00", "5000.00", "526.32", "4473.68"] == [shown[name] for name in names]
