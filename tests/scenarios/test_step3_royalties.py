"""Royalties on licenses: at the later of sale or use, and transfer (606-10-55-65 to 55-65B)."""

from __future__ import annotations

from typing import Any

import pytest

from revrec.errors import UnsupportedTerm
from tests.scenarios.step3 import refused, revenue, used

LICENSE = {"id": "license", "product": "license", "measure": "point_in_time", "meters": ["sales"]}
ROYALTY = {"id": "royalty", "kind": "usage", "obligation": "license", "royalty": {}}
FEE = {"id": "fee", "kind": "fixed", "amount": "1000.00"}


def sold(on: str, royalty: str) -> dict[str, Any]:
    """The royalty on a day's sales of the customer."""
    return used(on, 1, royalty, meter="sales")


def granted(on: str, license_: str = "license") -> dict[str, Any]:
    """The license handed over."""
    return {"kind": "delivery", "id": f"D-{license_}", "on": on, "obligation": license_}


def test_a_royalty_is_earned_as_the_customer_sells_beside_a_fixed_fee() -> None:
    """1,000 when the license is granted; 40 and 60 with the sales."""
    told = {"obligations": [LICENSE], "consideration": [FEE, ROYALTY]}
    events = [granted("2026-01-15"), sold("2026-02-10", "40.00"), sold("2026-03-10", "60.00")]

    assert revenue(told, events, "2026-01-31") == "1000.00"
    assert revenue(told, events, "2026-02-28") == "1040.00"
    assert revenue(told, events, "2026-03-31") == "1100.00"
    assert revenue(told, events, "2026-03-31", component="royalty") == "100.00"
    assert revenue(told, events, "2026-03-31", measure="transaction_price") == "1000.00"


def test_sales_before_the_license_is_granted_wait_for_it() -> None:
    """The later of the two is the transfer."""
    told = {"obligations": [LICENSE], "consideration": [FEE, ROYALTY]}
    events = [sold("2026-02-10", "40.00"), granted("2026-03-15"), sold("2026-04-10", "60.00")]

    assert revenue(told, events, "2026-03-14") == "0.00"
    assert revenue(told, events, "2026-03-15") == "1040.00"
    assert revenue(told, events, "2026-04-30") == "1100.00"


def test_a_guaranteed_minimum_is_fixed_and_royalties_count_above_it() -> None:
    """1,000 guaranteed and earned on transfer; 700 and 500 sold: 200 more."""
    told = {
        "obligations": [LICENSE],
        "consideration": [FEE, ROYALTY | {"royalty": {"minimum": "1000.00"}}],
    }
    events = [granted("2026-01-15"), sold("2026-02-10", "700.00"), sold("2026-03-10", "500.00")]

    assert revenue(told, events, "2026-01-31") == "1000.00"
    assert revenue(told, events, "2026-02-28") == "1000.00"
    assert revenue(told, events, "2026-03-31") == "1200.00"


def test_a_royalty_for_two_licenses_is_shared_and_each_waits_for_its_own() -> None:
    """Selling prices 800 and 1,000; fixed 300, royalty 200: the first license is granted later."""
    told = {
        "obligations": [
            LICENSE | {"id": "x", "standalone_selling_price": "800.00"},
            LICENSE | {"id": "y", "standalone_selling_price": "1000.00"},
        ],
        "consideration": [
            FEE | {"amount": "300.00"},
            {"id": "royalty", "kind": "usage", "royalty": {}},
        ],
    }
    events = [
        granted("2026-01-01", "y"),
        sold("2026-01-31", "200.00"),
        granted("2026-02-01", "x"),
    ]

    assert revenue(told, events, "2026-01-01") == "166.67"
    assert revenue(told, events, "2026-01-31") == "277.78"
    assert revenue(told, events, "2026-02-01", obligation="x") == "222.22"
    assert revenue(told, events, "2026-02-01") == "500.00"


def test_parts_of_a_shared_royalty_add_up_to_it() -> None:
    """A third each of 100.00, and of 200.00 to date: no cent is lost or made twice."""
    names = ("x", "y", "z")
    told = {
        "obligations": [
            LICENSE | {"id": name, "standalone_selling_price": "500.00"} for name in names
        ],
        "consideration": [FEE, {"id": "royalty", "kind": "usage", "royalty": {}}],
    }
    events = [granted("2026-01-01", name) for name in names]
    events += [sold("2026-01-31", "100.00"), sold("2026-02-28", "100.00")]
    january, february = (
        [revenue(told, events, day, obligation=name, component="royalty") for name in names]
        for day in ("2026-01-31", "2026-02-28")
    )

    assert january == ["33.33", "33.34", "33.33"]
    assert february == ["66.67", "66.66", "66.67"]


def test_licenses_that_share_a_royalty_count_the_same_meters() -> None:
    """What only one of them counted would leave the other's part to nobody (606-10-55-65)."""
    told = {
        "obligations": [
            LICENSE | {"id": "x", "standalone_selling_price": "1.00"},
            LICENSE | {"id": "y", "standalone_selling_price": "1.00", "meters": ["elsewhere"]},
        ],
        "consideration": [FEE, {"id": "royalty", "kind": "usage", "royalty": {}}],
    }

    assert str(refused(told, []).attributes["field"]) == "consideration.royalty.obligation"


def test_a_royalty_alone_is_the_price_of_its_license() -> None:
    """The fixed fee is for the other license (606-10-32-40)."""
    told = {
        "obligations": [
            LICENSE,
            LICENSE | {"id": "other", "standalone_selling_price": "800.00", "meters": ["none"]},
        ],
        "consideration": [FEE | {"obligation": "other"}, ROYALTY],
    }
    events = [granted("2026-01-01"), granted("2026-02-01", "other"), sold("2026-03-10", "60.00")]

    assert revenue(told, events, "2026-01-31") == "0.00"
    assert revenue(told, events, "2026-02-28", obligation="other") == "1000.00"
    assert revenue(told, events, "2026-03-31", obligation="license") == "60.00"


def test_a_right_to_access_earns_royalties_as_they_occur() -> None:
    """A symbolic license over the year: 365.00 by days, royalties with the sales."""
    told = {
        "obligations": [LICENSE | {"measure": "days"}],
        "consideration": [FEE | {"amount": "365.00"}, ROYALTY],
    }

    assert revenue(told, [sold("2026-01-20", "40.00")], "2026-01-31") == "71.00"


@pytest.mark.parametrize(
    ("royalty", "field"),
    [
        ({"kind": "variable", "amount": "500.00"}, "kind"),
        ({"kind": "fixed", "amount": "500.00"}, "kind"),
        ({"above_entitlement": True}, "above_entitlement"),
        ({"royalty": {"minimum": "-1.00"}}, "royalty.minimum"),
    ],
)
def test_a_royalty_that_would_be_estimated_is_refused(royalty: dict[str, Any], field: str) -> None:
    """No estimate of royalties is revenue (606-10-55-65)."""
    found = refused({"obligations": [LICENSE], "consideration": [FEE, ROYALTY | royalty]}, [])

    assert isinstance(found, UnsupportedTerm)
    assert found.citation == "606-10-55-65"
    assert str(found.attributes["field"]).endswith(field)
