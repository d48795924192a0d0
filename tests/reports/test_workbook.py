from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from reports.layout import HEADER_ROW
from reports.workbook import write_workbook
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet, TieOut
from tests.reports import samples
from tests.reports.conftest import amounts, one_sheet

MONEY = ColumnType.MONEY
VOLATILE = re.compile(r"\b(NOW|TODAY|RAND|RANDBETWEEN|OFFSET|INDIRECT|INFO|CELL)\(")


def test_control_sheets_come_first(book):
    """Cover, tie-out and charts before the tables, in the order given."""
    tables = ["Revenue waterfall", "Contract liability rollforward", "Revenue by product",
              "Unbilled receivable", "Journal detail"]  # fmt: skip

    assert ["Cover", "Tie-out", "Summary", *tables, "Chart data"] == book.sheetnames


def test_cover_identifies_the_report(book):
    """Who, what, when, on which inputs: label in column A, value in column B."""
    cover = {row[0].value: row[1].value for row in book["Cover"]["A4:B19"]}

    assert {
        "Entity": "Lumen & Vale AI, Inc.",
        "Book": "US GAAP (ASC 606)",
        "Report": "Schedules",
        "Period": "2026-03",
        "As of (UTC)": datetime(2026, 4, 3, 14, 5, 30),  # noqa: DTZ001 # cells have no zone
        "Functional currency": "USD",
        "Status": "Closed",
        "Prepared by": "ana.preparer",
        "Approved by": "carl.controller",
        "Closed at (UTC)": datetime(2026, 4, 3, 14, 10),  # noqa: DTZ001 # same
        "Version of this report": "v1",
        "Run": "R20260403A",
        "Engine version": "1.0.0",
        "Chain head": "9f2c4e6a8b0d1f3355779911bbddff00" * 2,
        "Inputs": "facts 1 to 4812, usage version 31",
        "Checks that do not agree": "=COUNTIF('Tie-out'!J10:J18,\"DIFFERENCE\")",
    } == cover


def test_cover_lists_every_sheet_with_rows_and_totals(book):
    """Forty contracts; the totals stand in a column a currency.

    In January two products have no contract in yen and one none in euros: 45 - 3 rows.
    """
    sheet = book["Cover"]
    assert ["EUR", "JPY", "USD"] == [sheet[f"{letter}21"].value for letter in "DEF"]

    listed = {row[0].value: row[1].value for row in sheet["A22:B60"] if row[1].value is not None}
    assert {
        "Revenue waterfall": 40,
        "Contract liability rollforward": 40,
        "Revenue by product": 42,
        "Unbilled receivable": 40,
        "Journal detail": 160,
    } == listed
    # 8 EUR contracts, numbers 3, 8, ..., 38: 12 x (8 x 1,000 + 37 x 164).
    assert Decimal("168816.00") == Decimal(str(sheet["D22"].value))


def test_cover_links_to_the_sheets_inside_the_file(book):
    """A link names a cell of the workbook, not a file."""
    link = book["Cover"]["A22"].hyperlink

    assert ("'Revenue waterfall'!A1", None) == (link.location, link.target)


def test_seven_lines_identify_every_sheet(book):
    """A sheet torn out of the workbook still says whose it is."""
    sheet = book["Revenue waterfall"]

    assert [
        "Lumen & Vale AI, Inc.",
        "US GAAP (ASC 606)",
        "Schedules: Revenue waterfall",
        "Period 2026-03, as of 2026-04-03 14:05 UTC",
        "Functional currency USD; amounts in EUR, JPY, USD",
        "Run R20260403A, engine 1.0.0, status Closed",
        (
            "Prepared by ana.preparer, approved by carl.controller, closed 2026-04-03 14:10 UTC. "
            "Source: facts 1 to 4812, usage version 31; 40 rows"
        ),
        "Fixed consideration. Usage is recognised in the month of use and is not scheduled.",
    ] == [sheet[f"A{row}"].value for row in range(1, 9)]


def test_tables_have_stable_names_and_cover_the_data(book):
    """A table is named after its data set, so formulas and queries survive the next close."""
    tables = {t.displayName: t.ref for sheet in book for t in sheet.tables.values()}

    assert {
        "t_revenue_waterfall": "A9:R49",
        "t_contract_balances": "A9:I49",
        "t_revenue_by_product": "A9:D51",
        "t_unbilled": "A9:I49",
        "t_journal_detail": "A9:L169",
    } == tables
    assert "A9:R49" == book["Revenue waterfall"].tables["t_revenue_waterfall"].autoFilter.ref


def test_totals_are_values_sums_and_differences(book):
    """Three rows a currency: typed value, live sum, live difference; red unless zero."""
    sheet = book["Contract liability rollforward"]

    assert ["Control total, EUR", "Sum of the rows, EUR", "Difference, EUR"] == [
        sheet[f"A{row}"].value for row in (51, 52, 53)
    ]
    assert "=SUMIF(C10:C49,C52,I10:I49)" == sheet["I52"].value
    assert "=ROUND(I51-I52,2)" == sheet["I53"].value
    assert "EUR" == sheet["C52"].value
    assert "=ROUND(I54-I55,0)" == sheet["I56"].value  # yen have no decimals
    assert "I53" in {str(cells.sqref) for cells in sheet.conditional_formatting}


def test_totals_of_one_currency_are_plain_sums(tmp_path):
    """Without a currency column there is nothing to select by."""
    sheet = one_sheet(tmp_path, *amounts(150, 250))["Data"]

    assert [4, "=SUM(A10:A11)", "=ROUND(A13-A14,2)"] == [
        sheet[f"A{row}"].value for row in (13, 14, 15)
    ]


def test_named_ranges_lead_to_the_totals(book):
    """A name refers to the typed total, which needs no recalculation."""
    names = {name: defined.attr_text for name, defined in book.defined_names.items()}

    assert "'Revenue waterfall'!$I$51" == names["total_revenue_waterfall_allocated_price_EUR"]
    assert "'Revenue waterfall'!$I$57" == names["total_revenue_waterfall_allocated_price_USD"]


def test_two_data_sets_of_one_name_are_refused(tmp_path):
    """Their tables would share a name, and Excel would repair the file by dropping one."""
    columns, rows = amounts(1)
    sheets = [
        DataSet(name=name, title="T", columns=columns, rows=rows, currency="USD")
        for name in ("a b", "A_B")
    ]
    with pytest.raises(ReportError, match="'a b' and 'A_B' share the table name"):
        write_workbook(tmp_path / "t.xlsx", samples.cover(), sheets, [])


def test_an_empty_data_set_is_a_table_of_one_empty_row(tmp_path):
    """Nothing to report is reported: headings, a total of zero, no error."""
    sheet = one_sheet(tmp_path, amounts()[0], [])["Data"]

    assert "A9:A10" == sheet.tables["t_d"].ref
    assert [0, "=SUM(A10:A10)"] == [sheet[f"A{row}"].value for row in (12, 13)]


def test_an_empty_data_set_of_any_currency_says_that_it_is_empty(tmp_path):
    """Without rows there is no currency to total in."""
    columns = [Column(name="currency", title="Currency"), amounts()[0][0]]
    sheet = one_sheet(tmp_path, columns, [], currency=None)["Data"]

    assert ("A9:B10", "No rows") == (sheet.tables["t_d"].ref, sheet["A12"].value)


def test_a_workbook_without_data_sets_has_its_control_sheets(tmp_path):
    """A close with nothing to report still has a certificate."""
    write_workbook(tmp_path / "t.xlsx", samples.cover(), [], [])

    assert ["Cover", "Tie-out"] == openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames


def test_titles_are_made_fit_for_excel(tmp_path):
    """31 characters, none that Excel refuses, none twice, none that is taken."""
    columns, rows = amounts(1)
    titles = ["Cover", "a/b:c", "A b c", "x" * 40, "x" * 40, "Mistakes and differences of bills"]
    sheets = [
        DataSet(name=f"d{n}", title=title, columns=columns, rows=rows, currency="USD")
        for n, title in enumerate(titles)
    ]
    write_workbook(tmp_path / "t.xlsx", samples.cover(), sheets, [])

    names = openpyxl.load_workbook(tmp_path / "t.xlsx").sheetnames
    fit = ["Cover (2)", "a b c", "A b c (2)", "x" * 31, "x" * 27 + " (2)"]
    assert [*fit, "Mistakes and differences of"] == names[2:]


def test_headings_of_a_table_are_unique(tmp_path):
    """Excel would rename the second one and call the file damaged."""
    columns = [Column(name="a", title="Amount"), Column(name="b", title="amount")]

    sheet = one_sheet(tmp_path, columns, [("x", "y")])["Data"]

    assert ["Amount", "amount (2)"] == [sheet["A9"].value, sheet["B9"].value]
    assert ["Amount", "amount (2)"] == [c.name for c in sheet.tables["t_d"].tableColumns]


def test_sheets_print_across_one_page_and_say_whose_they_are(book):
    """Landscape, one page wide, headings repeated, company, period and chain on every page."""
    sheet = book["Revenue waterfall"]

    assert ("landscape", 1, 0, True) == (
        sheet.page_setup.orientation,
        sheet.page_setup.fitToWidth,
        sheet.page_setup.fitToHeight,
        sheet.sheet_properties.pageSetUpPr.fitToPage,
    )
    assert "$9:$9" == sheet.print_title_rows
    assert "Lumen && Vale AI, Inc., US GAAP (ASC 606)" == sheet.oddHeader.left.text
    assert "2026-03, Closed" == sheet.oddHeader.right.text
    assert samples.cover().chain_head in sheet.oddFooter.left.text


def test_headings_and_keys_stay_in_sight(book):
    """Panes are frozen under the headings and beside the leading keys."""
    assert {"Revenue waterfall": "D10", "Journal detail": "C10", "Tie-out": "C10"} == {
        name: book[name].freeze_panes for name in ("Revenue waterfall", "Journal detail", "Tie-out")
    }


def test_formulas_are_protected_and_data_is_not(book):
    """Data may be annotated, filtered and sorted; a total cannot be typed over by accident."""
    sheet = book["Revenue waterfall"]

    assert sheet.protection.sheet
    assert (False, False) == (sheet.protection.autoFilter, sheet.protection.sort)
    assert not sheet["I10"].protection.locked
    assert sheet["I52"].protection.locked
    assert sheet["A9"].protection.locked
    assert book["Cover"].protection.sheet
    assert not book["Tie-out"]["L10"].protection.locked  # room for the explanation


def test_nothing_reaches_outside_the_file(book_path):
    """No external link, no macro, no connection, no volatile function, no script."""
    with zipfile.ZipFile(book_path) as package:
        names = package.namelist()
        contents = {name: package.read(name).decode() for name in names}

    parts = r"(xl|docProps|_rels|\[Content_Types\]).*\.(xml|rels)$"
    assert [] == [name for name in names if not re.match(parts, name)]
    assert [] == [name for name, text in contents.items() if "TargetMode" in text]
    assert [] == [name for name, text in contents.items() if "externalLink" in text]
    formulas = [f for text in contents.values() for f in re.findall(r"<f>(.*?)</f>", text)]
    assert formulas
    assert [] == [formula for formula in formulas if VOLATILE.search(formula)]


def test_document_properties_come_from_the_cover(book):
    """Times are those of the figures, not of the writing."""
    about = book.properties

    assert ("ana.preparer", "carl.controller") == (about.creator, about.lastModifiedBy)
    assert "Lumen & Vale AI, Inc.: Schedules, 2026-03" == about.title
    assert datetime(2026, 4, 3, 14, 5, 30) == about.created == about.modified  # noqa: DTZ001 # same


def test_a_difference_is_shown(tmp_path):
    """A tie-out that does not agree says so on its sheet and is counted on the cover."""
    tie_out = TieOut(
        name="Revenue", left_name="Schedule", left=100, right_name="Ledger", right=99,
        currency="USD",
    )  # fmt: skip
    path = tmp_path / "t.xlsx"
    write_workbook(path, samples.cover(), [], [tie_out])

    sheets = CalamineWorkbook.from_path(path)
    row = sheets.get_sheet_by_name("Tie-out").to_python()[HEADER_ROW]
    assert [1.0, "Revenue", "USD", "Schedule", 1.0, "Ledger", 0.99, 0.01, 0.0, "DIFFERENCE"] == row[
        :10
    ]
    cover = sheets.get_sheet_by_name("Cover").to_python()
    assert [1.0] == [row[1] for row in cover if row[0] == "Checks that do not agree"]


def test_a_draft_is_a_draft(tmp_path):
    """Not approved, not closed, no chain: said in words, never left blank."""
    cover = samples.cover(
        status="Draft", approved_by=None, closed_at=None, chain_head="", usage_version=None
    )
    write_workbook(tmp_path / "t.xlsx", cover, [], [])
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["Cover"]
    values = {row[0].value: row[1].value for row in sheet["A4:B19"]}

    assert ("not yet approved", "not closed", "no journal yet", "facts 1 to 4812, no usage") == (
        values["Approved by"], values["Closed at (UTC)"], values["Chain head"], values["Inputs"]
    )  # fmt: skip


def test_a_file_is_replaced_whole(tmp_path):
    """Writing again leaves one file, the new one."""
    path = tmp_path / "t.xlsx"
    for entity in ("First", "Second"):
        write_workbook(path, replace(samples.cover(), entity=entity), [], [])

    assert [path] == list(tmp_path.iterdir())
    assert "Second" == openpyxl.load_workbook(path)["Cover"]["A1"].value


def test_a_long_name_does_not_overflow_the_page_header(tmp_path):
    """Excel allows 255 characters for a header with its codes."""
    write_workbook(tmp_path / "t.xlsx", samples.cover(entity="N" * 300), [], [])
    header = openpyxl.load_workbook(tmp_path / "t.xlsx")["Cover"].oddHeader

    assert "N" * 61 + "..." == header.left.text


def test_widths_fit_what_is_shown(tmp_path):
    """Wide enough for the longest amount with its commas and parentheses, never too wide."""
    columns = [
        Column(name="t", title="T"),
        Column(name="m", title="M", type=MONEY, total=True),
        Column(name="w", title="W", width=13),
        Column(name="at", title="At", type=ColumnType.DATE),
    ]
    rows = [("x" * 500, -123_456_789_00, "", datetime(2026, 1, 31, 23, 59, tzinfo=UTC))]
    sheet = one_sheet(tmp_path, columns, rows)["Data"]

    widths = [sheet.column_dimensions[letter].width for letter in "ABCD"]
    assert [46, len("(123,456,789.00)") + 3, 13, len("2026-01-31 23:59") + 3] == widths


def test_sentences_are_shown_on_several_lines(tmp_path):
    """Words wrap in a row as high as they need; a digest, which has no words, does not."""
    columns = [Column(name="t", title="In words"), Column(name="d", title="Digest")]
    rows = [("word " * 30, "f" * 64), ("short", "f" * 64), ("word " * 300, "f" * 64)]
    sheet = one_sheet(tmp_path, columns, rows)["Data"]

    assert (True, False) == tuple(bool(sheet[c].alignment.wrap_text) for c in ("A10", "B10"))
    assert [4 * 14, None, 6 * 14] == [sheet.row_dimensions[row].height for row in (10, 11, 12)]


def test_very_wide_sheets_print_over_several_pages(tmp_path):
    """Forty months do not fit on one page: the keys are repeated on each."""
    columns = [Column(name="c", title="Contract", width=20), Column(name="d", title="D", width=20)]
    columns += [
        Column(name=f"m{n}", title=f"M{n}", type=MONEY, total=True, width=15) for n in range(40)
    ]
    sheet = one_sheet(tmp_path, columns, [("C", "d", *range(40))])["Data"]

    assert (2, 0, "$A:$B", "$9:$9") == (
        sheet.page_setup.fitToWidth,
        sheet.page_setup.fitToHeight,
        sheet.print_title_cols,
        sheet.print_title_rows,
    )


def test_a_report_of_several_months_says_from_when_to_when(tmp_path):
    """Two dots are for file names."""
    write_workbook(tmp_path / "t.xlsx", samples.cover(period="2026-01..2026-03"), [], [])

    assert (
        "Schedules, 2026-01 to 2026-03"
        == openpyxl.load_workbook(tmp_path / "t.xlsx")["Cover"]["A2"].value
    )


def test_the_tie_outs_can_be_filtered(book):
    """Two hundred checks: the reader picks those that differ."""
    sheet = book["Tie-out"]

    assert "A9:M18" == sheet.auto_filter.ref
    assert not sheet.protection.autoFilter


def test_what_control_totals_are_called_is_not_cut(tmp_path):
    """The label has a column wide enough for it, of text if there is one."""
    columns = [Column(name="entity", title="No.", type=ColumnType.INTEGER),
               Column(name="m", title="Month"),
               Column(name="a", title="Amount", type=MONEY, total=True)]  # fmt: skip
    sheet = one_sheet(tmp_path, columns, [(1, "2026-01", 5)])["Data"]

    assert ("Control total, USD", None) == (sheet["B12"].value, sheet["A12"].value)
    assert sheet.column_dimensions["B"].width > len("Control total, USD") + 2


def test_a_note_longer_than_its_sheet_is_broken_into_lines(tmp_path):
    """It does not run over the edge of the page; a note that fits is left alone."""
    columns, rows = amounts(1, width=30)
    columns = [*columns, Column(name="t", title="Text", width=30)]
    rows = [(1, "t")]
    long, short = (
        one_sheet(tmp_path, columns, rows, note="word " * count)["Data"] for count in (40, 2)
    )

    assert "A8:B8" in long.merged_cells
    assert long["A8"].alignment.wrap_text
    assert long.row_dimensions[8].height == 4 * 14
    assert [] == list(short.merged_cells)
