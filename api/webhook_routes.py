"""The routes of webhooks: endpoints, their secrets, what they were told."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api import webhook_schemas as schemas
from api.access import Books, Key, keyed
from api.etags import PRECONDITIONS, TAGGED, IfMatch
from api.routing import EVERY, WRITES, answer, refusals, router
from revrec.model.webhook import Delivery, Endpoint
from revrec.operations import webhooks
from revrec.operations.answering import Answered, once
from revrec.operations.workspace import Workspace
from revrec.runtime.outbound import secret_of
from revrec.store import webhooks as kept
from revrec.store.transaction import Transaction

_REFUSED = (*WRITES, "payload-too-large")
_CHANGES = (*_REFUSED, *PRECONDITIONS, "not-found")
_Number = Annotated[schemas.EndpointId, Path(description="Of the endpoint.")]


@router.get(
    "/webhooks",
    tags=["webhooks"],
    operation_id="list_webhooks",
    summary="List endpoints",
    responses=refusals(*EVERY),
)
def list_webhooks(books: Books) -> list[schemas.WebhookTold]:
    """Every endpoint, ended or not; never its secret."""
    found = books.run(kept.endpoints, read_only=True)
    return [schemas.WebhookTold.of(each) for each in found]


@router.post(
    "/webhooks",
    tags=["webhooks"],
    operation_id="add_webhook",
    summary="Register an endpoint",
    response_model=schemas.WebhookWithSecret,
    responses=refusals(*_REFUSED),
)
def add_webhook(body: schemas.WebhookRequested, books: Books, key: Key) -> Response:
    """Tell a URL what happens from now on; the answer has the secret that signs it."""

    def register(tx: Transaction) -> Endpoint:
        return webhooks.register(
            tx, books.outbound, body.url, body.kinds, thresholds=body.thresholds, note=body.note
        )

    named = keyed(key, "webhook", body.model_dump_json())
    return _with_secret(books, once(books, named, register, _told))


@router.get(
    "/webhooks/{number}",
    tags=["webhooks"],
    operation_id="get_webhook",
    summary="Read an endpoint",
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_webhook(number: _Number, books: Books) -> schemas.WebhookTold:
    """One endpoint, without its secret."""
    return books.run(lambda tx: schemas.WebhookTold.of(webhooks.found(tx, number)), read_only=True)


@router.post(
    "/webhooks/{number}/rotation",
    tags=["webhooks"],
    operation_id="rotate_webhook",
    summary="Rotate an endpoint's secret",
    response_model=schemas.WebhookWithSecret,
    responses=refusals(*_CHANGES),
)
def rotate_webhook(
    number: _Number, body: schemas.WebhookRotated, books: Books, key: Key, match: IfMatch
) -> Response:
    """Begin another secret; until the old one ends, both sign each message."""

    def rotate(tx: Transaction) -> Endpoint:
        match.check(lambda: schemas.WebhookTold.of(webhooks.found(tx, number)))
        return webhooks.rotate(tx, books.outbound, number, after_hours=body.after_hours)

    named = keyed(key, "webhook rotation", number, body.model_dump_json())
    return _with_secret(books, once(books, named, rotate, _told))


@router.post(
    "/webhooks/{number}/end",
    tags=["webhooks"],
    operation_id="end_webhook",
    summary="End an endpoint",
    response_model=schemas.WebhookTold,
    responses=refusals(*_CHANGES),
)
def end_webhook(
    number: _Number, body: schemas.WebhookEnded, books: Books, key: Key, match: IfMatch
) -> Response:
    """Tell it nothing more; what waits for it is given up."""

    def end(tx: Transaction) -> Endpoint:
        match.check(lambda: schemas.WebhookTold.of(webhooks.found(tx, number)))
        return webhooks.end(tx, number, body.reason)

    return answer(once(books, keyed(key, "webhook end", number, body.reason), end, _told))


@router.get(
    "/webhooks/{number}/deliveries",
    tags=["webhooks"],
    operation_id="list_deliveries",
    summary="List what an endpoint was told",
    responses=refusals(*EVERY, "not-found"),
)
def list_deliveries(
    number: _Number, books: Books, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[schemas.DeliveryTold]:
    """Events, the newest first, with each time they were sent and what came of it."""

    def read(tx: Transaction) -> list[schemas.DeliveryTold]:
        webhooks.found(tx, number)
        attempts = kept.attempts(tx, number)
        return [
            schemas.DeliveryTold.of(each, attempts.get(each.event.id, []))
            for each in kept.deliveries(tx, number, limit)
        ]

    return books.run(read, read_only=True)


@router.post(
    "/webhooks/{number}/deliveries/{event}/replay",
    tags=["webhooks"],
    operation_id="replay_delivery",
    summary="Send an event again",
    response_model=schemas.DeliveryTold,
    responses=refusals(*_REFUSED, "not-found"),
)
def replay_delivery(
    number: _Number,
    event: Annotated[schemas.EventId, Path(description="Of the event.")],
    books: Books,
    key: Key,
) -> Response:
    """Put it into the queue again, under the same `webhook-id`, delivered before or not."""

    def replay(tx: Transaction) -> Delivery:
        return webhooks.replay(tx, number, event)

    def told(delivery: Delivery) -> str:
        return schemas.DeliveryTold.of(delivery, []).model_dump_json()

    return answer(once(books, keyed(key, "replay", number, event), replay, told))


def _told(endpoint: Endpoint) -> str:
    return schemas.WebhookTold.of(endpoint).model_dump_json()


def _with_secret(books: Workspace, given: Answered) -> Response:
    """The kept answer with the secret, which is made anew and never kept."""
    told = schemas.WebhookTold.model_validate_json(given.body)
    assert books.outbound.secret is not None, "without it nothing is registered"
    secret = secret_of(books.outbound.secret, books.entity, told.id, told.generation)
    whole = schemas.WebhookWithSecret(**told.model_dump(), secret=secret)
    return answer(Answered(body=whole.model_dump_json(), replayed=given.replayed))
