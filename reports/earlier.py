"""An earlier report, read back from its folder: what its manifest says, and its CSV twins.

Nothing is believed that the manifest does not vouch for: each twin is read only if its bytes have
the SHA-256 that the manifest tells, and only if the report is of the same entity and book.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from reports.cover import Cover
from reports.csv_twin import MANIFEST, lines
from reports.files import REPORT_PART
from reports.totals import totals
from revrec.disclosure.columns import ROW_KEY
from revrec.errors import ReportError
from revrec.model.dataset import ColumnType, DataSet
from revrec.money import to_minor
from revrec.spreadsheets import original

Fields = Mapping[str, str]
"""Column -> field, as a CSV twin writes it; text without the apostrophe that disarms it."""
Sums = Mapping[tuple[str, str], int]
"""Column and currency -> control total of money, in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A schedule as its CSV twin tells it."""

    sheet: str
    currency: str | None = None
    """Of all rows, where they have no column for it."""
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    rows: Mapping[str, Fields] = field(default_factory=dict)
    """By row key, in the order of the sheet."""
    sums: Sums = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The schedules of an earlier report, by name, and which report it is."""

    period: str
    version: int
    run_id: str
    sha256: str
    """Of its manifest."""
    twins: Mapping[str, Twin]


def twin_of(data: DataSet) -> Twin:
    """A schedule as its twin will tell it; ``ReportError`` if two of its rows share a key."""
    names, *rows = lines(data)
    types = {column.name: column.type for column in data.columns}
    return Twin(
        sheet=data.name,
        currency=data.currency,
        types=types,
        rows=_by_key(data.name, types, names, rows),
        sums={
            (total.column.name, str(total.currency)): int(total.value)
            for total in totals(data)
            if total.column.type is ColumnType.MONEY
        },
    )


def earlier_report(folder: Path, cover: Cover, report: str) -> Earlier:
    """The twins of a workbook of an earlier report in the folder, by its manifest.

    Raises ``ReportError`` if there is no such report, if it is of another entity or book or was
    made later than this one, or if a twin is not what the manifest says.
    """
    content = _content(folder, MANIFEST)
    try:
        told = json.loads(content)
        _refuse_another(folder, cover, told)
        twins = {
            sheet["sheet"]: _twin(folder, file, sheet)
            for file in told["files"]
            if _is_twin(file["name"], report)
            for sheet in file["sheets"]
            if ROW_KEY.name in sheet["columns"]
        }
        found = Earlier(
            period=told["period"],
            version=told["version"],
            run_id=told["run"],
            sha256=hashlib.sha256(content).hexdigest(),
            twins=twins,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError(
            f"{MANIFEST} in {folder} cannot be read as the manifest of a report: {error!r}.",
            remedy="Export the earlier report again: the same books give the same figures.",
        ) from error
    if not twins:
        raise ReportError(
            f"The report in {folder} has no {report.lower()}.",
            remedy="Give the folder of a month-end package.",
        )
    return found


def _content(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise ReportError(
            f"{name} cannot be read in {folder}: {error.strerror}.",
            remedy="Give the folder of an earlier report, with all its files.",
        ) from error


def _refuse_another(folder: Path, cover: Cover, told: Mapping[str, str]) -> None:
    for what, given in (("entity", cover.entity), ("book", cover.book)):
        if told[what] != given:
            raise ReportError(
                f"The report in {folder} is of the {what} {told[what]!r}, this one of {given!r}.",
                remedy=f"Give the folder of a report of the same {what}.",
            )
    if datetime.fromisoformat(told["as_of"]) > cover.as_of:
        raise ReportError(
            f"The report in {folder} is as of {told['as_of']}, later than this one.",
            remedy="Give the folder of an earlier report.",
        )


def _is_twin(name: str, report: str) -> bool:
    """Whether the file is a CSV twin of the report's workbook, by the parts of its name."""
    parts = name.split("_")
    return name.endswith(".csv") and len(parts) > REPORT_PART and parts[REPORT_PART] == report


def _twin(folder: Path, file: Mapping[str, str], sheet: Mapping[str, object]) -> Twin:
    name = Path(file["name"]).name
    content = _content(folder, name)
    if hashlib.sha256(content).hexdigest() != file["sha256"]:
        raise ReportError(
            f"{name} in {folder} is not the file that its manifest vouches for.",
            remedy="Export the earlier report again, or take it from where it was not changed.",
        )
    told, added, currency = sheet["columns"], sheet["totals"], sheet["currency"]
    if not (isinstance(told, dict) and isinstance(added, dict)):
        raise TypeError("columns and totals are by name")
    types = {column: ColumnType(kind) for column, kind in told.items()}
    names, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    return Twin(
        sheet=str(sheet["sheet"]),
        currency=None if currency is None else str(currency),
        types=types,
        rows=_by_key(name, types, names, rows),
        sums={
            (column, of): to_minor(Decimal(amount), of)
            for column, sums in added.items()
            if types[column] is ColumnType.MONEY
            for of, amount in sums.items()
        },
    )


def _by_key(
    sheet: str, types: Mapping[str, ColumnType], names: Sequence[str], rows: Iterable[Sequence[str]]
) -> dict[str, Fields]:
    found: dict[str, Fields] = {}
    texts = [types[name] is ColumnType.TEXT for name in names]
    for row in rows:
        fields = {
            name: original(each) if is_text else each
            for name, each, is_text in zip(names, row, texts, strict=True)
        }
        if fields[ROW_KEY.name] in found:
            raise ReportError(
                f"Two rows of {sheet} have the key {fields[ROW_KEY.name]!r}.",
                remedy="Compare reports whose rows have keys of their own.",
            )
        found[fields[ROW_KEY.name]] = fields
    return found
