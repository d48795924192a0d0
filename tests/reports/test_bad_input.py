"""Names and amounts that break workbooks made with less care, in one workbook and its twin."""

from __future__ import annotations

import csv

import openpyxl
import pytest

from reports.csv_twin import write_csv
from reports.text import CELL_TEXT_MAX
from reports.workbook import write_workbook
from revrec.model.dataset import Column, ColumnType, DataSet
from tests.reports import samples

ARABIC = "شركة الذكاء الاصطناعي"
HEBREW = "חברת בינה בע״מ (2026)"
TURNED = "\u202eInc. ABC\u202c Ltd"
"""A name that is shown from right to left by its own order to do so."""
LONG = "A very long name of a customer " * 1_400
ROWS = [
    (ARABIC, "USD", -1_234_567_89, "a"), (HEBREW, "JPY", -987_654, "b"),
    (TURNED, "KWD", -1_234_567, "c"), ("=cmd|' /C calc'!A0", "USD", 1, "d"),
    ("+1", "JPY", 987_655, "e"), (LONG, "KWD", 1_234_568, "f"), ("@SUM(A1)", "USD", 0, "g"),
]  # fmt: skip
DATA = DataSet(
    name="awkward", title="شركة Awkward: [names]?", note=ARABIC, rows=ROWS,
    columns=[Column(name="customer", title="Customer"), Column(name="currency", title="Currency"),
             Column(name="amount", title="Amount", type=ColumnType.MONEY, total=True),
             Column(name="row_key", title="Row key")],
)  # fmt: skip


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    """The sheet as openpyxl reads it, formulas as formulas."""
    path = tmp_path_factory.mktemp("awkward") / "awkward.xlsx"
    cover = samples.cover(entity=f"{ARABIC} & Co")
    write_workbook(path, cover, [DATA], samples.tie_outs(5))
    book = openpyxl.load_workbook(path)
    assert f"{ARABIC} && Co, " in book.worksheets[2].HeaderFooter.oddHeader.left.text
    return book.worksheets[2]


def test_names_are_text_as_they_were_told(sheet):
    """Right to left, turned around or like a formula: the same characters, never computed."""
    shown = [sheet[f"A{row}"] for row in range(10, 17)]

    assert [row[0] for row in ROWS if row[0] != LONG] == [
        cell.value for cell in shown if len(cell.value) < len(LONG) // 2
    ]
    assert {"s"} == {cell.data_type for cell in shown}
    assert [False, False, False, True, True, False, True] == [c.quotePrefix for c in shown]
    (cut,) = (cell.value for cell in shown if cell.value.startswith("A very long"))
    assert CELL_TEXT_MAX == len(cut)
    assert cut.endswith("[cut: the CSV twin has the full text]")
    assert "شركة Awkward   names" == sheet.title
    assert ARABIC == sheet["A8"].value


def test_negative_amounts_have_the_decimals_of_their_currency(sheet):
    """Cents, yen and fils, in parentheses; their totals apart."""
    shown = {row[1]: sheet[f"C{at}"] for at, row in enumerate(ROWS[:3], start=10)}
    totals = {sheet[f"A{row}"].value: sheet[f"C{row}"].value for row in range(18, 27)}

    assert {"USD": -1_234_567.89, "JPY": -987_654, "KWD": -1_234.567} == {
        currency: cell.value for currency, cell in shown.items()
    }
    assert {
        "USD": "#,##0.00;(#,##0.00);-", "JPY": "#,##0;(#,##0);-", "KWD": "#,##0.000;(#,##0.000);-",
    } == {currency: cell.number_format for currency, cell in shown.items()}  # fmt: skip
    assert (-1_234_567.88, 1, 0.001) == tuple(
        totals[f"Control total, {currency}"] for currency in ("USD", "JPY", "KWD")
    )


def test_the_twin_has_the_whole_of_each_name(tmp_path):
    """What a cell cuts is whole here, and what looks like a formula is disarmed."""
    path = tmp_path / "twin.csv"
    write_csv(path, DATA)
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)

    assert [ARABIC, HEBREW, TURNED, "'=cmd|' /C calc'!A0", "'+1", LONG, "'@SUM(A1)"] == [
        row[0] for row in rows
    ]
    assert ["-1234567.89", "-987654", "-1234.567"] == [row[2] for row in rows[:3]]
