"""The tables of findings: each once, and everything that happens to it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Column, Date, Index, Numeric, PrimaryKeyConstraint
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import check, decimal, identity, moment, text

_AMOUNT = (38, 9)


class FindingRow(SQLModel, table=True):
    """A cause that a check found."""

    __tablename__ = "finding"
    __table_args__ = (PrimaryKeyConstraint("entity_id", "id"), {"schema": "records"})

    entity_id: int = Field(nullable=False)
    id: str = text()
    check_name: str = text()
    reason: str = text()
    contract: str = text()
    subject: str = text()
    customer: str = text()
    currency: str = text()


class FindingEventRow(SQLModel, table=True):
    """Something that happened to a finding."""

    __tablename__ = "finding_event"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "finding"),
        check(
            "action_is_known",
            "action in ('raised', 'changed', 'cleared', 'recurred', 'assigned', 'accepted',"
            " 'started', 'noted', 'proposed', 'resolved', 'reopened')",
        ),
        check(
            "resolved_by_two",
            "action <> 'resolved' or (prepared_by <> '' and alone_max is not null"
            " and (prepared_by <> acted_by or abs(amount) <= alone_max))",
        ),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = Field(nullable=False)
    finding: str = text()
    action: str = text()
    at: datetime = moment()
    acted_by: str = text()
    amount: Decimal = decimal(_AMOUNT)
    since: date = Field(sa_column=Column(Date, nullable=False))
    first_period: str = text()
    owner: str = text()
    due_on: date | None = Field(sa_column=Column(Date, nullable=True))
    note: str = text()
    prepared_by: str = text()
    alone_max: Decimal | None = Field(sa_column=Column(Numeric(*_AMOUNT), nullable=True))
