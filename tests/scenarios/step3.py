"""Scenarios of one contract for tests of the transaction price, told in a few lines."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from revrec import engine
from revrec.audit.check import check
from revrec.errors import RevrecError
from revrec.feeds.scenario import Scenario, scenario_of
from revrec.model.decision import Decision, Stream
from revrec.money import from_minor

Told = dict[str, Any]
CONTRACT: Told = {
    "id": "C",
    "customer": "customer",
    "currency": "USD",
    "inception": "2026-01-01",
    "end": "2026-12-31",
}


def month(number: int, year: int = 2026) -> str:
    """The last day of a month."""
    return f"{year}-{number:02}-{monthrange(year, number)[1]}"


def used(on: str, quantity: int, amount: str = "0", meter: str = "calls") -> Told:
    """A day's usage."""
    return {
        "kind": "usage",
        "on": on,
        "meter": meter,
        "quantity": str(quantity),
        "amount": amount,
    }


def told(
    terms: Told, events: Sequence[Told], expected: Sequence[Told] = (), **other: Any
) -> Scenario:
    """A scenario of the contract with the terms."""
    return scenario_of(
        {
            "title": "A test.",
            "cites": ["606-10-32-2"],
            "contracts": [CONTRACT | terms],
            "events": [{"contract": "C"} | each for each in events],
            "expected": list(expected),
        }
        | other
    )


def revenue(terms: Told, events: Sequence[Told], as_of: str, **narrowed: str) -> str:
    """Revenue to date at the end of the day, or another measure as of it."""
    measure = narrowed.pop("measure", "cumulative_revenue")
    line = {"measure": measure, "as_of": as_of, "amount": "0"} | narrowed
    (outcome,) = check(told(terms, events, [line]))
    return str(outcome.actual)


def refused(terms: Told, events: Sequence[Told]) -> RevrecError | None:
    """Why the contract cannot be accounted for."""
    return engine.account(told(terms, events).book(), []).refused.get("C")


def accrued(
    terms: Told, events: Sequence[Told], stream: Stream, as_of: str, **other: Any
) -> Decimal:
    """What the stream has come to at the end of the day."""
    book = told(terms, events, **other).book()
    day = date.fromisoformat(as_of)
    accounting = engine.account(book, [day])
    for error in accounting.refused.values():
        raise error
    segments = accounting.accrued.segments
    rows = accounting.accrued.table.to_pylist()
    return from_minor(
        sum(row["revenue"] for row in rows if segments[row["segment"]].stream is stream), "USD"
    )


def decided(terms: Told, events: Sequence[Told], rule: str) -> Decision:
    """The first decision of a rule."""
    accounting = engine.account(told(terms, events).book(), []).contracts["C"]
    return next(each for each in accounting.decisions if each.rule == rule)
