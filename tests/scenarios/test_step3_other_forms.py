"""Consideration other than cash, and what is payable to the customer (606-10-32-21 to 32-27)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from revrec.errors import UnsupportedTerm
from revrec.model.decision import Stream
from tests.scenarios.step3 import accrued, refused, revenue

GOODS = {"id": "goods", "product": "goods", "measure": "units", "quantity": "100"}
PRICE = {"id": "price", "kind": "fixed", "amount": "10000.00"}
PAYABLE = {"id": "slotting", "kind": "variable", "amount": "1000.00", "payable": {}}
SHARES = {
    "id": "shares",
    "kind": "fixed",
    "amount": "10000.00",
    "noncash": {"what": "shares", "quantity": "300", "measured_on": "2026-01-01"},
}


def terms(*consideration: dict[str, Any]) -> dict[str, Any]:
    """A hundred goods."""
    return {"obligations": [GOODS], "consideration": list(consideration)}


def sent(on: str, quantity: int) -> dict[str, Any]:
    """A delivery."""
    return {
        "kind": "delivery",
        "id": f"D-{on}",
        "on": on,
        "obligation": "goods",
        "quantity": str(quantity),
    }


def promised(on: str, amount: str, **of: Any) -> dict[str, Any]:
    """A promise after inception."""
    return {"kind": "customer_promise", "id": f"P-{on}", "on": on, "amount": amount} | of


def paid(on: str, amount: str, **of: Any) -> dict[str, Any]:
    """Cash paid to the customer."""
    return {"kind": "customer_payment", "id": f"C-{on}", "on": on, "amount": amount} | of


def test_what_is_promised_on_signing_comes_off_each_sale() -> None:
    """(10,000 - 1,000) x 20 / 100."""
    assert revenue(terms(PRICE, PAYABLE), [sent("2026-01-31", 20)], "2026-01-31") == "1800.00"


def test_the_day_of_payment_of_what_was_promised_changes_nothing() -> None:
    """It settles the promise (606-10-32-27)."""
    told = terms(PRICE, PAYABLE)
    events = [sent("2026-01-31", 20), paid("2026-02-10", "1000.00", consideration="slotting")]

    assert revenue(told, events, "2026-02-28") == "1800.00"


def test_a_promise_falls_on_the_past_at_once_and_on_the_rest_with_it() -> None:
    """50 delivered; 1,000 promised: 500 at once; the last 50 earn 90 each."""
    told = terms(PRICE)
    events = [sent("2026-01-31", 50), promised("2026-02-10", "1000.00"), sent("2026-03-31", 50)]

    assert revenue(told, events, "2026-02-09") == "5000.00"
    assert revenue(told, events, "2026-02-10") == "4500.00"
    assert revenue(told, events, "2026-03-31") == "9000.00"


def test_a_promise_after_everything_was_sold_falls_on_revenue_at_once() -> None:
    """Nothing is left to bear it."""
    told = terms(PRICE)
    events = [sent("2026-01-31", 100), promised("2026-02-10", "1000.00")]

    assert revenue(told, events, "2026-02-10") == "9000.00"


def test_cash_alone_changes_no_price() -> None:
    """It settles a promise; until one is told it stands as an asset of the contract."""
    told = terms(PRICE)
    events = [sent("2026-01-31", 50), paid("2026-02-10", "1000.00")]

    assert revenue(told, events, "2026-02-10") == "5000.00"
    assert revenue(told, events, "2026-02-10", measure="contract_asset") == "6000.00"


@pytest.mark.parametrize(
    ("payable", "off", "bought"),
    [
        ({"distinct": True, "fair_value": "600.00"}, "80.00", "600.00"),
        ({"distinct": True, "fair_value": "1000.00"}, "0.00", "1000.00"),
        ({"distinct": True, "fair_value": "1200.00"}, "0.00", "1000.00"),
        ({"distinct": True}, "200.00", "0.00"),
        ({}, "200.00", "0.00"),
        ({"fair_value": "600.00"}, "200.00", "0.00"),
    ],
)
def test_only_what_exceeds_the_fair_value_of_something_distinct_comes_off(
    payable: dict[str, Any], off: str, bought: str
) -> None:
    """1,000 paid on signing, 20 of 100 goods sold; the rest is bought as from any supplier."""
    told = terms(PRICE, PAYABLE | {"payable": payable})
    events = [paid("2026-01-01", "1000.00", consideration="slotting"), sent("2026-01-31", 20)]

    earned = 2000 - Decimal(off)
    asset = 1000 - Decimal(bought) + earned
    assert Decimal(revenue(told, events, "2026-01-31")) == earned
    assert str(accrued(told, events, Stream.PURCHASE, "2026-01-31")) == bought
    assert Decimal(revenue(told, events, "2026-01-31", measure="contract_asset")) == asset


def test_a_promise_for_one_obligation_leaves_the_other_alone() -> None:
    """The dealer is rewarded for one of two kinds of goods."""
    told = {
        "obligations": [
            GOODS | {"standalone_selling_price": "5000.00"},
            GOODS | {"id": "others", "standalone_selling_price": "5000.00"},
        ],
        "consideration": [PRICE],
    }
    events = [sent("2026-01-31", 50), promised("2026-02-10", "1000.00", obligation="goods")]

    assert revenue(told, events, "2026-02-10", obligation="goods") == "2000.00"
    price = {"measure": "allocated_price"}
    assert revenue(told, events, "2026-02-10", obligation="others", **price) == "5000.00"


def test_a_changed_estimate_of_what_will_be_paid_catches_up() -> None:
    """1,500 instead of 1,000: (10,000 - 1,500) x 20 / 100."""
    told = terms(PRICE, PAYABLE)
    change = {
        "kind": "estimate",
        "id": "E",
        "on": "2026-02-10",
        "consideration": "slotting",
        "amount": "1500.00",
    }
    events = [sent("2026-01-31", 20), change]

    assert revenue(told, events, "2026-02-09") == "1800.00"
    assert revenue(told, events, "2026-02-10") == "1700.00"


def test_what_came_in_is_worth_what_it_was_at_inception() -> None:
    """A third of the shares: 3,333.33, another third 6,666.67, whatever they are worth."""
    told = terms(SHARES)
    receipt = {"kind": "noncash_receipt", "consideration": "shares", "quantity": "100"}
    events = [
        receipt | {"id": "R1", "on": "2026-01-31", "fair_value": "9000.00"},
        receipt | {"id": "R2", "on": "2026-02-28", "fair_value": "1.00"},
        sent("2026-02-28", 100),
    ]

    assert str(accrued(told, events, Stream.NONCASH_RECEIVED, "2026-01-31")) == "3333.33"
    assert str(accrued(told, events, Stream.NONCASH_RECEIVED, "2026-02-28")) == "6666.67"
    assert revenue(told, events, "2026-01-31", measure="contract_liability") == "3333.33"
    assert revenue(told, events, "2026-02-28") == "10000.00"
    assert revenue(told, events, "2026-02-28", measure="contract_asset") == "3333.33"


def test_fewer_shares_for_bad_service_lower_the_price_at_the_value_of_inception() -> None:
    """270 of 300 for a reason other than their form: 9,000 (606-10-32-23)."""
    told = terms(SHARES | {"kind": "variable"})
    change = {
        "kind": "estimate",
        "id": "E",
        "on": "2026-02-10",
        "consideration": "shares",
        "expected": "270",
    }

    assert revenue(told, [sent("2026-01-31", 20), change], "2026-02-10") == "1800.00"


@pytest.mark.parametrize(
    ("told", "events", "what"),
    [
        (
            terms(SHARES | {"noncash": SHARES["noncash"] | {"measured_on": "2026-06-30"}}),
            [],
            "not at inception",
        ),
        (
            terms(SHARES | {"noncash": SHARES["noncash"] | {"quantity": "0"}}),
            [],
            "no quantity",
        ),
        (terms(PRICE, PAYABLE | {"kind": "fixed"}), [], "not a variable amount"),
        (terms(PRICE, PAYABLE | {"amount": "-1.00"}), [], "not a variable amount"),
        (
            terms(PRICE),
            [
                {
                    "kind": "noncash_receipt",
                    "id": "R",
                    "on": "2026-01-31",
                    "consideration": "price",
                }
            ],
            "no non-cash",
        ),
        (terms(PRICE), [paid("2026-01-31", "5.00", consideration="x")], "nothing that was"),
        (terms(PRICE), [paid("2026-01-31", "-5.00")], "nothing that was"),
        (terms(PRICE), [promised("2026-01-31", "0.00")], "of nothing"),
        (terms(PRICE), [promised("2025-12-31", "5.00")], "before inception"),
        (
            terms(PRICE, SHARES | {"kind": "variable"}),
            [
                {
                    "kind": "estimate",
                    "id": "E",
                    "on": "2026-02-10",
                    "consideration": "shares",
                    "amount": "9000.00",
                }
            ],
            "not of what shares varies by",
        ),
    ],
)
def test_what_contradicts_the_promise_is_refused(
    told: dict[str, Any], events: list[dict[str, Any]], what: str
) -> None:
    """The refusal says what is wrong and on which paragraph."""
    found = refused(told, events)

    assert isinstance(found, UnsupportedTerm)
    assert what in found.message
    assert str(found.citation).startswith("606-10-32-2")
