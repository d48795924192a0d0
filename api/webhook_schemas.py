"""What goes over the wire of webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas import Count, Person, Wire
from revrec.model import webhook
from revrec.model.webhook import DeliveryState, EventKind
from revrec.operations.webhooks import OVERLAP_HOURS

EndpointId = Annotated[str, Field(max_length=64, examples=["we_9f86d081884c7d65"])]
EventId = Annotated[str, Field(max_length=64, examples=["evt_0a1b2c3d4e5f60718293a4b5"])]
Percent = Annotated[int, Field(ge=1, le=1000, examples=[80])]


class WebhookRequested(Wire):
    """Where something is told, and what."""

    url: str = Field(min_length=1, max_length=2000, examples=["https://hooks.example/revrec"])
    kinds: list[EventKind] = Field(min_length=1, max_length=10, examples=[["period.closed"]])
    thresholds: list[Percent] = Field(default=[], max_length=20)
    """Whole percents of a commitment or of credits, for the kind that tells of them."""
    note: str = Field(default="", max_length=1000)


class WebhookEnded(Wire):
    """Why an endpoint is told nothing more."""

    reason: str = Field(min_length=1, max_length=1000, examples=["moved to another receiver"])


class WebhookRotated(Wire):
    """How long the old secret signs beside the new one."""

    after_hours: int = Field(default=OVERLAP_HOURS, ge=0, le=24 * 30)


class WebhookTold(Wire):
    """An endpoint, without its secret."""

    id: EndpointId
    url: str
    kinds: list[EventKind]
    thresholds: list[Percent]
    note: str
    created_by: Person
    created_at: datetime
    generation: Count
    """Of its secret; each rotation begins another."""
    old_until: datetime | None
    """Until when the generation before signs too."""
    ended_at: datetime | None

    @classmethod
    def of(cls, endpoint: webhook.Endpoint) -> WebhookTold:
        """The wire form of an endpoint."""
        return cls.model_validate(endpoint, from_attributes=True)


class WebhookWithSecret(WebhookTold):
    """An endpoint with its secret, which is told when it begins and never again."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])
    """For the library of Standard Webhooks that checks signatures."""


class AttemptTold(Wire):
    """An event sent, and what came of it."""

    at: datetime
    status: int | None
    """HTTP status, if there was an answer."""
    error: str
    """Why there was none."""
    milliseconds: Count

    @classmethod
    def of(cls, attempt: webhook.Attempt) -> AttemptTold:
        """The wire form of an attempt."""
        return cls.model_validate(attempt, from_attributes=True)


class DeliveryTold(Wire):
    """An event, where it stands with an endpoint, and each time it was sent."""

    event: EventId
    kind: EventKind
    subject: str
    at: datetime
    body: str
    """JSON, as it is signed and sent."""
    state: DeliveryState
    next_at: datetime
    """When it is sent next, if it waits."""
    attempts: list[AttemptTold]

    @classmethod
    def of(cls, delivery: webhook.Delivery, attempts: list[webhook.Attempt]) -> DeliveryTold:
        """The wire form of a delivery."""
        event = delivery.event
        return cls(
            event=event.id,
            kind=event.kind,
            subject=event.subject,
            at=event.at,
            body=event.body,
            state=delivery.state,
            next_at=delivery.next_at,
            attempts=[AttemptTold.of(each) for each in attempts],
        )
