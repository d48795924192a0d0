"""Findings and their events: append-only, each cause once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from revrec.model.finding import Cause, Finding, FindingAction, FindingEvent, Seen
from revrec.store.transaction import Transaction


def add(tx: Transaction, seen: Iterable[Seen]) -> None:
    """Record causes; one that is there already is left as it is."""
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            "insert into records.finding (entity_id, id, check_name, reason, contract, subject,"
            " customer, currency) values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
            [
                [
                    *(tx.entity, each.cause.finding, each.cause.check, each.cause.reason),
                    *(each.cause.contract, each.cause.subject, each.customer, each.currency),
                ]
                for each in seen
            ],
        )


def append(
    tx: Transaction,
    events: Iterable[tuple[str, FindingEvent]],
    *,
    alone_max: Decimal | None = None,
) -> None:
    """Record what happened to findings, by their ids; ``alone_max`` goes with a resolution."""
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            "insert into records.finding_event (entity_id, finding, action, at, acted_by, amount,"
            " since, first_period, owner, due_on, note, prepared_by, alone_max)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                [
                    *(tx.entity, finding, each.action.value, each.at, each.by, each.amount),
                    *(each.since, each.first_period, each.owner, each.due_on, each.note),
                    *(each.prepared_by, alone_max),
                ]
                for finding, each in events
            ],
        )


def read(tx: Transaction, among: Iterable[str] | None = None) -> list[Finding]:
    """Findings with their events, all or those of some ids, by check, contract and subject."""
    ids = None if among is None else list(among)
    events: defaultdict[str, list[FindingEvent]] = defaultdict(list)
    told = tx.connection.execute(
        "select finding, action, at, acted_by, amount, since, first_period, owner, due_on, note,"
        " prepared_by from records.finding_event"
        " where entity_id = %(entity)s and (%(ids)s::text[] is null or finding = any(%(ids)s))"
        " order by id",
        {"entity": tx.entity, "ids": ids},
    )
    for finding, action, at, by, amount, since, first, owner, due_on, note, prepared_by in told:
        events[finding].append(
            FindingEvent(
                action=FindingAction(action),
                at=at,
                by=by,
                amount=amount,
                since=since,
                first_period=first,
                owner=owner,
                due_on=due_on,
                note=note,
                prepared_by=prepared_by,
            )
        )
    rows = tx.connection.execute(
        "select id, check_name, reason, contract, subject, customer, currency from records.finding"
        " where entity_id = %(entity)s and (%(ids)s::text[] is null or id = any(%(ids)s))"
        " order by check_name, contract, subject, reason",
        {"entity": tx.entity, "ids": ids},
    )
    return [
        Finding(
            id=name,
            cause=Cause(check=check, reason=reason, contract=contract, subject=subject),
            customer=customer,
            currency=currency,
            events=tuple(events[name]),
        )
        for name, check, reason, contract, subject, customer, currency in rows
    ]
