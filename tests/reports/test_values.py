from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from reports.layout import FIRST_ROW, HEADER_ROW
from reports.text import cell_text
from reports.workbook import write_workbook
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet, TieOut
from tests.properties.profiles import examples
from tests.reports import samples
from tests.reports.conftest import SHEETS, amounts, one_sheet, sheet_xml

MONEY = ColumnType.MONEY


def test_rows_read_back_as_they_were(book, data):
    """Openpyxl reads every value of every table back: money, dates, text, quantities."""
    for name in SHEETS:
        sheet, given = book[data[name].title], data[name]
        rows = sheet.iter_rows(
            min_row=FIRST_ROW, max_row=FIRST_ROW + len(given.rows) - 1, values_only=True
        )
        for expected, actual in zip(given.rows, rows, strict=True):
            assert as_shown(given, expected) == [as_read(value) for value in actual]


def test_calamine_reads_the_same_figures(book_path, data):
    """A reader that does not recalculate sees rows, totals and results of formulas."""
    workbook = CalamineWorkbook.from_path(book_path)
    for name in SHEETS:
        given = data[name]
        rows = workbook.get_sheet_by_name(given.title).to_python()[HEADER_ROW:]
        for expected, actual in zip(given.rows, rows, strict=False):
            assert as_shown(given, expected) == [as_read(value) for value in actual]

    sheet = workbook.get_sheet_by_name("Revenue waterfall").to_python()
    # 8 EUR contracts: 12 x (8 x 1,000 + 37 x 164); control total, sum of the rows, difference.
    assert [168816.0, 168816.0, 0.0] == [sheet[row][8] for row in (50, 51, 52)]
    ties = workbook.get_sheet_by_name("Tie-out").to_python()[HEADER_ROW:]
    assert ["OK"] * 8 == [row[9] for row in ties[:8]]


def as_shown(data, row):
    """A row as people read it: minor units become amounts, empty text nothing."""
    currency = row[[column.name for column in data.columns].index("currency")]
    digits = {"JPY": 0}.get(currency, 2)
    shown = []
    for column, value in zip(data.columns, row, strict=True):
        if column.type is MONEY:
            shown.append(Decimal(value).scaleb(-digits).normalize())
        elif isinstance(value, int | Decimal):
            shown.append(Decimal(value).normalize())
        elif isinstance(value, datetime):
            shown.append(value.replace(tzinfo=None))
        else:
            shown.append(value)
    return shown


def as_read(value):
    """A value as a reader gives it: numbers to 15 digits, a day without its midnight."""
    if isinstance(value, int | float):
        return Decimal(f"{value:.15g}").normalize()
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value


@pytest.mark.parametrize(
    ("currency", "minor", "shown", "form"),
    [
        ("USD", 123456, "1234.56", "#,##0.00;(#,##0.00);-"),
        ("JPY", 123456, "123456", "#,##0;(#,##0);-"),
        ("KWD", 123456, "123.456", "#,##0.000;(#,##0.000);-"),
        ("USD", -5, "-0.05", "#,##0.00;(#,##0.00);-"),
        ("USD", 999_999_999_999_999, "9999999999999.99", "#,##0.00;(#,##0.00);-"),
    ],
)
def test_money_has_the_decimals_of_its_currency(tmp_path, currency, minor, shown, form):
    """Dollars have two decimals, yen none, dinars three; the file holds exactly these digits."""
    sheet = one_sheet(tmp_path, *amounts(minor), currency=currency)["Data"]

    assert (Decimal(shown), form) == (
        Decimal(f"{sheet['A10'].value:.15g}"),
        sheet["A10"].number_format,
    )
    assert f"<v>{shown}</v>" in sheet_xml(tmp_path / "one.xlsx", 3)


def test_ids_stay_text_and_dates_are_dates(book, book_path):
    """0042 does not become 42, and a day can be sorted and grouped."""
    detail, waterfall = book["Journal detail"], book["Revenue waterfall"]

    assert ("2100", "s", "@") == (
        detail["D10"].value, detail["D10"].data_type, detail["D10"].number_format
    )  # fmt: skip
    assert ("d", "yyyy-mm-dd") == (waterfall["E10"].data_type, waterfall["E10"].number_format)
    assert "yyyy-mm-dd hh:mm" == detail["C10"].number_format
    assert 'numberStoredAsText="1"' in sheet_xml(book_path, 8)


def test_quantities_keep_the_decimals_of_their_source(tmp_path):
    """The column shows as many decimals as its finest value; zeros at the end are not digits."""
    column = Column(name="q", title="Quantity", type=ColumnType.QUANTITY, total=True)
    rows = [(Decimal("1.500000000"),), (Decimal("-0.125"),), (Decimal(0),), (7,), (None,)]

    sheet = one_sheet(tmp_path, [column], rows)["Data"]

    assert [1.5, -0.125, 0, 7, None] == [sheet[f"A{row}"].value for row in range(10, 15)]
    assert "#,##0.000;(#,##0.000);-" == sheet["A10"].number_format
    assert [8.375, "=SUM(A10:A14)"] == [sheet[f"A{row}"].value for row in (16, 17)]


def test_prices_have_the_decimals_of_their_currency_and_their_own(tmp_path):
    """At least those of the currency, their own to six significant digits; the cell holds all."""
    columns = [Column(name="currency", title="Currency"),
               Column(name="price", title="Price", type=ColumnType.PRICE)]  # fmt: skip
    prices = [("USD", "15000"), ("JPY", "15000"), ("KWD", "1.5"), ("USD", "0.0000025"),
              ("USD", "12155.555556"), ("EUR", "0"), ("USD", None)]  # fmt: skip
    rows = [(currency, price and Decimal(price)) for currency, price in prices]
    sheet = one_sheet(tmp_path, columns, rows, currency=None)["Data"]

    places = [cell.number_format.split(";")[0] for (cell,) in sheet["B10:B15"]]
    assert ["#,##0.00", "#,##0", "#,##0.000", "#,##0.0000000", "#,##0.00", "#,##0.00"] == places
    assert 12155.555556 == sheet["B14"].value
    assert sheet["B16"].value is None


def test_quantities_that_a_cell_would_round_are_text(tmp_path):
    """Every digit stays in sight, no sum is claimed, and the note says so."""
    column = Column(name="q", title="Tokens", type=ColumnType.QUANTITY, total=True)
    sheet = one_sheet(tmp_path, [column], [(Decimal("1234567890.123456789"),), (Decimal(1),)])[
        "Data"
    ]

    assert ["1234567890.123456789", "1", "1234567891.123456789", None] == [
        sheet[f"A{row}"].value for row in (10, 11, 13, 14)
    ]
    assert (
        "Tokens: more digits than a cell keeps, shown as text and not added up."
        == sheet["A8"].value
    )


def test_ratios_are_percentages_and_integers_without_a_total_are_ordinals(tmp_path):
    """A third is 33.33%, and line 1204 is not 1,204."""
    columns = [
        Column(name="share", title="Share", type=ColumnType.RATIO),
        Column(name="line", title="Line", type=ColumnType.INTEGER),
    ]
    sheet = one_sheet(tmp_path, columns, [(Decimal(1) / 3, 1204)])["Data"]

    assert (0.333333333333333, "0.00%") == (sheet["A10"].value, sheet["A10"].number_format)
    assert (1204, "0") == (sheet["B10"].value, sheet["B10"].number_format)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-5", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_text_is_never_a_formula(tmp_path, text):
    """The text is kept to the letter, as text, with the mark of a typed apostrophe."""
    columns = [Column(name="t", title="Text")]
    cell = one_sheet(tmp_path, columns, [(text,)])["Data"]["A10"]

    assert (text, "s", True) == (cell.value, cell.data_type, cell.quotePrefix)


def test_text_of_the_cover_is_never_a_formula(tmp_path):
    """Nor is a name of a company or of a person, a title, a heading, a note, a tie-out."""
    evil = "=1+1"
    data = DataSet(
        name=evil, title=evil, note=evil, rows=[(evil,)], columns=[Column(name=evil, title=evil)]
    )
    cover = samples.cover(entity=evil, prepared_by="@a", approved_by="-b", run_id="+1")
    tie_out = TieOut(
        name=evil, left_name=evil, left=1, right_name=evil, right=1, currency="USD", mark="=T"
    )
    path = tmp_path / "evil.xlsx"
    write_workbook(path, cover, [data], [tie_out])

    formulas = {
        cell.value
        for sheet in openpyxl.load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }
    assert {
        "=COUNTIF('Tie-out'!J10:J10,\"DIFFERENCE\")",
        "=ROUND(E10-G10,2)",
        '=IF(ABS(H10)<=I10,"OK","DIFFERENCE")',
    } == formulas


@pytest.mark.parametrize(
    ("rows", "currency", "said"),
    [
        ([(10**15,)], "USD", "10000000000000.00 USD in amount (16 significant digits)"),
        ([(-(10**15),)], "JPY", "1000000000000000 JPY in amount (16 significant digits)"),
        ([(6 * 10**14,), (6 * 10**14,)], "USD", "12000000000000.00 USD"),
        ([(12.5,)], "USD", "Row 1 of d holds 12.5 (float) in amount, which takes whole minor"),
        ([(Decimal("12.5"),)], "USD", "(Decimal) in amount"),
        ([(True,)], "USD", "holds True (bool)"),
        ([(1,)], None, "neither a currency nor a currency column"),
        ([(1, 2)], "USD", "Row 1 of d has 2 values for 1 columns"),
    ],
)
def test_money_that_a_cell_cannot_hold_is_refused(tmp_path, rows, currency, said):
    """Beyond 15 digits Excel would round; the message says where, and no file is left."""
    columns, _ = amounts()

    with pytest.raises(ReportError) as caught:
        one_sheet(tmp_path, columns, rows, currency=currency)

    assert said in str(caught.value)
    assert [] == list(tmp_path.iterdir())


def test_a_row_without_currency_is_refused(tmp_path):
    """An amount of no currency cannot be added to anything."""
    columns = [Column(name="currency", title="Currency"), amounts()[0][0]]

    with pytest.raises(ReportError, match="Row 2 of d has no currency"):
        one_sheet(tmp_path, columns, [("USD", 1), (None, 2)], currency=None)


def test_tie_outs_beyond_fifteen_digits_are_refused(tmp_path):
    """A control that is rounded controls nothing."""
    tie_out = TieOut(
        name="Revenue", left_name="a", left=10**15, right_name="b", right=10**15, currency="USD"
    )
    with pytest.raises(ReportError, match=r"'Revenue' holds 10000000000000.00 USD"):
        write_workbook(tmp_path / "t.xlsx", samples.cover(), [], [tie_out])


@examples(commit=25, torture=2_000)
@given(
    st.lists(
        st.tuples(
            st.text(max_size=20).filter(lambda text: "_x" not in text),
            st.integers(-(10**12), 10**12),
            st.decimals(-(10**5), 10**5, places=9),
            st.dates(date(1900, 3, 1), date(9999, 12, 31)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_goes_in_is_read_back(tmp_path, rows):
    """Any text, amount, quantity and day survives the trip through the file."""
    columns = [
        Column(name="t", title="T"),
        Column(name="m", title="M", type=MONEY, total=True),
        Column(name="q", title="Q", type=ColumnType.QUANTITY, total=True),
        Column(name="d", title="D", type=ColumnType.DATE),
    ]
    sheet = one_sheet(tmp_path, columns, rows, currency="USD")["Data"]

    read = [[cell.value for cell in row] for row in sheet[f"A10:D{9 + len(rows)}"]]
    for (text, minor, quantity, day), (t, m, q, d) in zip(rows, read, strict=True):
        assert (cell_text(text) or None, Decimal(minor).scaleb(-2)) == (t, Decimal(f"{m:.15g}"))
        assert (quantity, day) == (Decimal(str(q)), d.date())


def test_a_character_code_in_text_is_not_decoded(tmp_path):
    """Excel reads _x0041_ as the letter A unless its underscore is written as a code."""
    columns = [Column(name="t", title="Text")]
    one_sheet(tmp_path, columns, [("key_x0041_b",)])

    assert "key_x005F_x0041_b" in sheet_xml(tmp_path / "one.xlsx", 3)


def test_times_are_written_in_utc(tmp_path):
    """A time with another offset names the same moment."""
    columns = [Column(name="at", title="At", type=ColumnType.DATE)]
    moment = datetime.fromisoformat("2026-04-03T23:30:00-07:00")

    cell = one_sheet(tmp_path, columns, [(moment,)])["Data"]["A10"]

    assert moment.astimezone(UTC).replace(tzinfo=None) == cell.value


def test_empty_values_are_empty_cells(tmp_path):
    """Nothing is not zero: the cell is empty, formatted, and may be filled in."""
    kinds = list(ColumnType)
    columns = [Column(name=kind, title=kind, type=kind) for kind in kinds]
    sheet = one_sheet(tmp_path, columns, [(None,) * len(kinds)])["Data"]

    assert [(None, False)] * len(kinds) == [
        (cell.value, cell.protection.locked) for cell in sheet[10][: len(kinds)]
    ]


def test_text_in_a_date_column_is_refused(tmp_path):
    """A day written as text would not sort."""
    columns = [Column(name="on", title="On", type=ColumnType.DATE)]

    with pytest.raises(ReportError, match="Row 1 of d holds '2026-01-31' in on, which takes dates"):
        one_sheet(tmp_path, columns, [("2026-01-31",)])
    assert [] == list(tmp_path.iterdir())


def test_long_text_is_cut_with_a_note(tmp_path):
    """A cell keeps 32,767 characters; what is cut says where the rest is."""
    cell = one_sheet(tmp_path, [Column(name="t", title="T")], [("x" * 40_000,)])["Data"]["A10"]

    assert 32_767 == len(cell.value)
    assert cell.value.endswith("xxx [cut: the CSV twin has the full text]")


def test_many_rows_are_streamed_in_order(tmp_path):
    """More rows than one chunk holds: none is lost, doubled or moved."""
    columns = [Column(name="n", title="N", type=ColumnType.INTEGER, total=True)]
    sheet = one_sheet(tmp_path, columns, [(n,) for n in range(1201)])["Data"]

    assert list(range(1201)) == [row[0].value for row in sheet["A10:A1210"]]
    assert 1200 * 1201 // 2 == sheet["A1212"].value


def test_a_share_that_is_not_exact_is_refused(tmp_path):
    """A binary fraction is not a ratio of figures."""
    columns = [Column(name="r", title="R", type=ColumnType.RATIO)]

    with pytest.raises(ReportError, match=r"holds 0\.5 \(float\) in r, which takes exact"):
        one_sheet(tmp_path, columns, [(0.5,)])
