from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from reports.close import close_report
from reports.journal import write_journal
from reports.reconciliation import write_reconciliation
from reports.schedules import write_schedules
from revrec.errors import ReportError
from tests.reports import samples

STEM = "Lumen-Vale-AI-Inc_US-GAAP_2026-03_{}_v1_R20260403A"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A close of twenty-one contracts."""
    path = tmp_path_factory.mktemp("close")
    close_report(path, samples.cover(), samples.data_sets(21), samples.tie_outs(21))
    return path


def ties(path):
    """Check -> result, from the tie-out sheet as a preview shows it."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Tie-out").to_python()[9:]
    return {(row[1], row[2]): row[9] for row in rows if row[9]}


def test_a_close_writes_three_workbooks_their_twins_and_a_manifest(folder):
    """Every data set and the tie-outs have two twins beside the workbook."""
    twins = {
        "Schedules": ["contract-balances", "contract-position", "journal-summary",
                      "revenue-by-product", "revenue-waterfall", "tie-out", "unbilled"],
        "Journal": ["journal-detail", "journal-summary", "tie-out"],
        "Reconciliation": ["reconciliation", "reconciliation-reasons", "tie-out"],
    }  # fmt: skip
    expected = {"manifest.json"}
    for report, names in twins.items():
        stem = STEM.format(report)
        expected.add(f"{stem}.xlsx")
        expected |= {f"{stem}.{name}.{end}" for name in names for end in ("csv", "parquet")}

    assert expected == {path.name for path in folder.iterdir()}


def test_the_manifest_is_true_of_every_file(folder):
    """Each hash is the file's, and no file is missing from it."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    names = {path.name for path in folder.iterdir()} - {"manifest.json"}

    assert names == {file["name"] for file in manifest["files"]}
    for file in manifest["files"]:
        content = (folder / file["name"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["bytes"] == len(content)


def test_schedules_come_in_the_order_people_read_them(folder):
    """Control sheets and charts, then the data sets in the order given."""
    book = openpyxl.load_workbook(folder / f"{STEM.format('Schedules')}.xlsx")

    assert [
        "Cover", "Tie-out", "Summary", "Revenue waterfall", "Contract liability rollforward",
        "Revenue by product", "Contract position", "Unbilled receivable", "Journal summary",
        "Chart data",
    ] == book.sheetnames  # fmt: skip
    # Three currencies: revenue, balances, unbilled of each; dollars first.
    labels = [str(row[0].value) for row in book["Chart data"]["A9:A99"]]
    drawn = [found[1] for label in labels if (found := re.search(r"\((\w{3})\), from", label))]
    assert ["USD"] * 3 + ["EUR"] * 3 + ["JPY"] * 3 == drawn


def test_the_journal_ties_to_itself(folder):
    """Debits equal credits and the summary equals the detail, in each currency."""
    results = ties(folder / f"{STEM.format('Journal')}.xlsx")

    names = ["Debits equal credits", "Debits equal credits, line by line",
             "Summary and detail: debits", "Summary and detail: credits",
             "March subscription revenue"]  # fmt: skip
    own = {(name, currency): "OK" for name in names for currency in ("EUR", "JPY", "USD")}
    footed = {
        (f"{t}: every column adds up", ""): "OK" for t in ("Journal summary", "Journal detail")
    }
    assert own | footed == results


def test_a_summary_that_lost_a_line_does_not_tie(tmp_path):
    """The first account of the summary left out: debits and detail differ, in its currency."""
    data = samples.data_sets(21)
    summary = data["journal_summary"]
    data["journal_summary"] = replace(summary, rows=summary.rows[1:])
    write_journal(tmp_path, samples.cover("Journal"), data, [])

    results = ties(tmp_path / f"{STEM.format('Journal')}.xlsx")
    assert {
        ("Debits equal credits", "EUR"),
        ("Summary and detail: debits", "EUR"),
    } == {check for check, result in results.items() if result != "OK"}


def test_every_difference_of_the_reconciliation_has_a_reason(folder):
    """Rated less invoiced less revenue follow from the amounts, and none is unexplained."""
    results = ties(folder / f"{STEM.format('Reconciliation')}.xlsx")

    names = ("Rated less invoiced", "Invoiced less revenue", "Every difference is explained",
             "March subscription revenue")  # fmt: skip
    expected = {(name, currency): "OK" for name in names for currency in ("EUR", "JPY", "USD")}
    expected["Usage to billing to revenue: every column adds up", ""] = "OK"
    expected["Reasons of differences: every column adds up", ""] = "OK"
    assert expected == results


@pytest.mark.parametrize("reason", ["unexplained", "", None])
def test_a_difference_without_a_reason_is_shown(tmp_path, reason):
    """The first timing difference, contract 7 in dollars, loses its reason."""
    given = samples.reconciliation(21)
    rows = [(*row[:-1], reason) if row[1] == "C-00007" else row for row in given.rows]
    data = {"reconciliation": replace(given, rows=rows)}
    write_reconciliation(tmp_path, samples.cover("Reconciliation"), data, [])

    path = tmp_path / f"{STEM.format('Reconciliation')}.xlsx"
    results = ties(path)
    assert [("Every difference is explained", "USD")] == [
        check for check, result in results.items() if result != "OK"
    ]
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Tie-out").to_python()
    # Usage of contract 7: (1,000 + 7 x 37) x 100 / 10 + 49 cents, once over, once short.
    assert [2 * (1259.0 * 10 + 49) / 100] == [
        row[4] for row in rows if row[1] == "Every difference is explained" and row[2] == "USD"
    ]


def test_reasons_are_drawn_in_the_functional_currency(folder):
    """Dollar contracts 7 and 21 were billed late: one reason, two differences that cancel out."""
    book = openpyxl.load_workbook(folder / f"{STEM.format('Reconciliation')}.xlsx", data_only=True)
    rows = [[cell.value for cell in row] for row in book["Chart data"]["A10:C11"]]

    # 10% of (1,000 + 37 n), and 7 n cents: 125.90 + 0.49 and 177.70 + 1.47.
    assert [
        ["Reason", "invoiced less revenue", "rated less invoiced"],
        ["timing", -305.56, 305.56],
    ] == rows


def test_a_schedules_file_needs_its_data_sets(tmp_path):
    """What is missing is named, and nothing is written."""
    data = samples.data_sets(3)
    del data["contract_balances"], data["contract_position"]

    with pytest.raises(ReportError, match="The report needs contract_balances, contract_position"):
        write_schedules(tmp_path, samples.cover(), data, [])
    assert [] == list(tmp_path.iterdir())


def test_a_close_without_usage_has_no_reconciliation(tmp_path):
    """Two workbooks; the manifest names what there is."""
    data = samples.data_sets(3)
    del data["reconciliation"], data["reconciliation_reasons"]

    files = close_report(tmp_path, samples.cover(), data, [])

    assert [STEM.format(r) + ".xlsx" for r in ("Schedules", "Journal")] == [
        file.name for file in files if file.name.endswith("xlsx")
    ]


def test_a_close_with_nothing_to_report_is_written(tmp_path):
    """Empty data sets are empty tables; no chart, no error."""
    empty = {name: replace(data, rows=[]) for name, data in samples.data_sets(1).items()}
    close_report(tmp_path, samples.cover(), empty, [])

    book = openpyxl.load_workbook(tmp_path / f"{STEM.format('Schedules')}.xlsx")
    assert "Summary" not in book.sheetnames
