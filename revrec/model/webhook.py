"""Webhooks: who is told what happened, and where telling it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What can be told."""

    PERIOD_CLOSED = "period.closed"
    PERIOD_REOPENED = "period.reopened"
    FINDING_RAISED = "finding.raised"
    THRESHOLD_CROSSED = "commitment.threshold_crossed"
    """Of a commitment or of credits, so many percent are used."""
    JOB_ENDED = "job.ended"
    """Done, failed or cancelled."""


class DeliveryState(StrEnum):
    """Where an event stands with an endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where what happens is told."""

    id: str
    url: str
    kinds: tuple[EventKind, ...]
    thresholds: tuple[int, ...]
    """Whole percents whose crossing is told."""
    note: str
    created_by: str
    created_at: datetime
    generation: int
    """Of its secret; each rotation begins another."""
    old_until: datetime | None
    """Until when the generation before signs too."""
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, as it is told."""

    id: str
    kind: EventKind
    subject: str
    at: datetime
    body: str
    """JSON, signed as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event and where it stands with an endpoint."""

    endpoint: str
    event: Event
    state: DeliveryState
    attempts: int
    next_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An event sent to an endpoint, and what came of it."""

    at: datetime
    status: int | None
    """HTTP status, if there was an answer."""
    error: str
    """Why there was none."""
    milliseconds: int
