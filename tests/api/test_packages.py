"""Packages of a close over HTTP."""

from __future__ import annotations

import io
import json
import zipfile

import openpyxl
import pytest

from tests.api.requests import CONTRACT, close, record

INVOICE = {
    "kind": "invoice", "id": "I-1", "contract": "C-1", "on": "2026-01-01",
    "lines": [{"amount": "36500.00"}],
}  # fmt: skip
SHEETS = {
    "board": {"In words", "Figures", "Ratios", "Bridge of revenue"},
    "disclosure": {"Paragraphs", "Accounting policies", "Revenue by product"},
}


def test_a_close_is_read_package_by_package(as_):
    """Each archive holds its workbook and twins, as its manifest says; the same close, the same.

    100.00 a day: February has 2,800.00, 300.00 less than January, as time passes.
    """
    ana, cleo = as_("ana"), as_("cleo")
    record(ana, [CONTRACT, INVOICE], "facts")
    for month in ("2026-01", "2026-02"):
        assert 200 == close(ana, month, f"close-{month}").status_code
    for package, wanted in SHEETS.items():
        answer = cleo.get(f"/v1/periods/2026-02/packages/{package}")

        assert (200, "application/zip") == (answer.status_code, answer.headers["Content-Type"])
        files = zipfile.ZipFile(io.BytesIO(answer.content))
        listed = "manifest.json" if package == "month-end" else f"{package}.manifest.json"
        manifest = json.loads(files.read(listed))
        assert {each["name"] for each in manifest["files"]} | {listed} == set(files.namelist())
        books = [name for name in files.namelist() if name.endswith(".xlsx")]
        book = next(name for name in books if "Journal" not in name)
        sheets = openpyxl.load_workbook(io.BytesIO(files.read(book)), data_only=True)
        assert wanted <= set(sheets.sheetnames)
        assert (
            0
            == {row[0].value: row[1].value for row in sheets["Cover"]["A1:B30"]}[
                "Checks that do not agree"
            ]
        )
        if package == "board":
            assert answer.content == cleo.get("/v1/periods/2026-02/packages/board").content
            told = [row[2].value for row in sheets["In words"]["A10:C14"]]
            assert "Revenue was 2,800.00 USD, 9.7% less than before (3,100.00 USD)." == told[0]
            assert "What moved it most: passage of time -300.00 USD." == told[1]


@pytest.mark.parametrize(
    ("package", "status"), [("reconciliation", 404), ("board", 404), ("poem", 422)]
)
def test_there_is_no_package_of_nothing(as_, package, status):
    """Of a month that is not closed, and of names there are none."""
    assert status == as_("cleo").get(f"/v1/periods/2026-01/packages/{package}").status_code
