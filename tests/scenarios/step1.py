"""Short ways to tell a scenario and to ask what came out, for the tests of step 1."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from revrec import engine
from revrec.audit.check import check
from revrec.engine import Accounting
from revrec.errors import RevrecError
from revrec.feeds.scenario import Scenario, scenario_of

Told = dict[str, Any]


def scenario(
    *contracts: Told,
    events: Iterable[Told] = (),
    expected: Iterable[Told] = (),
    prices: Iterable[Told] = (),
    policy: Told | None = None,
) -> Scenario:
    """A scenario from plain values."""
    return scenario_of(
        {
            "title": "A case of step 1.",
            "cites": ["606-10-25-1"],
            "policy": policy or {},
            "contracts": list(contracts),
            "standalone_selling_prices": list(prices),
            "events": list(events),
            "expected": list(expected),
        }
    )


def subscription(**changes: Any) -> Told:
    """A year of access at 12,000, even months, from 1 January 2026."""
    told = {
        "id": "C",
        "customer": "alder",
        "currency": "USD",
        "inception": date(2026, 1, 1),
        "end": date(2026, 12, 31),
        "obligations": [{"id": "access", "product": "access", "measure": "even_months"}],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "12000.00"}],
    }
    return told | changes


def at(day: date, measure: str, amount: str, **more: Any) -> Told:
    """A balance, price or revenue to date expected at the end of a day."""
    return {"as_of": day, "measure": measure, "amount": amount, **more}


def during(first: date, last: date, measure: str, amount: str, **more: Any) -> Told:
    """A flow expected in a span of days."""
    return {"period": {"from": first, "to": last}, "measure": measure, "amount": amount, **more}


def missed(told: Scenario) -> list[str]:
    """What does not come out as expected, in words; empty when all holds."""
    return [
        f"{each.expectation.measure} {each.expectation.as_of or each.expectation.period} "
        f"expected {each.expectation.amount}, is {each.actual}"
        for each in check(told)
        if not each.holds
    ]


def accounting(told: Scenario, *days: date) -> Accounting:
    """What the engine makes of the scenario."""
    return engine.account(told.book(), days or [date(2026, 12, 31)])


def refusal(told: Scenario, contract: str = "C") -> RevrecError:
    """The reason for which the contract is refused."""
    return accounting(told).refused[contract]


def outcomes(told: Scenario, rule: str, contract: str = "C") -> list[str]:
    """Outcomes of the contract's decisions by one rule, in order."""
    found = accounting(told).contracts[contract].decisions
    return [each.outcome for each in found if each.rule == rule]
