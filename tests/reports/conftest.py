"""A workbook of forty contracts, written once and read by many tests; and small ones."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from reports.charts import Chart, ChartKind
from reports.workbook import write_workbook
from revrec.model.dataset import Column, ColumnType, DataSet
from tests.reports import samples

COUNT = 40
SHEETS = ("revenue_waterfall", "contract_balances", "revenue_by_product", "unbilled",
          "journal_detail")  # fmt: skip
BRIDGE = (
    "opening", "billed", "revenue_from_opening", "revenue_from_billed", "catch_up", "closing",
)  # fmt: skip
CHARTS = (
    Chart(
        kind=ChartKind.STACKED, title="Revenue by month", sheet="revenue_by_product",
        currency="USD", values=("amount",), category="period", series="product",
    ),
    Chart(
        kind=ChartKind.BRIDGE, title="Contract liability", sheet="contract_balances",
        currency="USD", values=BRIDGE,
    ),
    Chart(
        kind=ChartKind.BARS, title="Unbilled by age", sheet="unbilled", currency="JPY",
        values=("amount",), category="age", order=samples.BUCKETS,
    ),
)  # fmt: skip


@pytest.fixture(scope="session")
def data():
    """Everything a close reports on forty contracts."""
    return samples.data_sets(COUNT)


@pytest.fixture(scope="session")
def book_path(data, tmp_path_factory):
    """The workbook on disk."""
    path = tmp_path_factory.mktemp("book") / "schedules.xlsx"
    sheets = [data[name] for name in SHEETS]
    write_workbook(path, samples.cover(), sheets, samples.tie_outs(COUNT), CHARTS)
    return path


@pytest.fixture(scope="session")
def book(book_path):
    """The workbook as openpyxl reads it, formulas as formulas."""
    return openpyxl.load_workbook(book_path)


def one_sheet(tmp_path, columns, rows, currency="USD", **more):
    """Write a workbook of one data set and read it back."""
    data = DataSet(name="d", title="Data", columns=columns, rows=rows, currency=currency, **more)
    path = tmp_path / "one.xlsx"
    write_workbook(path, samples.cover(), [data], [])
    return openpyxl.load_workbook(path)


def amounts(*values, **more):
    """One money column with a control total, and its rows."""
    return ([Column(name="amount", title="Amount", type=ColumnType.MONEY, total=True, **more)],
            [(value,) for value in values])  # fmt: skip


def sheet_xml(path, number):
    """The XML of a sheet, counted from 1."""
    with zipfile.ZipFile(path) as package:
        return package.read(f"xl/worksheets/sheet{number}.xml").decode()
