"""What goes over the wire of the quarantine."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas import Count, Person, Wire
from revrec.usage.quarantine import QuarantinedRow
from revrec.usage.releases import ReleaseRequest

RowNumber = Annotated[int, Field(ge=1, le=2**53, examples=[12])]
_RowName = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,17}$")]


class RowSetAside(Wire):
    """A row of usage that was set aside, as it was sent."""

    row: RowNumber
    batch: str
    file_row: Count
    """Its place among the data rows of its batch, from 1."""
    usage_date: date | None
    reason: str = Field(examples=["unknown-contract"])
    """Code of the rule it broke."""
    message: str
    """What is wrong with it and what to do."""
    sent: dict[str, str]
    """By column; the whole line under `text` if it could not be read apart."""
    outcome: str | None = Field(examples=["released"])
    """`released` or `rejected`; none while it is open."""
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None

    @classmethod
    def of(cls, row: QuarantinedRow) -> RowSetAside:
        """The wire form of a row."""
        return cls(
            row=row.id,
            batch=row.batch,
            file_row=row.row_number,
            usage_date=row.usage_date,
            reason=row.reason,
            message=row.message,
            sent=dict(row.payload),
            outcome=row.outcome,
            resolved_at=row.resolved_at,
            resolved_by=row.resolved_by,
            note=row.note,
        )


class RowsNamed(Wire):
    """Rows that were set aside, and why they are dealt with."""

    rows: list[RowNumber] = Field(min_length=1, max_length=100_000)
    note: str = Field(min_length=1, max_length=1000, examples=["The contract came late."])
    """Why; it is kept."""


class RowsReleased(RowsNamed):
    """Rows to release, with columns to correct."""

    corrections: dict[_RowName, dict[str, str]] = Field(
        default={},
        examples=[{"12": {"meter": "tokens"}}],
        json_schema_extra={"additionalProperties": False},
    )
    """By row, columns to replace; an empty text blanks one."""

    def told(self) -> tuple[object, ...]:
        """What is asked, in an order of its own."""
        return (sorted(self.rows), self.note, self.corrections)

    def by_row(self) -> dict[int, dict[str, str]]:
        """The corrections by number of row."""
        return {int(row): columns for row, columns in self.corrections.items()}


class RowsRejected(Wire):
    """How many rows were rejected."""

    rejected: Count


class Approved(Wire):
    """The approval of a request; the caller approves it."""


class ReleaseAsked(Wire):
    """A release that one person asked for and another approves."""

    request: RowNumber
    rows: list[RowNumber]
    amounts: dict[str, str] = Field(examples=[{"USD": "12000.000000000000"}])
    """Absolute amounts of the rows by currency."""
    note: str
    requested_at: datetime
    requested_by: Person

    @classmethod
    def of(cls, asked: ReleaseRequest) -> ReleaseAsked:
        """The wire form of a request."""
        return cls(
            request=asked.id,
            rows=list(asked.rows),
            amounts={currency: f"{amount:f}" for currency, amount in asked.size.amounts.items()},
            note=asked.note,
            requested_at=asked.requested_at,
            requested_by=asked.requested_by,
        )
