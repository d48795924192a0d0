"""Data sets longer than a sheet: continued, with one set of control totals and one twin."""

from __future__ import annotations

import csv

import openpyxl
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from reports import layout
from reports.charts import Chart, ChartKind
from reports.layout import sheets_of
from reports.publish import publish
from reports.workbook import write_workbook
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from tests.reports import samples
from tests.reports.libreoffice import recalculated

TITLES = ["Long", "Long (2)", "Long (3)"]
ROWS = [(f"K{n:02}", ("USD", "EUR")[n % 2], 100 * n) for n in range(1, 18)]
"""Seventeen: dollars have the even numbers, euros the odd ones."""


def long(rows=ROWS, name="long", currency=None):
    """Keys and amounts in two currencies, or all in one."""
    amount = Column(name="amount", title="Amount", type=ColumnType.MONEY, total=True)
    columns = [Column(name="key", title="Key"), Column(name="currency", title="Currency"), amount]
    if currency:
        columns, rows = [columns[0], columns[2]], [(key, amount) for key, _, amount in rows]
    return DataSet(name=name, title=name.title(), columns=columns, rows=rows, currency=currency)


@pytest.fixture
def seven(monkeypatch):
    """A sheet takes seven rows."""
    monkeypatch.setattr(layout, "ROWS_MAX", 7)


CHART = Chart(kind=ChartKind.BARS, title="Largest", sheet="long", currency="USD",
              values=("amount",), category="key")  # fmt: skip


@pytest.mark.usefixtures("seven")
def test_a_long_data_set_is_continued_and_computes(tmp_path):
    """Seven rows, seven, three; totals of all on the first; one twin each; every check agrees.

    Dollars: 2 + 4 + ... + 16 = 72; euros: 1 + 3 + ... + 17 = 81; in one currency: 153.
    """
    one = long(name="one", currency="USD")
    files = publish(tmp_path, samples.cover(), [long(), one], samples.tie_outs(1), [CHART])
    path = tmp_path / files[0].name
    book = openpyxl.load_workbook(path)

    ones = ["One", "One (2)", "One (3)"]
    assert ["Cover", "Tie-out", "Summary", *TITLES, *ones, "Chart data"] == book.sheetnames
    sheets = CalamineWorkbook.from_path(path)
    shown = [sheets.get_sheet_by_name(title).to_python() for title in TITLES]
    found = [
        row for rows, count in zip(shown, (7, 7, 3), strict=True) for row in rows[9 : 9 + count]
    ]
    assert [[key, currency, amount / 100] for key, currency, amount in ROWS] == found
    assert {("Key", "Currency", "Amount")} == {tuple(rows[8]) for rows in shown}
    assert ["1 to 7", "8 to 14", "15 to 17"] == [
        str(rows[6][0]).rpartition("; rows ")[2].removesuffix(" of 17") for rows in shown
    ]
    assert ["t_long", "t_long_2", "t_long_3"] == [
        name for title in TITLES for name in book[title].tables
    ]
    lines = [(row[0], row[1], row[2]) for row in shown[0][17:]]
    assert [
        (f"{label}, {currency}", currency, amount)
        for currency, sum_ in (("EUR", 81), ("USD", 72))
        for label, amount in (("Control total", sum_), ("Sum of the rows", sum_), ("Difference", 0))
    ] == lines
    (tmp_path / "computed").mkdir()
    (calculated,) = recalculated([path], tmp_path / "computed")
    computed = openpyxl.load_workbook(calculated, data_only=True)
    assert [81, 72] == [computed["Long"][cell].value for cell in ("C19", "C22")]
    assert 153 == computed["One"]["B19"].value
    assert 0 == computed["Cover"]["B19"].value
    drawn = [row[1].value for row in computed["Chart data"]["A11:B18"]]
    assert [2 * n for n in range(1, 9)] == drawn
    stem = path.name.removesuffix(".xlsx")
    with (tmp_path / f"{stem}.long.csv").open(encoding="utf-8", newline="") as file:
        assert [key for key, *_ in ROWS] == [row["key"] for row in csv.DictReader(file)]
    assert 17 == pq.read_table(tmp_path / f"{stem}.long.parquet").num_rows
    assert [(record.sheet, record.rows) for record in files[0].sheets] == [
        ("long", 17),
        ("one", 17),
    ]


def test_a_sheet_is_as_long_as_excel_and_its_programs_bear():
    """Rows up to 1,048,000, and cells up to 20 million: 30 columns take two sheets of a million."""
    assert [1, 1, 2] == [sheets_of(long(range(n))) for n in (0, 1_048_000, 1_048_001)]
    wide = DataSet(
        name="d", title="D", columns=[Column(name=f"c{n}", title=f"C{n}") for n in range(30)],
        rows=range(1_000_000),
    )  # fmt: skip
    assert 2 == sheets_of(wide)


@pytest.mark.usefixtures("seven")
def test_a_further_sheet_is_no_namesake_of_another_data_set(tmp_path):
    """The second table of ``long`` would be the first of ``long_2``."""
    with pytest.raises(ReportError, match="'long' and 'long_2' share the table name 'long_2'"):
        write_workbook(tmp_path / "b.xlsx", samples.cover(), [long(), long(name="long_2")], [])
    assert [] == list(tmp_path.iterdir())
