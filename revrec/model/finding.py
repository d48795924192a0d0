"""Findings: what a check found wrong, from the day it is raised until its cause is gone.

A finding is a cause, not a row of a run: the same mistake in the next period is the same finding
with another amount. Everything that happens to it is an event that is never changed; where it
stands follows from its events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from revrec.model.fact import digest_of


class FindingState(StrEnum):
    """Where a finding stands."""

    OPEN = "open"
    """Raised, and nobody has taken it on."""
    ACCEPTED = "accepted"
    """Somebody agrees that it is to be corrected."""
    IN_PROGRESS = "in_progress"
    """It is being corrected, or its resolution waits for another person."""
    RESOLVED = "resolved"
    """Its cause is gone, or people said that nothing is to be done."""
    REOPENED = "reopened"
    """It was resolved and came back, or somebody disagreed."""


class FindingAction(StrEnum):
    """What happened to a finding. The first four are done by checks, the others by people."""

    RAISED = "raised"
    CHANGED = "changed"
    """Its amount or its first period is another."""
    CLEARED = "cleared"
    """Its cause is gone."""
    RECURRED = "recurred"
    """Its cause is back, or its amount is not the one that was resolved."""
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    STARTED = "started"
    NOTED = "noted"
    PROPOSED = "proposed"
    """Somebody asked that it be resolved; another person decides."""
    RESOLVED = "resolved"
    REOPENED = "reopened"


STATES = {
    FindingAction.RAISED: FindingState.OPEN,
    FindingAction.CLEARED: FindingState.RESOLVED,
    FindingAction.RECURRED: FindingState.REOPENED,
    FindingAction.ACCEPTED: FindingState.ACCEPTED,
    FindingAction.STARTED: FindingState.IN_PROGRESS,
    FindingAction.PROPOSED: FindingState.IN_PROGRESS,
    FindingAction.RESOLVED: FindingState.RESOLVED,
    FindingAction.REOPENED: FindingState.REOPENED,
}
"""The state that an action leads to; the others leave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What is wrong, and with what: the identity of a finding."""

    check: str
    """The check that looks for it."""
    reason: str
    contract: str
    """The contract; empty where nobody knows it."""
    subject: str
    """The fee, obligation, meter, invoice or payment."""

    @property
    def finding(self) -> str:
        """The id of its finding."""
        told = [self.check, self.reason, self.contract, self.subject]
        return "F-" + digest_of(told)[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A cause as a run of its check sees it."""

    cause: Cause
    customer: str
    currency: str
    """ISO 4217; empty where the amount is in units of a meter."""
    amount: Decimal
    """Above zero where too much was invoiced, used or paid, below where too little."""
    since: date
    """The first day from which it could be seen."""
    first_period: str
    """The first period it concerns."""
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEvent:
    """Something that happened to a finding."""

    action: FindingAction
    at: datetime
    by: str
    amount: Decimal
    since: date
    first_period: str
    owner: str = ""
    due_on: date | None = None
    note: str = ""
    prepared_by: str = ""
    """Of a resolution: who asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause with its history, oldest event first."""

    id: str
    cause: Cause
    customer: str
    currency: str
    events: tuple[FindingEvent, ...]

    @property
    def state(self) -> FindingState:
        """Where it stands."""
        return STATES[self._last(STATES).action]

    @property
    def amount(self) -> Decimal:
        """As last seen; zero once its cause is gone."""
        return self.events[-1].amount

    @property
    def since(self) -> date:
        """The first day from which it could be seen."""
        return self.events[-1].since

    @property
    def first_period(self) -> str:
        """The first period it concerns."""
        return self.events[-1].first_period

    @property
    def sentence(self) -> str:
        """What is wrong, as a check last told it."""
        told = (FindingAction.RAISED, FindingAction.CHANGED, FindingAction.RECURRED)
        return self._last(told).note

    @property
    def owner(self) -> str:
        """Who has it; empty if nobody."""
        return next((each.owner for each in reversed(self.events) if each.owner), "")

    @property
    def due_on(self) -> date | None:
        """When it should be resolved."""
        return next((each.due_on for each in reversed(self.events) if each.due_on), None)

    @property
    def proposed(self) -> FindingEvent | None:
        """The resolution that waits for another person."""
        last = self._last(STATES)
        return last if last.action is FindingAction.PROPOSED else None

    @property
    def is_resolved(self) -> bool:
        """Whether nothing is left to do."""
        return self.state is FindingState.RESOLVED

    def _last(self, actions: Iterable[FindingAction]) -> FindingEvent:
        among = frozenset(actions)
        return next(each for each in reversed(self.events) if each.action in among)
