"""The tables of the controls around a close: waivers, evidence, sign-offs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, PrimaryKeyConstraint
from sqlmodel import SQLModel

from revrec.store.table_parts import bigint, check, identity, integer, moment, period, text


class GateWaiverRow(SQLModel, table=True):
    """A gate that need not be passed for one close, on two people's word."""

    __tablename__ = "gate_waiver"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "period", "opening", "gate"),
        period("period"),
        check("opening_counts_from_one", "opening >= 1"),
        check("approved_by_another", "approved_by <> requested_by"),
        check("reason_is_given", "reason <> ''"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    period: str = text()
    opening: int = integer()
    gate: str = text()
    requested_by: str = text()
    approved_by: str = text()
    reason: str = text()
    waived_at: datetime = moment()


class TaskEvidenceRow(SQLModel, table=True):
    """What a person did for a task of the checklist; the last one of a task counts."""

    __tablename__ = "task_evidence"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "period", "opening"),
        period("period"),
        check("opening_counts_from_one", "opening >= 1"),
        check("something_is_given", "sha256 <> '' or link <> '' or note <> ''"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    period: str = text()
    opening: int = integer()
    task: str = text()
    prepared_by: str = text()
    prepared_at: datetime = moment()
    sha256: str = text()
    link: str = text()
    note: str = text()


class TaskSignOffRow(SQLModel, table=True):
    """What another person said of the evidence."""

    __tablename__ = "task_sign_off"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "evidence"),
        check("signed_by_another", "signed_by <> prepared_by"),
        check("outcome_is_known", "outcome in ('accepted', 'returned')"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    evidence: int = bigint()
    prepared_by: str = text()
    signed_by: str = text()
    signed_at: datetime = moment()
    outcome: str = text()
    note: str = text()
