"""Small books of contracts that hold credits and commitments, and their use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from revrec.commitments.position import Position, position_of
from revrec.feeds.book import book_of
from revrec.feeds.records import fact_of
from revrec.model.history import Book
from revrec.usage.rollup import DAILY

Use = tuple[str, str, str, str | int, str | int]
"""Contract, meter, day, quantity and rated amount."""


def contract(name: str, **terms: Any) -> dict[str, Any]:
    """A contract of 2026 and 2027 in dollars with tokens and calls."""
    return {
        "kind": "contract",
        "id": name,
        "customer": f"{name} inc",
        "region": "west",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2027-12-31",
        "obligations": [
            {"id": "inference", "product": "api", "measure": "usage", "meters": ["tokens"]},
            {"id": "calling", "product": "voice", "measure": "usage", "meters": ["calls"]},
        ],
        "consideration": [
            {"id": "tokens", "kind": "usage", "obligation": "inference"},
            {"id": "calls", "kind": "usage", "obligation": "calling"},
        ],
    } | terms


def grant(name: str, amount: str | int, **terms: Any) -> dict[str, Any]:
    """A grant to Acme from the first day of 2026."""
    return {
        "kind": "credit_grant",
        "id": name,
        "contract": "acme",
        "on": "2026-01-01",
        "amount": str(amount),
    } | terms


def commitment(name: str, amount: str | int, **terms: Any) -> dict[str, Any]:
    """A commitment of Acme for 2026."""
    return {
        "kind": "commitment",
        "id": name,
        "contract": "acme",
        "on": "2026-01-01",
        "last_day": "2026-12-31",
        "amount": str(amount),
    } | terms


def used(
    day: str,
    amount: str | int,
    *,
    contract: str = "acme",
    meter: str = "tokens",
    quantity: str | int = 0,
) -> Use:
    """A day's rated use."""
    return contract, meter, day, quantity, amount


def daily(uses: Sequence[Use]) -> pa.Table:
    """Use as the roll-up of the ledger tells it."""
    rows = [
        {
            "contract": contract,
            "meter": meter,
            "usage_date": date.fromisoformat(day),
            "quantity": Decimal(quantity),
            "amount": Decimal(amount),
            "rows": 1,
            "last_recorded_at": None,
        }
        for contract, meter, day, quantity, amount in uses
    ]
    return pa.Table.from_pylist(rows, schema=DAILY)


def book(*records: Mapping[str, Any], contracts: Sequence[str] = ("acme",)) -> Book:
    """The contracts and what is told of them."""
    told = [contract(name) for name in contracts] + [dict(each) for each in records]
    found, unknown = book_of(fact_of(each, "test") for each in told)
    assert unknown == []
    return found


def position(
    records: Sequence[Mapping[str, Any]],
    uses: Sequence[Use] = (),
    as_of: str = "2026-12-31",
    contracts: Sequence[str] = ("acme",),
) -> Position:
    """Where all of it stands at the end of a day; no account is refused."""
    found = position_of(book(*records, contracts=contracts), daily(uses), date.fromisoformat(as_of))
    assert found.refused == {}
    return found


def left(found: Position) -> dict[str, Decimal]:
    """What is left of each lot of credits."""
    return {each.grant: each.remaining for each in found.credits()}


def draws(found: Position) -> list[tuple[str, Decimal]]:
    """Lot and amount of each draw; "" for use that no lot covers."""
    return [(each.grant if each.covered else "", each.amount) for each in found.draws()]
