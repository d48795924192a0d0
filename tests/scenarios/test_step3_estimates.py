"""Variable consideration: one method for life, estimates within what can be (606-10-32-14)."""

from __future__ import annotations

from typing import Any

import pytest

from revrec.errors import UnsupportedTerm
from tests.scenarios.step3 import refused, revenue, used

SERVICE = {"id": "service", "product": "service", "measure": "even_months"}
FEE = {"id": "fee", "kind": "fixed", "amount": "1200.00"}
GOOD, BAD = {"amount": "120.00", "probability": "0.6"}, {"amount": "20.00", "probability": "0.4"}
BONUS = {"id": "bonus", "kind": "variable", "outcomes": [GOOD, BAD]}


def terms(*variable: dict[str, Any]) -> dict[str, Any]:
    """A year of service for 1,200.00 and what varies."""
    return {"obligations": [SERVICE], "consideration": [FEE, *variable]}


def estimate(on: str, **of: Any) -> dict[str, Any]:
    """A new estimate of the bonus."""
    return {"kind": "estimate", "id": f"E-{on}", "on": on, "consideration": "bonus"} | of


@pytest.mark.parametrize(
    ("method", "first", "then"),
    [("expected_value", "1280.00", "1230.00"), ("most_likely_amount", "1320.00", "1220.00")],
)
def test_new_outcomes_are_estimated_by_the_method_of_inception(
    method: str, first: str, then: str
) -> None:
    """120 x 60% + 20 x 40% = 80, then 120 x 10% + 20 x 90% = 30; or the likelier of the two."""
    told = terms(BONUS | {"method": method})
    outcomes = [GOOD | {"probability": "0.1"}, BAD | {"probability": "0.9"}]
    events = [estimate("2026-07-01", outcomes=outcomes)]

    price = {"measure": "transaction_price"}
    assert revenue(told, events, "2026-06-30", **price) == first
    assert revenue(told, events, "2026-07-01", **price) == then


def test_an_amount_resolved_after_the_end_is_revenue_of_its_day() -> None:
    """Nothing is left to transfer: 120 instead of 80, and the day is the estimate's."""
    events = [estimate("2027-03-15", amount="120.00")]

    assert revenue(terms(BONUS), events, "2027-03-14") == "1280.00"
    assert revenue(terms(BONUS), events, "2027-03-15") == "1320.00"


def test_a_penalty_resolved_after_the_end_takes_revenue_back() -> None:
    """And what was billed beyond the price is owed to the customer (606-10-32-10)."""
    told = terms({"id": "bonus", "kind": "variable", "amount": "0.00"})
    events = [
        {"kind": "invoice", "id": "I", "on": "2026-01-01", "lines": [{"amount": "1200.00"}]},
        estimate("2027-03-15", amount="-90.00"),
    ]

    assert revenue(told, events, "2027-03-15") == "1110.00"
    assert revenue(told, events, "2027-03-15", measure="refund_liability") == "90.00"


def test_a_rebate_and_returns_of_the_same_goods_stand_side_by_side() -> None:
    """100 goods at 10, 1 off each, 5 expected back: 1,000 - 100 - 50; then 2 off: 100 less."""
    goods = {"id": "goods", "product": "goods", "measure": "units", "quantity": "100"}
    told = {
        "obligations": [goods],
        "consideration": [
            {"id": "price", "kind": "fixed", "amount": "1000.00", "obligation": "goods"},
            {
                "id": "rebate",
                "kind": "variable",
                "obligation": "goods",
                "per_unit": True,
                "amount": "-1",
            },
            {
                "id": "returns",
                "kind": "variable",
                "obligation": "goods",
                "returns": {"expected": "5"},
            },
        ],
    }
    events = [
        {"kind": "delivery", "id": "D", "on": "2026-01-31", "obligation": "goods"}
        | {"quantity": "100"},
        {"kind": "estimate", "id": "E", "on": "2026-02-10", "consideration": "rebate"}
        | {"amount": "-2"},
    ]

    assert revenue(told, events, "2026-01-31") == "850.00"
    assert revenue(told, events, "2026-02-10") == "750.00"
    assert revenue(told, events, "2026-02-10", component="returns") == "-50.00"


@pytest.mark.parametrize(
    ("told", "events", "field", "paragraph"),
    [
        (
            terms(BONUS),
            [estimate("2025-12-31", amount="1.00")],
            "estimate.on",
            "606-10-32-14",
        ),
        (
            terms(BONUS),
            [estimate("2026-02-01", consideration="fee", amount="1.00")],
            "estimate.consideration",
            "606-10-32-14",
        ),
        (
            terms(BONUS),
            [estimate("2026-02-01", outcomes=[GOOD])],
            "consideration.bonus.outcomes",
            "606-10-32-8",
        ),
        (
            terms(BONUS),
            [estimate("2026-02-01", outcomes=[GOOD, BAD], amount="1.00")],
            "estimate.outcomes",
            "606-10-32-14",
        ),
        (
            terms({"id": "bonus", "kind": "variable", "amount": "-1200.01"}),
            [],
            "consideration",
            "606-10-32-2",
        ),
        (
            {
                "obligations": [
                    {"id": "credits", "product": "c", "measure": "usage"}
                    | {"usage": {"entitled": "100", "expected": "80"}}
                ],
                "consideration": [FEE],
            },
            [
                used("2026-01-31", 5, meter="credits"),
                {
                    "kind": "estimate",
                    "id": "E",
                    "on": "2026-02-01",
                    "obligation": "credits",
                    "expected": "-1",
                },
            ],
            "estimate.expected",
            "606-10-32-14",
        ),
    ],
)
def test_an_estimate_that_cannot_be_is_refused(
    told: dict[str, Any], events: list[dict[str, Any]], field: str, paragraph: str
) -> None:
    """The refusal names the field and the paragraph."""
    found = refused(told, events)

    assert isinstance(found, UnsupportedTerm)
    assert found.attributes["field"] == field
    assert found.citation == paragraph
