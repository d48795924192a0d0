"""Endpoints, events and deliveries: an outbox in the transaction of what happened."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from revrec.model.webhook import (
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    Event,
    EventKind,
)
from revrec.store.transaction import Lock, Transaction

_ENDPOINT = (
    *("id", "url", "kinds", "thresholds", "note", "created_by", "created_at"),
    *("generation", "old_until", "ended_at"),
)
_DELIVERIES = """
    select waits.endpoint, waits.state, waits.attempts, waits.next_at,
           told.id, told.kind, told.subject, told.at, told.body
    from work.webhook_delivery as waits
    join records.webhook_event as told
      on told.entity_id = waits.entity_id and told.id = waits.event
    where waits.entity_id = %(entity)s
"""


def lock_of(entity: int, endpoint: str, event: str) -> Lock:
    """Held by the worker that sends an event to an endpoint, while it does."""
    return Lock(10, entity, f"{endpoint} {event}", waits=False)


def add(tx: Transaction, endpoint: Endpoint) -> None:
    """Record an endpoint."""
    tx.connection.execute(
        "insert into records.webhook_endpoint (entity_id, id, url, kinds, thresholds, note,"
        " created_by, created_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(tx.entity, endpoint.id, endpoint.url),
            *(Jsonb([kind.value for kind in endpoint.kinds]), Jsonb(list(endpoint.thresholds))),
            *(endpoint.note, endpoint.created_by, endpoint.created_at),
        ],
    )


def rotate(tx: Transaction, endpoint: str, generation: int, old_until: datetime) -> None:
    """Record a further generation of an endpoint's secret."""
    tx.connection.execute(
        "insert into records.webhook_rotation (entity_id, endpoint, generation, old_until,"
        " rotated_by, rotated_at) values (%s, %s, %s, %s, %s, %s)",
        [tx.entity, endpoint, generation, old_until, tx.actor, tx.now],
    )


def end(tx: Transaction, endpoint: str, reason: str) -> None:
    """Record that an endpoint is told nothing more, and give up what waits for it."""
    tx.connection.execute(
        "insert into records.webhook_end (entity_id, endpoint, ended_by, ended_at, reason)"
        " values (%s, %s, %s, %s, %s)",
        [tx.entity, endpoint, tx.actor, tx.now, reason],
    )
    tx.connection.execute(
        "update work.webhook_delivery set state = 'given_up'"
        " where entity_id = %s and endpoint = %s and state = 'pending'",
        [tx.entity, endpoint],
    )


def endpoints(tx: Transaction) -> list[Endpoint]:
    """Every endpoint, ended or not, in the order in which they were recorded."""
    rows = tx.connection.execute(
        """
        select told.id, told.url, told.kinds, told.thresholds, told.note, told.created_by,
               told.created_at, coalesce(max(turned.generation), 1), max(turned.old_until),
               max(ended.ended_at)
        from records.webhook_endpoint as told
        left join records.webhook_rotation as turned
          on turned.entity_id = told.entity_id and turned.endpoint = told.id
        left join records.webhook_end as ended
          on ended.entity_id = told.entity_id and ended.endpoint = told.id
        where told.entity_id = %s
        group by told.entity_id, told.id
        order by told.created_at, told.id
        """,
        [tx.entity],
    )
    return [_endpoint(row) for row in rows]


def listening(tx: Transaction, kind: EventKind) -> list[Endpoint]:
    """The endpoints that are told of a kind of event now."""
    return [each for each in endpoints(tx) if each.ended_at is None and kind in each.kinds]


def tell(tx: Transaction, event: Event, among: list[str]) -> bool:
    """Write an event and put it into the queues of some endpoints; False if it was told before."""
    row = tx.connection.execute(
        "insert into records.webhook_event (entity_id, id, kind, subject, at, body)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning id",
        [tx.entity, event.id, event.kind.value, event.subject, event.at, event.body],
    ).fetchone()
    if row is None:
        return False
    tx.connection.execute(
        "insert into work.webhook_delivery (entity_id, endpoint, event, state, attempts, next_at)"
        " select %s, unnest(%s::text[]), %s, 'pending', 0, %s",
        [tx.entity, among, event.id, tx.now],
    )
    return True


def due(tx: Transaction, limit: int) -> list[Delivery]:
    """Deliveries whose time has come, the longest waiting first."""
    return _deliveries(
        tx,
        "and waits.state = 'pending' and waits.next_at <= %(now)s"
        " order by waits.next_at, told.at, told.id limit %(limit)s",
        now=tx.now,
        limit=limit,
    )


def deliveries(tx: Transaction, endpoint: str, limit: int) -> list[Delivery]:
    """What an endpoint was or is to be told, the newest first."""
    return _deliveries(
        tx,
        "and waits.endpoint = %(endpoint)s order by told.at desc, told.id limit %(limit)s",
        endpoint=endpoint,
        limit=limit,
    )


def find(tx: Transaction, endpoint: str, event: str) -> Delivery | None:
    """Where an event stands with an endpoint."""
    found = _deliveries(
        tx,
        "and waits.endpoint = %(endpoint)s and waits.event = %(event)s",
        endpoint=endpoint,
        event=event,
    )
    return found[0] if found else None


def stand(
    tx: Transaction,
    delivery: Delivery,
    state: DeliveryState,
    *,
    attempts: int,
    next_at: datetime,
) -> None:
    """Note where an event stands with an endpoint."""
    tx.connection.execute(
        "update work.webhook_delivery set state = %s, attempts = %s, next_at = %s"
        " where entity_id = %s and endpoint = %s and event = %s",
        [state.value, attempts, next_at, tx.entity, delivery.endpoint, delivery.event.id],
    )


def log(tx: Transaction, delivery: Delivery, attempt: Attempt) -> None:
    """Record that an event was sent, and what came of it."""
    tx.connection.execute(
        "insert into records.webhook_attempt (entity_id, endpoint, event, at, status, error,"
        " milliseconds) values (%s, %s, %s, %s, %s, %s, %s)",
        [
            *(tx.entity, delivery.endpoint, delivery.event.id, attempt.at, attempt.status),
            *(attempt.error, attempt.milliseconds),
        ],
    )


def attempts(tx: Transaction, endpoint: str) -> dict[str, list[Attempt]]:
    """Event -> every time it was sent to an endpoint."""
    found: defaultdict[str, list[Attempt]] = defaultdict(list)
    rows = tx.connection.execute(
        "select event, at, status, error, milliseconds from records.webhook_attempt"
        " where entity_id = %s and endpoint = %s order by id",
        [tx.entity, endpoint],
    )
    for event, at, status, error, milliseconds in rows:
        found[event].append(Attempt(at=at, status=status, error=error, milliseconds=milliseconds))
    return found


def _endpoint(row: tuple[Any, ...]) -> Endpoint:
    told = dict(zip(_ENDPOINT, row, strict=True))
    told["kinds"] = tuple(map(EventKind, told["kinds"]))
    told["thresholds"] = tuple(told["thresholds"])
    return Endpoint(**told)


def _deliveries(tx: Transaction, narrow: str, **values: object) -> list[Delivery]:
    rows = tx.connection.execute(_DELIVERIES + narrow, {"entity": tx.entity, **values})
    return [
        Delivery(
            endpoint=endpoint,
            state=DeliveryState(state),
            attempts=count,
            next_at=next_at,
            event=Event(id=number, kind=EventKind(kind), subject=subject, at=at, body=body),
        )
        for endpoint, state, count, next_at, number, kind, subject, at, body in rows
    ]
