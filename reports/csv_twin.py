"""The CSV twin of a sheet, and the manifest that vouches for every file of a run.

A twin follows RFC 4180: UTF-8, CRLF, one header row of machine names. Amounts are decimal text
with the currency's decimals, quantities have all their digits, dates are ISO 8601, times are in
UTC. Text that a spreadsheet program could run as a formula gets a leading apostrophe; see
``revrec.spreadsheets.csv_text``.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from reports.columns import (
    SEPARATES,
    Currencies,
    Part,
    are_ordinary,
    need_no_quotes,
    part_of,
    told,
)
from reports.cover import Cover
from reports.digits import plain
from reports.files import atomically, sha256_of
from reports.text import printable
from reports.texts import InCurrencies, Texts, as_texts, in_decimals, in_full, joined
from reports.totals import Total, day, exact, minor_units, totals
from revrec.column_rows import Values
from revrec.model.dataset import Column, ColumnType, DataSet, TieOut
from revrec.money import minor_digits, with_decimals
from revrec.spreadsheets import csv_text

MANIFEST = "manifest.json"
BATCH = 10_000
"""Rows in memory by column at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRecord:
    """What one sheet of a file holds: rows, and control totals as decimal text."""

    sheet: str
    rows: int
    currency: str | None
    columns: Mapping[str, ColumnType]
    """Machine name -> type, in the order of the sheet."""
    totals: Mapping[str, Mapping[str, str]]
    """Column -> currency -> total; the currency is empty where there is no money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """A written file and what it must contain."""

    name: str
    sha256: str
    size: int
    sheets: tuple[SheetRecord, ...] = field(default_factory=tuple)


def write_csv(path: Path, data: DataSet) -> FileRecord:
    """Write the twin of a data set; ``ReportError`` if a figure is not exact."""
    sums = totals(data)
    with atomically(path) as target, target.open("wb") as file:
        file.write(_heading(data))
        for part, texts in _texts_of(data):
            file.write(_joined(data, part, texts))
    return record(path, [(data, sums)])


def lines(data: DataSet) -> Iterator[Sequence[str]]:
    """The fields of a twin, headings first; ``ReportError`` if a figure is not exact."""
    yield [column.name for column in data.columns]
    for _, texts in _texts_of(data):
        yield from zip(*(each.to_pylist() for each in texts), strict=True)


def _heading(data: DataSet) -> bytes:
    told = io.StringIO(newline="")
    csv.writer(told, lineterminator="\r\n").writerow([column.name for column in data.columns])
    return told.getvalue().encode()


def _texts_of(data: DataSet) -> Iterator[tuple[Part, list[Texts]]]:
    """The fields by column, some rows at a time."""
    for start in range(0, len(data.rows), BATCH):
        part = part_of(data, start, start + BATCH)
        among = InCurrencies(part.currencies)
        yield (
            part,
            [_texts(data, place, part, among, start + 1) for place in range(len(data.columns))],
        )


def _texts(data: DataSet, place: int, part: Part, among: InCurrencies, first: int) -> Texts:
    """The fields of a column, of rows from number ``first`` on."""
    column, values = data.columns[place], part.columns[place]
    texts = _at_once(column, values, among) if isinstance(values, pa.Array) else None
    if texts is None or (column.type is ColumnType.TEXT and not part.is_so(place, are_ordinary)):
        texts = pa.array(_fields(data, column, values, part.currencies, first), pa.string())
    return texts.fill_null("") if texts.null_count else texts


def _at_once(column: Column, values: pa.Array, currencies: InCurrencies) -> Texts:
    """The fields of a column of Arrow whose texts need nothing done."""
    if column.type is ColumnType.MONEY:
        return in_decimals(values, currencies)
    return in_full(values) if pa.types.is_decimal(values.type) else as_texts(values)


def _joined(data: DataSet, part: Part, texts: Sequence[Texts]) -> bytes:
    """Rows of fields, in quotation marks where RFC 4180 wants them; one alone is never empty."""
    parts: list[Texts | str] = []
    for place, each in enumerate(texts):
        is_text = data.columns[place].type is ColumnType.TEXT
        plain_ones = not is_text or part.is_so(place, need_no_quotes)
        shown = each if plain_ones else _quoted(each)
        if len(texts) == 1:
            shown = pc.if_else(pc.equal(each, ""), '""', shown)
        parts += [shown, ","]
    return joined([*parts[:-1], "\r\n"], len(texts[0]))


def _quoted(texts: Texts) -> Texts:
    doubled = pc.replace_substring(texts, '"', '""')
    enclosed = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(pc.match_substring_regex(texts, SEPARATES), enclosed, texts)


def _fields(
    data: DataSet, column: Column, values: Values, currencies: Currencies, first: int
) -> Sequence[str]:
    """The fields of a column, of rows from number ``first`` on, told one by one."""

    def field(number: int, value: object, currency: str | None) -> str:
        return _field(data, column, number, value, currency)

    return told(column, values, currencies, field, first)


def _field(data: DataSet, column: Column, number: int, value: object, currency: str | None) -> str:
    if value is None:
        return ""
    match column.type:
        case ColumnType.TEXT:
            return csv_text(printable(str(value)))
        case ColumnType.DATE:
            return _moment(day(data, column, number, value))
        case ColumnType.MONEY:
            amount = minor_units(data, column, number, value)
            return with_decimals(amount, minor_digits(str(currency)))
        case ColumnType.QUANTITY | ColumnType.PRICE | ColumnType.RATIO | ColumnType.INTEGER:
            return plain(exact(data, column, number, value))


def _moment(value: date) -> str:
    """ISO 8601; times in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()


def record(path: Path, sheets: Sequence[tuple[DataSet, Sequence[Total]]]) -> FileRecord:
    """What a written file holds, with its hash."""
    return FileRecord(
        name=path.name,
        sha256=sha256_of(path),
        size=path.stat().st_size,
        sheets=tuple(
            SheetRecord(
                sheet=data.name,
                rows=len(data.rows),
                currency=data.currency,
                columns={column.name: column.type for column in data.columns},
                totals=_as_told(sums),
            )
            for data, sums in sheets
        ),
    )


def _as_told(sums: Sequence[Total]) -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    for total in sums:
        of_column = texts.setdefault(total.column.name, {})
        money = total.column.type is ColumnType.MONEY
        of_column[total.currency or ""] = str(total.decimal) if money else plain(total.value)
    return texts


def tie_out_data(tie_outs: Sequence[TieOut]) -> DataSet:
    """The tie-outs as a data set, for their twin."""
    return DataSet(
        name="tie_out",
        title="Tie-out",
        columns=[
            Column(name="name", title="Check"),
            Column(name="currency", title="Currency"),
            Column(name="left_name", title="Left figure"),
            Column(name="left", title="Left", type=ColumnType.MONEY, total=True),
            Column(name="right_name", title="Right figure"),
            Column(name="right", title="Right", type=ColumnType.MONEY, total=True),
            Column(name="difference", title="Difference", type=ColumnType.MONEY, total=True),
            Column(name="mark", title="Mark"),
        ],
        rows=[
            (t.name, t.currency, t.left_name, t.left, t.right_name, t.right, t.difference, t.mark)
            for t in tie_outs
        ],
    )


def write_manifest(
    folder: Path, cover: Cover, files: Sequence[FileRecord], name: str = MANIFEST
) -> Path:
    """Write ``manifest.json``: what the run was, and every file with hash, rows and totals."""
    manifest = {
        "entity": cover.entity,
        "book": cover.book,
        "journal_book": cover.journal_book,
        "period": cover.period,
        "as_of": cover.as_of.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "functional_currency": cover.functional_currency,
        "status": cover.status,
        "version": cover.version,
        "run": cover.run_id,
        "engine_version": cover.engine_version,
        "facts_version": cover.facts_version,
        "usage_version": cover.usage_version,
        "chain_head": cover.chain_head,
        "prepared_by": cover.prepared_by,
        "approved_by": cover.approved_by,
        "files": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "bytes": file.size,
                "sheets": [
                    {
                        "sheet": sheet.sheet,
                        "rows": sheet.rows,
                        "currency": sheet.currency,
                        "columns": sheet.columns,
                        "totals": sheet.totals,
                    }
                    for sheet in file.sheets
                ],
            }
            for file in sorted(files, key=lambda file: file.name)
        ],
    }
    path = folder / name
    with atomically(path) as target:
        target.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path
