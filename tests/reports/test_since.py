"""What changed since an earlier report: rows by key, tied to the control totals of both."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import openpyxl
import pytest

from reports.close import close_report
from reports.earlier import earlier_report
from reports.packages import Package, write_package
from reports.since import CHANGES, changes_since
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from tests.reports import samples

MONEY = ColumnType.MONEY
PLAIN = {name: replace(data, rows=[]) for name, data in samples.data_sets(1).items()}
LATER = datetime(2026, 5, 4, 9, tzinfo=UTC)


def balances(*rows, months=("m1",)):
    """Balances by contract: its currency, a sum that is added up and a rate that is not."""
    return DataSet(
        name="balances",
        title="Balances",
        columns=[
            samples.text("contract", "Contract"),
            samples.text("currency", "Currency"),
            *(samples.money(name, name.upper()) for name in months),
            samples.money("rate", "Rate", total=False),
            Column(name="share", title="Share", type=ColumnType.RATIO),
            samples.text("row_key", "Row key"),
        ],
        rows=rows,
    )


BEFORE = balances(
    ("A", "USD", 100_00, 5, None, "A"),
    ("=B", "USD", 200_00, 5, None, "=B"),
    ("C", "JPY", 70, None, None, "C"),
    ("D", "USD", 40_00, None, None, "D"),
    ("E", "USD", 0, None, None, "E"),
    ("F", "USD", 1_00, None, None, "F"),
)
AFTER = balances(
    ("A", "USD", 130_00, 7, None, "A"),
    ("B", "USD", 200_00, 5, None, "=B"),
    ("G", "EUR", -9_00, None, None, "G"),
    ("D", "EUR", 40_00, None, None, "D"),
    ("F", "USD", 1_00, None, None, "F"),
)
EXPECTED = [
    ("A", "m1", "changed", "USD", 100_00, 130_00, 30_00, "", ""),
    ("A", "rate", "changed", "USD", 5, 7, 2, "", ""),
    ("=B", "contract", "changed", "USD", None, None, None, "=B", "B"),
    ("G", "m1", "added", "EUR", None, -9_00, -9_00, "", ""),
    ("D", "m1", "removed", "USD", 40_00, None, -40_00, "", ""),
    ("D", "m1", "added", "EUR", None, 40_00, 40_00, "", ""),
    ("C", "m1", "removed", "JPY", 70, None, -70, "", ""),
    ("E", "", "removed", "USD", None, None, None, "", ""),
]
"""By hand. D changed its currency: gone from one, new in the other; E had no amount; F stayed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The report of March."""
    path = tmp_path_factory.mktemp("march")
    close_report(path, samples.cover(), {**PLAIN, "balances": BEFORE}, [])
    return path


def compared(folder, *sheets, **changes):
    """Changes of the sheets since the folder's report, without sheet and own key; the checks."""
    cover = samples.cover(period="2026-04", as_of=LATER, **changes)
    earlier = earlier_report(folder, cover, "Schedules")
    data, ties = changes_since(earlier, {each.name: each for each in sheets}, cover)
    assert {"balances"} >= {row[0] for row in data.rows}
    assert len({row[-1] for row in data.rows}) == len(data.rows)
    assert [] == [tie for tie in ties if tie.difference]
    return [row[1:-1] for row in data.rows], ties


def test_every_difference_is_told_and_tied(folder):
    """In the order of the rows now, then of those that are gone.

    Dollars 331.00 of A, B and F now, 341.00 with D before: -10.00. Euros 31.00, yen -70.
    """
    rows, ties = compared(folder, AFTER)

    assert EXPECTED == rows
    by_sheet = {tie.currency: tie.left for tie in ties if tie.name == "Changes of balances"}
    assert {"EUR": 31_00, "JPY": -70, "USD": -10_00} == by_sheet


def test_nothing_changed_is_an_empty_sheet(folder):
    """The same rows give no line and no check."""
    assert ([], []) == compared(folder, BEFORE)


def test_columns_that_came_or_went_count_in_full(folder):
    """A month leaves the horizon, another enters: USD -341.00 and 12.00, JPY -70."""
    rows = [(*row[:2], 12_00 if row[0] == "A" else None, *row[3:]) for row in BEFORE.rows]

    found, ties = compared(folder, balances(*rows, months=("m2",)))

    assert [
        ("A", "m2", "changed", "USD", None, 12_00, 12_00, "", ""),
        ("A", "m1", "changed", "USD", 100_00, None, -100_00, "", ""),
        ("=B", "m1", "changed", "USD", 200_00, None, -200_00, "", ""),
        ("C", "m1", "changed", "JPY", 70, None, -70, "", ""),
        ("D", "m1", "changed", "USD", 40_00, None, -40_00, "", ""),
        ("F", "m1", "changed", "USD", 1_00, None, -1_00, "", ""),
    ] == found
    by_sheet = {tie.currency: tie.left for tie in ties if tie.name == "Changes of balances"}
    assert {"JPY": -70, "USD": 12_00 - 341_00} == by_sheet


def test_a_schedule_of_one_report_alone_came_or_went(folder):
    """No schedule now: every row of the earlier one is removed."""
    rows, _ = compared(folder)

    assert {"removed"} == {row[2] for row in rows}
    amounts = [(row[0], row[1]) for row in rows]
    assert [
        ("A", "m1"), ("A", "rate"), ("=B", "m1"), ("=B", "rate"), ("C", "m1"), ("D", "m1"),
        ("E", ""), ("F", "m1"),
    ] == amounts  # fmt: skip


def test_the_schedules_end_in_the_changes(folder, tmp_path):
    """A sheet, its twins, and every check of it agrees; the same again gives the same bytes."""
    cover = samples.cover(period="2026-04", as_of=LATER)
    data = {**PLAIN, "balances": AFTER}
    for name in ("one", "two"):
        close_report(tmp_path / name, cover, data, [], since=folder)

    files = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "two").iterdir()}
    (path,) = (tmp_path / "one").glob("*Schedules*.xlsx")
    book = openpyxl.load_workbook(path, data_only=True)
    assert "Changes since last close" == book.sheetnames[-1]
    assert "revenue_waterfall" in book["Changes since last close"]["A8"].value
    results = {row[9].value for row in book["Tie-out"]["A10:J30"]} - {None}
    assert {"OK"} == results
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text(encoding="utf-8"))
    twins = [file for file in manifest["files"] if "changes-since" in file["name"]]
    assert [len(EXPECTED)] * 2 == [file["sheets"][0]["rows"] for file in twins]
    # A report with such a sheet is itself an earlier one, its changes are not compared.
    later = earlier_report(tmp_path / "one", cover, "Schedules")
    assert {"balances", CHANGES} == set(later.twins)
    assert [] == changes_since(later, {"balances": AFTER}, cover)[0].rows


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entity": "Other"}, r"is of the entity 'Lumen & Vale AI, Inc\.', this one of 'Other'"),
        ({"book": "IFRS (IFRS 15)"}, "is of the book 'US GAAP"),
        ({"as_of": datetime(2026, 4, 1, tzinfo=UTC)}, "later than this one"),
    ],
)
def test_another_report_is_refused(folder, changes, message):
    """Of another company or book, or a later one."""
    with pytest.raises(ReportError, match=message):
        earlier_report(folder, samples.cover(**changes), "Schedules")


def test_a_folder_is_believed_as_far_as_its_manifest_goes(tmp_path):
    """A changed twin, one that is gone, another manifest, none: each is told."""
    close_report(tmp_path, samples.cover(), {**PLAIN, "balances": BEFORE}, [])
    (path,) = tmp_path.glob("*.balances.csv")

    path.write_bytes(path.read_bytes().replace(b"100.00", b"100.01"))
    with pytest.raises(ReportError, match=r"balances\.csv in .* is not the file"):
        earlier_report(tmp_path, samples.cover(), "Schedules")
    path.unlink()
    with pytest.raises(ReportError, match=r"balances\.csv cannot be read in"):
        earlier_report(tmp_path, samples.cover(), "Schedules")
    with pytest.raises(ReportError, match="has no board"):
        earlier_report(tmp_path, samples.cover(), "Board")
    (tmp_path / "manifest.json").write_text('{"entity": 1', encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be read as the manifest"):
        earlier_report(tmp_path, samples.cover(), "Schedules")
    with pytest.raises(ReportError, match=r"manifest\.json cannot be read"):
        earlier_report(tmp_path / "gone", samples.cover(), "Schedules")


def test_rows_need_keys_of_their_own(folder):
    """Two rows of one key could not be told apart."""
    twice = balances(*[("A", "USD", 1, None, None, "A")] * 2)

    with pytest.raises(ReportError, match="Two rows of balances have the key 'A'"):
        compared(folder, twice)


def test_other_packages_have_no_changes(folder, tmp_path):
    """Refused before anything is written."""
    with pytest.raises(ReportError, match="The package board has no schedules to compare"):
        write_package(Package.BOARD, tmp_path, samples.cover(), {}, [], since=folder)
    assert [] == list(tmp_path.iterdir())
