"""Which facts give control: shipment, holding, consignment, acceptance; and licenses."""

from __future__ import annotations

import pytest

from revrec.errors import ContractError
from tests.scenarios.step5 import amounts, contract, revenue

MONTHS = ["2025-01", "2025-02", "2025-03", "2025-04"]


def step(on, what, quantity="10"):
    """A step on the way of ten units to the customer."""
    return {
        "kind": "delivery",
        "on": on,
        "obligation": "goods",
        "step": what,
        "quantity": quantity,
    }


def goods(**control):
    """Ten units at 100.00."""
    terms = {"id": "goods", "measure": "units", "quantity": "10", "control": control}
    return contract([terms], {"goods": "1000.00"})


SHIPPED = [step("2025-01-31", "shipment"), step("2025-02-05", "transfer")]
HELD = [step("2025-01-31", "hold"), step("2025-03-05", "transfer")]
CONSIGNED = [
    step("2025-01-31", "consignment"),
    step("2025-02-28", "sale", "4"),
    step("2025-03-31", "sale", "6"),
]
ACCEPTED = [step("2025-01-31", "transfer"), step("2025-02-28", "acceptance", "4")]
SHIPPED_ON_TRIAL = [
    step("2025-01-31", "shipment"),
    step("2025-02-28", "acceptance", "4"),
    step("2025-03-31", "acceptance", "6"),
]


@pytest.mark.parametrize(
    ("control", "steps", "earned"),
    [
        # Title and risk pass on arrival, unless they pass when goods leave.
        ({}, SHIPPED, ["0.00", "1000.00", "0.00", "0.00"]),
        ({"on_shipment": True}, SHIPPED, ["1000.00", "0.00", "0.00", "0.00"]),
        # Goods kept count only where the criteria of 55-83 are judged to be met.
        ({}, HELD, ["0.00", "0.00", "1000.00", "0.00"]),
        ({"bill_and_hold": True}, HELD, ["1000.00", "0.00", "0.00", "0.00"]),
        # A dealer that controls the goods is the customer; else its sales are ours.
        ({}, CONSIGNED, ["0.00", "400.00", "600.00", "0.00"]),
        ({"dealer_controls": True}, CONSIGNED, ["1000.00", "0.00", "0.00", "0.00"]),
        # Acceptance that only the customer can give holds back what was handed over.
        ({"acceptance": "substantive"}, ACCEPTED, ["0.00", "400.00", "0.00", "0.00"]),
        ({"acceptance": "formality"}, ACCEPTED, ["1000.00", "0.00", "0.00", "0.00"]),
        ({}, ACCEPTED, ["1000.00", "0.00", "0.00", "0.00"]),
        (
            {"acceptance": "substantive", "on_shipment": True},
            SHIPPED_ON_TRIAL,
            ["0.00", "400.00", "600.00", "0.00"],
        ),
        # Accepted in our works before it is handed over.
        (
            {"acceptance": "substantive"},
            [step("2025-01-31", "acceptance"), step("2025-02-28", "transfer")],
            ["0.00", "1000.00", "0.00", "0.00"],
        ),
    ],
)
def test_control_passes_by_the_terms(control, steps, earned):
    """The same steps, other terms."""
    assert earned == revenue(goods(**control), steps, *MONTHS)


def test_an_invoice_alone_is_no_transfer():
    """Billed and paid, and nothing handed over."""
    events = [
        {"kind": "invoice", "on": "2025-01-31", "lines": [{"amount": "1000.00"}]},
        {"kind": "payment", "on": "2025-01-31", "amount": "1000.00"},
        step("2025-01-31", "shipment"),
    ]
    assert ["0.00"] == revenue(goods(), events, "2025-01")


def license_(nature, **terms):
    """A license for 2025 at 365.00."""
    told = {"id": "license", "measure": "license", "license": {"nature": nature, **terms}}
    return contract([told], {"license": "365.00"}, inception="2024-12-01", start="2025-01-01")


HANDED_OVER = {"kind": "delivery", "on": "2024-12-10", "obligation": "license"}
LATE = {"kind": "delivery", "on": "2025-02-10", "obligation": "license"}


@pytest.mark.parametrize(
    ("told", "events", "earned"),
    [
        (license_("functional"), [HANDED_OVER], ["0.00", "365.00", "0.00"]),
        (license_("functional"), [LATE], ["0.00", "0.00", "365.00"]),
        (license_("functional"), [], ["0.00", "0.00", "0.00"]),
        (license_("functional", available="2024-12-10"), [], ["0.00", "365.00", "0.00"]),
        (license_("functional", available="2025-02-10"), [], ["0.00", "0.00", "365.00"]),
        (license_("symbolic"), [], ["0.00", "31.00", "28.00"]),
        (license_("functional", must_update=True), [], ["0.00", "31.00", "28.00"]),
        (license_("functional", hosted_only=True), [], ["0.00", "31.00", "28.00"]),
        # Available on 1 February: 365.00 over 334 days.
        (license_("symbolic", available="2025-02-01"), [], ["0.00", "0.00", "30.60"]),
    ],
)
def test_a_license_is_satisfied_by_its_nature(told, events, earned):
    """Use: when it can be used and its term has begun. Access: over the term."""
    assert earned == revenue(told, events, "2024-12", "2025-01", "2025-02")


def test_access_follows_the_grain_of_policy():
    """A brand by calendar months: a twelfth for February too."""
    earned = revenue(license_("symbolic"), [], "2025-02", grain_of_time="calendar_months")
    assert ["30.41"] == earned


def test_a_license_without_a_nature_is_refused():
    """The nature decides the measure and is not guessed."""
    told = contract([{"id": "license", "measure": "license"}], {"license": "365.00"})
    with pytest.raises(ContractError, match="does not say what it gives"):
        revenue(told, [], "2025-01")


def test_a_license_extended_in_place_keeps_what_was_used():
    """Sold in January; the extension, agreed in July, is sold when its own term begins."""
    told = license_("functional", available="2025-01-01")
    extended = {
        "kind": "modification",
        "on": "2025-07-01",
        "new_terms_from": "2026-01-01",
        "price_change": "400.00",
        "revises": [
            {
                "id": "license",
                "product": "license",
                "measure": "license",
                "start": "2026-01-01",
                "end": "2026-12-31",
                "license": {"nature": "functional", "available": "2025-01-01"},
            }
        ],
    }
    earned = revenue(told, [extended], "2025-01", "2025-07", "2025-12", "2026-01")
    assert ["365.00", "0.00", "0.00", "400.00"] == earned


def test_the_cost_of_goods_follows_control():
    """Ten consigned at 60.00 each; four sold on in February: their cost is February's."""
    placed = {**step("2025-01-31", "consignment"), "unit_cost": "60.00"}
    events = [placed, step("2025-02-28", "sale", "4")]
    wanted = [
        {"measure": "cost_of_sales", "period": {"from": "2025-01-01", "to": "2025-02-28"}},
        {"measure": "cost_of_sales", "period": "2025-02"},
    ]
    told = goods(acceptance="formality")
    assert ["240.00", "240.00"] == amounts(told, events, wanted)
