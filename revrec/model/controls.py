"""Controls around a close: the checklist with its tasks, waivers of gates, what people signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from revrec.model.contract import _STRICT
from revrec.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistTask:
    """A task of every close, as the policy lists it."""

    __pydantic_config__ = _STRICT

    title: str
    owner: str
    """The person or role it is of; the program's own tasks are the system's."""
    due: int
    """Working day after the period's end on which it is due, from 1."""
    after: tuple[str, ...] = ()
    """Tasks that have to be done before it."""
    gate: str = ""
    """The gate that completes it; without one a person does."""
    required: bool = False
    """Whether the period closes only when a person's task is done; gates see to the others."""
    effective_from: date
    cites: tuple[str, ...] = ()
    rationale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A gate that need not be passed for one close, on two people's word."""

    period: Period
    gate: str
    requested_by: str
    approved_by: str
    reason: str
    waived_at: datetime

    def __str__(self) -> str:
        people = f"{self.requested_by} and {self.approved_by}"
        return f"{self.gate} waived by {people}: {self.reason}"


class SignOffOutcome(StrEnum):
    """What another person said of a task's evidence."""

    ACCEPTED = "accepted"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """Another person's word on a task's evidence."""

    signed_by: str
    signed_at: datetime
    outcome: SignOffOutcome
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a person did for a task: a document by its hash, a link, a note."""

    id: int
    task: str
    prepared_by: str
    prepared_at: datetime
    sha256: str
    link: str
    note: str
    sign_off: SignOff | None = None


class TaskState(StrEnum):
    """Where a task stands."""

    WAITS = "waits"
    """For tasks before it."""
    OPEN = "open"
    PREPARED = "prepared"
    """Evidence is given; another person has to sign."""
    RETURNED = "returned"
    """Another person was not satisfied with the evidence."""
    WAIVED = "waived"
    """Its gate need not be passed this time."""
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStatus:
    """A task of one period."""

    task: str
    told: ChecklistTask
    due_on: date
    state: TaskState
    what: str
    """What is still to be done, or what was."""
    evidence: Evidence | None = None

    @property
    def done(self) -> bool:
        """Whether tasks after it may be done."""
        return self.state in {TaskState.DONE, TaskState.WAIVED}
