"""What goes over the wire of findings."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from api.schemas import Person, Wire
from revrec.model.finding import Finding, FindingAction, FindingEvent, FindingState
from revrec.reconciliation.datasets import age


class Deed(StrEnum):
    """What a person does with a finding."""

    ASSIGN = "assign"
    ACCEPT = "accept"
    START = "start"
    NOTE = "note"
    RESOLVE = "resolve"
    REOPEN = "reopen"


class FindingChanged(Wire):
    """What is done with a finding."""

    action: Deed = Field(examples=["resolve"])
    note: str = Field(default="", max_length=2000, examples=["credited with CM-7"])
    """Why; a resolution, a reopening and a note cannot do without."""
    owner: Person | None = None
    """Who has it from now on; of `assign`."""
    due_on: date | None = None
    """By when it should be resolved; of `assign`."""


class EventTold(Wire):
    """Something that happened to a finding."""

    action: FindingAction
    at: datetime
    by: str
    amount: str = Field(examples=["-1000.000000000"])
    owner: str
    due_on: date | None
    note: str
    prepared_by: str
    """Of a resolution: who asked for it."""

    @classmethod
    def of(cls, event: FindingEvent) -> EventTold:
        """The wire form of an event."""
        return cls(
            action=event.action,
            at=event.at,
            by=event.by,
            amount=f"{event.amount:f}",
            owner=event.owner,
            due_on=event.due_on,
            note=event.note,
            prepared_by=event.prepared_by,
        )


class FindingTold(Wire):
    """A cause that a check found, with its history."""

    finding: str = Field(examples=["F-0a1b2c3d4e5f6071"])
    check: str = Field(examples=["cash"])
    reason: str = Field(examples=["paid_twice"])
    customer: str
    contract: str
    subject: str
    """The fee, obligation, meter, invoice or payment."""
    currency: str
    """Empty where the amount is in units of a meter."""
    amount: str = Field(examples=["-1000.000000000"])
    """As last seen; above zero where too much was invoiced, used or paid."""
    state: FindingState
    owner: str
    since: date
    age: str = Field(examples=["31-60 days"])
    due_on: date | None
    waits_for_another_than: str
    """Who asked that it be resolved, while another person is needed."""
    sentence: str
    """What is wrong and what to do."""
    events: list[EventTold]

    @classmethod
    def of(cls, found: Finding, today: date) -> FindingTold:
        """The wire form of a finding."""
        return cls(
            finding=found.id,
            check=found.cause.check,
            reason=found.cause.reason,
            customer=found.customer,
            contract=found.cause.contract,
            subject=found.cause.subject,
            currency=found.currency,
            amount=f"{found.amount:f}",
            state=found.state,
            owner=found.owner,
            since=found.since,
            age=age(found.since, today),
            due_on=found.due_on,
            waits_for_another_than=found.proposed.by if found.proposed else "",
            sentence=found.sentence,
            events=[EventTold.of(each) for each in found.events],
        )
