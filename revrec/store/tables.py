"""The tables: columns, keys and CHECKs, nothing else.

Alembic compares its migrations with these classes. They are never instantiated: SQLModel tables
do not validate, so facts are validated where they enter and rows are written by explicit SQL.
Text sorts by code point (collation ``C``) whatever the server's locale, so that every machine
gives the same order. Triggers, roles and policies are in ``migrations/sql``.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

SCHEMAS = ("facts", "records", "work")
QUANTITY = (38, 9)
AMOUNT = (38, 12)


def _text(*, null: bool = False) -> Any:  # noqa: ANN401 - what Field returns
    return Field(sa_column=Column(Text(collation="C"), nullable=null))


def _moment(*, null: bool = False) -> Any:  # noqa: ANN401 - what Field returns
    return Field(sa_column=Column(DateTime(timezone=True), nullable=null))


def _bigint(*, null: bool = False) -> Any:  # noqa: ANN401 - what Field returns
    return Field(sa_column=Column(BigInteger, nullable=null))


def _integer() -> Any:  # noqa: ANN401 - what Field returns
    return Field(sa_column=Column(Integer, nullable=False))


def _json() -> Any:  # noqa: ANN401 - what Field returns
    return Field(sa_column=Column(JSONB, nullable=False))


def _decimal(precision: tuple[int, int]) -> Any:  # noqa: ANN401 - what Field returns
    return Field(sa_column=Column(Numeric(*precision), nullable=False))


def _identity() -> Any:  # noqa: ANN401 - what Field returns
    return Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))


def _check(name: str, condition: str) -> CheckConstraint:
    return CheckConstraint(condition, name=name)


def _month(column: str) -> CheckConstraint:
    return _check(f"{column}_is_a_month", rf"{column} ~ '^\d{{4}}-(0[1-9]|1[0-2])$'")


def _adds_up(what: str) -> CheckConstraint:
    parts = f"accepted_{what} + duplicate_{what} + quarantined_{what}"
    return _check(f"{what}_add_up", f"received_{what} = {parts}")


class FactRow(SQLModel, table=True):
    """What the books were told; a correction is the next version."""

    __tablename__ = "fact"
    __table_args__ = (
        PrimaryKeyConstraint("seq"),
        UniqueConstraint("entity_id", "kind", "key", "version"),
        Index(None, "entity_id", "contract"),
        _check("version_counts_from_one", "version >= 1"),
        {"schema": "facts"},
    )

    seq: int = _identity()
    entity_id: int = _integer()
    kind: str = _text()
    key: str = _text()
    version: int = _integer()
    contract: str | None = _text(null=True)
    effective_on: date = Field(sa_column=Column(Date, nullable=False))
    recorded_at: datetime = _moment()
    recorded_by: str = _text()
    digest: str = _text()
    body: dict[str, Any] = _json()


class JournalEntryRow(SQLModel, table=True):
    """Header of an entry, with its place in the chain."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "seq"),
        Index(None, "entity_id", "period", "seq"),
        _check("seq_counts_from_one", "seq >= 1"),
        _check("two_lines_at_least", "line_count >= 2"),
        _month("period"),
        _month("origin"),
        {"schema": "records"},
    )

    entity_id: int = _integer()
    seq: int = _bigint()
    period: str = _text()
    origin: str = _text()
    event: str = _text()
    currency: str = _text()
    memo: str = _text()
    posted_at: datetime = _moment()
    posted_by: str = _text()
    line_count: int = _integer()
    lines_digest: str = _text()
    previous: str = _text()
    digest: str = _text()


class JournalLineRow(SQLModel, table=True):
    """A debit (positive) or credit (negative), in minor units."""

    __tablename__ = "journal_line"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "entry_seq", "line_no"),
        _check("amount_is_not_zero", "amount <> 0"),
        _check("line_no_counts_from_one", "line_no >= 1"),
        {"schema": "records"},
    )

    entity_id: int = _integer()
    entry_seq: int = _bigint()
    line_no: int = _integer()
    account: str = _text()
    product: str = _text()
    gl_code: str = _text()
    gl_name: str = _text()
    currency: str = _text()
    amount: int = _bigint()


class PeriodCloseRow(SQLModel, table=True):
    """The certificate of a close."""

    __tablename__ = "period_close"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "period", "ordinal"),
        _check("ordinal_counts_from_one", "ordinal >= 1"),
        _check("approved_by_another", "approved_by <> prepared_by"),
        _month("period"),
        {"schema": "records"},
    )

    entity_id: int = _integer()
    period: str = _text()
    ordinal: int = _integer()
    closed_at: datetime = _moment()
    prepared_by: str = _text()
    approved_by: str = _text()
    fact_seq: int = _bigint()
    usage_version: int | None = _bigint(null=True)
    posting_version: int | None = _bigint(null=True)
    chain_seq: int = _bigint()
    chain_head: str = _text()
    engine_version: str = _text()
    totals: dict[str, Any] = _json()


class PeriodReopeningRow(SQLModel, table=True):
    """An approved reopening of one close."""

    __tablename__ = "period_reopening"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "period", "ordinal"),
        _check("approved_by_another", "approved_by <> requested_by"),
        _check("reason_is_given", "reason <> ''"),
        {"schema": "records"},
    )

    entity_id: int = _integer()
    period: str = _text()
    ordinal: int = _integer()
    reopened_at: datetime = _moment()
    requested_by: str = _text()
    approved_by: str = _text()
    reason: str = _text()


class LakeCommitRow(SQLModel, table=True):
    """Names a version of a Delta table; only named versions are read."""

    __tablename__ = "lake_commit"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        UniqueConstraint("entity_id", "lake_table", "version"),
        UniqueConstraint("entity_id", "lake_table", "batch"),
        _check("row_count_is_positive", "row_count > 0"),
        {"schema": "records"},
    )

    id: int = _identity()
    entity_id: int = _integer()
    lake_table: str = _text()
    version: int = _bigint()
    batch: str = _text()
    row_count: int = _bigint()
    totals: dict[str, Any] = _json()
    files: list[Any] = _json()
    replaced: list[Any] = _json()
    files_digest: str = _text()
    recorded_at: datetime = _moment()


class UsageBatchRow(SQLModel, table=True):
    """Control totals of a file of usage."""

    __tablename__ = "usage_batch"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "batch"),
        _adds_up("rows"),
        _adds_up("quantity"),
        _adds_up("amount"),
        {"schema": "records"},
    )

    entity_id: int = _integer()
    batch: str = _text()
    name: str = _text()
    recorded_at: datetime = _moment()
    recorded_by: str = _text()
    received_rows: int = _bigint()
    accepted_rows: int = _bigint()
    duplicate_rows: int = _bigint()
    quarantined_rows: int = _bigint()
    received_quantity: Decimal = _decimal(QUANTITY)
    accepted_quantity: Decimal = _decimal(QUANTITY)
    duplicate_quantity: Decimal = _decimal(QUANTITY)
    quarantined_quantity: Decimal = _decimal(QUANTITY)
    received_amount: Decimal = _decimal(AMOUNT)
    accepted_amount: Decimal = _decimal(AMOUNT)
    duplicate_amount: Decimal = _decimal(AMOUNT)
    quarantined_amount: Decimal = _decimal(AMOUNT)
    lake_version: int | None = _bigint(null=True)


class QuarantinedRow(SQLModel, table=True):
    """A row of usage that was not accepted, and why."""

    __tablename__ = "quarantined_row"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "batch"),
        {"schema": "records"},
    )

    id: int = _identity()
    entity_id: int = _integer()
    batch: str = _text()
    row_number: int = _bigint()
    reason: str = _text()
    message: str = _text()
    usage_date: date | None = Field(sa_column=Column(Date, nullable=True))
    payload: dict[str, Any] = _json()
    payload_digest: str = _text()


class QuarantineResolutionRow(SQLModel, table=True):
    """What became of a quarantined row."""

    __tablename__ = "quarantine_resolution"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        _check("outcome_is_known", "outcome in ('released', 'rejected')"),
        {"schema": "records"},
    )

    entity_id: int = _integer()
    id: int = _bigint()
    resolved_at: datetime = _moment()
    resolved_by: str = _text()
    outcome: str = _text()
    note: str = _text()


class AuditEventRow(SQLModel, table=True):
    """Who did what to which thing, when."""

    __tablename__ = "audit_event"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "id"),
        {"schema": "records"},
    )

    id: int = _identity()
    entity_id: int = _integer()
    at: datetime = _moment()
    actor: str = _text()
    operation: str = _text()
    subject: str = _text()
    details: dict[str, Any] = _json()


class IdempotentAnswerRow(SQLModel, table=True):
    """The first answer to a request."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (PrimaryKeyConstraint("entity_id", "key"), {"schema": "records"})

    entity_id: int = _integer()
    key: str = _text()
    request_digest: str = _text()
    status: int = _integer()
    body: str = _text()
    recorded_at: datetime = _moment()


class PeriodRow(SQLModel, table=True):
    """Where a period stands; the pins of a close in progress."""

    __tablename__ = "period"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "period"),
        _month("period"),
        _check("status_is_known", "status in ('open', 'closing', 'closed')"),
        _check(
            "pinned_while_closing",
            "(status = 'closing') = (pin_fact_seq is not null)"
            " and (status = 'closing') = (pin_known_at is not null)"
            " and (status = 'closing' or pin_usage_version is null)",
        ),
        {"schema": "work"},
    )

    entity_id: int = _integer()
    period: str = _text()
    status: str = _text()
    pin_fact_seq: int | None = _bigint(null=True)
    pin_usage_version: int | None = _bigint(null=True)
    pin_known_at: datetime | None = _moment(null=True)


class EntityRow(SQLModel, table=True):
    """A reporting entity; ``id`` is what ``entity_id`` is elsewhere."""

    __tablename__ = "entity"
    __table_args__ = (PrimaryKeyConstraint("id"), {"schema": "work"})

    id: int = Field(sa_column=Column(Integer, autoincrement=False, nullable=False))
    name: str = _text()
    functional_currency: str = _text()
