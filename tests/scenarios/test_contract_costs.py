"""Costs of obtaining and fulfilling a contract, from fact to carrying amount (340-40)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from revrec.errors import UnsupportedTerm
from revrec.model.decision import Stream
from tests.costs import (
    AMORTIZED,
    CAPITALIZED,
    EXPENSED,
    IMPAIRED,
    book,
    carrying,
    contract,
    cost,
    decisions,
    of,
    review,
    to_date,
)


@pytest.mark.parametrize(
    ("judged", "stream", "paragraph"),
    [
        ({}, CAPITALIZED, "340-40-25-1"),
        ({"recoverable": False}, EXPENSED, "340-40-25-1"),
        ({"incremental": False}, EXPENSED, "340-40-25-3"),
        ({"incremental": False, "chargeable": True}, CAPITALIZED, "340-40-25-3"),
        ({"purpose": "fulfil"}, EXPENSED, "340-40-25-5"),
        ({"purpose": "fulfil", "enhances_resources": True}, CAPITALIZED, "340-40-25-5"),
        (
            {"purpose": "fulfil", "enhances_resources": True, "recoverable": False},
            EXPENSED,
            "340-40-25-5",
        ),
        (
            {"purpose": "fulfil", "enhances_resources": True, "relates_directly": False},
            EXPENSED,
            "340-40-25-5",
        ),
        (
            {"purpose": "fulfil", "enhances_resources": True, "expensed_as": "wasted"},
            EXPENSED,
            "340-40-25-8",
        ),
        (
            {"purpose": "fulfil", "enhances_resources": True, "expensed_as": "past_performance"},
            EXPENSED,
            "340-40-25-8",
        ),
        (
            {
                "purpose": "fulfil",
                "enhances_resources": True,
                "expensed_as": "general_and_administrative",
                "chargeable": True,
            },
            CAPITALIZED,
            "340-40-25-7",
        ),
    ],
)
def test_a_cost_is_an_asset_or_an_expense(
    judged: Mapping[str, object], stream: Stream, paragraph: str
) -> None:
    """Each judgment leads to one outcome, with the paragraph it rests on."""
    told = book([contract()], [cost("360.00", **judged)])
    amounts = to_date(told, "C", "2026-01-01")

    assert {("commission", stream): 36000} == amounts
    assert paragraph in decisions(told, "C")[0].paragraphs


def test_costs_of_another_topic_are_not_here() -> None:
    """Hardware is equipment (360): a decision says so, no amount follows."""
    told = book([contract()], [cost("120000.00", purpose="fulfil", other_topic="360")])

    assert {} == to_date(told, "C", "2026-12-31")
    assert "accounted for under another topic" == decisions(told, "C")[0].outcome


def test_an_asset_is_amortised_over_the_term_by_even_months() -> None:
    """360.00 over 36 months: 10.00 a month; in full on the day it was incurred, none at the end."""
    told = book([contract()], [cost("360.00")])
    carried = {day: carrying(to_date(told, "C", day)) for day in DAYS}

    assert DAYS == carried


DAYS = {
    "2025-12-31": Decimal("0.00"),
    "2026-01-01": Decimal("360.00"),
    "2026-01-31": Decimal("350.00"),
    "2026-12-31": Decimal("240.00"),
    "2028-12-31": Decimal("0.00"),
    "2030-12-31": Decimal("0.00"),
}


@pytest.mark.parametrize(
    ("terms", "first_year"),
    [
        ({"benefit_end": "2031-12-31"}, "60.00"),  # 360 / 6
        ({"benefit_end": "2031-12-31", "renewal_commission_commensurate": True}, "120.00"),
        ({"benefit_end": "2027-12-31", "renewal_commission_commensurate": True}, "180.00"),
        ({"benefit_start": "2026-07-01"}, "72.00"),  # 6 of 30 months
        ({"on": "2025-12-01"}, "120.00"),  # incurred before the term, amortised with it
        ({"on": "2026-07-01"}, "72.00"),  # incurred within it, for what is left
        ({"pattern": "days"}, "119.89"),  # 365 of 1,096 days
        ({"pattern": "whole_months", "on": "2026-01-20"}, "120.00"),  # January to December
        ({"pattern": "calendar_months", "benefit_start": "2026-07-01"}, "72.00"),
    ],
)
def test_the_period_of_benefit(terms: Mapping[str, object], first_year: str) -> None:
    """Renewals that are anticipated belong to it, unless they pay their own commission."""
    told = book([contract()], [cost("360.00", **terms)])

    assert Decimal(first_year) == of(to_date(told, "C", "2026-12-31"), AMORTIZED)


def test_an_open_end_needs_an_end_of_the_benefit() -> None:
    """A month-to-month contract does not say how long a commission benefits it."""
    monthly = contract(end=None, obligations=[], consideration=[])

    with pytest.raises(UnsupportedTerm, match=r"Nothing says how long contract C benefits"):
        to_date(book([monthly], [cost("20.00")]), "C", "2026-12-31")


@pytest.mark.parametrize(
    ("last_day", "renewals", "expensed"),
    [
        ("2026-12-31", None, "360.00"),  # twelve months: a year or less
        ("2027-01-01", None, "0.00"),  # a day more
        ("2026-12-31", "2028-12-31", "0.00"),  # renewals close the expedient
    ],
)
def test_the_expedient_is_for_a_year_with_its_renewals(
    last_day: str, renewals: str | None, expensed: str
) -> None:
    """340-40-25-4, where elected: by the period the asset would be amortised over."""
    told = book(
        [contract(end=last_day)],
        [cost("360.00", **({"benefit_end": renewals} if renewals else {}))],
        short_costs_to_obtain="expensed",
    )

    assert Decimal(expensed) == of(to_date(told, "C", "2026-01-01"), EXPENSED)


def test_the_expedient_is_not_for_costs_of_fulfilling() -> None:
    """Set-up for a year is an asset all the same (25-4 speaks of obtaining)."""
    told = book(
        [contract(end="2026-12-31")],
        [cost("360.00", purpose="fulfil", enhances_resources=True)],
        short_costs_to_obtain="expensed",
    )

    assert Decimal("360.00") == carrying(to_date(told, "C", "2026-01-01"))


def test_a_longer_benefit_moves_only_what_is_left() -> None:
    """After a year 240.00 of 360.00 are left: over four years 60.00 a year, not 72.00."""
    told = book([contract()], [cost("360.00"), review(on="2027-01-01", benefit_end="2030-12-31")])
    amortized = [of(to_date(told, "C", f"{year}-12-31"), AMORTIZED) for year in range(2026, 2032)]

    assert [Decimal(each) for each in (120, 180, 240, 300, 360, 360)] == amortized


@pytest.mark.parametrize("applies_from", [None, "2027-01-01"])
def test_a_shorter_benefit_counts_from_the_day_it_applies(applies_from: str | None) -> None:
    """Reviewed at the year's end for the year to come: 240.00 within 2027."""
    on = "2026-12-31" if applies_from else "2027-01-01"
    told = book(
        [contract()],
        [cost("360.00"), review(on=on, benefit_end="2027-12-31", applies_from=applies_from)],
    )

    assert Decimal("240.00") == carrying(to_date(told, "C", "2026-12-31"))
    assert Decimal("120.00") == carrying(to_date(told, "C", "2027-06-30"))
    assert Decimal("0.00") == carrying(to_date(told, "C", "2027-12-31"))


def test_a_benefit_that_has_ended_leaves_nothing() -> None:
    """The renewal that was anticipated did not come: what is left is amortised at once."""
    told = book(
        [contract()],
        [
            cost("360.00", benefit_end="2031-12-31"),
            review(on="2029-01-01", benefit_end="2028-12-31"),
        ],
    )

    assert Decimal("180.00") == carrying(to_date(told, "C", "2028-12-31"))
    assert Decimal("0.00") == carrying(to_date(told, "C", "2029-01-01"))
    assert Decimal("360.00") == of(to_date(told, "C", "2029-01-01"), AMORTIZED)


def test_an_impairment_is_what_cannot_be_recovered() -> None:
    """240.00 carried, 500.00 still expected less 300.00 of costs: 40.00 is lost, 100.00 a year."""
    told = book(
        [contract()],
        [
            cost("360.00"),
            review(on="2026-12-31", expected_consideration="500.00", expected_costs="300.00"),
        ],
    )

    assert Decimal("40.00") == of(to_date(told, "C", "2026-12-31"), IMPAIRED)
    assert Decimal("200.00") == carrying(to_date(told, "C", "2026-12-31"))
    assert Decimal("100.00") == carrying(to_date(told, "C", "2027-12-31"))
    assert Decimal("0.00") == carrying(to_date(told, "C", "2028-12-31"))
