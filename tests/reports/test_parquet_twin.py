from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.close import close_report
from reports.files import sha256_of
from reports.parquet_twin import write_parquet
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import to_minor
from tests.reports import samples


def twin(tmp_path, rows, currency="USD", **types):
    """Write columns by type; the table read back."""
    given = [Column(name=name, title=name.title(), type=kind) for name, kind in types.items()]
    data = DataSet(name="d", title="D", columns=given, rows=rows, currency=currency)
    record = write_parquet(tmp_path / "d.parquet", data)
    assert sha256_of(tmp_path / "d.parquet") == record.sha256
    return pq.read_table(tmp_path / "d.parquet")


def as_told(column, value, currency):
    """The inverse of writing."""
    return to_minor(value, currency) if column.type is ColumnType.MONEY else value


@pytest.mark.parametrize("name", samples.data_sets(1))
def test_the_twin_holds_the_data_set(tmp_path, name):
    """Same columns, same rows: every value is the one the data set had."""
    data = samples.data_sets(30)[name]
    write_parquet(tmp_path / "d.parquet", data)

    table = pq.read_table(tmp_path / "d.parquet")

    assert [column.name for column in data.columns] == table.column_names
    read = [
        tuple(as_told(column, row[column.name], row["currency"]) for column in data.columns)
        for row in table.to_pylist()
    ]
    assert list(data.rows) == read


def test_both_twins_of_a_close_tell_the_same(tmp_path):
    """Field by field, with rows and hash in the manifest; a kind of figure has one type."""
    close_report(tmp_path, samples.cover(), samples.data_sets(12), samples.tie_outs(12))
    files = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["files"]
    by_name = {file["name"]: file for file in files}
    twins = sorted(tmp_path.glob("*.csv"))

    assert 13 == len(twins)
    for path in twins:
        other = path.with_suffix(".parquet")
        with path.open(encoding="utf-8", newline="") as file:
            header, *lines = csv.reader(file)
        table = pq.read_table(other)
        assert header == table.column_names
        columns = [each.to_pylist() for each in table.columns]
        assert lines == [
            [shown(value, field) for value, field in zip(row, line, strict=True)]
            for row, line in zip(zip(*columns, strict=True), lines, strict=True)
        ]
        assert by_name[path.name]["sheets"] == by_name[other.name]["sheets"]
        assert sha256_of(other) == by_name[other.name]["sha256"]


def shown(value, field):
    """The value as the field would show it; numbers compare by value, whatever their zeros."""
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Decimal() | int():
            return field if Decimal(field) == value else str(value)
        case _:
            return f"'{value}" if field.startswith("'") else str(value)


def test_figures_beyond_a_cell_are_exact(tmp_path):
    """Money, quantities, shares and counts of more digits than 38 or 64 bits keep."""
    row = (
        10**20 + 1,
        Decimal("12345678901234567890.1234567890123456789012"),
        Decimal("1E-50"),
        2**63,
    )
    table = twin(
        tmp_path, [row], m=ColumnType.MONEY, q=ColumnType.QUANTITY, r=ColumnType.RATIO,
        n=ColumnType.INTEGER,
    )  # fmt: skip

    told = table.to_pylist()[0]
    assert (Decimal("1000000000000000000.01"), row[1], row[2], 2**63) == tuple(told.values())
    types = [pa.decimal128(38, 4), pa.decimal256(76, 22), pa.decimal256(76, 50),
             pa.decimal128(38, 0)]  # fmt: skip
    assert types == table.schema.types


def test_days_are_dates_times_are_in_utc_and_text_is_text(tmp_path):
    """No apostrophe, no day as text; what XML cannot hold is replaced as in the CSV twin."""
    moment = datetime.fromisoformat("2026-04-03T23:30:00.250000-07:00")
    rows = [("=1", date(2026, 3, 31), moment), ("a\x00b", None, None)]
    table = twin(tmp_path, rows, t=ColumnType.TEXT, on=ColumnType.DATE, at=ColumnType.DATE)

    at = datetime(2026, 4, 4, 6, 30, 0, 250000, tzinfo=UTC)
    assert [("=1", date(2026, 3, 31), at), ("a\ufffdb", None, None)] == [
        tuple(row.values()) for row in table.to_pylist()
    ]
    assert pa.date32() == table.schema.field("on").type


def test_a_twin_that_cannot_be_exact_is_refused(tmp_path):
    """A binary number, a text for a date, more digits than any decimal: no file is left."""
    with pytest.raises(ReportError, match=r"Row 1 of d holds 1\.5 \(float\) in q"):
        twin(tmp_path, [(1.5,)], q=ColumnType.QUANTITY)
    with pytest.raises(ReportError, match="Row 1 of d holds 'today' in on, which takes dates"):
        twin(tmp_path, [("today",)], on=ColumnType.DATE)
    with pytest.raises(ReportError, match="needs 1 digits before the point and 76 after it"):
        twin(tmp_path, [(Decimal(1) + Decimal("1E-20"),), (Decimal("1E-76"),)],
             q=ColumnType.QUANTITY)  # fmt: skip
    assert [] == list(tmp_path.iterdir())
