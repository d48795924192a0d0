"""The tables of audit samples: drawn, looked at, evaluated."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from revrec.store.table_parts import bigint, check, decimal, identity, integer, json, moment, text


class SampleRow(SQLModel, table=True):
    """A sample, with what decided which items were selected and what they were selected from."""

    __tablename__ = "sample"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "id"),
        check(
            "method_is_known",
            "method in ('monetary_unit', 'stratified', 'random', 'attribute', 'targeted')",
        ),
        check("unit_is_known", "unit in ('posting', 'contract', 'event')"),
        check("seed_is_not_negative", "seed >= 0"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    id: str = text()
    method: str = text()
    unit: str = text()
    seed: Decimal = decimal((20, 0))
    parameters: dict[str, Any] = json()
    population: dict[str, Any] = json()
    drawn_at: datetime = moment()
    drawn_by: str = text()


class SampleItemRow(SQLModel, table=True):
    """An item that was selected."""

    __tablename__ = "sample_item"
    __table_args__ = (
        PrimaryKeyConstraint("entity_id", "sample", "number"),
        UniqueConstraint(
            "entity_id", "sample", "item", name="uq_sample_item_entity_id_sample_item"
        ),
        check("counts_from_one", "number >= 1 and place >= 1 and hit >= 0"),
        {"schema": "records"},
    )

    entity_id: int = integer()
    sample: str = text()
    number: int = integer()
    item: str = text()
    place: int = bigint()
    stratum: str = text()
    hit: int = bigint()
    amount: int = bigint()
    detail: dict[str, Any] = json()


class SampleResultRow(SQLModel, table=True):
    """What an auditor found of an item."""

    __tablename__ = "sample_result"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "sample"),
        check("deviation_says_why", "not deviates or note <> ''"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    sample: str = text()
    number: int = integer()
    audited: int | None = bigint(null=True)
    deviates: bool = Field(sa_column=Column(Boolean, nullable=False))
    note: str = text()
    recorded_at: datetime = moment()
    recorded_by: str = text()


class SampleEvaluationRow(SQLModel, table=True):
    """What a sample said of its population, by the results of that moment."""

    __tablename__ = "sample_evaluation"
    __table_args__ = (
        PrimaryKeyConstraint("id"),
        Index(None, "entity_id", "sample"),
        {"schema": "records"},
    )

    id: int = identity()
    entity_id: int = integer()
    sample: str = text()
    supported: bool | None = Field(sa_column=Column(Boolean, nullable=True))
    conclusion: str = text()
    figures: dict[str, Any] = json()
    evaluated_at: datetime = moment()
    evaluated_by: str = text()
