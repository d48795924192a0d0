"""Goods with a right to return them: what is not sold, and what it cost (606-10-55-22 to 55-29)."""

from __future__ import annotations

from typing import Any

import pytest

from revrec.errors import UnsupportedTerm
from revrec.model.decision import Stream
from tests.scenarios.step3 import accrued, refused, revenue

GOODS = {"id": "goods", "product": "goods", "measure": "units", "quantity": "100"}
PRICE = {"id": "price", "kind": "fixed", "amount": "10000.00"}


def terms(*, goods: dict[str, Any] | None = None, **right: str) -> dict[str, Any]:
    """A hundred goods for 10,000, of which some may come back."""
    returns = {"id": "returns", "kind": "variable", "obligation": "goods", "returns": right}
    return {"obligations": [goods or GOODS], "consideration": [PRICE, returns]}


def sent(on: str, quantity: int, cost: str = "60") -> dict[str, Any]:
    """A delivery with the cost of a unit."""
    return {
        "kind": "delivery",
        "id": f"D-{on}",
        "on": on,
        "obligation": "goods",
        "quantity": str(quantity),
        "unit_cost": cost,
    }


def back(on: str, quantity: int) -> dict[str, Any]:
    """Goods that came back."""
    return {
        "kind": "return",
        "id": f"R-{on}",
        "on": on,
        "obligation": "goods",
        "quantity": str(quantity),
    }


def estimate(on: str, expected: int) -> dict[str, Any]:
    """A new number of goods expected back in all."""
    return {
        "kind": "estimate",
        "id": f"E-{on}",
        "on": on,
        "consideration": "returns",
        "expected": str(expected),
    }


def costs(told: dict[str, Any], events: list[dict[str, Any]], on: str) -> tuple[str, str]:
    """Cost of sales to date, with the asset taken off, and the asset."""
    sold = accrued(told, events, Stream.COST_OF_SALES, on)
    asset = accrued(told, events, Stream.RETURN_ASSET, on)
    return str(sold - asset), str(asset)


def test_half_the_goods_carry_half_of_the_returns() -> None:
    """40 of 100 delivered, 5 of all expected back: 2 of these. 40 - 2 = 38 x 100."""
    told = terms(expected="5")
    events = [sent("2026-01-10", 40)]

    assert revenue(told, events, "2026-01-31") == "3800.00"
    assert costs(told, events, "2026-01-31") == ("2280.00", "120.00")


def test_the_asset_is_less_what_recovering_takes() -> None:
    """3 x (60 - 4) = 168; the cost of sales bears the 12 (606-10-55-27)."""
    told = terms(expected="3", recovery_cost="4")
    events = [sent("2026-01-10", 100)]

    assert costs(told, events, "2026-01-31") == ("5832.00", "168.00")


def test_goods_not_worth_recovering_are_no_asset() -> None:
    """The asset is never below zero."""
    told = terms(expected="3", recovery_cost="61")

    assert costs(told, [sent("2026-01-10", 100)], "2026-01-31") == ("6000.00", "0.00")


def test_a_restocking_fee_is_kept() -> None:
    """3 x (100 - 10) = 270 will be paid back."""
    told = terms(expected="3", restocking_fee="10.00")

    assert revenue(told, [sent("2026-01-10", 100)], "2026-01-31") == "9730.00"


def test_a_stated_refund_counts_before_the_price() -> None:
    """A refund of 80 a unit, whatever the price: 3 x 80."""
    told = terms(expected="3", refund="80.00")

    assert revenue(told, [sent("2026-01-10", 100)], "2026-01-31") == "9760.00"


def test_a_new_estimate_counts_from_its_day() -> None:
    """5 instead of 3: 200 less revenue and 120 more of an asset, from the day (55-26)."""
    told = terms(expected="3")
    events = [sent("2026-01-10", 100), estimate("2026-02-10", 5)]

    assert revenue(told, events, "2026-02-09") == "9700.00"
    assert revenue(told, events, "2026-02-10") == "9500.00"
    assert costs(told, events, "2026-02-09") == ("5820.00", "180.00")
    assert costs(told, events, "2026-02-10") == ("5700.00", "300.00")


def test_an_expected_return_changes_no_revenue() -> None:
    """Two of three are back: their cost leaves the asset for the inventory."""
    told = terms(expected="3")
    events = [sent("2026-01-10", 100), back("2026-01-20", 2)]

    assert revenue(told, events, "2026-01-31") == "9700.00"
    assert costs(told, events, "2026-01-31") == ("5820.00", "60.00")


def test_more_returns_than_expected_lower_revenue_at_once() -> None:
    """Five are back of three expected: 500 is not earned, nothing more is expected."""
    told = terms(expected="3")
    events = [sent("2026-01-10", 100), back("2026-01-20", 2), back("2026-02-20", 3)]

    assert revenue(told, events, "2026-02-19") == "9700.00"
    assert revenue(told, events, "2026-02-20") == "9500.00"
    assert costs(told, events, "2026-02-20") == ("5700.00", "0.00")


def test_when_the_right_ends_the_rest_is_sold() -> None:
    """The last day still counts; from the day after, one returned is all that will be."""
    told = terms(expected="3", last_day="2026-02-15")
    events = [sent("2026-01-10", 100), back("2026-01-20", 1)]

    assert revenue(told, events, "2026-02-15") == "9700.00"
    assert revenue(told, events, "2026-02-16") == "9900.00"
    assert costs(told, events, "2026-02-16") == ("5940.00", "0.00")


def test_goods_taken_back_after_the_right_ended_still_lower_revenue() -> None:
    """As a courtesy on 1 March: nobody is entitled to their price."""
    told = terms(expected="3", last_day="2026-02-15")
    events = [sent("2026-01-10", 100), back("2026-03-01", 4)]

    assert revenue(told, events, "2026-02-28") == "10000.00"
    assert revenue(told, events, "2026-03-01") == "9600.00"


def test_goods_of_two_costs_come_back_at_their_average() -> None:
    """(50 x 60 + 50 x 70) / 100 = 65; 3 x 65 = 195."""
    told = terms(expected="3")
    events = [sent("2026-01-10", 50), sent("2026-01-11", 50, "70")]

    assert costs(told, events, "2026-01-31") == ("6305.00", "195.00")


def test_goods_without_a_right_have_a_cost_too() -> None:
    """Delivered at 0.333 each: 100 x 0.333 = 33.30, and no asset."""
    told = {"obligations": [GOODS], "consideration": [PRICE]}

    assert costs(told, [sent("2026-01-10", 100, "0.333")], "2026-01-31") == ("33.30", "0.00")


@pytest.mark.parametrize(
    ("told", "events", "what"),
    [
        (terms(expected="-1"), [], "units back"),
        (terms(expected="3"), [back("2026-01-20", 1)], "not delivered"),
        (terms(expected="3"), [sent("2026-01-10", 5), back("2026-01-20", 6)], "not delivered"),
        (terms(expected="3"), [sent("2026-01-10", 5), back("2026-01-20", 0)], "no quantity"),
        (
            {"obligations": [GOODS], "consideration": [PRICE]},
            [sent("2026-01-10", 5), back("2026-01-20", 1)],
            "may not be returned",
        ),
        (
            terms(expected="3", goods=GOODS | {"measure": "days"}),
            [],
            "one obligation of goods",
        ),
        (
            terms(expected="3"),
            [
                {
                    "kind": "estimate",
                    "id": "E",
                    "on": "2026-02-01",
                    "consideration": "returns",
                    "amount": "-500.00",
                }
            ],
            "how many units",
        ),
    ],
)
def test_what_contradicts_the_right_is_refused(
    told: dict[str, Any], events: list[dict[str, Any]], what: str
) -> None:
    """The refusal says what is wrong and on which paragraph."""
    found = refused(told, events)

    assert isinstance(found, UnsupportedTerm)
    assert what in found.message
    assert str(found.citation).startswith("606-10-55-2")
