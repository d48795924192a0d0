"""The tables of records that are no facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint
from sqlmodel import SQLModel

from revrec.store.table_parts import bigint, check, identity, integer, json, moment, text


class QuarantinedFactRow(SQLModel, table=True):
    """A record that was told and is no fact, and why."""

    __tablename__ = "quarantined_fact"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        UniqueConstraint("entity_id", "digest"),
        Index(None, "entity_id", "id"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    digest: str = text()
    source: str = text()
    place: str = text()
    kind: str = text()
    reason: str = text()
    message: str = text()
    fields: list[Any] = json()
    sent: str = text()
    fact_seq: int = bigint()
    told_at: datetime = moment()
    told_by: str = text()


class QuarantinedFactResolutionRow(SQLModel, table=True):
    """What became of it."""

    __tablename__ = "quarantined_fact_resolution"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        check("outcome_is_known", "outcome in ('released', 'dismissed')"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: int = bigint()
    resolved_at: datetime = moment()
    resolved_by: str = text()
    outcome: str = text()
    note: str = text()
