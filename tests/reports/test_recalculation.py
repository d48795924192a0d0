"""The workbook as a spreadsheet program computes it: LibreOffice, without our cached results."""

from __future__ import annotations

import re

import openpyxl
import pytest

from reports.workbook import write_workbook
from revrec.model.dataset import TieOut
from tests.reports import samples
from tests.reports.conftest import COUNT
from tests.reports.libreoffice import copy_edited, recalculated

pytestmark = pytest.mark.timeout(300)


def values(path, folder):
    """What LibreOffice computes, as openpyxl reads it."""
    (computed,) = recalculated([path], folder)
    return openpyxl.load_workbook(computed, data_only=True)


@pytest.fixture(scope="module")
def computed(book_path, tmp_path_factory):
    """The workbook as LibreOffice computes it."""
    return values(book_path, tmp_path_factory.mktemp("calc"))


def test_no_cell_is_an_error(computed):
    """No #REF!, #NAME? or #VALUE! anywhere."""
    errors = [
        (sheet.title, cell.coordinate, cell.value)
        for sheet in computed
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "e"
    ]
    assert [] == errors


def test_every_formula_gives_the_result_that_was_written_beside_it(book_path, book, computed):
    """What a preview shows is what the spreadsheet program computes: totals, checks, charts.

    126 for 21 totals in three currencies, 1 for rows that add up, 24 for 9 ties, 1 on the cover,
    45 under three charts.
    """
    cached = openpyxl.load_workbook(book_path, data_only=True)
    formulas = [
        (sheet.title, cell.coordinate)
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert 197 == len(formulas)
    for title, cell in formulas:
        expected, actual = cached[title][cell].value, computed[title][cell].value
        if isinstance(expected, str):
            assert (title, cell, expected) == (title, cell, actual)
        else:
            assert (title, cell, f"{expected:.15g}") == (title, cell, f"{round(actual, 6):.15g}")


def test_totals_agree_with_the_ledgers_figures(computed):
    """The live sum of every control total is the sum of the contracts, computed by hand."""
    sheet = computed["Contract liability rollforward"]
    expected = 0
    for deal in samples.deals(COUNT):
        if deal.currency == "USD":
            expected += deal.price - deal.month * deal.start
    labels = {row[0].value: row[8].value for row in sheet["A51:I59"]}

    assert expected == round(labels["Sum of the rows, USD"] * 100)
    assert 0 == labels["Difference, USD"]
    assert 0 == computed["Cover"]["B19"].value


def test_a_changed_amount_is_found(book_path, tmp_path):
    """A cent added to one row shows on its sheet, on the tie-out sheet and on the cover."""
    # The last row of the waterfall: 12 x (1,000 + 37 x 40) = 29,760.00.
    changed = copy_edited(
        book_path,
        tmp_path / "changed.xlsx",
        lambda xml: re.sub(rb'(<c r="I49"[^>]*><v>)29760.00(</v>)', rb"\g<1>29760.01\2", xml),
    )
    sheets = values(changed, tmp_path)
    differences = {row[0].value: row[8].value for row in sheets["Revenue waterfall"]["A51:I59"]}

    assert {-0.01, 0} == {differences[f"Difference, {c}"] for c in ("EUR", "JPY", "USD")}
    results = {row[1].value: row[9].value for row in sheets["Tie-out"]["A10:J17"]}
    assert "DIFFERENCE" == results["Revenue waterfall: every column adds up"]
    assert 1 == sheets["Cover"]["B19"].value


def test_a_row_that_does_not_add_up_is_found(book_path, tmp_path):
    """Two amounts of a column moved by as much: its total holds, two rows do not."""
    # Billed of the contracts 6 and 12, whose first month is March: 12 x 1,222.00 and 12 x 1,444.00.
    changed = copy_edited(
        book_path,
        tmp_path / "moved.xlsx",
        lambda xml: re.sub(
            rb'(<c r="E15"[^>]*><v>)14664.00(</v>)', rb"\g<1>14664.01\2",
            re.sub(rb'(<c r="E21"[^>]*><v>)17328.00(</v>)', rb"\g<1>17327.99\2", xml),
        ),
    )  # fmt: skip
    sheets = values(changed, tmp_path)
    rollforward = sheets["Contract liability rollforward"]

    (off,) = [row[8].value for row in rollforward if row[0].value == "Rows that do not add up"]
    results = {row[1].value: row[9].value for row in sheets["Tie-out"]["A10:J18"]}
    assert 2 == off
    assert "DIFFERENCE" == results["Contract liability rollforward: every row adds up"]
    assert "OK" == results["Contract liability rollforward: every column adds up"]
    assert 1 == sheets["Cover"]["B19"].value


def test_awkward_names_are_computed_too(tmp_path):
    """Quotes in sheet names, signs and wildcards in what charts group by."""
    data = samples.data_sets(12)
    products = {"Platform": "=1+1", "Support": ">90", "Fine-tuning": "*", "Inference API": 'a"b'}
    by_product = data["revenue_by_product"]
    rows = [(p, products.get(n, n), c, a) for p, n, c, a in by_product.rows]
    awkward = type(by_product)(
        name="revenue_by_product", title="It's revenue", columns=by_product.columns, rows=rows
    )
    from tests.reports.conftest import CHARTS

    path = tmp_path / "awkward.xlsx"
    tie_out = TieOut(
        name="-1", left_name="@a", left=3, right_name="+b", right=3, currency="KWD", mark="R"
    )
    write_workbook(path, samples.cover(), [awkward], [tie_out], CHARTS[:1])

    sheets = values(path, tmp_path)
    cached = openpyxl.load_workbook(path, data_only=True)["Chart data"]
    drawn = [[cell.value for cell in row] for row in cached["B11:F13"]]
    assert all(amount > 0 for row in drawn[2:] for amount in row)
    assert drawn == [[cell.value for cell in row] for row in sheets["Chart data"]["B11:F13"]]
