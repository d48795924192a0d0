"""Sending what happened to those who listen: at least once, under one id, until they took it.

A worker that dies between the answer and its note sends again; the receiver knows the event by its
id. Nothing is sent that is not in the outbox, and nothing in it is passed over.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from revrec.errors import RevrecError
from revrec.model.webhook import Attempt, Delivery, DeliveryState, Endpoint
from revrec.operations.webhooks import found, secrets_of
from revrec.operations.workspace import Workspace
from revrec.runtime.outbound import Outcome, post, signature
from revrec.store import webhooks
from revrec.store.transaction import Transaction

_log = structlog.get_logger()
PAUSES: Sequence[timedelta] = (
    *(timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=2), timedelta(hours=5), timedelta(hours=10), timedelta(hours=24)),
)
"""Between one attempt and the next; after the last an event is given up, and can be replayed."""
_AT_ONCE = 50
_GONE = 410
_random = secrets.SystemRandom()


def deliver_due(workspace: Workspace) -> int:
    """Send what is due, once each; how many were taken.

    An endpoint that fails is left alone until the pause of its event is over.
    """
    taken, failed = 0, set[str]()
    for delivery in workspace.run(lambda tx: webhooks.due(tx, _AT_ONCE), read_only=True):
        if delivery.endpoint in failed:
            continue
        lock = webhooks.lock_of(workspace.entity, delivery.endpoint, delivery.event.id)
        with workspace.database.alone(lock) as is_alone:
            if not is_alone:
                continue
            if _sent(workspace, delivery):
                taken += 1
            else:
                failed.add(delivery.endpoint)
    return taken


def _sent(workspace: Workspace, listed: Delivery) -> bool:
    """Send an event, if it still waits, and note what came of it; whether it was taken."""

    def look(tx: Transaction) -> tuple[Delivery | None, Endpoint, datetime]:
        now = webhooks.find(tx, listed.endpoint, listed.event.id)
        return now, found(tx, listed.endpoint), tx.now

    delivery, endpoint, now = workspace.run(look, read_only=True)
    if delivery is None or delivery.state is not DeliveryState.PENDING:
        return True
    outcome = _posted(workspace, delivery, endpoint, now)
    is_taken = outcome.status is not None and 200 <= outcome.status < 300  # noqa: PLR2004

    def note(tx: Transaction) -> None:
        attempt = Attempt(
            at=tx.now,
            status=outcome.status,
            error=outcome.error,
            milliseconds=outcome.milliseconds,
        )
        webhooks.log(tx, delivery, attempt)
        count = delivery.attempts + 1
        state, next_at = DeliveryState.DELIVERED, delivery.next_at
        if not is_taken:
            is_last = count > len(PAUSES) or outcome.status == _GONE
            state = DeliveryState.GIVEN_UP if is_last else DeliveryState.PENDING
            next_at = tx.now + PAUSES[min(count, len(PAUSES)) - 1] * _random.uniform(1, 1.2)
        webhooks.stand(tx, delivery, state, attempts=count, next_at=next_at)

    workspace.run(note)
    if not is_taken:
        reason = outcome.error.partition(":")[0] or f"status {outcome.status}"
        _log.warning("webhook not taken", endpoint=endpoint.id, reason=reason)
    return is_taken


def _posted(workspace: Workspace, delivery: Delivery, endpoint: Endpoint, now: datetime) -> Outcome:
    event, seconds = delivery.event, int(now.timestamp())
    try:
        keys = secrets_of(workspace.outbound, workspace.entity, endpoint, now)
    except RevrecError as error:
        return Outcome(status=None, error=f"{type(error).__name__}: {error}", milliseconds=0)
    signatures = [signature(key, event.id, seconds, event.body) for key in keys]
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "revrec",
        "webhook-id": event.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }
    return post(endpoint.url, event.body, headers, workspace.outbound)
