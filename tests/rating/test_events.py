"""Metering events: each counts once, on the day of its moment where the policy says days begin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from revrec.usage.columns import EVENTS
from revrec.usage.quarantine import list_quarantine
from revrec.usage.releases import release
from tests.rating.conftest import Metering
from tests.usage.samples import Told

LINEAR = {"id": "tokens", "meter": "tokens", "unit_amount": "0.60", "per": 1000}


def event(
    name: str = "e-1", time: str = "2026-01-15T10:00:00Z", quantity: int = 1000, **changes: str
) -> Told:
    """A metering event of Acme's."""
    row = {
        "source": "gateway",
        "usage_id": name,
        "time": time,
        "contract": "acme",
        "meter": "tokens",
        "quantity": str(quantity),
        "unit": "token",
    }
    return {key: value for key, value in (row | changes).items() if value}


def zone(books: Metering, name: str) -> None:
    """Elect where days of usage begin."""
    from revrec.feeds.policies import default_policy, with_elections
    from revrec.feeds.records import to_fact
    from revrec.model.fact import FactKind
    from revrec.store import facts

    policy = to_fact(FactKind.POLICY, with_elections(default_policy(), {"days_of_usage": name}))
    books.database.run(
        lambda tx: facts.record(tx, [policy]), entity=books.entity, actor="controller"
    )


def test_events_are_counted_by_day_and_rated(books: Metering, price: Callable[..., None]) -> None:
    """Three events of two days are two days of usage; 1,000 tokens cost 60 cents."""
    price(LINEAR)
    told = [
        event("e-1"),
        event("e-2", "2026-01-15T23:59:59.999Z"),
        event("e-3", "2026-01-16T00:00:00Z", 500),
    ]

    assert books.send(told, EVENTS).accepted.rows == 3

    books.rate()
    assert books.amounts() == {
        ("acme", "tokens", date(2026, 1, 15)): Decimal("1.20"),
        ("acme", "tokens", date(2026, 1, 16)): Decimal("0.30"),
    }


def test_an_event_counts_once_however_its_moment_is_written(
    books: Metering, price: Callable[..., None]
) -> None:
    """The same id at the same moment is a duplicate; with another moment or quantity a conflict."""
    price(LINEAR)
    books.send([event()], EVENTS)

    again = books.send(
        [
            event(time="2026-01-15T12:00:00+02:00"),
            event(time="2026-01-15T10:00:01Z"),
            event(quantity=7),
        ],
        EVENTS,
    )

    assert (again.accepted.rows, again.duplicate.rows, again.quarantined.rows) == (0, 1, 2)
    assert books.rate().counted == 1000


def test_days_begin_where_the_policy_says(books: Metering, price: Callable[..., None]) -> None:
    """02:30 UTC on the 16th is the evening of the 15th in New York, under the same id."""
    price(LINEAR)
    late = event(time="2026-01-16T02:30:00Z")
    books.send([late], EVENTS)
    zone(books, "America/New_York")

    assert books.send([late], EVENTS, batch="again").duplicate.rows == 1
    books.rate()

    assert books.amounts() == {("acme", "tokens", date(2026, 1, 15)): Decimal("0.60")}


def test_a_moment_without_an_offset_is_set_aside(
    books: Metering, price: Callable[..., None]
) -> None:
    """It could be anywhere; corrected, the row is released into the same count."""
    price(LINEAR)
    assert books.send([event(time="2026-01-15T10:00:00")], EVENTS).quarantined.rows == 1
    (row,) = books.database.run(
        list_quarantine, entity=books.entity, actor="metering", read_only=True
    )
    assert row.reason == "malformed-date"
    assert row.payload["time"] == "2026-01-15T10:00:00"

    corrected = {row.id: {"time": "2026-01-15T10:00:00Z"}}
    totals = books.database.run(
        lambda tx: release(
            tx, books.lake, [row.id], note="the gateway writes UTC", corrections=corrected
        ),
        entity=books.entity,
        actor="metering",
    )

    assert totals.accepted.rows == 1
    assert books.rate().amounts == {"USD": Decimal("0.60")}


def test_an_event_may_name_the_customer(books: Metering, price: Callable[..., None]) -> None:
    """It belongs to the customer's one contract that counts the meter; else it is set aside."""
    price(LINEAR)
    told = [
        event("e-1", contract="", customer="acme"),
        event("e-2", contract="", customer="nobody"),
        event("e-3", "2027-01-15T10:00:00Z", contract="", customer="acme"),
    ]

    totals = books.send(told, EVENTS)

    assert (totals.accepted.rows, totals.quarantined.rows) == (1, 2)
    assert list(books.send(told[:1], EVENTS, batch="again").days) == []
    assert books.rate().amounts == {"USD": Decimal("0.60")}


def test_transactions_are_priced_singly(books: Metering, price: Callable[..., None]) -> None:
    """1.3% and 2.00 each, the first three free up to 250: 550 x 1.3% + 2 x 2.00 = 11.15."""
    terms: dict[str, Any] = {"fee": "2", "free_events": 3, "free_amount": "250"}
    price({"id": "card", "meter": "tokens", "percent": "1.3", "per_event": terms})
    told = [
        event(f"e-{n}", f"2026-01-15T1{n}:00:00Z", amount)
        for n, amount in enumerate([50, 100, 250, 400])
    ]
    books.send(told[2:], EVENTS)
    books.rate()
    books.send(told[:2], EVENTS)

    run = books.rate()

    assert run.amounts == {"USD": Decimal("11.15")}
    assert sum(books.amounts().values()) == Decimal("11.15")
