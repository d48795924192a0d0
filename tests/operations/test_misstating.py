"""Errors of earlier periods told as facts: measured, judged by two people, shown in a workbook."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from reports.misstatements import MATERIAL, SMALL, write_worksheet
from revrec.errors import ApprovalNeeded, Conflict
from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import fact_of, to_fact
from revrec.model.fact import FactKind
from revrec.model.misstatement import ErrorTreatment
from revrec.operations.close import close_period, reopen_period
from revrec.operations.estimating import decide_proposal
from revrec.operations.facts import record_facts
from revrec.operations.misstating import assessing, misstatements
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from tests.api.requests import CONTRACT

JANUARY = Period(2026, 1)
ERROR = {
    "kind": "misstatement",
    "id": "E-1",
    "on": "2025-11-10",
    "reverses_on": "2026-02-10",
    "currency": "USD",
    "revenue": "150.00",
    "contract": "C-1",
    "description": "usage of December counted in November",
}
YEARS = [
    {
        "kind": "financial_benchmark",
        "id": f"FY{year}",
        "on": f"{year}-12-31",
        "currency": "USD",
        "revenue": "10000.00",
        "pre_tax_income": "5000.00",
    }
    for year in (2025, 2026)
]


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """January closed, an error of November told."""
    told = [fact_of(each, "test") for each in (CONTRACT, ERROR, *YEARS)]
    policy = with_elections(default_policy(), {"reopening_takes": "assessment"})
    record_facts(workspace, [*told, to_fact(FactKind.POLICY, policy)], source="test")
    close_period(workspace, JANUARY, prepared_by="ada", approved_by="grace")
    return workspace


def propose(workspace: Workspace, treatment: ErrorTreatment, **changes: Any) -> Any:
    """Ada's assessment of January."""
    told = {"treatment": treatment, "factors": [], "rationale": "as measured", **changes}
    return workspace.acting_as("ada").run(lambda tx: assessing(tx, JANUARY, **told))


def reopen(workspace: Workspace) -> None:
    """Ask for January to be reopened."""
    people = {"requested_by": "ada", "approved_by": "grace"}
    reopen_period(workspace, JANUARY, **people, reason="an error")


def test_a_period_is_reopened_once_another_person_approved_it(
    workspace: Workspace, clock: FixedClock
) -> None:
    """Refused without an assessment, with one that waits, and with one for catch-up."""
    with pytest.raises(ApprovalNeeded, match="Nobody approved that errors of 2026-01"):
        reopen(workspace)
    made = propose(workspace, ErrorTreatment.REOPEN)
    with pytest.raises(ApprovalNeeded):
        reopen(workspace)
    decide_proposal(workspace.acting_as("grace"), made.id, approve=True)

    clock.advance(timedelta(hours=1))
    other = propose(workspace, ErrorTreatment.CATCH_UP, rationale="thought again")
    decide_proposal(workspace.acting_as("grace"), other.id, approve=True)
    with pytest.raises(ApprovalNeeded):
        reopen(workspace)
    clock.advance(timedelta(hours=1))
    last = propose(workspace, ErrorTreatment.REOPEN, rationale="thought once more")
    decide_proposal(workspace.acting_as("grace"), last.id, approve=True)
    reopen(workspace)


def test_an_assessment_says_why(workspace: Workspace) -> None:
    """And holds the worksheet it rests on."""
    with pytest.raises(Conflict, match="no rationale"):
        propose(workspace, ErrorTreatment.REOPEN, rationale=" ")
    evidence = propose(workspace, ErrorTreatment.REOPEN).evidence

    assert ("2025-11", "2026-02") == tuple(evidence["errors"][0][n] for n in ("origin", "reverses"))
    assert ["1.50%", "3.00%", "1.50%", "3.00%"] == [
        each["rollover_share"] for each in evidence["effects"]
    ]
    assert "reopen" == evidence["proposed"]


def test_the_workbook_computes_what_it_shows(workspace: Workspace, tmp_path: Path) -> None:
    """Formulas over the errors; 150 of 10,000 is material, of 5,000 of income 3% is not."""
    files = write_worksheet(misstatements(workspace), tmp_path)
    book = next(each for each in files if each.suffix == ".xlsx")
    formulas, results = (
        load_workbook(book, data_only=values)["Misstatements"] for values in (False, True)
    )
    first = next(row[0].row for row in formulas.iter_rows() if row[2].value == "revenue")

    rows = range(first, first + 4)
    assert [(150, 150), (150, 150), (-150, 0), (-150, 0)] == [
        (results[f"D{row}"].value, results[f"E{row}"].value) for row in rows
    ]
    assert [MATERIAL, SMALL, MATERIAL, SMALL] == [results[f"F{row}"].value for row in rows]
    for letter in "DEFIJ":
        assert all(str(formulas[f"{letter}{row}"].value).startswith("=") for row in rows)
    assert '=SUMIFS($G$10:$G$10,$B$10:$B$10,"<="&B' in formulas[f"D{first}"].value
