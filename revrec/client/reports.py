"""What comes of a close: packages and data sets, the journal, exports to general ledgers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from revrec.client.calls import (
    Call,
    Downloaded,
    Listing,
    Operation,
    Paged,
    at,
    get,
    listed,
    post,
    told,
)
from revrec.client.shapes import Amount

FORMS: Mapping[str, str] = {
    ".csv": "text/csv",
    ".ndjson": "application/x-ndjson",
    ".arrows": "application/vnd.apache.arrow.stream",
    ".parquet": "application/vnd.apache.parquet",
}
"""Ending of a file's name -> the form in which a data set is written to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """A debit (positive) or credit (negative)."""

    account: str
    product: str
    gl_code: str
    gl_name: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A posted entry with its place in the chain."""

    seq: int
    period: str
    """The month it was posted to."""
    origin: str
    """The month it belongs to economically."""
    event: str
    memo: str
    posted_at: datetime
    posted_by: str
    previous: str
    digest: str
    lines: list[JournalLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column; money, quantities and ratios are decimals in text, days ISO 8601."""

    name: str
    title: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A table of a report."""

    name: str
    title: str
    note: str
    currency: str | None
    """Of all its money; without one each row has its own."""
    rows: int
    columns: list[Column]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetPage(DataSet):
    """Rows of a table."""

    records: list[dict[str, str | int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance:
    """An account before the first period and at the end of the last; debits are positive."""

    gl_code: str
    gl_name: str
    account: str
    currency: str
    opening: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialBalance:
    """The ledger by account."""

    first_period: str
    period: str
    accounts: list[AccountBalance]
    translated: list[AccountBalance]
    """In the currency of reports; empty where none is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """A file of an export."""

    name: str
    sha256: str
    bytes: int
    documents: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export of a close, as recorded."""

    id: int
    period: str
    close: int
    chain_head: str
    layout: str
    layout_version: int
    by: str
    parameters: dict[str, str]
    files: list[ExportedFile]
    digest: str
    book: str
    exported_at: datetime
    exported_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportsMade:
    """One export for each close of the period."""

    exports: list[Export]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedReference:
    """A document as a general ledger has it."""

    document: str
    number: str
    posted_on: date
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencesRecorded:
    """What became of references."""

    new: int
    corrected: int
    unchanged: int


def _records(page: DataSetPage) -> Sequence[Mapping[str, str | int | None]]:
    return page.records


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStanding:
    """A document exported or posted, and what became of it."""

    document: str
    """The id it was exported under."""
    standing: str
    """matched, differing, missing (no reference yet) or unknown (never exported)."""
    period: str
    """Empty for an unknown one."""
    layout: str
    exported: Amount | None
    """Sum of debits; null for an unknown one."""
    posted: Amount | None
    """Sum of debits in the general ledger, as told; null for a missing one."""
    number: str
    """In the general ledger."""
    why: str
    """What differs."""


class ReportOperations:
    """Reading what was closed. ``first`` begins a range of periods; left out, it is one period."""

    @Operation
    def download_package(
        self, period: str, package: str, path: Path, *, first: str | None = None
    ) -> Call[Downloaded]:
        """Save a package of a close: its workbooks, their twins and their manifest, zipped.

        month-end, board, disclosure, flux or reconciliation. The same close gives the same bytes.
        """
        call = get(at("periods", period, "packages", package), Downloaded, from_=first)
        return replace(call, headers={"Accept": "application/zip"}, save_as=path)

    @Operation
    def download_sample_pack(self, sample: str, path: Path) -> Call[Downloaded]:
        """Save the evidence for a sample: workbook, population, documents and JSON, zipped."""
        call = get(at("samples", sample, "pack"), Downloaded)
        return replace(call, headers={"Accept": "application/zip"}, save_as=path)

    @Operation
    def download_evidence(
        self, period: str, path: Path, *, first: str | None = None
    ) -> Call[Downloaded]:
        """Save what answers auditors' request lists, with the query of each list, zipped."""
        call = get(at("periods", period, "evidence"), Downloaded, from_=first)
        return replace(call, headers={"Accept": "application/zip"}, save_as=path)

    @Operation
    def list_datasets(self, period: str, *, first: str | None = None) -> Call[list[DataSet]]:
        """The tables of a report on closed periods."""
        return get(at("datasets"), list[DataSet], period=period, from_=first)

    @Paged
    def read_dataset(
        self,
        name: str,
        period: str,
        *,
        first: str | None = None,
        where: Mapping[str, str] | None = None,
    ) -> Listing[Mapping[str, str | int | None]]:
        """The rows of a table, of those whose columns hold what ``where`` tells."""
        return Listing(
            first=get(
                at("datasets", name),
                DataSetPage,
                period=period,
                from_=first,
                where=[f"{column}={value}" for column, value in (where or {}).items()],
            ),
            items=_records,
        )

    @Operation
    def download_dataset(
        self, name: str, period: str, path: Path, *, first: str | None = None
    ) -> Call[Downloaded]:
        """Save all rows of a table in the form of the file's ending; see ``FORMS``."""
        call = get(at("datasets", name), Downloaded, period=period, from_=first)
        return replace(call, headers={"Accept": FORMS[path.suffix]}, save_as=path)

    @Paged
    def list_journal(self, *, period: str | None = None) -> Listing[JournalEntry]:
        """Entries in the order of the chain, of one period or of all."""
        return listed(at("journal"), JournalEntry, period=period, limit=500)

    @Operation
    def get_trial_balance(self, period: str, *, first: str | None = None) -> Call[TrialBalance]:
        """The ledger by account."""
        return get(at("trial-balance"), TrialBalance, period=period, from_=first)

    @Operation
    def export_journal(
        self,
        period: str,
        layout: str,
        *,
        by: str | None = None,
        book: str | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Call[ExportsMade]:
        """Export the closes of a period for a general ledger; download the files one by one."""
        body = told(layout=layout, by=by, book=book, parameters=dict(parameters or {}))
        return post(at("periods", period, "exports"), ExportsMade, body)

    @Paged
    def list_exports(self) -> Listing[Export]:
        """What was exported, in order."""
        return listed(at("exports"), Export)

    @Paged
    def list_exported_documents(
        self,
        *,
        period: str | None = None,
        standing: str | None = None,
        known_at: datetime | None = None,
    ) -> Listing[DocumentStanding]:
        """Documents beside what the general ledger told of them."""
        return listed(
            at("exports", "documents"),
            DocumentStanding,
            period=period,
            standing=standing,
            known_at=known_at,
        )

    @Operation
    def download_export(self, export: Export, file: ExportedFile, path: Path) -> Call[Downloaded]:
        """Save a file of an export; it has the hash that was recorded, or is not saved."""
        call = get(at("exports", str(export.id), "files", file.name), Downloaded)
        return replace(call, headers={"Accept": "*/*"}, save_as=path, sha256=file.sha256)

    @Operation
    def record_references(
        self, references: Sequence[PostedReference], *, source: str
    ) -> Call[ReferencesRecorded]:
        """Tell the numbers and amounts that a general ledger gave exported documents."""
        body: dict[str, Any] = {"source": source, "references": list(references)}
        return post(at("posted-references"), ReferencesRecorded, body)
