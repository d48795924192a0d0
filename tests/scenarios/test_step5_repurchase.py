"""Goods that may come back: sales, financings and leases."""

from __future__ import annotations

import pytest

from revrec.errors import ContractError
from tests.scenarios.step5 import amounts, contract

DELIVERED = {"kind": "delivery", "on": "2025-01-01", "obligation": "asset"}
PAID = {"kind": "payment", "on": "2025-01-01", "amount": "1000.00"}


def asset(kind, price, last="2025-12-31", **judged):
    """Sold for 1,000.00 and perhaps had back."""
    terms = {"kind": kind, "price": price, "last": last, **judged}
    return contract(
        [{"id": "asset", "measure": "point_in_time", "repurchase": terms}], {"asset": "1000.00"}
    )


def ended(on, exercised):
    """The right was used or given up."""
    return {"kind": "repurchase", "on": on, "obligation": "asset", "exercised": exercised}


def year(told, events=()):
    """Revenue at once and over the year, interest, and what is owed after the first day."""
    wanted = [
        {"measure": "revenue", "period": {"from": "2025-01-01", "to": "2025-01-01"}},
        {"measure": "cumulative_revenue", "as_of": "2025-12-31"},
        {"measure": "interest_expense", "period": {"from": "2025-01-01", "to": "2025-12-31"}},
        {"measure": "financial_liability", "as_of": "2025-01-01"},
        {"measure": "financial_liability", "as_of": "2025-12-31"},
    ]
    return amounts(told, [DELIVERED, PAID, *events], wanted)


SOLD = ["1000.00", "1000.00", "0.00", "0.00", "0.00"]
LAPSED = ["0.00", "1364.00", "364.00", "1000.00", "0.00"]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        # 364 days from 2 January at 1.00; lapsed at the end of the last day.
        (asset("call", "1364.00"), LAPSED),
        # For as much as it was sold for, without interest.
        (asset("call", "1000.00"), ["0.00", "1000.00", "0.00", "1000.00", "0.00"]),
        # The comparison is adjusted for time, the interest is not.
        (asset("call", "1364.00", adjusted_price="1100.00"), LAPSED),
        # A forward does not lapse.
        (asset("forward", "1364.00"), ["0.00", "0.00", "364.00", "1000.00", "1364.00"]),
        # A put that the customer has no reason to use is a sale with a right of return.
        (asset("put", "900.00"), SOLD),
        (asset("put", "1364.00"), SOLD),
        (asset("put", "1364.00", above_market=True), LAPSED),
        (asset("put", "1364.00", economic_incentive=True), LAPSED),
    ],
)
def test_the_nature_of_a_repurchase_agreement(told, found):
    """Who may repurchase, for how much, and with what incentive."""
    assert found == year(told)


def test_a_right_given_up_early_ends_the_interest():
    """On 1 July, 181 days on: sold for 1,181.00."""
    found = year(asset("call", "1364.00"), [ended("2025-07-01", exercised=False)])
    assert ["0.00", "1181.00", "181.00", "1000.00", "0.00"] == found


def test_a_right_used_early_costs_the_whole_interest():
    """The price of the repurchase is paid, whenever it is: no sale, 364.00 of interest."""
    found = year(asset("call", "1364.00"), [ended("2025-07-01", exercised=True)])
    assert ["0.00", "0.00", "364.00", "1000.00", "0.00"] == found


@pytest.mark.parametrize(
    "told",
    [
        asset("call", "999.99"),
        asset("forward", "999.99"),
        asset("put", "900.00", economic_incentive=True),
        asset("call", "1364.00", adjusted_price="999.00"),
    ],
)
def test_a_lease_is_refused(told):
    """To have it back for less is to have lent it (842)."""
    with pytest.raises(ContractError, match="a lease"):
        year(told)


def test_what_is_not_handed_over_is_a_contract_liability():
    """Cash for goods still to come is neither financing nor revenue."""
    wanted = [
        {"measure": "financial_liability", "as_of": "2025-01-31"},
        {"measure": "contract_liability", "as_of": "2025-01-31"},
    ]
    assert ["0.00", "1000.00"] == amounts(asset("call", "1364.00"), [PAID], wanted)
