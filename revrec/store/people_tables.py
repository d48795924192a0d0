"""The tables of people: enrolment, roles, exceptions, keys, consents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import bigint, check, identity, integer, moment, period, text


class PersonRow(SQLModel, table=True):
    """A person, or a program that acts by itself."""

    __tablename__ = "person"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "name"),
        UniqueConstraint("entity_id", "login"),
        check("kind_is_known", "kind in ('person', 'service')"),
        check("name_is_given", "name <> ''"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    name: str = text()
    kind: str = text()
    login: str | None = text(null=True)
    enrolled_by: str = text()
    enrolled_at: datetime = moment()


class RoleGrantRow(SQLModel, table=True):
    """A role given to a person."""

    __tablename__ = "role_grant"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "person"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    person: str = text()
    role: str = text()
    granted_by: str = text()
    granted_at: datetime = moment()
    reason: str = text()


class RoleEndRow(SQLModel, table=True):
    """The end of a role."""

    __tablename__ = "role_end"
    __table_args__ = (PrimaryKeyConstraint("entity_id", "role_grant"), {"schema": "records"})

    entity_id: int = integer()
    role_grant: int = bigint()
    ended_by: str = text()
    ended_at: datetime = moment()
    reason: str = text()


class DutyExceptionRow(SQLModel, table=True):
    """Somebody else answers for a person's conflicting duties."""

    __tablename__ = "duty_exception"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        check("accepted_by_another", "accepted_by <> person"),
        check("reason_is_given", "reason <> ''"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    person: str = text()
    until: date = Field(sa_column=Column(Date, nullable=False))
    accepted_by: str = text()
    accepted_at: datetime = moment()
    reason: str = text()


class AccessKeyRow(SQLModel, table=True):
    """A key, as its SHA-256."""

    __tablename__ = "access_key"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        UniqueConstraint("entity_id", "digest"),
        check("expires_later", "expires_at > issued_at"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: str = text()
    person: str = text()
    digest: str = text()
    duties: list[Any] | None = Field(sa_column=Column(JSONB, nullable=True))
    issued_by: str = text()
    issued_at: datetime = moment()
    expires_at: datetime = moment()
    note: str = text()


class AccessKeyEndRow(SQLModel, table=True):
    """The end of a key, at once or at a later moment."""

    __tablename__ = "access_key_end"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "access_key"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: int = identity()
    access_key: str = text()
    ends_at: datetime = moment()
    ended_by: str = text()
    ended_at: datetime = moment()
    reason: str = text()


class ConsentRow(SQLModel, table=True):
    """A person's word on what another is going to do to a period."""

    __tablename__ = "consent"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "period"),
        period("period"),
        check("action_is_known", "action in ('close', 'soft_close', 'cut_off', 'reopen', 'waive')"),
        check("gate_if_waived", "(action = 'waive') = (gate <> '')"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    period: str = text()
    ordinal: int = integer()
    action: str = text()
    gate: str = text()
    given_by: str = text()
    given_at: datetime = moment()
    note: str = text()
