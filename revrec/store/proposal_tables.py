"""The tables of proposals: what the program or a person proposes, and what was decided of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Date, Index, PrimaryKeyConstraint
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import bigint, check, integer, json, moment, text


class ProposalRow(SQLModel, table=True):
    """Facts that are proposed, with what they rest on."""

    __tablename__ = "proposal"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        Index(None, "entity_id", "kind", "subject", "proposed_at"),
        check(
            "kind_is_known",
            "kind in ('estimate', 'selling_prices', 'policy', 'misstatements', 'change')",
        ),
        check("stands_or_waits", "standing in ('stands', 'waits')"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: str = text()
    kind: str = text()
    subject: str = text()
    contract: str | None = text(null=True)
    as_of: date = Field(sa_column=Column(Date, nullable=False))
    proposed_at: datetime = moment()
    prepared_by: str = text()
    standing: str = text()
    reason: str = text()
    run: str = text()
    seed: int = bigint()
    fact_seq: int = bigint()
    usage_version: int | None = bigint(null=True)
    model_version: str = text()
    facts: list[Any] = json()
    evidence: dict[str, Any] = json()


class ProposalDecisionRow(SQLModel, table=True):
    """What a second person decided of a proposal."""

    __tablename__ = "proposal_decision"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        check("approved_by_another", "approved_by <> prepared_by"),
        check("outcome_is_known", "outcome in ('approved', 'rejected')"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: str = text()
    prepared_by: str = text()
    approved_by: str = text()
    decided_at: datetime = moment()
    outcome: str = text()
    note: str = text()
