"""Scenarios told in a few lines, and what comes out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from revrec import engine
from revrec.audit.check import check
from revrec.engine import Accounting
from revrec.feeds.scenario import Scenario, scenario_of
from revrec.model.decision import Decision

Told = dict[str, Any]


def contract(obligations: Sequence[Told], consideration: Sequence[Told], **more: Any) -> Told:
    """A contract of 2026 in dollars, with an id of ``C`` unless told."""
    return {
        "id": "C",
        "customer": "customer",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": list(obligations),
        "consideration": list(consideration),
    } | more


def fixed(amount: str, **more: Any) -> Told:
    """A fixed amount under the id ``fee``."""
    return {"id": "fee", "kind": "fixed", "amount": amount} | more


def event(kind: str, on: str, **more: Any) -> Told:
    """Something that happened to the contract ``C``."""
    named = {} if kind == "usage" else {"id": f"{kind}-{on}"}
    return {"kind": kind, "contract": "C", "on": on} | named | more


def scenario(signed: Told, events: Sequence[Told] = (), **more: Any) -> Scenario:
    """A scenario of one contract."""
    asked = more.pop("expected", [{"measure": "revenue", "period": "2026-01", "amount": "0"}])
    told = {
        "title": "A test.",
        "cites": ["606-10-25-14"],
        "contracts": [signed],
        "events": list(events),
        "expected": asked,
    }
    return scenario_of(told | more)


def measured(told: Scenario, *asked: Told) -> list[Decimal]:
    """What comes out for each expectation."""
    wanted = [{"amount": "0"} | each for each in asked]
    document = scenario_of(
        {"title": "A test.", "cites": [], "contracts": [], "expected": wanted}
    ).expected
    return [each.actual for each in check(replace(told, expected=document))]


def accounted(told: Scenario, day: str = "2026-12-31") -> Accounting:
    """The five steps on a day."""
    return engine.account(told.book(), [date.fromisoformat(day)])


def decisions(told: Scenario, rule: str) -> list[Decision]:
    """The decisions of a rule on the contract ``C``."""
    return [each for each in accounted(told).contracts["C"].decisions if each.rule == rule]


def revenue(period: str, **more: Any) -> Told:
    """Asks for the revenue of a month."""
    return {"measure": "revenue", "period": period} | more


def as_of(measure: str, day: str, **more: Any) -> Told:
    """Asks for a measure at the end of a day."""
    return {"measure": measure, "as_of": day} | more
