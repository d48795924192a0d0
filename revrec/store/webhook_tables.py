"""The tables of webhooks: endpoints, what happened, and where telling it stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import check, identity, integer, json, moment, text


class WebhookEndpointRow(SQLModel, table=True):
    """Where what happens is told."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (PrimaryKeyConstraint("entity_id", "id"), {"schema": "records"})

    entity_id: int = integer()
    id: str = text()
    url: str = text()
    kinds: list[Any] = json()
    thresholds: list[Any] = json()
    note: str = text()
    created_by: str = text()
    created_at: datetime = moment()


class WebhookRotationRow(SQLModel, table=True):
    """A further generation of an endpoint's secret."""

    __tablename__ = "webhook_rotation"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "endpoint", "generation"),
        check("generation_follows", "generation >= 2"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    endpoint: str = text()
    generation: int = integer()
    old_until: datetime = moment()
    rotated_by: str = text()
    rotated_at: datetime = moment()


class WebhookEndRow(SQLModel, table=True):
    """The end of an endpoint."""

    __tablename__ = "webhook_end"
    __table_args__ = (PrimaryKeyConstraint("entity_id", "endpoint"), {"schema": "records"})

    entity_id: int = integer()
    endpoint: str = text()
    ended_by: str = text()
    ended_at: datetime = moment()
    reason: str = text()


class WebhookEventRow(SQLModel, table=True):
    """Something that happened, as it is told."""

    __tablename__ = "webhook_event"
    __table_args__ = (PrimaryKeyConstraint("entity_id", "id"), {"schema": "records"})

    entity_id: int = integer()
    id: str = text()
    kind: str = text()
    subject: str = text()
    at: datetime = moment()
    body: str = text()


class WebhookAttemptRow(SQLModel, table=True):
    """An event sent to an endpoint, and what came of it."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "endpoint", "event"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    endpoint: str = text()
    event: str = text()
    at: datetime = moment()
    status: int | None = Field(sa_column=Column(Integer, nullable=True))
    error: str = text()
    milliseconds: int = integer()


class WebhookDeliveryRow(SQLModel, table=True):
    """Where an event stands with an endpoint."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "endpoint", "event"),
        Index(None, "entity_id", "state", "next_at"),
        check("state_is_known", "state in ('pending', 'delivered', 'given_up')"),
        {"schema": "work"},
    )

    entity_id: int = integer()
    endpoint: str = text()
    event: str = text()
    state: str = text()
    attempts: int = integer()
    next_at: datetime = moment()
