"""Whether an agreement is a contract, and what becomes of what is received without one."""

from __future__ import annotations

from datetime import date

import pytest

from revrec.errors import NotAContract
from revrec.feeds.scenario import scenario_of
from revrec.periods import FOREVER
from tests.scenarios.step1 import (
    accounting,
    at,
    during,
    missed,
    outcomes,
    refusal,
    scenario,
    subscription,
)

JAN_1 = date(2026, 1, 1)
MAR_31 = date(2026, 3, 31)
APR_1 = date(2026, 4, 1)
JUN_30 = date(2026, 6, 30)
JUL_1 = date(2026, 7, 1)
DEC_31 = date(2026, 12, 31)

UNMET = {"unmet_criteria": ["collectibility"]}


def assessed(on: date, id_: str = "A-1", **more):
    """An assessment of contract C."""
    return {"kind": "assessment", "id": id_, "contract": "C", "on": on, **more}


def paid(on: date, amount: str, id_: str = "P-1"):
    """A payment on contract C."""
    return {"kind": "payment", "id": id_, "contract": "C", "on": on, "amount": amount}


def test_nothing_is_recognised_while_a_criterion_is_not_met():
    """Without a contract there is no price, no revenue and nothing left to perform (25-6)."""
    told = scenario(
        subscription(**UNMET),
        events=[paid(JAN_1, "5000.00")],
        expected=[
            at(JUN_30, "cumulative_revenue", "0"),
            at(JUN_30, "transaction_price", "0"),
            at(JUN_30, "rpo", "0"),
        ],
    )

    assert [] == missed(told)
    found = accounting(told).contracts["C"]
    assert FOREVER == found.exists_from
    assert ((JAN_1, FOREVER),) == found.without_contract
    assert not found.exists_on(JUN_30)
    assert "collectibility (25-1e)" in found.decisions[0].sentence


def test_what_was_transferred_before_is_caught_up_when_the_criteria_are_met():
    """12,000 for the year; criteria met on 1 April: 3 months and a day are caught up then."""
    told = scenario(
        subscription(**UNMET),
        events=[assessed(APR_1)],
        expected=[
            at(MAR_31, "cumulative_revenue", "0"),
            # 3 + 1/30 of 12 months of 1,000.
            at(APR_1, "cumulative_revenue", "3033.33"),
            during(APR_1, date(2026, 4, 30), "revenue", "4000.00"),
            at(MAR_31, "transaction_price", "0"),
            at(APR_1, "transaction_price", "12000.00"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
        ],
    )

    assert [] == missed(told)
    found = accounting(told).contracts["C"]
    assert APR_1 == found.exists_from
    assert ((JAN_1, MAR_31),) == found.without_contract
    assert ["no contract"] == outcomes(told, "identify_contract")
    assert ["contract exists"] == outcomes(told, "assess_contract")


def test_selling_prices_are_those_of_the_day_the_contract_came_to_exist():
    """Inception, for allocation, is the day on which the criteria are met (32-43)."""
    two = {
        "obligations": [
            {"id": "a", "product": "a", "measure": "even_months"},
            {"id": "b", "product": "b", "measure": "even_months"},
        ]
    }
    prices = [
        {"id": "a-1", "product": "a", "currency": "USD", "amount": "100", "effective_from": JAN_1},
        {"id": "b-1", "product": "b", "currency": "USD", "amount": "100", "effective_from": JAN_1},
        {"id": "a-2", "product": "a", "currency": "USD", "amount": "300", "effective_from": APR_1},
    ]
    told = scenario(
        subscription(**UNMET, **two),
        events=[assessed(APR_1)],
        prices=prices,
        # 12,000 x 300 / 400.
        expected=[at(APR_1, "allocated_price", "9000.00", obligation="a")],
    )

    assert [] == missed(told)


@pytest.mark.parametrize("event", ["nothing_left", "terminated", "transfers_stopped"])
def test_an_event_makes_the_deposit_revenue_and_what_is_received_later_too(event):
    """5,000 held until 1 July become revenue then; 700 received in August at once (25-7)."""
    told = scenario(
        subscription(**UNMET),
        events=[
            paid(JAN_1, "5000.00"),
            assessed(JUL_1, event=event, non_refundable=True),
            paid(date(2026, 8, 10), "700.00", "P-2"),
        ],
        expected=[
            at(JUN_30, "cumulative_revenue", "0"),
            at(JUL_1, "cumulative_revenue", "5000.00"),
            during(date(2026, 8, 1), date(2026, 8, 31), "revenue", "700.00"),
            at(DEC_31, "rpo", "0"),
        ],
    )

    assert [] == missed(told)
    assert ["deposit is revenue"] == outcomes(told, "assess_contract")


def test_a_deposit_for_several_promises_is_shared_by_selling_prices_without_tax():
    """900 received of which 100 is tax: 800 by 3 to 1."""
    two = [
        {
            "id": name,
            "product": name,
            "measure": "even_months",
            "standalone_selling_price": price,
        }
        for name, price in (("a", "300"), ("b", "100"))
    ]
    told = scenario(
        subscription(**UNMET, obligations=two),
        events=[
            {
                "kind": "invoice",
                "id": "I-1",
                "contract": "C",
                "on": JAN_1,
                "lines": [{"amount": "800.00", "tax": "100.00"}],
            },
            paid(JAN_1, "900.00"),
            assessed(JUL_1, event="terminated", non_refundable=True),
        ],
        expected=[
            at(JUL_1, "cumulative_revenue", "600.00", obligation="a"),
            at(JUL_1, "cumulative_revenue", "200.00", obligation="b"),
        ],
    )

    assert [] == missed(told)


def test_a_contract_that_passed_stands_without_a_significant_change():
    """A judgment that collection is doubtful now does not undo the contract (25-5)."""
    told = scenario(
        subscription(),
        events=[assessed(JUL_1, unmet=["collectibility"])],
        expected=[at(DEC_31, "cumulative_revenue", "12000.00")],
    )

    assert [] == missed(told)
    assert ["not reassessed"] == outcomes(told, "assess_contract")


def test_after_a_significant_change_nothing_more_is_recognised():
    """Six months of 1,000 stay; from July nothing is earned and nothing is left to earn."""
    told = scenario(
        subscription(),
        events=[assessed(JUL_1, unmet=["collectibility"], significant_change="insolvency")],
        expected=[
            at(JUN_30, "rpo", "6000.00"),
            at(JUL_1, "cumulative_revenue", "6000.00"),
            at(DEC_31, "cumulative_revenue", "6000.00"),
            at(DEC_31, "rpo", "0"),
        ],
    )

    assert [] == missed(told)
    assert ((JUL_1, FOREVER),) == accounting(told).contracts["C"].without_contract
    assert accounting(told).contracts["C"].exists_from is None


def test_a_contract_that_fails_and_passes_again_is_caught_up():
    """Nothing from July to September; on 1 October nine months and a day are earned."""
    oct_1 = date(2026, 10, 1)
    told = scenario(
        subscription(),
        events=[
            assessed(JUL_1, unmet=["collectibility"], significant_change="insolvency"),
            assessed(oct_1, "A-2"),
        ],
        expected=[
            at(date(2026, 9, 30), "cumulative_revenue", "6000.00"),
            # 9,000 + 1,000 / 31.
            at(oct_1, "cumulative_revenue", "9032.26"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
        ],
    )

    assert [] == missed(told)


def test_usage_is_frozen_with_the_contract():
    """Fees of use before the change stay; use after it earns nothing."""
    metered = {
        "obligations": [{"id": "tokens", "product": "tokens", "measure": "usage"}],
        "consideration": [{"id": "use", "kind": "usage", "obligation": "tokens"}],
    }

    def use(on: date, amount: str):
        return {
            "kind": "usage",
            "contract": "C",
            "on": on,
            "meter": "tokens",
            "quantity": "1",
            "amount": amount,
        }

    told = scenario(
        subscription(**metered),
        events=[
            use(MAR_31, "70.005"),
            use(JUL_1, "30"),
            assessed(JUL_1, unmet=["collectibility"], significant_change="insolvency"),
        ],
        # Half to even: 70.005 is 70.00.
        expected=[at(DEC_31, "cumulative_revenue", "70.00")],
    )

    assert [] == missed(told)


def test_after_a_significant_change_and_termination_only_the_excess_received_is_revenue():
    """7,500 received of which 6,000 was earned before: 1,500 on the day of termination."""
    told = scenario(
        subscription(),
        events=[
            paid(JAN_1, "7500.00"),
            assessed(JUL_1, unmet=["collectibility"], significant_change="insolvency"),
            assessed(date(2026, 8, 1), "A-2", event="terminated", non_refundable=True),
        ],
        expected=[
            at(date(2026, 7, 31), "cumulative_revenue", "6000.00"),
            at(date(2026, 8, 1), "cumulative_revenue", "7500.00"),
        ],
    )

    assert [] == missed(told)


def test_of_bills_only_what_was_earned_before_the_change_stays_a_claim():
    """Of 150.00 euros billed 100.00 are earned when it fails: worth 120.00 at the end of March.

    The other 50.00 are no claim, no liability and bring no gain; 30.00 paid leave 70.00 to claim.
    """
    told = {
        "title": "t",
        "cites": ["606-10-25-5"],
        "functional_currency": "USD",
        "exchange_rates": [
            {"id": f"R{month}", "currency": "EUR", "into": "USD", "on": on, "rate": rate}
            for month, (on, rate) in enumerate(
                [("2026-01-01", "1.10"), ("2026-01-31", "1.10"), ("2026-02-28", "1.10"),
                 ("2026-03-31", "1.20"), ("2026-04-30", "1.20")]
            )
        ],
        "contracts": [
            subscription(
                currency="EUR",
                end=MAR_31,
                consideration=[{"id": "fee", "kind": "fixed", "amount": "150.00"}],
            )
        ],
        "events": [
            {"kind": "invoice", "id": "I", "contract": "C", "on": JAN_1,
             "lines": [{"amount": "150.00"}]},
            assessed(date(2026, 3, 1), unmet=["collectibility"], significant_change="insolvency"),
            paid(date(2026, 4, 10), "30.00"),
        ],
        "expected": [
            at(MAR_31, "cumulative_revenue", "100.00"),
            at(MAR_31, "receivable", "100.00"),
            at(MAR_31, "receivable", "120.00", currency="USD"),
            at(MAR_31, "contract_liability", "0.00"),
            at(MAR_31, "contract_asset", "0.00", currency="USD"),
            at(MAR_31, "deposit_liability", "0.00"),
            {"period": "2026-03", "measure": "fx_gain", "amount": "10.00", "currency": "USD"},
            at(date(2026, 4, 30), "receivable", "70.00"),
            at(date(2026, 4, 30), "deposit_liability", "0.00"),
        ],
    }  # fmt: skip

    assert [] == missed(scenario_of(told))


@pytest.mark.parametrize(
    ("changes", "events", "field", "paragraph"),
    [
        (UNMET, [assessed(JUL_1, event="terminated")], "assessment.non_refundable", "25-8"),
        (
            {},
            [assessed(JUL_1, event="terminated", non_refundable=True)],
            "assessment.event",
            "25-7",
        ),
        (UNMET, [assessed(date(2025, 12, 31))], "assessment.on", "25-1"),
        (
            UNMET,
            [
                assessed(APR_1, event="terminated", non_refundable=True),
                assessed(JUL_1, "A-2"),
            ],
            "assessment.event",
            "25-7",
        ),
        (
            UNMET,
            [
                {
                    "kind": "modification",
                    "id": "M-1",
                    "contract": "C",
                    "on": APR_1,
                    "price_change": "-100.00",
                }
            ],
            "modification.on",
            "25-10",
        ),
    ],
)
def test_facts_that_contradict_the_agreement_are_refused(changes, events, field, paragraph):
    """The refusal names the field and the paragraph."""
    error = refusal(scenario(subscription(**changes), events=events))

    assert isinstance(error, NotAContract)
    assert field == error.attributes["field"]
    assert f"606-10-{paragraph}" == error.citation
