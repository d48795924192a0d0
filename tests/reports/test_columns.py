"""What is told once for equal values of a column is what each row says by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.csv_twin import lines
from reports.parquet_twin import rows_of
from reports.workbook import write_workbook
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from tests.properties.profiles import examples
from tests.reports import samples

COLUMNS = [
    Column(name="row_key", title="Row key"),
    Column(name="currency", title="Currency"),
    Column(name="amount", title="Amount", type=ColumnType.MONEY, total=True),
    Column(name="price", title="Price", type=ColumnType.PRICE),
    Column(name="quantity", title="Quantity", type=ColumnType.QUANTITY),
    Column(name="share", title="Share", type=ColumnType.RATIO),
    Column(name="count", title="Count", type=ColumnType.INTEGER),
    Column(name="day", title="Day", type=ColumnType.DATE),
]
NUMBERS = st.sampled_from(
    [None, 0, 1, Decimal(1), Decimal("1.0"), Decimal("1.50"), Decimal("-0.0")]
)
TEXTS = st.sampled_from(["", "a", "=1+1", "'s-Hertogenbosch", "<&>", "a_x0041_", "a\r\nb", "\x00"])
DAYS = st.sampled_from([None, date(2026, 1, 31), datetime(2026, 1, 31, 12, tzinfo=UTC)])
ROWS = st.tuples(
    *(TEXTS | st.none(), st.sampled_from(["USD", "JPY", "KWD"])),
    *(st.sampled_from([None, 0, 5, -1234, 5]), NUMBERS, NUMBERS, NUMBERS),
    *(st.sampled_from([None, 0, 1, 12]), DAYS),
)


def data_of(rows) -> DataSet:
    """Rows of every type of column."""
    return DataSet(name="all_types", title="All types", columns=COLUMNS, rows=rows)


@examples(commit=40, torture=2_000)
@given(st.lists(ROWS, max_size=12))
def test_together_as_apart(rows):
    """Fields and values are those of a data set of the row alone."""
    whole, alone = data_of(rows), [data_of([row]) for row in rows]

    assert [list(lines(each))[1] for each in alone] == list(lines(whole))[1:]
    assert [row for each in alone for row in rows_of(each, 0, 1)] == [*rows_of(whole, 0, len(rows))]


def test_equal_numbers_of_another_kind_are_refused_by_their_row():
    """True is no one, and 1.0 is no whole number, though a one stands before them."""
    row = ("a", "USD", 1, 1, 1, 1, 1, None)
    for place in range(2, 7):
        for wrong in (True, 1.0):
            rows = [row, row, (*row[:place], wrong, *row[place + 1 :])]
            with pytest.raises(ReportError) as refused:
                list(lines(data_of(rows)))

            assert 3 == refused.value.attributes["row"]
            assert COLUMNS[place].name == refused.value.attributes["column"]


def test_cells_of_several_currencies_have_their_decimals(tmp_path):
    """The same minor units in two currencies are two amounts, in formats of their own."""
    rows = [
        ("a", "USD", 1234, None, None, None, 1, None),
        ("b", "JPY", 1234, 5, None, None, 1, None),
    ]
    path = tmp_path / "book.xlsx"
    write_workbook(path, samples.cover("Columns"), [replace(data_of(rows), title="Mixed")], [])
    sheet = openpyxl.load_workbook(path)["Mixed"]

    assert [12.34, 1234] == [sheet["C10"].value, sheet["C11"].value]
    assert ["#,##0.00;(#,##0.00);-", "#,##0;(#,##0);-"] == [
        sheet[cell].number_format for cell in ("C10", "C11")
    ]
