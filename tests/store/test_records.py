"""The audit log and the entities."""

from __future__ import annotations

from datetime import timedelta

import pytest

from revrec.errors import CurrencyMismatch, FeedError
from revrec.store import audit_log, entities
from revrec.store.entities import Entity


def test_events_are_read_in_order(run, clock):
    """Who did what to which thing, when, with exact details."""
    first = clock.now()
    run(lambda tx: audit_log.write(tx, "record", "facts", {"new": 3, "amount": "0.10"}))
    clock.advance(timedelta(minutes=1))
    run(lambda tx: audit_log.write(tx, "close", "2026-01", {}))
    events = run(audit_log.read)

    assert [
        (first, "preparer", "record", "facts", {"new": 3, "amount": "0.10"}),
        (first + timedelta(minutes=1), "preparer", "close", "2026-01", {}),
    ] == [(e.at, e.actor, e.operation, e.subject, e.details) for e in events]


def test_events_are_read_in_pages(run):
    """From the id after the last one read."""
    for number in range(5):
        run(lambda tx, number=number: audit_log.write(tx, "step", str(number), {}))
    page = run(lambda tx: audit_log.read(tx, limit=3))
    rest = run(lambda tx: audit_log.read(tx, after=page[-1].id, limit=3))

    assert ["0", "1", "2"] == [event.subject for event in page]
    assert ["3", "4"] == [event.subject for event in rest]


def test_an_entity_is_registered_and_renamed(run, entity):
    """Unknown at first; the name may change."""
    assert None is run(entities.get)
    run(lambda tx: entities.register(tx, "Example", "USD"))
    run(lambda tx: entities.register(tx, "Example Inc.", "USD"))

    assert Entity(id=entity, name="Example Inc.", functional_currency="USD") == run(entities.get)


def test_an_entity_keeps_its_currency(run):
    """Its balances are in it."""
    run(lambda tx: entities.register(tx, "Example", "USD"))

    with pytest.raises(CurrencyMismatch, match="keeps its books in USD, not EUR"):
        run(lambda tx: entities.register(tx, "Example", "EUR"))
    with pytest.raises(FeedError, match="'usd' is not an ISO 4217"):
        run(lambda tx: entities.register(tx, "Example", "usd"))
