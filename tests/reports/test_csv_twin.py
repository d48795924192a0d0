from __future__ import annotations

import csv
import hashlib
import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from reports.csv_twin import write_csv, write_manifest
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import to_minor
from tests.reports import samples


def columns(**types):
    """Columns by name; money has control totals."""
    return [
        Column(name=name, title=name.title(), type=kind, total=kind is ColumnType.MONEY)
        for name, kind in types.items()
    ]


def twin(tmp_path, given, rows, currency="USD"):
    """Write a twin; its record and its bytes."""
    data = DataSet(name="d", title="D", columns=given, rows=rows, currency=currency)
    record = write_csv(tmp_path / "d.csv", data)
    return record, (tmp_path / "d.csv").read_bytes()


@pytest.mark.parametrize("name", samples.data_sets(1))
def test_the_twin_holds_the_data_set(tmp_path, name):
    """Parsed by type, every field is the value the data set had; the header, its names."""
    data = samples.data_sets(30)[name]
    write_csv(tmp_path / "d.csv", data)

    with (tmp_path / "d.csv").open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    assert [column.name for column in data.columns] == header
    read = [
        tuple(
            parsed(column, field, line[header.index("currency")])
            for column, field in zip(data.columns, line, strict=True)
        )
        for line in lines
    ]
    assert list(data.rows) == read


def parsed(column, field, currency):
    """The inverse of writing."""
    match column.type:
        case ColumnType.MONEY:
            return to_minor(Decimal(field), currency)
        case ColumnType.QUANTITY:
            return Decimal(field)
        case ColumnType.INTEGER:
            return int(field)
        case ColumnType.DATE if "T" in field:
            return datetime.fromisoformat(field)
        case ColumnType.DATE:
            return date.fromisoformat(field)
        case _:
            return field.removeprefix("'")


def test_fields_are_written_as_rfc_4180_says(tmp_path):
    """CRLF, quotes where needed, UTF-8 without a mark, machine names on top."""
    given = columns(customer=ColumnType.TEXT, on=ColumnType.DATE, amount=ColumnType.MONEY)
    rows = [('Ünal, "AI" Ltd.', date(2026, 3, 31), 120050), (None, None, None)]

    _, content = twin(tmp_path, given, rows)

    assert (
        'customer,on,amount\r\n"Ünal, ""AI"" Ltd.",2026-03-31,1200.50\r\n,,\r\n'.encode() == content
    )


@pytest.mark.parametrize(
    ("currency", "text"), [("USD", "1234.50"), ("JPY", "123450"), ("KWD", "123.450")]
)
def test_amounts_have_the_decimals_of_their_currency(tmp_path, currency, text):
    """Trailing zeros stay: the scale is part of the amount."""
    _, content = twin(tmp_path, columns(amount=ColumnType.MONEY), [(123450,)], currency)

    assert f"amount\r\n{text}\r\n".encode() == content


def test_amounts_beyond_a_cell_are_exact_here(tmp_path):
    """The twin has what a spreadsheet would round: money, quantities, shares."""
    given = columns(m=ColumnType.MONEY, q=ColumnType.QUANTITY, r=ColumnType.RATIO)
    row = (10**20 + 1, Decimal("12345678901234567890.123456789"), Decimal("0.1234567890123456789"))

    record, content = twin(tmp_path, given, [row])

    line = b"1000000000000000000.01,12345678901234567890.123456789,0.1234567890123456789"
    assert line == content.splitlines()[1]
    assert {"m": {"USD": "1000000000000000000.01"}} == record.sheets[0].totals


def test_times_are_in_utc(tmp_path):
    """A moment is written the same from wherever it came."""
    moment = datetime.fromisoformat("2026-04-03T23:30:00.250000-07:00")

    _, content = twin(tmp_path, columns(at=ColumnType.DATE), [(moment,)])

    assert b"at\r\n2026-04-04T06:30:00.250000Z\r\n" == content


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("'s-Hertogenbosch", "''s-Hertogenbosch"),
        ("C-0001", "C-0001"),
        ("a\x00b", "a\ufffdb"),
    ],
)
def test_text_cannot_run_as_a_formula(tmp_path, text, written):
    """A leading apostrophe disarms it; removing one gives the text back."""
    _, content = twin(tmp_path, columns(t=ColumnType.TEXT), [(text,)])

    assert f"t\r\n{written}\r\n".encode() == content


def test_negative_amounts_are_numbers(tmp_path):
    """Only text is disarmed: -5.00 of money stays a number."""
    _, content = twin(tmp_path, columns(amount=ColumnType.MONEY), [(-500,)])

    assert b"amount\r\n-5.00\r\n" == content


def test_a_twin_that_cannot_be_exact_is_refused(tmp_path):
    """A binary number is not an amount, a text not a date; no file is left."""
    with pytest.raises(ReportError, match=r"Row 1 of d holds 1\.5 \(float\) in q"):
        twin(tmp_path, columns(q=ColumnType.QUANTITY), [(1.5,)])
    with pytest.raises(ReportError, match="Row 1 of d holds 'today' in on, which takes dates"):
        twin(tmp_path, columns(on=ColumnType.DATE), [("today",)])
    assert [] == list(tmp_path.iterdir())


def test_the_manifest_vouches_for_every_file(tmp_path):
    """Hash, size, rows and totals of each file, and what the run was."""
    given = columns(currency=ColumnType.TEXT, amount=ColumnType.MONEY, n=ColumnType.INTEGER)
    record, content = twin(tmp_path, given, [("USD", 100, 1), ("JPY", 7, 2), ("USD", 250, 3)], None)
    path = write_manifest(tmp_path, samples.cover(), [record])

    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert [
        {
            "name": "d.csv",
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "sheets": [
                {
                    "sheet": "d",
                    "rows": 3,
                    "currency": None,
                    "columns": {"currency": "text", "amount": "money", "n": "integer"},
                    "totals": {"amount": {"JPY": "7", "USD": "3.50"}},
                }
            ],
        }
    ] == manifest.pop("files")
    assert {
        "entity": "Lumen & Vale AI, Inc.",
        "book": "US GAAP (ASC 606)",
        "journal_book": "",
        "period": "2026-03",
        "as_of": "2026-04-03T14:05:30Z",
        "functional_currency": "USD",
        "status": "Closed",
        "version": 1,
        "run": "R20260403A",
        "engine_version": "1.0.0",
        "facts_version": 4812,
        "usage_version": 31,
        "chain_head": "9f2c4e6a8b0d1f3355779911bbddff00" * 2,
        "prepared_by": "ana.preparer",
        "approved_by": "carl.controller",
    } == manifest
