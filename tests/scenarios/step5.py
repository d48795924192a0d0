"""A contract in one call, for the tests of step 5."""

from __future__ import annotations

from typing import Any

from revrec.audit.check import check
from revrec.feeds.scenario import scenario_of


def contract(obligations: list[dict[str, Any]], fees: dict[str, str], **terms: Any) -> dict:
    """A contract with fixed fees by the obligation each is quoted for."""
    return {
        "id": "C",
        "customer": "reader",
        "currency": "USD",
        "inception": "2025-01-01",
        "end": "2025-12-31",
        "obligations": [{"product": each["id"], **each} for each in obligations],
        "consideration": [
            {"id": f"{name}-fee", "kind": "fixed", "amount": fee, "obligation": name}
            for name, fee in fees.items()
        ],
        **terms,
    }


def amounts(
    told: dict[str, Any],
    events: list[dict[str, Any]],
    wanted: list[dict[str, Any]],
    **policy: str,
) -> list[str]:
    """What comes out for each measure wanted, as text."""
    numbered = [
        {"contract": "C", **({} if each["kind"] == "usage" else {"id": f"E{number}"}), **each}
        for number, each in enumerate(events)
    ]
    document = {
        "title": "A case.",
        "cites": ["606-10-25-31"],
        "policy": policy,
        "contracts": [told],
        "events": numbered,
        "expected": [{"amount": "0", **each} for each in wanted],
    }
    return [str(each.actual) for each in check(scenario_of(document))]


def revenue(
    told: dict[str, Any], events: list[dict[str, Any]], *periods: str, **policy: str
) -> list[str]:
    """Revenue of months, or of ``first..last``."""
    wanted = []
    for period in periods:
        first, dots, last = period.partition("..")
        span = {"from": first, "to": last} if dots else period
        wanted.append({"measure": "revenue", "period": span})
    return amounts(told, events, wanted, **policy)
