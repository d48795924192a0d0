"""What became of contract costs by a day, from the engine's segments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from revrec import engine
from revrec.feeds.scenario import scenario_of
from revrec.model.decision import Decision, Stream
from revrec.model.history import Book
from revrec.money import from_minor

Amounts = Mapping[tuple[str, Stream], int]
"""Minor units to date by cost and stream."""


CAPITALIZED, AMORTIZED = Stream.COST_CAPITALIZED, Stream.COST_AMORTIZED
IMPAIRED, EXPENSED = Stream.COST_IMPAIRED, Stream.COST_EXPENSED
SAAS = {"id": "saas", "product": "saas", "measure": "even_months"}


def contract(**terms: object) -> dict[str, Any]:
    """Three years of a service from 2026, for 36,000."""
    return {
        "id": "C",
        "customer": "c",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2028-12-31",
        "obligations": [SAAS],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "36000.00"}],
        **terms,
    }


def cost(amount: str, **terms: object) -> dict[str, Any]:
    """A commission that is incremental, incurred at inception."""
    return {
        "kind": "contract_cost",
        "id": "commission",
        "contract": "C",
        "on": "2026-01-01",
        "amount": amount,
        "incremental": True,
        **terms,
    }


def review(**terms: object) -> dict[str, Any]:
    """A review of the contract's costs."""
    return {"kind": "contract_cost_review", "id": "R", "contract": "C", **terms}


def change(on: str, **terms: object) -> dict[str, Any]:
    """A modification of the contract."""
    return {"kind": "modification", "id": "M", "contract": "C", "on": on, **terms}


def book(
    contracts: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]], **policy: str
) -> Book:
    """A book of facts told as in a scenario."""
    told = {
        "title": "t",
        "cites": ["340-40-25-1"],
        "policy": policy,
        "contracts": contracts,
        "events": events,
        "expected": [],
    }
    return scenario_of(told).book()


def to_date(told: Book, contract: str, day: str) -> Amounts:
    """What each cost of the contract came to by the end of the day."""
    on = date.fromisoformat(day)
    accounting = engine.account(told, [on])
    if contract in accounting.refused:
        raise accounting.refused[contract]
    amounts: dict[tuple[str, Stream], int] = defaultdict(int)
    for row in accounting.accrued.table.to_pylist():
        segment = accounting.accrued.segments[row["segment"]]
        if segment.contract == contract:
            amounts[segment.component, segment.stream] += row["revenue"]
    return amounts


def of(amounts: Amounts, stream: Stream, cost: str | None = None) -> Decimal:
    """The sum of a stream in dollars, of one cost or of all."""
    found = [
        amount
        for (name, kind), amount in amounts.items()
        if kind is stream and cost in (None, name)
    ]
    return from_minor(sum(found), "USD")


def carrying(amounts: Amounts, cost: str | None = None) -> Decimal:
    """What is still carried as an asset."""
    return (
        of(amounts, Stream.COST_CAPITALIZED, cost)
        - of(amounts, Stream.COST_AMORTIZED, cost)
        - of(amounts, Stream.COST_IMPAIRED, cost)
    )


def decisions(told: Book, contract: str) -> list[Decision]:
    """What was decided about the contract's costs."""
    accounting = engine.account(told, [])
    if contract in accounting.refused:
        raise accounting.refused[contract]
    return [each for each in accounting.contracts[contract].decisions if each.step == 0]
