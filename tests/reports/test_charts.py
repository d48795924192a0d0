from __future__ import annotations

import zipfile
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from reports.charts import Chart, ChartKind, figures
from reports.layout import lay_out
from reports.workbook import write_workbook
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from tests.reports import samples

LONG = (
    ("2026-02", "B", "USD", 30_00), ("2026-01", "A", "USD", 10_00), ("2026-01", "B", "USD", 5_00),
    ("2026-01", "A", "USD", 1_00), ("2026-01", "A", "EUR", 99_00), ("2026-02", None, "USD", 2_00),
)  # fmt: skip


def long_data(rows=LONG):
    """Revenue in long form: a row for each month, product and currency."""
    columns = [
        Column(name="period", title="Month"),
        Column(name="product", title="Product"),
        Column(name="currency", title="Currency"),
        Column(name="amount", title="Revenue", type=ColumnType.MONEY, total=True),
    ]
    return DataSet(name="revenue", title="Revenue", columns=columns, rows=rows)


def bridge_data(*amounts):
    """One row in yen: opening, up, down, closing."""
    names = ("opening", "up", "down", "closing")
    columns = [Column(name=n, title=n.title(), type=ColumnType.MONEY, total=True) for n in names]
    return DataSet(name="revenue", title="R", columns=columns, rows=[amounts], currency="JPY")


def chart(kind, **more):
    """A chart of the revenue data set."""
    given = {"title": "T", "sheet": "revenue", "currency": "USD", "values": ("amount",)}
    return Chart(kind=kind, **(given | more))


def drawn(given, data):
    """Headings, labels and amounts that a chart draws."""
    table = figures(given, lay_out(data, "Revenue"), 10)
    return table.headings, table.labels, [[f.amount for f in line] for line in table.cells]


def test_stacked_columns_add_up_by_category_and_series():
    """One currency; categories in order of time, series alphabetically, blanks named."""
    given = chart(ChartKind.STACKED, category="period", series="product")

    assert (
        ["(none)", "A", "B"],
        ["2026-01", "2026-02"],
        [
            [Decimal("0.00"), Decimal("11.00"), Decimal("5.00")],
            [Decimal("2.00"), Decimal("0.00"), Decimal("30.00")],
        ],
    ) == drawn(given, long_data())


def test_small_series_are_drawn_together():
    """Seven colours: the six largest series and the rest, which still adds up."""
    rows = [("2026-01", f"P{n}", "USD", 100 * n) for n in range(1, 11)]
    given = chart(ChartKind.STACKED, category="period", series="product")

    headings, _, cells = drawn(given, long_data(rows))

    assert ["P10", "P5", "P6", "P7", "P8", "P9", "Other"] == headings
    assert [Decimal(n) for n in (10, 5, 6, 7, 8, 9, 1 + 2 + 3 + 4)] == cells[0]


def test_bars_follow_the_order_given():
    """Ages run from young to old, not alphabetically; unknown ones come last."""
    rows = [(age, "", "USD", 100) for age in (">90 days", "0-30 days", "current", "unknown")]
    given = chart(
        ChartKind.BARS, category="period", order=("current", "0-30 days", "31-60 days", ">90 days")
    )

    headings, labels, _ = drawn(given, long_data(rows))

    assert (["Revenue"], ["current", "0-30 days", ">90 days", "unknown"]) == (headings, labels)


def test_a_bridge_goes_from_opening_to_closing():
    """Each bar starts where the one before ended; the last stands on zero again."""
    given = chart(ChartKind.BRIDGE, currency="JPY", values=("opening", "up", "down", "closing"))

    assert (
        ["Amount", "From", "To", "Base", "Above zero", "Below zero"],
        ["Opening", "Up", "Down", "Closing"],
        [
            [100, 0, 100, 0, 100, 0],
            [50, 100, 150, 100, 50, 0],
            [-30, 150, 120, 120, 30, 0],
            [120, 0, 120, 0, 120, 0],
        ],
    ) == drawn(given, bridge_data(100, 50, -30, 120))


def test_movements_of_nothing_are_left_out():
    """Opening and closing always stand, even at zero."""
    given = chart(ChartKind.BRIDGE, currency="JPY", values=("opening", "up", "down", "closing"))

    _, labels, cells = drawn(given, bridge_data(0, 0, 0, 0))

    assert ["Opening", "Closing"] == labels
    assert [[0] * 6] * 2 == cells


def test_a_bridge_may_cross_zero():
    """A bar from 10 to -5 has ten above and five below; one below zero hangs from its base."""
    given = chart(ChartKind.BRIDGE, currency="JPY", values=("opening", "up", "down", "closing"))

    assert [
        [10, 0, 10, 0, 10, 0],
        [-15, 10, -5, 0, 10, -5],
        [-3, -5, -8, -5, 0, -3],
        [-8, 0, -8, 0, 0, -8],
    ] == drawn(given, bridge_data(10, -15, -3, -8))[2]


def test_a_bridge_that_does_not_arrive_says_so(tmp_path):
    """Opening and movements must give the closing balance; the difference is shown."""
    given = chart(ChartKind.BRIDGE, currency="JPY", values=("opening", "up", "down", "closing"))
    path = tmp_path / "t.xlsx"
    write_workbook(path, samples.cover(), [bridge_data(100, 50, -30, 121)], [], [given])

    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("Chart data").to_python()
    assert [1.0] == [row[1] for row in sheet if row[0] == "Closing less opening and movements"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sheet": "nothing"}, "draws the data set 'nothing', not given"),
        ({"values": ("profit",)}, "revenue has no column 'profit'"),
        ({"values": ("product",)}, "draws product of revenue: text"),
        ({"category": "amount"}, "draws amount of revenue: money"),
    ],
)
def test_a_chart_of_what_is_not_there_is_refused(tmp_path, changes, said):
    """No empty picture: the message names the column and what the data set has."""
    given = chart(ChartKind.STACKED, **({"category": "period", "series": "product"} | changes))

    with pytest.raises(ReportError) as caught:
        write_workbook(tmp_path / "t.xlsx", samples.cover(), [long_data()], [], [given])

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("opening", "unit", "label"),
    [
        (9_999, "#,##0", "(9,999)"),
        (10_000, '#,##0,"K"', "(10K)"),
        (9_999_499, '#,##0,"K"', "(9,999K)"),
        (10_000_000, '#,##0.0,,"M"', "(10.0M)"),
    ],
)
def test_axes_and_labels_are_in_a_unit_that_fits(tmp_path, opening, unit, label):
    """Whole yen, thousands from ten thousand, millions from ten million."""
    given = chart(ChartKind.BRIDGE, currency="JPY", values=("opening", "up", "down", "closing"))
    path = tmp_path / "t.xlsx"
    write_workbook(path, samples.cover(), [bridge_data(-opening, 0, 0, -opening)], [], [given])

    with zipfile.ZipFile(path) as package:
        drawing = package.read("xl/charts/chart1.xml").decode()
    assert (
        f'formatCode="{unit};({unit});0"'.replace('"K"', "&quot;K&quot;").replace(
            '"M"', "&quot;M&quot;"
        )
        in drawing
    )
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("Chart data").to_python()
    assert f"Opening\n{label}" in [row[7] for row in sheet]


def test_many_categories_have_slanted_labels(tmp_path):
    """Thirteen months do not fit side by side."""
    rows = [(f"2026-{n:02d}", "A", "USD", 100) for n in range(1, 14)]
    given = chart(ChartKind.STACKED, category="period", series="product")
    path = tmp_path / "t.xlsx"
    write_workbook(path, samples.cover(), [long_data(rows)], [], [given])

    with zipfile.ZipFile(path) as package:
        assert 'rot="-2700000"' in package.read("xl/charts/chart1.xml").decode()


def test_charts_are_drawn_from_the_cells_of_the_workbook(book_path):
    """Native charts, one part each, whose series refer to the sheet of figures."""
    with zipfile.ZipFile(book_path) as package:
        parts = [name for name in package.namelist() if name.startswith("xl/charts/chart")]
        texts = [package.read(name).decode() for name in sorted(parts)]

    assert 3 == len(texts)
    assert all("'Chart data'!$B$" in text or "'Chart data'!$F$" in text for text in texts)
    assert all('delete val="0"' in text for text in texts)  # axes are shown
    assert 'sourceLinked="0"' in texts[2]


def shares(rows):
    """Commitments with what was used of each and what an even course has."""
    columns = [
        Column(name="key", title="Commitment"), Column(name="currency", title="Currency"),
        Column(name="form", title="Paid"),
        Column(name="actual", title="Used", type=ColumnType.RATIO),
        Column(name="expected", title="Expected", type=ColumnType.RATIO),
        Column(name="left", title="Left", type=ColumnType.MONEY, total=True),
    ]  # fmt: skip
    return lay_out(DataSet(name="held", title="Held", columns=columns, rows=rows), "Held")


HELD = [
    ("A/1", "USD", "prepaid", Decimal("0.25"), Decimal("0.50"), 1),
    ("A/2", "USD", "prepaid", Decimal("0.75"), None, 2),
    ("A/3", "USD", "postpaid", Decimal("0.10"), Decimal("0.20"), 3),
    ("A/4", "EUR", "prepaid", Decimal("0.90"), Decimal("0.90"), 4),
]


def test_columns_are_compared_side_by_side():
    """Shares of a currency and of what is asked for; of many the largest, nothing as zero."""
    chart = Chart(
        kind=ChartKind.COMPARED, title="Used", sheet="held", currency="USD",
        values=("actual", "expected"), category="key",
    )  # fmt: skip
    every = figures(chart, shares(HELD), 9)
    prepaid = figures(replace(chart, only=(("form", "prepaid"),), most=1), shares(HELD), 9)

    assert (["Used", "Expected"], ["A/1", "A/2", "A/3"]) == (every.headings, every.labels)
    assert ["0.25", "0.50"] == [str(each.amount) for each in every.cells[0]]
    assert 0 == every.cells[1][1].amount
    assert ["A/2"] == prepaid.labels
    assert "--('Held'!$C$10:$C$13=\"prepaid\")" in prepaid.cells[0][0].formula


def test_an_interval_joins_the_lowest_and_the_highest(tmp_path):
    """Marks without lines between categories, and the results LibreOffice would compute."""
    chart = Chart(
        kind=ChartKind.INTERVAL, title="Estimates", sheet="held", currency="USD",
        values=("left",), category="key",
    )  # fmt: skip
    share = replace(chart, kind=ChartKind.COMPARED, title="Used", values=("actual", "expected"))
    path = tmp_path / "t.xlsx"
    write_workbook(path, samples.cover(), [shares(HELD).data], [], [chart, share])

    with zipfile.ZipFile(path) as package:
        drawn = {name: package.read(name).decode() for name in package.namelist()
                 if name.startswith("xl/charts/chart")}  # fmt: skip
    (interval,) = [xml for xml in drawn.values() if "lineChart" in xml]
    (compared,) = [xml for xml in drawn.values() if "barChart" in xml]
    assert "hiLowLines" in interval
    assert 'formatCode="0%' in compared
    cached = openpyxl.load_workbook(path, data_only=True)["Chart data"]
    assert [0.01, 0.02, 0.03] == [cell.value for (cell,) in cached["B11:B13"]]
