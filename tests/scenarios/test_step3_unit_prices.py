"""A price per unit that is estimated: tiers, rebates, averages, with catch-up (606-10-32-14)."""

from __future__ import annotations

from typing import Any

import pytest

from revrec.errors import ContractError, MissingEstimate, UnsupportedTerm
from tests.scenarios.step3 import month, refused, revenue, used

TIERS = [{"up_to": "1000", "unit_price": "0.10"}, {"unit_price": "0.07"}]
REBATE = {"id": "rebate", "kind": "variable", "obligation": "calls", "per_unit": True}
PRICED = {"id": "price", "kind": "variable", "obligation": "calls", "tiers": TIERS}
CALLS = {"id": "calls", "product": "calls", "measure": "usage"}


def terms(*consideration: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A year of calls."""
    return {"obligations": [CALLS], "consideration": list(consideration)} | other


def estimate(on: str, **of: Any) -> dict[str, Any]:
    """A new estimate of the day."""
    return {"kind": "estimate", "id": f"E-{on}", "on": on} | of


def test_a_rebate_per_unit_comes_off_a_fee_for_usage() -> None:
    """The list price stays as rated; the rebate is caught up on all units when it is expected.

    300 x 0.10 = 30; then 700 x (0.10 - 0.025) = 52.50.
    """
    listed = {"id": "list", "kind": "usage", "obligation": "calls"}
    told = terms(listed, REBATE)
    events = [
        used("2026-01-31", 300, "30.00"),
        used("2026-02-28", 400, "40.00"),
        estimate("2026-02-28", consideration="rebate", amount="-0.025"),
    ]

    assert revenue(told, events, "2026-01-31") == "30.00"
    assert revenue(told, events, "2026-02-28") == "52.50"
    assert revenue(told, events, "2026-02-28", component="rebate") == "-17.50"


def test_a_unit_far_below_a_minor_unit_is_rounded_once() -> None:
    """Three months of 1,000 units at 0.000015: 0.015, 0.03, 0.045 to date, never 0.02 each."""
    told = terms(REBATE | {"id": "price", "amount": "0.000015"})
    events = [used(month(number), 1000) for number in (1, 2, 3)]

    assert revenue(told, events, month(1)) == "0.02"
    assert revenue(told, events, month(2)) == "0.03"
    assert revenue(told, events, month(3)) == "0.04"


@pytest.mark.parametrize(
    ("expected", "after"),
    [("1000", "100.00"), ("1000.5", "70.00"), ("0", "100.00"), ("5000000", "70.00")],
)
def test_the_last_unit_of_a_tier_belongs_to_it(expected: str, after: str) -> None:
    """1,000 units are up to 1,000; more than that reaches the next tier."""
    told = terms(PRICED | {"expected_units": expected})

    assert revenue(told, [used("2026-01-31", 1000)], "2026-01-31") == after


def test_estimates_told_in_another_order_give_the_same_books() -> None:
    """Facts count by their day, whatever their order in the file."""
    told = terms(PRICED | {"expected_units": "900"})
    events = [
        used("2026-01-31", 400),
        estimate("2026-02-10", consideration="price", expected="1100"),
        used("2026-02-28", 100),
        estimate("2026-03-10", consideration="price", expected="600"),
    ]
    for facts in (events, events[::-1]):
        assert revenue(told, facts, "2026-01-31") == "40.00"
        assert revenue(told, facts, "2026-02-28") == "35.00"
        assert revenue(told, facts, "2026-03-31") == "50.00"


def test_tiers_of_their_own_units_earn_their_average() -> None:
    """1,000 x 0.10 + 500 x 0.07 = 135 for 1,500; with 2,000 expected 170: 0.085 each."""
    told = terms(PRICED | {"expected_units": "1500", "tiers_price": "next_units"})
    events = [
        used("2026-01-31", 300),
        estimate("2026-02-15", consideration="price", expected="2000"),
        used("2026-02-28", 700),
    ]

    assert revenue(told, events, "2026-01-31") == "27.00"
    assert revenue(told, events, "2026-02-28") == "85.00"
    assert revenue(told, events, "2026-01-31", measure="transaction_price") == "135.00"
    assert revenue(told, events, "2026-02-28", measure="transaction_price") == "170.00"
    assert revenue(told, events, "2026-02-28", measure="rpo") == "85.00"


def test_units_before_a_modification_follow_the_estimate_made_after_it() -> None:
    """The tier was promised before, so its change goes back there (606-10-32-45)."""
    told = terms(PRICED | {"expected_units": "900"})
    events = [
        used("2026-01-31", 400),
        {
            "kind": "modification",
            "id": "M",
            "on": "2026-02-01",
            "revises": [CALLS | {"end": "2027-12-31"}],
            "end": "2027-12-31",
        },
        used("2026-02-28", 100),
        estimate("2026-03-10", consideration="price", expected="1100"),
    ]

    assert revenue(told, events, "2026-02-28") == "50.00"
    assert revenue(told, events, "2026-03-31") == "35.00"


def test_a_withdrawn_unit_price_earns_no_more_but_its_estimate_still_counts() -> None:
    """What was transferred stays priced by the estimate; what comes after earns nothing."""
    told = terms(PRICED | {"expected_units": "900"})
    events = [
        used("2026-01-31", 400),
        {"kind": "modification", "id": "M", "on": "2026-02-01", "withdraws": ["calls"]},
        used("2026-02-28", 100),
        estimate("2026-03-10", consideration="price", expected="1100"),
    ]

    assert revenue(told, events, "2026-02-28") == "40.00"
    assert revenue(told, events, "2026-03-31") == "28.00"


def test_a_platform_fee_beside_it_goes_to_the_platform() -> None:
    """An obligation priced per unit takes no part of an amount for something else."""
    told = terms(
        PRICED | {"expected_units": "900"},
        {"id": "fee", "kind": "fixed", "amount": "365.00"},
        obligations=[CALLS, {"id": "platform", "product": "platform", "measure": "days"}],
    )

    assert revenue(told, [used("2026-01-31", 10)], "2026-01-31", obligation="platform") == "31.00"
    assert revenue(told, [used("2026-01-31", 10)], "2026-01-31", obligation="calls") == "1.00"


def test_a_rebate_comes_off_goods_with_a_fixed_price() -> None:
    """1,000 goods for 10,000; 0.50 each is expected to go back: 9.50 a unit."""
    goods = {"id": "goods", "product": "goods", "measure": "units", "quantity": "1000"}
    told = {
        "obligations": [goods],
        "consideration": [
            {"id": "price", "kind": "fixed", "amount": "10000.00"},
            REBATE | {"obligation": "goods", "amount": "-0.50"},
        ],
    }
    sent = {"kind": "delivery", "id": "D", "on": "2026-01-31", "obligation": "goods"}

    assert revenue(told, [sent | {"quantity": "200"}], "2026-01-31") == "1900.00"


@pytest.mark.parametrize(
    ("consideration", "field", "error"),
    [
        (PRICED, "expected_units", MissingEstimate),
        (PRICED | {"expected_units": "-1"}, "expected_units", UnsupportedTerm),
        (
            PRICED | {"expected_units": "0", "tiers_price": "next_units"},
            "expected_units",
            UnsupportedTerm,
        ),
        (PRICED | {"expected_units": "1", "tiers": TIERS[:1]}, "tiers", UnsupportedTerm),
        (PRICED | {"expected_units": "1", "tiers": TIERS[::-1]}, "tiers", UnsupportedTerm),
        (
            PRICED | {"expected_units": "1", "tiers": [TIERS[0], TIERS[0], TIERS[1]]},
            "tiers",
            UnsupportedTerm,
        ),
        (REBATE | {"kind": "fixed", "amount": "1"}, "kind", UnsupportedTerm),
        (REBATE | {"obligation": None, "amount": "1"}, "obligation", UnsupportedTerm),
    ],
)
def test_terms_that_cannot_be_read_are_refused(
    consideration: dict[str, Any], field: str, error: type[ContractError]
) -> None:
    """The refusal names the field, and the paragraph of estimates."""
    found = refused(terms(consideration), [])

    assert isinstance(found, error)
    assert str(found.attributes["field"]).endswith(field)
    assert found.citation == "606-10-32-5"


@pytest.mark.parametrize("of", [{"amount": "0.09"}, {"expected": "5", "amount": "0.09"}, {}])
def test_an_estimate_of_something_else_is_refused(of: dict[str, str]) -> None:
    """Tiers are estimated by volume: a price would contradict them (606-10-32-14)."""
    told = terms(PRICED | {"expected_units": "900"})

    found = refused(told, [estimate("2026-02-01", consideration="price", **of)])

    assert isinstance(found, UnsupportedTerm)
    assert found.citation == "606-10-32-14"
