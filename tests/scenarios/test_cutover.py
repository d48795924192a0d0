"""Contracts taken over with balances that another system computed otherwise, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from revrec.audit.check import check
from revrec.feeds.scenario import scenario_of

Told = dict[str, Any]


def holds(*events: Told, expected: list[Told], **contract: object) -> None:
    """Every amount comes out for a contract of 2026 by days for 36,500.00, unless told else."""
    signed = {
        "id": "L",
        "customer": "l",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": [{"id": "access", "product": "p", "measure": "days"}],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}],
    }
    document = {"title": "t", "cites": ["606-10-25-31"], "contracts": [signed | contract]}
    outcomes = check(scenario_of(document | {"events": [*events], "expected": expected}))
    assert [str(each.actual) for each in outcomes] == [
        str(each.expectation.amount) for each in outcomes
    ]


def opening(*obligations: Told, **told: object) -> Told:
    """Balances of 30 June: nothing billed, half recognised unless told else."""
    half = {"obligation": "access", "recognized": "18250.00"}
    common = {"kind": "opening_balance", "id": "O", "contract": "L", "on": "2026-06-30"}
    common |= {"currency": "USD", "billed": "0.00", "paid": "0.00"}
    return common | {"obligations": [*obligations] or [half]} | told


def revenue(month: str, amount: str, **of: str) -> Told:
    """Revenue of a month of 2026."""
    return {"period": f"2026-{month}", "measure": "revenue", "amount": amount} | of


def test_a_modification_shares_what_is_left_after_the_cutover() -> None:
    """18,250.00 is left for 184 days; 92 of them earn 9,125.00 by 30 September.

    The modification adds 920.00: 10,045.00 over the last 92 days, 31 of them in October.
    """
    change = {"kind": "modification", "id": "M", "contract": "L", "on": "2026-10-01"}
    holds(
        opening(),
        change | {"price_change": "920.00"},
        expected=[
            {"as_of": "2026-09-30", "measure": "cumulative_revenue", "amount": "27375.00"},
            revenue("10", "3384.73"),
            {"as_of": "2026-12-31", "measure": "cumulative_revenue", "amount": "37420.00"},
        ],
    )


def test_an_estimate_after_the_cutover_reaches_back_before_it() -> None:
    """A bonus of 3,650.00 that became likely in July is 10.00 a day, 212 days of it by 31 July.

    Beside 3,074.73 of the fixed price, as in the example.
    """
    estimate = {"kind": "estimate", "id": "E", "contract": "L", "on": "2026-07-31"}
    holds(
        opening(),
        estimate | {"consideration": "bonus", "amount": "3650.00"},
        consideration=[
            {"id": "fee", "kind": "fixed", "amount": "36500.00"},
            {"id": "bonus", "kind": "variable", "amount": "0.00"},
        ],
        expected=[revenue("07", "5194.73"), revenue("08", "3384.73")],
    )


def test_the_allocation_of_the_other_system_stands() -> None:
    """30,000.00 of 36,500.00 to access and 6,500.00 to set-up, which is still to be delivered.

    By selling prices access would get 18,250.00. Of access 14,876.71 (181 of 365 days) was
    recognised; July earns 31 days of 30,000.00, 17,424.66 to date.
    """
    holds(
        opening(
            {"obligation": "access", "recognized": "14876.71", "allocated": "30000.00"},
            {"obligation": "setup", "recognized": "0.00", "allocated": "6500.00"},
        ),
        {"kind": "delivery", "id": "D", "contract": "L", "on": "2026-08-10", "obligation": "setup"},
        obligations=[
            {"id": "access", "product": "p", "measure": "days", "standalone_selling_price": "1"},
            {
                "id": "setup",
                "product": "s",
                "measure": "point_in_time",
                "standalone_selling_price": "1",
            },
        ],
        expected=[
            revenue("07", "2547.95"),
            revenue("08", "6500.00", obligation="setup"),
            {"as_of": "2026-12-31", "measure": "cumulative_revenue", "amount": "36500.00"},
        ],
    )


def test_credits_go_on_with_their_used_part() -> None:
    """Of 1,000 credits for 500.00, 400 were used, 200.00; 100 more in July earn 50.00.

    The 500 left when they lapse on the last day of the year are breakage, 250.00.
    """
    holds(
        opening({"obligation": "credits", "recognized": "200.00", "quantity": "400"}),
        {
            "kind": "usage",
            "contract": "L",
            "on": "2026-07-04",
            "meter": "credits",
            "quantity": "100",
        },
        obligations=[
            {
                "id": "credits",
                "product": "c",
                "measure": "usage",
                "usage": {"entitled": "1000", "lapses": "2026-12-31"},
            }
        ],
        consideration=[{"id": "fee", "kind": "fixed", "amount": "500.00"}],
        expected=[
            revenue("07", "50.00"),
            {"period": "2026-12", "measure": "breakage_revenue", "amount": "250.00"},
        ],
    )


@pytest.mark.parametrize(("recognized", "july"), [("0.00", "6149.46"), ("36500.00", "0.00")])
def test_what_is_left_of_the_price_follows_what_is_left_of_the_service(
    recognized: str, july: str
) -> None:
    """All or nothing recognised by then: 36,500.00 x 31 / 184 in July, or nothing any more."""
    holds(
        opening({"obligation": "access", "recognized": recognized}),
        expected=[
            revenue("07", july),
            {"as_of": "2026-12-31", "measure": "cumulative_revenue", "amount": "36500.00"},
        ],
    )
