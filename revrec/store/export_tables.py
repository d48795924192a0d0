"""The tables of exports to general ledgers: what was exported, and what was posted there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Index, PrimaryKeyConstraint
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import bigint, check, identity, integer, json, moment, period, text


class JournalExportRow(SQLModel, table=True):
    """An export of a close, or of a look ahead (ordinal 0), with the hashes of its files."""

    __tablename__ = "journal_export"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "period"),
        check("ordinal_is_not_negative", "ordinal >= 0"),
        period("period"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    period: str = text()
    ordinal: int = integer()
    run: str = text()
    grain: str = text()
    layout: str = text()
    layout_version: int = integer()
    parameters: dict[str, Any] = json()
    files: list[Any] = json()
    digest: str = text()
    exported_at: datetime = moment()
    exported_by: str = text()
    book: str = text(default="")


class ExportedDocumentRow(SQLModel, table=True):
    """A document of an export of a close, under the id that the general ledger gets."""

    __tablename__ = "exported_document"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        Index(None, "entity_id", "period"),
        period("period"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: str = text()
    period: str = text()
    ordinal: int = integer()
    grain: str = text()
    layout: str = text()
    currency: str = text()
    amount: int = bigint()
    line_count: int = integer()
    book: str = text(default="")


class PostedReferenceRow(SQLModel, table=True):
    """What a general ledger posted under an id; the last version counts."""

    __tablename__ = "posted_reference"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "document", "version"),
        check("version_counts_from_one", "version >= 1"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    document: str = text()
    version: int = integer()
    number: str = text()
    posted_on: date = Field(sa_column=Column(Date, nullable=False))
    currency: str = text()
    amount: int = bigint()
    source: str = text()
    recorded_at: datetime = moment()
    recorded_by: str = text()
