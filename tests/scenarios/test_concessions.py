"""What is agreed for the past with a modification, beside what it changes for the time to come."""

from __future__ import annotations

import pytest

from tests.scenarios.step1 import at, during, missed, outcomes, refusal, scenario, subscription


def modification(**more):
    """On 15 June a credit of 300 for outages in February, with more changes beside it or none."""
    credit = {
        "id": "outages",
        "kind": "variable",
        "amount": "-300.00",
        "obligation": "access",
        "service_from": "2026-02-01",
        "service_to": "2026-02-28",
    }
    told = {
        "kind": "modification",
        "id": "M-1",
        "contract": "C",
        "on": "2026-06-15",
        "new_terms_from": "2026-07-01",
        "adds_consideration": [credit],
    }
    return told | more


def test_a_credit_for_the_past_is_revenue_when_it_is_agreed():
    """12,000 a year: June earns 1,000 - 300, and no other month moves (606-10-25-13, 32-43)."""
    told = scenario(
        subscription(),
        events=[modification()],
        expected=[
            during("2026-02-01", "2026-02-28", "revenue", "1000.00"),
            during("2026-06-01", "2026-06-30", "revenue", "700.00"),
            during("2026-07-01", "2026-07-31", "revenue", "1000.00"),
            at("2026-06-30", "transaction_price", "11700.00"),
            at("2026-06-30", "rpo", "6000.00"),
            during(
                "2026-06-01", "2026-06-30", "revenue_from_prior_period_performance", "-300.00"
            ),
        ],
    )  # fmt: skip

    assert [] == missed(told)
    assert [] == outcomes(told, "classify")
    assert ["revenue now"] == outcomes(told, "explain_concession")


def test_the_rest_of_the_change_is_spread_over_what_remains():
    """With 1,200 off the second half: (6,000 - 1,200) / 6 = 800 a month from July on."""
    told = scenario(
        subscription(),
        events=[modification(price_change="-1200.00")],
        expected=[
            during("2026-06-01", "2026-06-30", "revenue", "700.00"),
            during("2026-07-01", "2026-07-31", "revenue", "800.00"),
            at("2026-12-31", "cumulative_revenue", "10500.00"),
        ],
    )

    assert [] == missed(told)


def test_a_credit_on_what_is_withdrawn_is_still_for_the_past():
    """Service ends with June: 6,000 earned less 300, and nothing remains."""
    told = scenario(
        subscription(),
        events=[modification(withdraws=["access"], price_change="-6000.00")],
        expected=[
            at("2026-06-30", "cumulative_revenue", "5700.00"),
            at("2026-12-31", "cumulative_revenue", "5700.00"),
            at("2026-06-30", "rpo", "0.00"),
        ],
    )

    assert [] == missed(told)


def test_the_amount_is_estimated_again_like_any_other():
    """The credit turns out at 200: 100 come back in August."""
    told = scenario(
        subscription(),
        events=[
            modification(),
            {"kind": "estimate", "id": "E-1", "contract": "C", "on": "2026-08-10",
             "consideration": "outages", "amount": "-200.00"},
        ],
        expected=[
            during("2026-06-01", "2026-06-30", "revenue", "700.00"),
            during("2026-08-01", "2026-08-31", "revenue", "1100.00"),
        ],
    )  # fmt: skip

    assert [] == missed(told)


@pytest.mark.parametrize("named", [None, "support"])
def test_a_credit_for_the_past_names_what_it_is_for(named):
    """Without one obligation of the contract it cannot be told where revenue falls."""
    told = modification()
    told["adds_consideration"][0]["obligation"] = named

    error = refusal(
        scenario(subscription(), events=[told], expected=[at("2026-06-30", "rpo", "0")])
    )

    assert "606-10-25-13" == error.citation
    assert "modification.adds_consideration.outages.obligation" == error.attributes["field"]
