"""Parallel runs of the example contracts: against themselves, with planted errors, by policy."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from revrec.feeds.records import fact_of
from revrec.feeds.schedules import read_schedule
from revrec.money import from_minor
from revrec.operations.facts import record_facts
from revrec.operations.parallel import parallel_run, policies_in_parallel
from revrec.operations.workspace import Workspace
from revrec.periods import MONTHS, Period
from revrec.reconciliation.parallel import Status
from tests.books import load_examples

JANUARY, DECEMBER = Period(2026, 1), Period(2026, 12)
COLUMNS = ("contract", "obligation", "period", "currency")


def told_by_us(workspace: Workspace) -> list[dict[str, str]]:
    """Our own schedule of 2026 as rows: that of the books under no other records."""
    run = policies_in_parallel(workspace, [], JANUARY, DECEMBER)
    return [
        {
            **{name: getattr(each.cell, name) for name in COLUMNS},
            each.cell.measure: str(from_minor(each.ours, each.cell.currency)),
        }
        for each in run.compared
    ]


def compared(workspace: Workspace, rows: list[dict[str, str]], path: Path):
    """The rows written to a file and compared."""
    names = [*COLUMNS, *sorted({name for row in rows for name in row} - {*COLUMNS})]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    told = read_schedule(path, MONTHS)
    assert not told.rejections
    return parallel_run(workspace, told.schedule)


def test_a_schedule_of_our_own_does_not_differ_and_planted_errors_do(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A month moved, a price eleven times as high, a contract left out: nothing else is found."""
    load_examples(workspace, tmp_path)
    rows = told_by_us(workspace)
    assert len(rows) > 100
    assert not compared(workspace, rows, tmp_path / "same.csv").differences

    moved = [row for row in rows if row["contract"] == "NORTHWIND" and "revenue" in row]
    moved[0]["revenue"], moved[1]["revenue"] = "0", "5900.00"
    for row in rows:
        if row["contract"] == "HALCYON-2026" and "revenue" in row:
            row["revenue"] = str(Decimal(row["revenue"]) * 11)
    kept = [row for row in rows if row["contract"] != "LARKSPUR-PAYG"]

    run = compared(workspace, kept, tmp_path / "planted.csv")

    found = {(each.cell.contract, str(each.reason)) for each in run.differences}
    assert found == {
        ("NORTHWIND", "timing"),
        ("HALCYON-2026", "price"),
        ("LARKSPUR-PAYG", "contract"),
    }
    alone = {each.cell.contract for each in run.differences if each.status is Status.ONLY_HERE}
    assert alone == {"LARKSPUR-PAYG"}


def test_two_policies_are_compared_by_contract(workspace: Workspace) -> None:
    """A year of 36,500.00 by twelfths: 3,041.67 in January where days give 3,100.00."""
    contract = {
        "kind": "contract", "id": "C", "customer": "c", "currency": "USD",
        "inception": "2026-01-01", "end": "2026-12-31",
        "obligations": [{"id": "access", "product": "p", "measure": "time_elapsed"}],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}],
    }  # fmt: skip
    policy = {
        "kind": "policy", "accounts": {"default": {}},
        "elections": {"grain_of_time": {
            "value": "even_months", "effective_from": "2018-01-01", "cites": ["606-10-25-31"],
            "rationale": "As before."}},
    }  # fmt: skip
    record_facts(workspace, [fact_of(contract, "test")], source="test")

    run = policies_in_parallel(workspace, [fact_of(policy, "test")], JANUARY, DECEMBER)

    revenue = [each for each in run.compared if each.cell.measure == "revenue"]
    assert (revenue[0].theirs, revenue[0].ours) == (304_167, 310_000)
    assert {str(each.reason) for each in revenue} == {"proration"}
    again = policies_in_parallel(workspace, [], JANUARY, DECEMBER)
    assert not again.differences, "nothing was recorded"
