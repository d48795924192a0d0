"""The table of jobs; the queue itself is procrastinate's, in the schema jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, PrimaryKeyConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import check, integer, json, moment, text


class JobRow(SQLModel, table=True):
    """Work done in the background."""

    __tablename__ = "job"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        Index(None, "entity_id", "requested_at"),
        check("state_is_known", "state in ('queued', 'running', 'done', 'failed', 'cancelled')"),
        check(
            "ended_with_an_outcome",
            "(state = 'done') = (result is not null)"
            " and (state = 'failed') = (error is not null)"
            " and (state in ('done', 'failed', 'cancelled')) = (ended_at is not null)",
        ),
        check(
            "cancelled_by_somebody",
            "(cancelled_by is null) = (cancelled_at is null)"
            " and (state <> 'cancelled' or cancelled_by is not null)",
        ),
        {"schema": "work"},
    )

    entity_id: int = integer()
    id: str = text()
    kind: str = text()
    arguments: dict[str, Any] = json()
    requested_by: str = text()
    requested_at: datetime = moment()
    state: str = text()
    attempts: int = integer()
    step: str = text()
    steps_done: int = integer()
    steps_total: int = integer()
    result: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    error: dict[str, Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    started_at: datetime | None = moment(null=True)
    ended_at: datetime | None = moment(null=True)
    cancelled_by: str | None = text(null=True)
    cancelled_at: datetime | None = moment(null=True)
