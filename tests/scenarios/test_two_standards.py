"""The same facts under Topic 606 and under IFRS 15, where the two differ; by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.scenarios.telling import (
    Told,
    contract,
    decisions,
    event,
    fixed,
    measured,
    scenario,
)

YEAR = {"id": "access", "product": "platform", "measure": "even_months"}


def both(told: Told, elections: dict[str, str], *asked: Told) -> tuple[list[Decimal], ...]:
    """What comes out by default, and with the elections of IFRS 15."""
    return (
        measured(scenario(**told), *asked),
        measured(scenario(**told, policy=elections), *asked),
    )


def month(period: str, **more: Any) -> Told:
    """Revenue of a month."""
    return {"measure": "revenue", "period": period, **more}


@pytest.mark.parametrize(
    ("likely", "us_gaap", "ifrs"), [("0.80", 100, 100), ("0.60", 0, 100), ("0.50", 0, 0)]
)
def test_collection_more_likely_than_not(likely: str, us_gaap: int, ifrs: int) -> None:
    """Above 75% both books have a contract, above 50% IFRS 15 alone, at 50% neither."""
    told = {"signed": contract([YEAR], [fixed("1200.00")], collection_probability=likely)}

    found = both(told, {"collectibility_probable": "50%"}, month("2026-01"))

    assert ([us_gaap], [ifrs]) == found


def test_collection_judged_again() -> None:
    """At 60% from March on, IFRS 15 has a contract, which catches up January and February."""
    told = {
        "signed": contract([YEAR], [fixed("1200.00")], collection_probability="0.40"),
        "events": [event("assessment", "2026-03-01", collection_probability="0.60")],
    }

    found = both(told, {"collectibility_probable": "50%"}, month("2026-02"), month("2026-03"))

    assert ([0, 0], [0, 300]) == found


def test_an_estimate_for_each_constraint() -> None:
    """1,260 and 1,224 over twelve months; an estimate that names no standard is of both."""
    bonus = {"id": "bonus", "kind": "variable", "amount": "0"}
    of_bonus = {"consideration": "bonus"}
    told = {
        "signed": contract([YEAR], [fixed("1200.00"), bonus]),
        "events": [
            event("estimate", "2026-01-20", id="A", standard="us_gaap", amount="60", **of_bonus),
            event("estimate", "2026-01-20", id="B", standard="ifrs", amount="24", **of_bonus),
            event("estimate", "2026-03-20", id="C", amount="120", **of_bonus),
        ],
    }

    asked = month("2026-01"), month("2026-03")
    found = both(told, {"estimates_standard": "ifrs"}, *asked)

    # March: 1,320 / 12 x 3 = 330, less 210 and 204.
    assert ([105, 120], [102, 126]) == found


@pytest.mark.parametrize(
    ("nature", "affect", "us_gaap", "ifrs"),
    [("symbolic", False, 31, 365), ("functional", True, 365, 31), ("symbolic", True, 31, 31)],
)
def test_licenses_by_nature_or_by_activities(
    nature: str, affect: bool, us_gaap: int, ifrs: int
) -> None:
    """365 over the days of 2026 as access, on the first day as use."""
    terms = {"nature": nature, "available": "2026-01-01", "activities_affect": affect}
    brand = {"id": "brand", "product": "brand", "measure": "license", "license": terms}
    told = {"signed": contract([brand], [fixed("365.00")])}

    assert ([us_gaap], [ifrs]) == both(told, {"licenses_of_ip": "by_activities"}, month("2026-01"))


def test_a_license_renewed_before_its_period() -> None:
    """300 for 2027, agreed in July 2026: in January 2027, or when agreed."""
    terms = {"nature": "functional", "available": "2026-01-01"}
    license_ = {"product": "recording", "measure": "license"}
    renewal = {**license_, "id": "more", "start": "2027-01-01", "end": "2027-12-31"}
    told = {
        "signed": contract([{**license_, "id": "first", "license": terms}], [fixed("240.00")]),
        "events": [
            event(
                "modification",
                "2026-07-01",
                adds=[{**renewal, "license": {**terms, "renews": True}}],
                price_change="300.00",
                at_standalone_selling_prices=True,
            )
        ],
    }

    found = both(told, {"license_renewals": "when_agreed"}, month("2026-07"), month("2027-01"))

    assert ([0, 300], [300, 0]) == found


def test_shares_measured_when_they_come_in() -> None:
    """13 of 52 weeks: of 52,000, or of 19,500 for 1,300 shares and 39,000 for 3,900 to come.

    With 5,100 shares expected: of 51,000, or of 19,500 and 38,000.
    """
    shares = {
        "id": "shares",
        "kind": "variable",
        "amount": "52000.00",
        "noncash": {"what": "shares", "quantity": "5200", "measured_on": "2026-01-01"},
    }
    weeks = {"id": "service", "product": "service", "measure": "units", "quantity": "52"}
    of_shares = {"consideration": "shares"}
    told = {
        "signed": contract([weeks], [shares]),
        "events": [
            event("delivery", "2026-03-31", obligation="service", quantity="13"),
            event(
                "noncash_receipt", "2026-03-31", quantity="1300", fair_value="19500", **of_shares
            ),
            event("estimate", "2026-04-30", expected="5100", **of_shares),
        ],
    }

    asked = month("2026-03"), month("2026-04")
    at_end = {"measure": "contract_liability", "as_of": "2026-03-31"}
    found = both(told, {"noncash_consideration": "at_receipt"}, *asked, at_end)

    # 19,500 came in, of which 14,625 are earned under IFRS 15; 13,000 of 13,000 under Topic 606.
    assert ([13000, -250, 0], [14625, -250, 4875]) == found


def test_shipping_after_control_has_passed() -> None:
    """Goods of 90 and their shipping of 10: 100 when the goods pass, or 90 and then 10."""
    passed = {"measure": "point_in_time", "product": "goods"}
    goods = {**passed, "id": "goods", "standalone_selling_price": "90.00"}
    trip = {**passed, "id": "trip", "standalone_selling_price": "10.00", "shipping": True}
    told = {
        "signed": contract([goods, trip], [fixed("100.00")]),
        "events": [
            event("delivery", "2026-01-31", id="D-1", obligation="goods"),
            event("delivery", "2026-02-03", id="D-2", obligation="trip"),
        ],
    }

    asked = month("2026-01"), month("2026-02")
    found = both(told, {"shipping_and_handling": "promise"}, *asked)

    assert ([100, 0], [90, 10]) == found
    [decided] = decisions(scenario(**told), "explain_shipping")
    assert "no obligation" == decided.outcome


def test_an_impairment_that_turned_out_better() -> None:
    """1,200 over a year; 900 left in March are worth 540. In June 360 are left, 600 without loss.

    IFRS 15 takes 240 back, after which 100 a month are amortised in place of 60.
    """
    review = {"benefit_end": None}
    told = {
        "signed": contract([YEAR], [fixed("2400.00")]),
        "events": [
            event("contract_cost", "2025-12-31", amount="1200.00", incremental=True),
            event("contract_cost_review", "2026-03-31", expected_consideration="540.00", **review),
            event("contract_cost_review", "2026-06-30", expected_consideration="9000.00", **review),
            event("contract_cost_review", "2026-09-30", expected_consideration="9000.00", **review),
        ],
    }
    told["signed"]["inception"] = "2025-12-31"
    told["signed"]["start"] = "2026-01-01"
    asked = [
        {"measure": "impairment_loss", "period": "2026-03"},
        {"measure": "impairment_loss", "period": "2026-06"},
        {"measure": "contract_cost_asset", "as_of": "2026-06-30"},
        {"measure": "amortization_expense", "period": "2026-07"},
        {"measure": "impairment_loss", "period": "2026-09"},
        {"measure": "contract_cost_asset", "as_of": "2026-12-31"},
    ]

    found = both(told, {"impaired_contract_costs": "recover"}, *asked)

    assert ([360, 0, 360, 60, 0, 0], [360, -240, 600, 100, 0, 0]) == found
