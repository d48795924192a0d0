"""What goes over the wire of what was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import Field

from api.schemas import Count, Wire
from revrec.model.fact import FactKind, RecordedFact
from revrec.store.fact_pages import Customer

_NEXT = Field(description="Cursor of the next page; null on the last.", examples=["WzEyLCJDLTEiXQ"])


class FactTold(Wire):
    """A version of a fact, with its place in the books."""

    kind: FactKind
    key: str = Field(examples=["C-0001"])
    version: int = Field(ge=1)
    contract: str | None = Field(examples=["C-0001"])
    """The contract it is of, if it is of one."""
    effective_on: date
    recorded_at: datetime
    recorded_by: str = Field(examples=["ana"])
    record: dict[str, Any]
    """What was told, with the fields of its kind; those left at their default are left out."""

    @classmethod
    def of(cls, told: RecordedFact) -> FactTold:
        """A fact as it is sent."""
        return cls(
            kind=told.fact.kind,
            key=told.fact.key,
            version=told.version,
            contract=told.fact.contract,
            effective_on=told.fact.effective_on,
            recorded_at=told.recorded_at,
            recorded_by=told.recorded_by,
            record=dict(told.fact.body),
        )


class FactVersions(Wire):
    """A fact in all its versions, the first one first."""

    versions: list[FactTold]

    @classmethod
    def of(cls, found: Sequence[RecordedFact]) -> FactVersions:
        """Versions as they are sent."""
        return cls(versions=[FactTold.of(each) for each in found])


class FactPage(Wire):
    """A page of facts."""

    records: list[FactTold]
    next: str | None = _NEXT

    @classmethod
    def of(cls, found: Sequence[RecordedFact], following: str | None) -> FactPage:
        """A page as it is sent."""
        return cls(records=[FactTold.of(each) for each in found], next=following)


class CustomerTold(Wire):
    """A customer, as its contracts tell of it."""

    customer: str = Field(examples=["acme"])
    name: str = Field(examples=["Acme Inc."])
    group: str
    """The group of related parties it belongs to (606-10-25-9)."""
    contracts: Count
    first_inception: date
    last_inception: date

    @classmethod
    def of(cls, told: Customer) -> CustomerTold:
        """A customer as it is sent."""
        return cls(
            customer=told.customer,
            name=told.name,
            group=told.group,
            contracts=told.contracts,
            first_inception=told.first,
            last_inception=told.last,
        )


class CustomerPage(Wire):
    """A page of customers."""

    records: list[CustomerTold]
    next: str | None = _NEXT

    @classmethod
    def of(cls, found: Sequence[Customer], following: str | None) -> CustomerPage:
        """A page as it is sent."""
        return cls(records=[CustomerTold.of(each) for each in found], next=following)
