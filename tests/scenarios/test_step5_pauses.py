"""Service that stands still, with and without an extension."""

from __future__ import annotations

import pytest

from revrec.errors import ContractError
from tests.scenarios.step5 import contract, revenue

MARCH = {"kind": "pause", "on": "2025-03-01", "until": "2025-03-31"}


def access(measure="days", **terms):
    """A year's access."""
    return contract([{"id": "access", "measure": measure, **terms}], {"access": "3650.00"})


def test_nothing_is_earned_while_service_stands_still():
    """10.00 a day; with the end moved by 31 days the rate stays."""
    periods = ["2025-02", "2025-03", "2025-04", "2025-12", "2026-01", "2026-02"]
    earned = revenue(access(), [{**MARCH, "extends": True}], *periods)
    assert ["280.00", "0.00", "300.00", "310.00", "310.00", "0.00"] == earned


def test_a_series_that_loses_days_carries_its_price_over_what_is_left():
    """3,650 - 590 to date = 3,060 over the 275 days from April: 11.1272 a day, no catch-up."""
    earned = revenue(access(), [MARCH], "2025-02", "2025-03", "2025-04", "2025-12")
    assert ["280.00", "0.00", "333.82", "344.95"] == earned


def test_service_that_is_not_distinct_is_caught_up_when_it_stops():
    """59 of 334 days: 644.76 to date, 54.76 more than at the old rate; then 10.9281 a day."""
    told = access(distinct_increments=False)
    earned = revenue(told, [MARCH], "2025-02", "2025-03", "2025-04", "2025-01-01..2025-12-31")
    assert ["280.00", "54.76", "327.84", "3650.00"] == earned


def test_two_pauses_of_service_that_is_not_distinct():
    """151 days before June less 31 of March is 120; of 365 - 31 - 30 = 304 in all."""
    june = {"kind": "pause", "on": "2025-06-01", "until": "2025-06-30"}
    told = access(distinct_increments=False)
    earned = revenue(told, [MARCH, june], "2025-01-01..2025-06-30", "2025-06-01..2025-06-30")
    # 3,650 x 120/304 = 1,440.79; before June 3,650 x 120/334 = 1,311.38.
    assert ["1440.79", "129.41"] == earned


def test_two_pauses_of_a_series():
    """Each spreads what is left: 3,060 / 275, then (3,060 - 61 days of it) / 184."""
    june = {"kind": "pause", "on": "2025-06-01", "until": "2025-06-30"}
    earned = revenue(access(), [MARCH, june], "2025-04-01..2025-05-31", "2025-06", "2025-07")
    # 61 x 11.127273 = 678.76; 2,381.24 / 184 = 12.9415 x 31 = 401.19.
    assert ["678.76", "0.00", "401.19"] == earned


def test_months_move_by_a_month():
    """Eleven months after a month's pause, ending a month later: each a twelfth."""
    paused = {**MARCH, "end": "2026-01-31"}
    earned = revenue(
        access("calendar_months"), [paused], "2025-02", "2025-03", "2025-04", "2026-01"
    )
    assert ["304.16", "0.00", "304.17", "304.17"] == earned


def test_an_open_pause_ends_when_service_resumes():
    """Nothing is earned until the day of resumption, which moves the end by the 45 days."""
    events = [
        {"kind": "pause", "id": "P", "on": "2025-03-01", "extends": True},
        {"kind": "resumption", "on": "2025-04-15", "pause": "P"},
    ]
    earned = revenue(access(), events, "2025-03", "2025-04", "2025-05", "2026-02")
    # 16 days of April; 365 - 31 - 28 - 16 - 261 (May to January) = 45 - 31 = 14 of February.
    assert ["0.00", "160.00", "310.00", "140.00"] == earned


def test_service_may_resume_sooner_than_was_told():
    """Stopped for March, resumed on the 11th: ten days lost, and the end moves by ten."""
    events = [
        {**MARCH, "id": "P", "extends": True},
        {"kind": "resumption", "on": "2025-03-11", "pause": "P"},
    ]
    earned = revenue(access(), events, "2025-03", "2025-04", "2026-01", "2026-02")
    assert ["210.00", "300.00", "100.00", "0.00"] == earned


def test_a_pause_over_the_end_leaves_nothing_to_transfer_at_the_end():
    """Without extension the last day of the term ends the promise; what is unearned is earned."""
    paused = {"kind": "pause", "on": "2025-12-01", "until": "2026-02-28"}
    earned = revenue(access(), [paused], "2025-11", "2025-12-01..2025-12-30", "2025-12")
    assert ["300.00", "0.00", "310.00"] == earned


def test_a_pause_before_service_begins_makes_it_begin_later():
    """Ten days later, ten days longer."""
    paused = {"kind": "pause", "on": "2025-01-01", "until": "2025-01-10", "extends": True}
    earned = revenue(access(), [paused], "2025-01", "2026-01")
    assert ["210.00", "100.00"] == earned


def test_only_what_is_named_stands_still():
    """Support goes on; the prices of both stay what they were."""
    told = contract(
        [
            {"id": "access", "measure": "days", "standalone_selling_price": "3650"},
            {"id": "support", "measure": "days", "standalone_selling_price": "365"},
        ],
        {"access": "3650.00", "support": "365.00"},
    )
    paused = {**MARCH, "obligations": ["access"], "extends": True}
    earned = revenue(told, [paused], "2025-03", "2025-04", "2026-01")
    assert ["31.00", "330.00", "310.00"] == earned


def test_a_price_change_while_service_stands_still_waits_for_it():
    """365.00 more, agreed in an open pause, is for the days from the resumption."""
    events = [
        {"kind": "pause", "id": "P", "on": "2025-03-01", "extends": True},
        {"kind": "modification", "on": "2025-03-10", "price_change": "306.00"},
        {"kind": "resumption", "on": "2025-04-01", "pause": "P"},
    ]
    earned = revenue(access(), events, "2025-03", "2025-04", "2026-01")
    # (3,060 + 306) / 306 days = 11.00 a day.
    assert ["0.00", "330.00", "341.00"] == earned


@pytest.mark.parametrize("pause", [{"id": "P"}, {"id": "P", "until": "2025-03-31"}])
def test_a_new_end_told_while_service_stands_still_is_refused(pause):
    """Whether it goes on with the new terms is not told; the pause tells an end that only moves."""
    events = [
        {"kind": "pause", "on": "2025-03-01", **pause},
        {"kind": "modification", "on": "2025-03-10", "end": "2026-06-30"},
    ]
    with pytest.raises(ContractError, match=r"P .* lasts into the terms of access"):
        revenue(access(), events, "2025-03")


def test_a_new_end_told_once_service_goes_on_is_taken():
    """3,060 left on 1 April, over its 456 days to June of the next year."""
    events = [MARCH, {"kind": "modification", "on": "2025-04-01", "end": "2026-06-30"}]
    earned = revenue(access(), events, "2025-03", "2025-04")
    # 3,060 x 30 / 456 = 201.32.
    assert ["0.00", "201.32"] == earned


def test_credits_live_longer_by_the_days_of_a_pause():
    """The last day of an entitlement moves with the service it is for."""
    told = contract(
        [
            {
                "id": "credits",
                "measure": "usage",
                "usage": {"entitled": "100", "lapses": "2025-03-31"},
            }
        ],
        {"credits": "100.00"},
    )
    events = [
        {"kind": "usage", "on": "2025-02-01", "meter": "credits", "quantity": "40"},
        {**MARCH, "extends": True},
    ]
    earned = revenue(told, events, "2025-02", "2025-03", "2025-04", "2025-05")
    assert ["40.00", "0.00", "0.00", "60.00"] == earned


def test_what_stands_still_cannot_stop():
    """Days of two pauses at once would be counted twice."""
    events = [{**MARCH, "id": "P"}, {"kind": "pause", "on": "2025-03-15", "until": "2025-04-15"}]
    with pytest.raises(ContractError, match="stands still by P"):
        revenue(access(), events, "2025-03")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({**MARCH, "until": "2025-02-27"}, "before it begins"),
        ({**MARCH, "obligations": ["other"]}, "not in force"),
        ({"kind": "resumption", "on": "2025-03-01", "pause": "P"}, "not open"),
    ],
)
def test_a_contradiction_is_refused(event, words):
    """A pause that cannot be, or that nobody told."""
    with pytest.raises(ContractError, match=words):
        revenue(access(), [event], "2025-03")


def test_a_pause_before_the_first_day_of_service_moves_nothing():
    """Ten days of January without a service that begins in February: 280 for its 28 days."""
    support = [{"id": "support", "measure": "days", "start": "2025-02-01", "end": "2025-02-28"}]
    paused = {"kind": "pause", "on": "2025-01-10", "until": "2025-01-19", "extends": True}
    earned = revenue(contract(support, {"support": "280.00"}), [paused], "2025-02", "2025-03")
    assert ["280.00", "0.00"] == earned


def test_only_the_days_of_service_in_a_pause_move_its_end():
    """Stopped from 20 January to 10 February: ten of its days are made up for in March."""
    support = [{"id": "support", "measure": "days", "start": "2025-02-01", "end": "2025-02-28"}]
    paused = {"kind": "pause", "on": "2025-01-20", "until": "2025-02-10", "extends": True}
    earned = revenue(contract(support, {"support": "280.00"}), [paused], "2025-02", "2025-03")
    assert ["180.00", "100.00"] == earned


def test_service_that_is_not_distinct_and_stops_for_good_is_done():
    """Ten of January's 31 days; then nothing is left, so all is earned when it stops."""
    site = [{"id": "site", "measure": "days", "end": "2025-01-31", "distinct_increments": False}]
    paused = {"kind": "pause", "on": "2025-01-11", "until": "2025-03-31"}
    periods = ["2025-01-01..2025-01-10", "2025-01-11..2025-01-11", "2025-01-12..2025-12-31"]
    earned = revenue(contract(site, {"site": "310.00"}), [paused], *periods)
    assert ["100.00", "210.00", "0.00"] == earned
