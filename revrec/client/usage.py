"""Usage: files sent, what became of their rows, rows set aside, rating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from revrec.client.calls import Call, Listing, Operation, Paged, at, get, listed, post, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Rows with hash totals of their quantities and amounts, over all units and currencies."""

    rows: int
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Control totals: received = accepted + duplicate + quarantined."""

    received: Total
    accepted: Total
    duplicate: Total
    quarantined: Total


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReceived(Totals):
    """A batch as it was taken in."""

    batch: str
    """The request's Idempotency-Key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(BatchReceived):
    """A batch as it is kept."""

    name: str
    recorded_at: datetime
    recorded_by: str
    rules: str | None
    """Version of the rules that judged it."""
    lake_version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDay(Totals):
    """A usage day of a batch; None for rows whose date cannot be read."""

    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchByDay(Batch):
    """A batch by usage day."""

    days: list[BatchDay]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSetAside:
    """A row of usage that was set aside, as it was sent."""

    row: int
    batch: str
    file_row: int
    usage_date: date | None
    reason: str
    message: str
    sent: dict[str, str]
    outcome: str | None
    """released or rejected; None while it is open."""
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsRejected:
    """How many rows were rejected."""

    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRated:
    """What a rating found and appended."""

    through: date
    counted: Decimal
    rated: Decimal
    new: int
    corrected: int
    amounts: dict[str, Decimal]
    """Rated amount to date, by currency."""
    differences: dict[str, Decimal]
    """What this rating changed of it."""
    batch: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsRecorded:
    """What became of a file of another system's counts."""

    source: str
    batch: str
    received: int
    new: int
    corrected: int
    unchanged: int


class UsageOperations:
    """Sending usage, and dealing with it."""

    @Operation
    def ingest_usage(
        self, path: Path, *, form: str | None = None, name: str | None = None
    ) -> Call[BatchReceived]:
        """Send a file of usage, a block at a time: Parquet, Arrow IPC, CSV or NDJSON.

        ``form`` is rated (days with amounts; the default), counted (days without) or events. The
        ending of ``name``, the file's own if left out, tells the format; CSV and NDJSON may be
        ``.gz`` or ``.zst``. Rows count once, however often and in whatever files they are sent.
        """
        call = post(at("usage", "batches"), BatchReceived, name=name or path.name, form=form)
        return replace(call, file=path)

    @Paged
    def list_batches(self, *, since: datetime | None = None) -> Listing[Batch]:
        """Batches with their control totals, the newest first."""
        return listed(at("usage", "batches"), Batch, since=since)

    @Operation
    def get_batch(self, batch: str) -> Call[BatchByDay]:
        """Control totals of a batch, by usage day."""
        return get(at("usage", "batches", batch), BatchByDay)

    @Operation
    def rate_usage(
        self, *, through: date | None = None, everything: bool | None = None
    ) -> Call[UsageRated]:
        """Price what was counted and has changed; again, it is a no-op."""
        body = told(through=through, everything=everything)
        return post(at("usage", "ratings"), UsageRated, body)

    @Operation
    def record_counts(self, path: Path, *, source: str) -> Call[CountsRecorded]:
        """Send a file of totals that another system counted, to be compared with the ledger."""
        call = post(at("usage", "counts"), CountsRecorded, name=path.name, source=source)
        return replace(call, file=path)

    @Paged
    def list_quarantine(
        self,
        *,
        batch: str | None = None,
        reason: str | None = None,
        resolved: bool | None = None,
    ) -> Listing[RowSetAside]:
        """Rows set aside, each with its reason."""
        return listed(
            at("usage", "quarantine"),
            RowSetAside,
            batch=batch,
            reason=reason,
            resolved=resolved,
        )

    @Operation
    def release_rows(
        self,
        rows: Sequence[int],
        *,
        note: str,
        corrections: Mapping[int, Mapping[str, str]] | None = None,
    ) -> Call[BatchReceived]:
        """Take rows in after all, with columns corrected where told."""
        changed = {str(row): dict(columns) for row, columns in (corrections or {}).items()}
        body = {"rows": list(rows), "note": note, "corrections": changed}
        return post(at("usage", "quarantine", "releases"), BatchReceived, body)

    @Operation
    def reject_rows(self, rows: Sequence[int], *, note: str) -> Call[RowsRejected]:
        """Leave rows out for good."""
        body = {"rows": list(rows), "note": note}
        return post(at("usage", "quarantine", "rejections"), RowsRejected, body)
