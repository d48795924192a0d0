"""Others who are told what happened, and what became of telling them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from revrec.client.calls import Call, Operation, at, get, post, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An endpoint, without its secret."""

    id: str
    url: str
    kinds: list[str]
    thresholds: list[int]
    note: str
    created_by: str
    created_at: datetime
    generation: int
    """Of its secret; each rotation begins another."""
    old_until: datetime | None
    """Until when the generation before signs too."""
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWithSecret(Webhook):
    """An endpoint with its secret, which is told when it begins and never again."""

    secret: str = field(repr=False)
    """For the library of Standard Webhooks that checks signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """An event sent, and what came of it."""

    at: datetime
    status: int | None
    """HTTP status, if there was an answer."""
    error: str
    """Why there was none."""
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event, where it stands with an endpoint, and each time it was sent."""

    event: str
    kind: str
    subject: str
    at: datetime
    body: str
    """JSON, as it is signed and sent."""
    state: str
    next_at: datetime
    """When it is sent next, if it waits."""
    attempts: list[DeliveryAttempt]


class WebhookOperations:
    """Endpoints and deliveries."""

    @Operation
    def list_webhooks(self) -> Call[list[Webhook]]:
        """Who is told."""
        return get(at("webhooks"), list[Webhook])

    @Operation
    def get_webhook(self, webhook: str) -> Call[Webhook]:
        """An endpoint, without its secret."""
        return get(at("webhooks", webhook), Webhook)

    @Operation
    def add_webhook(
        self,
        url: str,
        kinds: Sequence[str],
        *,
        thresholds: Sequence[int] | None = None,
        note: str | None = None,
    ) -> Call[WebhookWithSecret]:
        """Tell an endpoint of these kinds of events; the secret is in the answer, once."""
        percents = None if thresholds is None else list(thresholds)
        body = told(url=url, kinds=list(kinds), thresholds=percents, note=note)
        return post(at("webhooks"), WebhookWithSecret, body)

    @Operation
    def rotate_webhook(
        self, webhook: str, *, after_hours: int | None = None
    ) -> Call[WebhookWithSecret]:
        """Begin another secret; the one before signs too for some hours."""
        body = told(after_hours=after_hours)
        return post(at("webhooks", webhook, "rotation"), WebhookWithSecret, body)

    @Operation
    def end_webhook(self, webhook: str, *, reason: str) -> Call[Webhook]:
        """Tell it nothing more."""
        return post(at("webhooks", webhook, "end"), Webhook, {"reason": reason})

    @Operation
    def list_deliveries(self, webhook: str, *, limit: int | None = None) -> Call[list[Delivery]]:
        """What was sent to an endpoint, and what came of it."""
        return get(at("webhooks", webhook, "deliveries"), list[Delivery], limit=limit)

    @Operation
    def replay_delivery(self, webhook: str, event: str) -> Call[Delivery]:
        """Send an event again."""
        return post(at("webhooks", webhook, "deliveries", event, "replay"), Delivery)
