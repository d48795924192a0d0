"""What goes over the wire when one looks into the usage ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas import Count, Wire
from api.usage_schemas import Quantity
from revrec.operations.statements import statement_data
from revrec.usage import drilling
from revrec.usage.rollup import RolledUp
from revrec.usage.statement import Statement


class UsageTotal(Wire):
    """A total of usage, of one unit and one currency."""

    by: dict[str, str | None] = Field(examples=[{"contract": "C-1", "month": "2026-01"}])
    """Its place in each grain; null where usage has no such label."""
    unit: str = Field(examples=["token"])
    currency: str = Field(examples=["USD"])
    rows: Count
    quantity: str = Quantity
    amount: str = Quantity


class UsageTotals(Wire):
    """Totals as of a version of the usage ledger."""

    version: int | None
    """Null while the ledger is empty."""
    totals: list[UsageTotal]

    @classmethod
    def of(cls, found: drilling.Totals) -> UsageTotals:
        """The wire form of totals."""
        return cls(
            version=found.version,
            totals=[
                UsageTotal(
                    by=dict(zip(found.by, each.by, strict=True)),
                    unit=each.unit,
                    currency=each.currency,
                    rows=each.rows,
                    quantity=f"{each.quantity:f}",
                    amount=f"{each.amount:f}",
                )
                for each in found.totals
            ],
        )


class StatementLine(Wire):
    """A sum of usage; each level is the sum of the next."""

    level: Literal["total", "meter", "project", "day"]
    meter: str | None
    project: str | None
    """Null above projects, for use without the label, and for the others together."""
    others: Count
    """Projects summed that have no line of their own; 0 for any other line."""
    day: date | None
    unit: str = Field(examples=["token"])
    currency: str = Field(examples=["USD"])
    rows: Count
    quantity: str = Quantity
    amount: str = Quantity
    drill: str
    """The command that shows what the line sums."""


class UsageStatement(Wire):
    """A customer's use from the whole to the day."""

    version: int | None
    """Null while the ledger is empty."""
    lines: list[StatementLine]

    @classmethod
    def of(cls, made: Statement) -> UsageStatement:
        """The wire form of a statement."""
        told = statement_data(made)
        return cls.model_validate({"version": told["version"], "lines": told["lines"]})


class UsageRow(Wire):
    """A row of the usage ledger."""

    usage_date: date
    source: str
    usage_id: str
    contract: str
    meter: str
    quantity: str = Quantity
    unit: str
    amount: str = Quantity
    currency: str
    dimensions: str = Field(examples=['{"region":"eu"}'])
    """Labels as JSON."""
    corrects: str | None
    """The usage id it corrects."""
    batch: str
    recorded_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> UsageRow:
        """The wire form of a row of the ledger."""
        return cls(
            **{name: row[name] for name in cls.model_fields if name in _AS_THEY_ARE},
            quantity=f"{row['quantity']:f}",
            amount=f"{row['amount']:f}",
        )


_AS_THEY_ARE = frozenset(UsageRow.model_fields) - {"quantity", "amount"}


class RollUpRequested(Wire):
    """A roll-up of what is new."""


class UsageRolledUp(Wire):
    """What a roll-up did; nulls if nothing was appended since the last one."""

    through_version: int | None
    """The version of the usage ledger it goes through."""
    rows: int | None
    """Rows that were summed."""
    cells: int | None
    """Sums they gave."""

    @classmethod
    def of(cls, done: RolledUp | None) -> UsageRolledUp:
        """The wire form of a roll-up."""
        if done is None:
            return cls(through_version=None, rows=None, cells=None)
        return cls.model_validate(done, from_attributes=True)
