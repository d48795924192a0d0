"""What goes over the wire of records that are no facts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.schemas import Count, Wire
from revrec.errors import FeedError
from revrec.store.fact_quarantine import QuarantinedFact

Number = Annotated[int, Field(ge=1, le=2**53, examples=[12])]
_Name = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,15}$")]


class QuarantinedRecord(Wire):
    """A record that is no fact, as it was sent."""

    record: Number
    source: str = Field(examples=["nightly-2026-02-01"])
    """The Idempotency-Key of its request, or the name of its file."""
    place: str = Field(examples=["record 3"])
    kind: str | None = Field(examples=["invoice"])
    """The kind of fact it says it is; none if there is no such kind."""
    reason: str = Field(examples=["does-not-fit"])
    """`unreadable`, `no-record`, `unknown-list`, `unknown-kind`, `does-not-fit`, `out-of-range`."""
    message: str
    """What is wrong with it and what to do."""
    fields: list[str] = Field(examples=[["/amount"]])
    """Paths to what does not fit."""
    sent: Any = Field(examples=[{"kind": "invoice", "id": "I-1", "amount": "x"}])
    """The record; what could not be read stands under `text`."""
    told_at: datetime
    told_by: str = Field(examples=["ana"])
    outcome: str | None = Field(examples=["released"])
    """`released` or `dismissed`; none while it is open."""
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None

    @classmethod
    def of(cls, kept: QuarantinedFact) -> QuarantinedRecord:
        """The wire form of a record."""
        return cls(
            record=kept.id,
            source=kept.source,
            place=kept.place,
            kind=kept.kind or None,
            reason=kept.reason,
            message=kept.message,
            fields=list(kept.fields),
            sent=kept.sent,
            told_at=kept.told_at,
            told_by=kept.told_by,
            outcome=kept.outcome,
            resolved_at=kept.resolved_at,
            resolved_by=kept.resolved_by,
            note=kept.note,
        )


class RecordsDismissed(Wire):
    """Records that were set aside, and why they are dealt with."""

    records: list[Number] = Field(min_length=1, max_length=10_000)
    note: str = Field(min_length=1, max_length=1000, examples=["A slip of the billing export."])
    """Why; it is kept."""


class RecordsReleased(RecordsDismissed):
    """Records to release, with fields to correct."""

    corrections: dict[_Name, dict[str, Any]] = Field(
        default={},
        examples=[{"12": {"amount": "12.50"}}],
        json_schema_extra={"additionalProperties": False},
    )
    """By record, fields to replace; null leaves one out. The whole record if it had no fields."""

    def by_number(self) -> dict[int, dict[str, Any]]:
        """The corrections by number; FeedError for a number that is not exact, or for no text."""
        _check_exact(self.corrections)
        return {int(name): fields for name, fields in self.corrections.items()}


class Dismissed(Wire):
    """How many records were dismissed."""

    dismissed: Count


def _check_exact(value: object) -> None:
    match value:
        case float():
            raise FeedError(
                f"A correction has the number {value}, which is not exact.",
                remedy='Write decimals as text: "12.50".',
            )
        case str() if not _is_text(value):
            raise FeedError(
                f"A correction has the text {value!a}, which is no UTF-8.",
                remedy="Send UTF-8 without lone surrogates.",
            )
        case dict():
            _check_exact([*value, *value.values()])
        case list():
            for each in value:
                _check_exact(each)
        case _:
            pass


def _is_text(value: str) -> bool:
    return not any("\ud800" <= each <= "\udfff" for each in value)
