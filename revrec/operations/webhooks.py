"""Webhooks: endpoints that are told what happened, and telling them in its own transaction."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from revrec.errors import Conflict, FeedError, NotFound
from revrec.model.webhook import Delivery, DeliveryState, Endpoint, Event, EventKind
from revrec.runtime.outbound import SECRET_MIN, Outbound, check_url, secret_of
from revrec.store import audit_log, webhooks
from revrec.store.periods import PeriodClose, PeriodReopening
from revrec.store.transaction import Transaction

OVERLAP_HOURS = 24
"""How long the old secret signs beside the new one unless it is told."""
_THRESHOLD_MAX = 1000


def register(
    tx: Transaction,
    outbound: Outbound,
    url: str,
    kinds: Collection[EventKind],
    *,
    thresholds: Collection[int] = (),
    note: str = "",
) -> Endpoint:
    """Record an endpoint; Conflict without a secret, FeedError for a URL or kinds that do not do.

    Thresholds are whole percents of a commitment or of credits, for the kind that tells of them.
    """
    _master(outbound)
    check_url(url, outbound)
    if not kinds or (EventKind.THRESHOLD_CROSSED in kinds) != bool(thresholds):
        raise FeedError(
            "An endpoint names what it is told, and thresholds for "
            f"{EventKind.THRESHOLD_CROSSED} alone.",
            remedy="Name kinds of events; for that one, percents such as 80 and 100.",
        )
    if not all(1 <= each <= _THRESHOLD_MAX for each in thresholds):
        raise FeedError("A threshold is a whole percent.", remedy=f"Write 1 to {_THRESHOLD_MAX}.")
    made = Endpoint(
        id=f"we_{secrets.token_hex(8)}",
        url=url,
        kinds=tuple(sorted(set(kinds))),
        thresholds=tuple(sorted(set(thresholds))),
        note=note,
        created_by=tx.actor,
        created_at=tx.now,
        generation=1,
        old_until=None,
        ended_at=None,
    )
    webhooks.add(tx, made)
    told = {"kinds": list(made.kinds), "thresholds": list(made.thresholds), "host": _host(url)}
    audit_log.write(tx, "webhook.add", made.id, told)
    return made


def rotate(
    tx: Transaction, outbound: Outbound, number: str, *, after_hours: int = OVERLAP_HOURS
) -> Endpoint:
    """Begin another secret; the old one signs beside it for some hours."""
    _master(outbound)
    old = standing(tx, number)
    webhooks.rotate(tx, number, old.generation + 1, tx.now + timedelta(hours=after_hours))
    audit_log.write(
        tx, "webhook.rotate", number, {"generation": old.generation + 1, "hours": after_hours}
    )
    return standing(tx, number)


def end(tx: Transaction, number: str, reason: str) -> Endpoint:
    """Tell an endpoint nothing more; what waits for it is given up."""
    standing(tx, number)
    webhooks.end(tx, number, reason)
    audit_log.write(tx, "webhook.end", number, {"why": reason})
    return found(tx, number)


def found(tx: Transaction, number: str) -> Endpoint:
    """An endpoint; NotFound."""
    for each in webhooks.endpoints(tx):
        if each.id == number:
            return each
    raise NotFound(f"There is no endpoint {number!r}.", remedy="See `revrec webhooks list`.")


def standing(tx: Transaction, number: str) -> Endpoint:
    """An endpoint that is told what happens; NotFound, Conflict for one that ended."""
    endpoint = found(tx, number)
    if endpoint.ended_at is not None:
        raise Conflict(
            f"The endpoint {number} ended on {endpoint.ended_at:%Y-%m-%d}.",
            remedy="Register another.",
        )
    return endpoint


def replay(tx: Transaction, number: str, event: str) -> Delivery:
    """Send an event to an endpoint again, under the same id, whether or not it was delivered."""
    standing(tx, number)
    delivery = webhooks.find(tx, number, event)
    if delivery is None:
        raise NotFound(
            f"The event {event!r} was never for {number}.",
            remedy="See `revrec webhooks deliveries`.",
        )
    webhooks.stand(tx, delivery, DeliveryState.PENDING, attempts=0, next_at=tx.now)
    audit_log.write(tx, "webhook.replay", number, {"event": event})
    again = webhooks.find(tx, number, event)
    assert again is not None, "a delivery that was there is there"
    return again


def secrets_of(outbound: Outbound, entity: int, endpoint: Endpoint, now: datetime) -> list[str]:
    """The secrets that sign for an endpoint now, the newest first."""
    master = _master(outbound)
    made = [secret_of(master, entity, endpoint.id, endpoint.generation)]
    if endpoint.old_until is not None and now < endpoint.old_until:
        made.append(secret_of(master, entity, endpoint.id, endpoint.generation - 1))
    return made


def happened(
    tx: Transaction,
    kind: EventKind,
    subject: str,
    data: Mapping[str, object],
    *,
    threshold: int | None = None,
) -> None:
    """Tell those who listen what happened, in the transaction in which it does.

    The same kind and subject are told once, ever. While nobody listens nothing is written.
    """
    among = [
        each.id
        for each in webhooks.listening(tx, kind)
        if threshold is None or threshold in each.thresholds
    ]
    if among:
        webhooks.tell(tx, event_of(tx, kind, subject, data), among)


def period_closed(tx: Transaction, certificate: PeriodClose) -> None:
    """Tell that a close finished."""
    told = {
        "period": str(certificate.period),
        "ordinal": certificate.ordinal,
        "stage": certificate.stage.value,
        "chain_head": certificate.chain_head,
    }
    subject = f"{certificate.period} {certificate.ordinal}"
    happened(tx, EventKind.PERIOD_CLOSED, subject, told)


def period_reopened(tx: Transaction, reopened: PeriodReopening) -> None:
    """Tell that the close with a number was reopened."""
    told = {"period": str(reopened.period), "ordinal": reopened.ordinal}
    subject = f"{reopened.period} {reopened.ordinal}"
    happened(tx, EventKind.PERIOD_REOPENED, subject, told)


def event_of(tx: Transaction, kind: EventKind, subject: str, data: Mapping[str, object]) -> Event:
    """Something that happened, named after itself."""
    name = json.dumps([tx.entity, kind.value, subject], ensure_ascii=False)
    body = {
        "type": kind.value,
        "timestamp": tx.now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {"entity": tx.entity, **data},
    }
    return Event(
        id=f"evt_{hashlib.sha256(name.encode()).hexdigest()[:24]}",
        kind=kind,
        subject=subject,
        at=tx.now,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    )


def _master(outbound: Outbound) -> SecretStr:
    if outbound.secret is None or len(outbound.secret.get_secret_value()) < SECRET_MIN:
        raise Conflict(
            "The service has no secret that it could sign with.",
            remedy=f"Set REVREC_WEBHOOK_SECRET to {SECRET_MIN} random characters or more.",
        )
    return outbound.secret


def _host(url: str) -> str:
    """Where to, without the path, which may hold a secret of the receiver's."""
    return url.split("/")[2]
