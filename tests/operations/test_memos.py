"""Memos: a page for each component, schedules that add up, as a workbook and as JSON."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from python_calamine import CalamineWorkbook

from reports.estimates import write_memos
from revrec.feeds.records import fact_of
from revrec.operations.estimating import decide_proposal, propose_estimates
from revrec.operations.facts import record_facts
from revrec.operations.memos import memos_of

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
    assert {"Cover", "Variable consideration", "Estimate memos"} <= set(sheets)
    (told,) = [file for file in files if file.name.endswith("memos.json")]
    assert ["V-back", "V-bonus"] == [
        page["component"] for page in json.loads(told.read_text(encoding="utf-8"))
    ]


def test_books_without_estimates_have_empty_memos(workspace, tmp_path):
    """Nothing estimated is a memo without rows, not an error."""
    memos = memos_of(workspace, AS_OF)

    assert [] == memos.pages
    assert write_memos(memos, tmp_path)
