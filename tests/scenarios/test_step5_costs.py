"""Costs incurred as a measure of progress, and materials at zero margin."""

from __future__ import annotations

import pytest

from revrec.errors import ContractError
from tests.scenarios.step5 import amounts, contract, revenue

BUILDING = {
    "id": "building",
    "measure": "costs",
    "quantity": "4000",
    "distinct_increments": False,
}


def cost(on, amount, counted_as="progress"):
    """A cost incurred."""
    return {
        "kind": "delivery",
        "on": on,
        "obligation": "building",
        "quantity": amount,
        "counted_as": counted_as,
    }


def test_materials_earn_their_cost_and_are_no_progress():
    """500 of 2,500 is 20%; 3,500 x 20% + 1,500 = 2,200 (55-21b)."""
    told = contract([{**BUILDING, "uninstalled_materials": "1500"}], {"building": "5000.00"})
    events = [
        cost("2025-02-01", "500"),
        cost("2025-02-10", "1500", "uninstalled_materials"),
        cost("2025-03-31", "2000"),
    ]
    wanted = [
        {"measure": "revenue", "period": "2025-02"},
        {"measure": "cost_of_sales", "period": "2025-02"},
        {"measure": "progress_ratio", "as_of": "2025-02-28", "obligation": "building"},
        {"measure": "rpo", "as_of": "2025-02-28"},
        {"measure": "revenue", "period": "2025-03"},
        {"measure": "progress_ratio", "as_of": "2025-03-31", "obligation": "building"},
    ]
    assert ["2200.00", "2000.00", "0.2", "2800.00", "2800.00", "1.00"] == [
        each.rstrip("0") if each.startswith("0.") else each
        for each in amounts(told, events, wanted)
    ]


def test_a_new_estimate_of_total_cost_is_caught_up():
    """1,000 of 4,000 is 25%: 1,250; of 5,000 it is 20%: 1,000, so 250 is taken back."""
    told = contract([BUILDING], {"building": "5000.00"})
    events = [
        cost("2025-01-31", "1000"),
        {"kind": "estimate", "on": "2025-02-28", "obligation": "building", "expected": "5000"},
        cost("2025-03-31", "1500"),
        {"kind": "estimate", "on": "2025-04-30", "obligation": "building", "expected": "4000"},
    ]
    # 2,500 of 5,000 is half: 2,500; of 4,000 it is 62.5%: 3,125.
    earned = revenue(told, events, "2025-01", "2025-02", "2025-03", "2025-04")
    assert ["1250.00", "-250.00", "1500.00", "625.00"] == earned


def test_a_new_estimate_leaves_materials_at_their_cost():
    """The total rises by 500 to 4,500; 600 of 3,000 is 20% of 3,500."""
    told = contract([{**BUILDING, "uninstalled_materials": "1500"}], {"building": "5000.00"})
    events = [
        cost("2025-01-31", "600"),
        {"kind": "estimate", "on": "2025-02-28", "obligation": "building", "expected": "4500"},
        cost("2025-02-28", "1500", "uninstalled_materials"),
    ]
    # January 600 / 2,500 x 3,500 = 840; to date 700 + 1,500.
    assert ["840.00", "1360.00"] == revenue(told, events, "2025-01", "2025-02")


def test_waste_is_a_cost_but_no_progress():
    """400 of the 1,400 spent was wasted: 1,000 of 4,000 depicts progress (55-21a)."""
    told = contract([BUILDING], {"building": "5000.00"})
    events = [cost("2025-01-31", "1000"), cost("2025-01-31", "400", "inefficiency")]
    wanted = [
        {"measure": "revenue", "period": "2025-01"},
        {"measure": "cost_of_sales", "period": "2025-01"},
    ]
    assert ["1250.00", "1400.00"] == amounts(told, events, wanted)


def test_costs_beyond_the_estimate_earn_no_more_than_the_price():
    """Progress ends at one; a loss is not anticipated here."""
    told = contract([BUILDING], {"building": "5000.00"})
    assert ["5000.00"] == revenue(told, [cost("2025-01-31", "4700")], "2025-01")


def test_milestones_may_weigh_anew():
    """40 of 100 reached; on reflection the rest is 20 more, so that 40 is a third of 120."""
    told = contract(
        [{"id": "design", "measure": "milestones", "quantity": "100"}], {"design": "900.00"}
    )
    reached = {"kind": "delivery", "on": "2025-01-31", "obligation": "design", "quantity": "40"}
    events = [
        reached,
        {"kind": "estimate", "on": "2025-02-28", "obligation": "design", "expected": "120"},
    ]
    assert ["360.00", "-60.00"] == revenue(told, events, "2025-01", "2025-02")


def test_an_estimate_after_a_modification_counts_what_was_done_before():
    """Of 10 units 4 are done; 600 more for the same; the total becomes 12, of which 8 are left."""
    told = contract([{"id": "design", "measure": "units", "quantity": "10"}], {"design": "1000.00"})
    unit = {"kind": "delivery", "obligation": "design"}
    events = [
        {**unit, "on": "2025-01-31", "quantity": "4"},
        {"kind": "modification", "on": "2025-02-01", "price_change": "600.00"},
        {"kind": "estimate", "on": "2025-02-10", "obligation": "design", "expected": "12"},
        {**unit, "on": "2025-02-28", "quantity": "2"},
    ]
    # 600 + 600 = 1,200 over 8 units: 150 each.
    assert ["400.00", "300.00"] == revenue(told, events, "2025-01", "2025-02")


@pytest.mark.parametrize("terms", [{"distinct_increments": True}, {"measure": "milestones"}])
def test_materials_belong_to_one_obligation_by_costs(terms):
    """A series has no whole whose progress materials could distort."""
    told = contract(
        [{**BUILDING, "uninstalled_materials": "1500", **terms}], {"building": "5000.00"}
    )
    with pytest.raises(ContractError, match="Uninstalled materials"):
        revenue(told, [], "2025-01")


def test_materials_beyond_the_price_are_refused():
    """Their cost cannot be revenue when the price is less."""
    told = contract([{**BUILDING, "uninstalled_materials": "1500"}], {"building": "1499.99"})
    with pytest.raises(ContractError, match="Uninstalled materials"):
        revenue(told, [], "2025-01")
