"""The tables: columns, keys and CHECKs, nothing else.

Alembic compares its migrations with these classes. They are never instantiated: SQLModel tables
do not validate, so facts are validated where they enter and rows are written by explicit SQL.
Text sorts by code point (collation ``C``) whatever the server's locale, so that every machine
gives the same order. Triggers, roles and policies are in ``migrations/sql``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Column,
    Computed,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from revrec.store import (
    control_tables,
    export_tables,
    finding_tables,
    job_tables,
    people_tables,
    proposal_tables,
    quarantine_tables,
    sample_tables,
    usage_tables,
    webhook_tables,
)
from revrec.store.table_parts import bigint, check, identity, integer, json, moment, period, text

__all__ = [
    "SQLModel",
    "control_tables",
    "export_tables",
    "finding_tables",
    "job_tables",
    "people_tables",
    "proposal_tables",
    "quarantine_tables",
    "sample_tables",
    "usage_tables",
    "webhook_tables",
]


class FactRow(SQLModel, table=True):
    """What the books were told; a correction is the next version."""

    __tablename__ = "fact"
    __table_args__ = (
        PrimaryKeyConstraint("seq"),
        UniqueConstraint("entity_id", "kind", "key", "version"),
        Index(None, "entity_id", "contract", "seq"),
        Index(None, "entity_id", "recorded_at", "seq"),
        Index(
            "ix_fact_entity_id_digest",
            "entity_id",
            "digest",
            postgresql_ops={"digest": "text_pattern_ops"},
        ),
        Index("ix_fact_of_none", "entity_id", "seq", postgresql_where=sql("contract is null")),
        Index(
            "ix_fact_shared",
            *("entity_id", "seq"),
            postgresql_where=sql("kind = 'contract_cost' and body ? 'shared'"),
        ),
        Index(
            None,
            *("entity_id", "customer", "key"),
            postgresql_where=sql("customer is not null"),
        ),
        check("version_counts_from_one", "version >= 1"),
        {"schema": "facts"},
    )

    seq: int = identity()
    entity_id: int = integer()
    kind: str = text()
    key: str = text()
    version: int = integer()
    contract: str | None = text(null=True)
    effective_on: date = Field(sa_column=Column(Date, nullable=False))
    recorded_at: datetime = moment()
    recorded_by: str = text()
    digest: str = text()
    body: dict[str, Any] = json()
    customer: str | None = Field(
        sa_column=Column(
            Text(collation="C"),
            Computed(
                "case when kind = 'contract'::text then body ->> 'customer'::text"
                " else null::text end",
                persisted=True,
            ),
            nullable=True,
        )
    )
    """Of a contract; what the body says, for an index."""


class JournalEntryRow(SQLModel, table=True):
    """Header of an entry, with its place in the chain."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "seq"),
        Index(None, "entity_id", "period", "seq"),
        check("seq_counts_from_one", "seq >= 1"),
        check("two_lines_at_least", "line_count >= 2"),
        period("period"),
        period("origin"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    seq: int = bigint()
    period: str = text()
    origin: str = text()
    event: str = text()
    currency: str = text()
    memo: str = text()
    posted_at: datetime = moment()
    posted_by: str = text()
    line_count: int = integer()
    lines_digest: str = text()
    previous: str = text()
    digest: str = text()
    book: str = text(default="")


class JournalLineRow(SQLModel, table=True):
    """A debit (positive) or credit (negative), in minor units."""

    __tablename__ = "journal_line"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "entry_seq", "line_no"),
        check("amount_is_not_zero", "amount <> 0 or coalesce(functional_amount, 0) <> 0"),
        check(
            "functional_amount_has_its_currency",
            "(functional_amount is null) = (functional_currency = '')",
        ),
        check("line_no_counts_from_one", "line_no >= 1"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    entry_seq: int = bigint()
    line_no: int = integer()
    account: str = text()
    product: str = text()
    gl_code: str = text()
    gl_name: str = text()
    currency: str = text()
    amount: int = bigint()
    functional_currency: str = text(default="")
    functional_amount: int | None = bigint(null=True)


class PeriodCloseRow(SQLModel, table=True):
    """The certificate of a close."""

    __tablename__ = "period_close"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "period", "ordinal"),
        check("ordinal_counts_from_one", "ordinal >= 1"),
        check("approved_by_another", "approved_by <> prepared_by"),
        check("stage_is_known", "stage in ('soft', 'hard')"),
        period("period"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    period: str = text()
    ordinal: int = integer()
    closed_at: datetime = moment()
    prepared_by: str = text()
    approved_by: str = text()
    fact_seq: int = bigint()
    usage_version: int | None = bigint(null=True)
    posting_version: int | None = bigint(null=True)
    chain_seq: int = bigint()
    chain_head: str = text()
    engine_version: str = text()
    totals: dict[str, Any] = json()
    stage: str = text(default="hard")


class PeriodReopeningRow(SQLModel, table=True):
    """An approved reopening of one close."""

    __tablename__ = "period_reopening"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "period", "ordinal"),
        check("approved_by_another", "approved_by <> requested_by"),
        check("reason_is_given", "reason <> ''"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    period: str = text()
    ordinal: int = integer()
    reopened_at: datetime = moment()
    requested_by: str = text()
    approved_by: str = text()
    reason: str = text()


class LakeCommitRow(SQLModel, table=True):
    """Names a version of a Delta table; only named versions are read."""

    __tablename__ = "lake_commit"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        UniqueConstraint("entity_id", "lake_table", "version"),
        UniqueConstraint("entity_id", "lake_table", "batch"),
        check("row_count_is_positive", "row_count > 0"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    lake_table: str = text()
    version: int = bigint()
    batch: str = text()
    row_count: int = bigint()
    totals: dict[str, Any] = json()
    files: list[Any] = json()
    replaced: list[Any] = json()
    files_digest: str = text()
    recorded_at: datetime = moment()


class AuditEventRow(SQLModel, table=True):
    """Who did what to which thing, when."""

    __tablename__ = "audit_event"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "id"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    at: datetime = moment()
    actor: str = text()
    operation: str = text()
    subject: str = text()
    details: dict[str, Any] = json()


class IdempotentAnswerRow(SQLModel, table=True):
    """The first answer to a request."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (PrimaryKeyConstraint("entity_id", "key"), {"schema": "records"})

    entity_id: int = integer()
    key: str = text()
    request_digest: str = text()
    status: int = integer()
    body: str = text()
    recorded_at: datetime = moment()


class PeriodRow(SQLModel, table=True):
    """Where a period stands; the pins of a close in progress."""

    __tablename__ = "period"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "period"),
        period("period"),
        check("status_is_known", "status in ('open', 'closing', 'soft_closed', 'closed')"),
        check(
            "pinned_while_closing",
            "(status = 'closing') = (pin_fact_seq is not null)"
            " and (status = 'closing') = (pin_known_at is not null)"
            " and (status = 'closing') = (pin_stage is not null)"
            " and (status = 'closing' or pin_usage_version is null)",
        ),
        {"schema": "work"},
    )

    entity_id: int = integer()
    period: str = text()
    status: str = text()
    pin_fact_seq: int | None = bigint(null=True)
    pin_usage_version: int | None = bigint(null=True)
    pin_known_at: datetime | None = moment(null=True)
    pin_stage: str | None = text(null=True)


class EntityRow(SQLModel, table=True):
    """A reporting entity; ``id`` is what ``entity_id`` is elsewhere."""

    __tablename__ = "entity"
    __table_args__ = (PrimaryKeyConstraint("id"), {"schema": "work"})

    id: int = Field(sa_column=Column(Integer, autoincrement=False, nullable=False))
    name: str = text()
    functional_currency: str = text()
