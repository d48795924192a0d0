"""Grains of time elapsed: the same service in days, months of each kind, and moments."""

from __future__ import annotations

import pytest

from revrec.audit.check import check
from revrec.errors import ContractError
from revrec.feeds.scenario import scenario_of
from tests.scenarios.step5 import contract, revenue


def outcome(expected, **obligation):
    """What comes out for one obligation with a fee of 120, or as given."""
    fee = obligation.pop("fee", "120.00")
    policy = obligation.pop("policy", {})
    first, last = obligation.pop("first"), obligation.pop("last")
    document = {
        "title": "A subscription.",
        "cites": ["606-10-25-31"],
        "policy": policy,
        "contracts": [
            {
                "id": "C",
                "customer": "reader",
                "currency": "USD",
                "inception": first,
                "end": last,
                "obligations": [{"id": "access", "product": "access", **obligation}],
                "consideration": [{"id": "fee", "kind": "fixed", "amount": fee}],
            }
        ],
        "expected": [
            {"measure": "revenue", "period": period, "amount": "0"} for period in expected
        ],
    }
    return [str(each.actual) for each in check(scenario_of(document))]


MOMENTS = {
    "first": "2024-06-15",
    "last": "2024-10-13",
    "starts_at": "2024-06-15T12:00:00Z",
    "ends_at": "2024-10-13T12:00:00Z",
}
MONTHS = ["2024-06", "2024-07", "2024-08", "2024-09", "2024-10"]


@pytest.mark.parametrize(
    ("measure", "amounts"),
    [
        # 120 days of 24 hours: 15.5, 31, 31, 30 and 12.5 of them.
        ("seconds", ["15.50", "31.00", "31.00", "30.00", "12.50"]),
        # The first day is whole, the last is not counted.
        ("days", ["16.00", "31.00", "31.00", "30.00", "12.00"]),
        # June in whole, October not at all: 120 / 4.
        ("whole_months", ["30.00", "30.00", "30.00", "30.00", "0.00"]),
        # 15.5 and 12.5 by time; 92 / 3 for each whole month.
        ("prorated_months", ["15.50", "30.67", "30.66", "30.67", "12.50"]),
        # 16/30 + 3 + 12/31 = 3.920430 months of 30.608886.
        ("calendar_months", ["16.32", "30.61", "30.61", "30.61", "11.85"]),
    ],
)
def test_a_grain_of_a_subscription_that_starts_at_noon(measure, amounts):
    """Period amounts differ by grain, the total does not."""
    assert amounts == outcome(MONTHS, measure=measure, **MOMENTS)
    by_policy = {"policy": {"grain_of_time": measure}, "measure": "time_elapsed"}
    assert amounts == outcome(MONTHS, **by_policy, **MOMENTS)


def test_policy_elects_days_unless_told_otherwise():
    """``time_elapsed`` without an election is days; a grain the contract names is kept."""
    days = ["16.00", "31.00", "31.00", "30.00", "12.00"]
    assert days == outcome(MONTHS, measure="time_elapsed", **MOMENTS)
    elected = {"policy": {"grain_of_time": "whole_months"}}
    assert days == outcome(MONTHS, measure="days", **elected, **MOMENTS)


def test_a_moment_belongs_to_the_day_of_its_zone():
    """Ten in the evening in New York is that evening there, not the next morning in Greenwich."""
    # Two hours of 1 January, 24 of the 2nd, 22 of the 3rd: 48 hours in all.
    amounts = outcome(
        [{"from": f"2025-01-0{day}", "to": f"2025-01-0{day}"} for day in (1, 2, 3)],
        first="2025-01-01",
        last="2025-01-03",
        measure="seconds",
        starts_at="2025-01-01T22:00:00-05:00",
        ends_at="2025-01-04T03:00:00Z",
        fee="48.00",
    )
    assert ["2.00", "24.00", "22.00"] == amounts


def test_a_moment_without_a_zone_is_refused():
    """The day a moment belongs to depends on its zone."""
    with pytest.raises(ContractError, match="no zone"):
        outcome(
            ["2025-01"],
            first="2025-01-01",
            last="2025-01-03",
            measure="seconds",
            starts_at="2025-01-01T22:00:00",
        )


@pytest.mark.parametrize(
    ("measure", "first", "last", "fee", "expected"),
    [
        # One day is all of it, in any grain.
        ("days", "2025-01-31", "2025-01-31", "10.00", {"2025-01": "10.00"}),
        ("whole_months", "2025-01-15", "2025-01-15", "10.00", {"2025-01": "10.00"}),
        ("calendar_months", "2024-02-29", "2024-02-29", "10.00", {"2024-02": "10.00"}),
        ("prorated_months", "2025-01-15", "2025-01-15", "10.00", {"2025-01": "10.00"}),
        # A leap day is a day of February: 29 days of 366, but one month of twelve.
        ("days", "2024-01-01", "2024-12-31", "366.00", {"2024-02": "29.00"}),
        ("calendar_months", "2024-01-01", "2024-12-31", "366.00", {"2024-02": "30.50"}),
        ("prorated_months", "2024-01-01", "2024-12-31", "366.00", {"2024-02": "30.50"}),
        ("whole_months", "2024-01-01", "2024-12-31", "366.00", {"2024-02": "30.50"}),
        # Sixty months from a 31st: 1/31 of January 2024, 59 months, 30/31 of January 2029.
        (
            "calendar_months",
            "2024-01-31",
            "2029-01-30",
            "6000.00",
            {"2024-01": "3.23", "2024-02": "100.00", "2028-12": "100.00", "2029-01": "96.77"},
        ),
        ("whole_months", "2024-01-31", "2029-01-30", "6000.00", {"2024-01": "100.00"}),
        ("whole_months", "2024-01-31", "2029-01-30", "6000.00", {"2028-12": "100.00"}),
        # A term inside one month has no whole month: it is earned by its time.
        (
            "prorated_months",
            "2025-01-20",
            "2025-02-08",
            "20.00",
            {"2025-01": "12.00", "2025-02": "8.00"},
        ),
    ],
)
def test_ends_of_terms(measure, first, last, fee, expected):
    """Leap days, one day, sixty months, the 31st."""
    assert list(expected.values()) == outcome(
        list(expected), measure=measure, first=first, last=last, fee=fee
    )


def test_a_month_counted_whole_counts_at_its_end():
    """Nothing is earned of a month that is not over."""
    days = [{"from": "2025-01-01", "to": "2025-01-30"}, {"from": "2025-01-31", "to": "2025-01-31"}]
    amounts = outcome(days, measure="whole_months", first="2025-01-01", last="2025-12-31")
    assert ["0.00", "10.00"] == amounts


def test_an_uneven_service_follows_its_schedule():
    """A part of one day is earned on it; the rest evenly over its months."""
    # 40 on the day of the launch, 60 over ten days, nothing in between, 20 in March.
    amounts = outcome(
        [
            {"from": "2025-01-01", "to": "2025-01-09"},
            {"from": "2025-01-10", "to": "2025-01-10"},
            {"from": "2025-02-01", "to": "2025-02-05"},
            "2025-02",
            {"from": "2025-02-11", "to": "2025-02-28"},
            "2025-03",
        ],
        measure="schedule",
        first="2025-01-01",
        last="2025-03-31",
        schedule=[
            {"first": "2025-01-10", "last": "2025-01-10", "weight": "2"},
            {"first": "2025-02-01", "last": "2025-02-10", "weight": "3"},
            {"first": "2025-03-01", "last": "2025-03-31", "weight": "1"},
        ],
    )
    assert ["0.00", "40.00", "30.00", "60.00", "0.00", "20.00"] == amounts


def test_a_schedule_that_overlaps_is_refused():
    """A day cannot be in two parts."""
    with pytest.raises(ContractError, match="overlap"):
        outcome(
            ["2025-01"],
            measure="schedule",
            first="2025-01-01",
            last="2025-03-31",
            schedule=[
                {"first": "2025-01-01", "last": "2025-01-10", "weight": "2"},
                {"first": "2025-01-10", "last": "2025-01-12", "weight": "2"},
            ],
        )


@pytest.mark.parametrize("quoted_for", ["access", None])
def test_one_obligation_has_a_fixed_price_and_fees_as_used(quoted_for):
    """365.00 by days for access, and each day's fee for use of it on its day."""
    fee = {"id": "fee", "kind": "fixed", "amount": "365.00"}
    told = contract([{"id": "access", "measure": "days", "meters": ["calls"]}], {})
    told["consideration"] = [
        {**fee, **({"obligation": quoted_for} if quoted_for else {})},
        {"id": "rate", "kind": "usage", "obligation": "access"},
    ]
    calls = {"kind": "usage", "on": "2025-02-10", "meter": "calls", "quantity": "7"}
    events = [{**calls, "amount": "12.50"}]
    assert ["31.00", "40.50", "31.00"] == revenue(told, events, "2025-01", "2025-02", "2025-03")


def test_an_amount_for_something_else_is_not_shared_with_use():
    """The set-up fee is for the set-up: access earns what it is used for."""
    obligations = [
        {"id": "access", "measure": "days"},
        {"id": "set-up", "measure": "point_in_time"},
    ]
    told = contract(obligations, {"set-up": "500.00"})
    told["consideration"].append({"id": "rate", "kind": "usage", "obligation": "access"})
    events = [
        {"kind": "delivery", "on": "2025-01-10", "obligation": "set-up"},
        {"kind": "usage", "on": "2025-02-10", "meter": "access", "quantity": "7", "amount": "12.5"},
    ]
    assert ["500.00", "12.50", "0.00"] == revenue(told, events, "2025-01", "2025-02", "2025-03")


STEPS = [
    {"first": "2025-01-01", "last": "2025-12-31", "weight": "365.00"},
    {"first": "2026-01-01", "last": "2026-12-31", "weight": "730.00"},
]


@pytest.mark.parametrize(
    ("policy", "earned"),
    [
        # What may be invoiced for a day: 1.00 in the first year, 2.00 in the second.
        ({}, ["31.00", "62.00"]),
        # Without the expedient 1,095.00 over 730 days, 1.50 each.
        ({"right_to_invoice": "not_elected"}, ["46.50", "46.50"]),
    ],
)
def test_what_may_be_invoiced_measures_progress_where_policy_elects_it(policy, earned):
    """A ramp whose steps follow the value is earned as invoiced (55-18)."""
    terms = {"id": "access", "measure": "right_to_invoice", "schedule": STEPS}
    told = contract([terms], {"access": "1095.00"}, end="2026-12-31")
    assert earned == revenue(told, [], "2025-01", "2026-01", **policy)


def test_a_schedule_goes_on_after_a_price_change():
    """73.00 more from July 2026, where 368 of 1,095 are left: 441 over 184 days of 2.00."""
    terms = {"id": "access", "measure": "right_to_invoice", "schedule": STEPS}
    told = contract([terms], {"access": "1095.00"}, end="2026-12-31")
    change = {"kind": "modification", "on": "2026-07-01", "price_change": "73.00"}
    earned = revenue(told, [change], "2026-06", "2026-07", "2026-12")
    # 441.00 / 184 = 2.396739 a day.
    assert ["60.00", "74.30", "74.30"] == earned


@pytest.mark.parametrize("measure", ["whole_months", "calendar_months", "prorated_months"])
def test_months_go_on_after_a_price_change(measure):
    """120.00 for the year, 60.00 more from July: (60 + 60) / 6 a month."""
    told = contract([{"id": "access", "measure": measure}], {"access": "120.00"})
    change = {"kind": "modification", "on": "2025-07-01", "price_change": "60.00"}
    assert ["10.00", "20.00", "20.00"] == revenue(told, [change], "2025-06", "2025-07", "2025-12")


def test_moments_go_on_after_a_price_change():
    """Half of 1 January is over when service begins; from the 3rd on days are whole."""
    told = contract(
        [
            {
                "id": "access",
                "measure": "seconds",
                "starts_at": "2025-01-01T12:00:00Z",
                "ends_at": "2025-01-05T12:00:00Z",
            }
        ],
        {"access": "40.00"},
    )
    change = {"kind": "modification", "on": "2025-01-03", "price_change": "25.00"}
    # 15.00 to the 2nd; (25 + 25) over 2.5 days.
    days = [f"2025-01-0{day}..2025-01-0{day}" for day in (1, 2, 3, 4, 5)]
    assert ["5.00", "10.00", "20.00", "20.00", "10.00"] == revenue(told, [change], *days)
