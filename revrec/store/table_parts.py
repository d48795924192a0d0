"""Parts of which tables are declared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Integer,
    Numeric,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

QUANTITY = (38, 9)
AMOUNT = (38, 12)


def text(*, null: bool = False, default: str | None = None) -> Any:  # noqa: ANN401 - what Field returns
    """A text, sorted by code point."""
    return Field(sa_column=Column(Text(collation="C"), nullable=null, server_default=default))


def moment(*, null: bool = False) -> Any:  # noqa: ANN401 - what Field returns
    """A moment, with its offset."""
    return Field(sa_column=Column(DateTime(timezone=True), nullable=null))


def bigint(*, null: bool = False) -> Any:  # noqa: ANN401 - what Field returns
    """A whole number of 64 bits."""
    return Field(sa_column=Column(BigInteger, nullable=null))


def integer() -> Any:  # noqa: ANN401 - what Field returns
    """A whole number of 32 bits."""
    return Field(sa_column=Column(Integer, nullable=False))


def json() -> Any:  # noqa: ANN401 - what Field returns
    """A JSON document."""
    return Field(sa_column=Column(JSONB, nullable=False))


def decimal(precision: tuple[int, int]) -> Any:  # noqa: ANN401 - what Field returns
    """An exact decimal."""
    return Field(sa_column=Column(Numeric(*precision), nullable=False))


def identity() -> Any:  # noqa: ANN401 - what Field returns
    """A number the database gives."""
    return Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))


def check(name: str, condition: str) -> CheckConstraint:
    """A named CHECK."""
    return CheckConstraint(condition, name=name)


def period(column: str) -> CheckConstraint:
    """A CHECK that a column is the name of a period: of a month, or of weeks."""
    form = r"^(\d{4}-|FY\d{4}-P)(0[1-9]|1[0-2])$"
    return check(f"{column}_is_a_period", f"{column} ~ '{form}'")


def adds_up(what: str) -> CheckConstraint:
    """A CHECK that received = accepted + duplicate + quarantined."""
    parts = f"accepted_{what} + duplicate_{what} + quarantined_{what}"
    return check(f"{what}_add_up", f"received_{what} = {parts}")
