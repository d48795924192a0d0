"""What a scenario may ask, and that it is told when it asks for what there is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from revrec.audit.check import check
from revrec.errors import FeedError, MissingSellingPrice
from revrec.feeds.scenario import scenario_of

SUPPORT = {"id": "support", "product": "support", "measure": "even_months"}
UNITS = {"id": "units", "product": "parts", "measure": "units", "quantity": "120"}
BUILDING = {"id": "building", "product": "building", "measure": "costs", "quantity": "1000"}
SOLD = [
    SUPPORT | {"standalone_selling_price": "1200.00"},
    UNITS | {"standalone_selling_price": "1200.00"},
    BUILDING | {"standalone_selling_price": "3600.00"},
]
"""A year of support, 120 units, a building for a cost of 1,000: 6,000 together."""
EVENTS = [
    {
        "kind": "delivery",
        "id": "D1",
        "obligation": "building",
        "on": "2026-01-31",
        "quantity": "250",
    },
    {
        "kind": "delivery",
        "id": "D2",
        "obligation": "building",
        "on": "2026-02-28",
        "quantity": "150",
    },
]


def contract(**other: Any) -> dict[str, Any]:
    """A contract of the year 2026 for 6,000.00."""
    return {
        "id": "C",
        "customer": "customer",
        "currency": "USD",
        "segment": "enterprise",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": SOLD,
        "consideration": [{"id": "price", "kind": "fixed", "amount": "6000.00"}],
    } | other


def measured(
    expectation: dict[str, Any], *contracts: dict[str, Any], events: Any = tuple(EVENTS)
) -> Decimal:
    """What comes out for one expectation."""
    scenario = {
        "title": "A test.",
        "cites": [],
        "contracts": list(contracts or [contract()]),
        "events": [{"contract": "C"} | event for event in events],
        "expected": [{"amount": "0"} | expectation],
    }
    return check(scenario_of(scenario))[0].actual


@pytest.mark.parametrize(
    ("first", "last", "amount"),
    [
        ("2026-07-01", "2026-09-30", "300.00"),
        ("2026-01-01", "2026-12-31", "600.00"),  # six months of it are past on 30 June
        ("2027-01-01", "2027-12-31", "0.00"),
        ("2026-01-01", "2026-06-30", "0.00"),
    ],
)
def test_a_window_holds_what_time_will_earn_in_it(first: str, last: str, amount: str) -> None:
    """Support of 100.00 a month after June; what is delivered has no schedule."""
    asked = {"measure": "rpo", "as_of": "2026-06-30", "window": {"from": first, "to": last}}

    assert Decimal(amount) == measured(asked)


def test_windows_are_of_the_terms_known_on_their_day() -> None:
    """A price cut of September is not foreseen in June."""
    cut = {"kind": "modification", "id": "M", "on": "2026-09-01", "price_change": "-1000.00"}
    asked = {
        "measure": "rpo",
        "as_of": "2026-06-30",
        "window": {"from": "2026-07-01", "to": "2026-12-31"},
    }

    assert Decimal("600.00") == measured(asked, events=[*EVENTS, cut])


@pytest.mark.parametrize(
    ("dimension", "amount"),
    [
        ({"product": "support"}, "100.00"),
        ({"product": "building", "timing": "over_time"}, "900.00"),
        ({"timing": "over_time", "segment": "enterprise"}, "1000.00"),
        ({"timing": "point_in_time"}, "0.00"),
        ({"segment": "retail"}, "0.00"),
    ],
)
def test_revenue_is_cut_by_its_attributes(dimension: dict[str, str], amount: str) -> None:
    """January: a month of support, a quarter of the building."""
    asked = {"measure": "disaggregated_revenue", "period": "2026-01", "dimension": dimension}

    assert Decimal(amount) == measured(asked)


@pytest.mark.parametrize(
    ("asked", "amount"),
    [
        ({"measure": "revenue_per_unit", "as_of": "2026-01-31", "obligation": "units"}, "10.00"),
        ({"measure": "cost_of_sales", "period": "2026-02"}, "150.00"),
        ({"measure": "cost_of_sales", "as_of": "2026-02-28"}, "400.00"),
        (
            {"measure": "standalone_selling_price", "as_of": "2026-01-01", "obligation": "units"},
            "1200.00",
        ),
        ({"measure": "unbilled_receivable", "as_of": "2026-01-31"}, "1000.00"),
    ],
)
def test_terms_facts_and_balances_are_measured(asked: dict[str, str], amount: str) -> None:
    """1,200.00 / 120 units; costs of a month, and to date; 1,000.00 earned and nothing billed."""
    assert Decimal(amount) == measured(asked)


def test_usage_is_in_the_price_to_date_from_its_day_on() -> None:
    """Two days' fees of 3.00 and 4.00, the second after the day asked for."""
    metered = contract(
        obligations=[{"id": "api", "product": "api", "measure": "usage"}],
        consideration=[{"id": "fee", "kind": "usage", "obligation": "api"}],
    )
    used = {"kind": "usage", "meter": "api", "quantity": "1"}
    events = [
        used | {"on": "2026-01-10", "amount": "3.00"},
        used | {"on": "2026-01-20", "amount": "4.00"},
    ]
    asked = {"as_of": "2026-01-15"}

    to_date = measured(asked | {"measure": "transaction_price_to_date"}, metered, events=events)
    assert Decimal("3.00") == to_date
    assert Decimal(0) == measured(asked | {"measure": "transaction_price"}, metered, events=events)


def test_a_refusal_may_be_expected() -> None:
    """The residual that is refused is 6,000 - 1,200 - 1,200 = 3,600, above the range."""
    bounds = {"low": "100.00", "high": "200.00"}
    uncertain = BUILDING | {"residual": True, "selling_price_range": bounds}
    refused = contract(obligations=[*SOLD[:2], uncertain])
    asked = {"measure": "residual_rejected", "as_of": "2026-01-01", "contract": "C"}

    assert Decimal("3600.00") == measured(asked, refused)
    assert Decimal(0) == measured(asked)
    with pytest.raises(MissingSellingPrice, match=r"outside 100\.00 to 200\.00"):
        measured({"measure": "revenue", "period": "2026-01"}, refused)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"measure": "receivable", "obligation": "units"}, "not kept by obligations"),
        ({"measure": "revenue", "dimension": {"product": "support"}}, "not kept by dimensions"),
        ({"measure": "billed", "window": {"from": "2026-01-01", "to": "2026-01-31"}}, "a window"),
        ({"measure": "revenue_per_unit"}, "of one obligation"),
        ({"measure": "revenue_per_unit", "obligation": "support"}, "Nothing in the scenario"),
        ({"measure": "standalone_selling_price", "obligation": "hat"}, "Nothing in the scenario"),
        ({"measure": "cost_of_sales", "obligation": "units"}, "Nothing in the scenario"),
        ({"measure": "revenue", "contract": "D"}, "no currency"),
    ],
)
def test_what_cannot_be_measured_is_not_zero(asked: dict[str, Any], told: str) -> None:
    """An expectation that covers nothing is told, not compared with zero."""
    with pytest.raises(FeedError, match=told):
        measured({"as_of": "2026-01-31"} | asked)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"kind": "delivery", "id": "D", "obligation": "units"}, "delivery D names contract X"),
        ({"kind": "usage", "meter": "calls", "quantity": "1"}, "on calls names contract X"),
    ],
)
def test_a_fact_of_a_contract_that_is_not_told_is_not_left_out(
    event: dict[str, Any], told: str
) -> None:
    """A slip in a name would otherwise be a fact without effect."""
    scenario = {
        "title": "t", "cites": ["606-10-25-1"], "contracts": [contract()], "expected": [],
        "events": [event | {"contract": "X", "on": "2026-01-10"}],
    }  # fmt: skip
    with pytest.raises(FeedError, match=told):
        check(scenario_of(scenario))
