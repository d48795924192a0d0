"""The tables beside the usage ledger: control totals, what was set aside, what others counted."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Date, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import (
    AMOUNT,
    QUANTITY,
    adds_up,
    bigint,
    check,
    decimal,
    identity,
    integer,
    json,
    moment,
    text,
)


class UsageBatchRow(SQLModel, table=True):
    """Control totals of a file of usage."""

    __tablename__ = "usage_batch"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "batch"),
        adds_up("rows"),
        adds_up("quantity"),
        adds_up("amount"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    batch: str = text()
    name: str = text()
    recorded_at: datetime = moment()
    recorded_by: str = text()
    received_rows: int = bigint()
    accepted_rows: int = bigint()
    duplicate_rows: int = bigint()
    quarantined_rows: int = bigint()
    received_quantity: Decimal = decimal(QUANTITY)
    accepted_quantity: Decimal = decimal(QUANTITY)
    duplicate_quantity: Decimal = decimal(QUANTITY)
    quarantined_quantity: Decimal = decimal(QUANTITY)
    received_amount: Decimal = decimal(AMOUNT)
    accepted_amount: Decimal = decimal(AMOUNT)
    duplicate_amount: Decimal = decimal(AMOUNT)
    quarantined_amount: Decimal = decimal(AMOUNT)
    lake_version: int | None = bigint(null=True)
    rules: str | None = text(null=True)


class UsageBatchDayRow(SQLModel, table=True):
    """Control totals of a batch on one usage day; those of unreadable days have no date."""

    __tablename__ = "usage_batch_day"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        UniqueConstraint("entity_id", "batch", "usage_date", postgresql_nulls_not_distinct=True),
        Index(None, "entity_id", "usage_date"),
        adds_up("rows"),
        adds_up("quantity"),
        adds_up("amount"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    batch: str = text()
    usage_date: date | None = Field(sa_column=Column(Date, nullable=True))
    received_rows: int = bigint()
    accepted_rows: int = bigint()
    duplicate_rows: int = bigint()
    quarantined_rows: int = bigint()
    received_quantity: Decimal = decimal(QUANTITY)
    accepted_quantity: Decimal = decimal(QUANTITY)
    duplicate_quantity: Decimal = decimal(QUANTITY)
    quarantined_quantity: Decimal = decimal(QUANTITY)
    received_amount: Decimal = decimal(AMOUNT)
    accepted_amount: Decimal = decimal(AMOUNT)
    duplicate_amount: Decimal = decimal(AMOUNT)
    quarantined_amount: Decimal = decimal(AMOUNT)


class QuarantinedRow(SQLModel, table=True):
    """A row of usage that was not accepted, and why."""

    __tablename__ = "quarantined_row"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "batch"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    batch: str = text()
    row_number: int = bigint()
    reason: str = text()
    message: str = text()
    usage_date: date | None = Field(sa_column=Column(Date, nullable=True))
    payload: dict[str, Any] = json()
    payload_digest: str = text()


class QuarantineResolutionRow(SQLModel, table=True):
    """What became of a quarantined row."""

    __tablename__ = "quarantine_resolution"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        check("outcome_is_known", "outcome in ('released', 'rejected')"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: int = bigint()
    resolved_at: datetime = moment()
    resolved_by: str = text()
    outcome: str = text()
    note: str = text()


class ReleaseRequestRow(SQLModel, table=True):
    """A request to release quarantined rows, with what it would let into the ledger."""

    __tablename__ = "release_request"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    batch: str = text()
    released: list[Any] = json()
    corrections: dict[str, Any] = json()
    amounts: dict[str, Any] = json()
    note: str = text()
    requested_at: datetime = moment()
    requested_by: str = text()


class ReleaseApprovalRow(SQLModel, table=True):
    """The approval of a request by another person; the rows were released with it."""

    __tablename__ = "release_approval"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "request"),
        check("approved_by_another", "approved_by <> requested_by"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    request: int = bigint()
    requested_by: str = text()
    approved_by: str = text()
    approved_at: datetime = moment()


class UsageCountBatchRow(SQLModel, table=True):
    """A file of counts by another system, and the rows of it that could not be read."""

    __tablename__ = "usage_count_batch"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "source", "batch"),
        check(
            "rows_add_up",
            "received_rows = new_rows + corrected_rows + unchanged_rows + refused_rows",
        ),
        {"schema": "records"},
    )

    entity_id: int = integer()
    source: str = text()
    batch: str = text()
    name: str = text()
    sha256: str = text()
    recorded_at: datetime = moment()
    recorded_by: str = text()
    received_rows: int = bigint()
    new_rows: int = bigint()
    corrected_rows: int = bigint()
    unchanged_rows: int = bigint()
    refused_rows: int = bigint()
    refused: list[Any] = json()


class UsageCountRow(SQLModel, table=True):
    """What a source counted of a meter on a day; the last version counts."""

    __tablename__ = "usage_count"
    __table_args__ = (
        PrimaryKeyConstraint(
            "entity_id", "source", "counted_for", "party", "meter", "usage_date", "version"
        ),
        Index(None, "entity_id", "usage_date"),
        check("version_counts_from_one", "version >= 1"),
        check("counted_for_is_known", "counted_for in ('contract', 'customer')"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    source: str = text()
    counted_for: str = text()
    party: str = text()
    meter: str = text()
    usage_date: date = Field(sa_column=Column(Date, nullable=False))
    version: int = integer()
    quantity: Decimal = decimal(QUANTITY)
    batch: str = text()
    recorded_at: datetime = moment()


class RatingMarkRow(SQLModel, table=True):
    """How far counted usage was rated; the last one counts."""

    __tablename__ = "rating_mark"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "id"),
        check("versions_are_not_negative", "counted_version >= 0 and fact_seq >= 0"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    counted_version: int = bigint()
    fact_seq: int = bigint()
    rated_through: date = Field(sa_column=Column(Date, nullable=False))
    zone: str = text()
    engine_version: str = text()
    unpriced: list[Any] = json()
    marked_at: datetime = moment()
