"""Contracts accounted for as one: proposed by rule, decided by a person."""

from __future__ import annotations

from datetime import date

import pytest

from revrec.asc606.combination import propose_combinations
from revrec.errors import ContractError, CurrencyMismatch
from tests.scenarios.step1 import accounting, at, during, missed, scenario, subscription

JAN_1, JAN_10 = date(2026, 1, 1), date(2026, 1, 10)
JAN_31, FEB_5 = date(2026, 1, 31), date(2026, 2, 5)
DEC_31 = date(2026, 12, 31)


def platform(**more):
    """A year of a platform, sold for 12,000, which it also sells for alone."""
    told = {
        "id": "A",
        "obligations": [
            {
                "id": "main",
                "product": "platform",
                "measure": "even_months",
                "standalone_selling_price": "12000.00",
            }
        ],
    }
    return subscription(**(told | more))


def licence(**more):
    """A license sold for nothing beside the platform, though it sells for 4,000 alone."""
    told = {
        "id": "B",
        "obligations": [
            {
                "id": "main",
                "product": "license",
                "measure": "point_in_time",
                "standalone_selling_price": "4000.00",
            }
        ],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "0"}],
    }
    return subscription(**(told | more))


def decided(*contracts: str, id_: str = "DEAL", outcome: str = "confirmed", **more):
    """A decision about contracts."""
    reasons = ["interdependent_prices"] if outcome == "confirmed" else []
    told = {"kind": "combination", "id": id_, "on": FEB_5, "contracts": list(contracts)}
    return told | {"outcome": outcome, "reasons": reasons, "by": "controller"} | more


def delivered(on: date, contract: str = "B"):
    """The license is handed over."""
    return {
        "kind": "delivery",
        "id": f"D-{contract}",
        "contract": contract,
        "on": on,
        "obligation": "main",
    }


def billed(on: date, amount: str, contract: str):
    """An invoice."""
    return {
        "kind": "invoice",
        "id": f"I-{contract}",
        "contract": contract,
        "on": on,
        "lines": [{"amount": amount, "obligation": "main", "consideration": "fee"}],
    }


def test_confirmed_contracts_share_one_price_and_one_balance():
    """12,000 over 12,000 and 4,000: the license earns 3,000, the platform 9,000.

    12,000 billed in January, 3,000 + 750 earned: one net liability of 8,250.
    """
    told = scenario(
        platform(),
        licence(),
        events=[billed(JAN_1, "12000.00", "A"), delivered(JAN_1), decided("A", "B")],
        expected=[
            at(JAN_1, "allocated_price", "9000.00", contract="A", obligation="main"),
            at(JAN_1, "allocated_price", "3000.00", contract="DEAL", obligation="B/main"),
            at(JAN_31, "cumulative_revenue", "3750.00", contract="DEAL"),
            at(JAN_31, "contract_liability", "8250.00", contract="DEAL"),
            at(JAN_31, "contract_asset", "0"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
        ],
    )

    assert [] == missed(told)
    found = accounting(told)
    assert ["DEAL"] == list(found.contracts)
    last = [each for each in found.contracts["DEAL"].decisions if each.rule == "combine"]
    assert ["combined"] == [each.outcome for each in last]
    assert "interdependent prices (25-9b)" in last[0].sentence


def test_without_a_decision_and_when_refused_each_stands_alone():
    """The license given away earns nothing, the platform all of its 12,000."""
    for events in ([], [decided("A", "B", outcome="refused")]):
        told = scenario(
            platform(),
            licence(),
            events=[delivered(JAN_1), *events],
            expected=[
                at(DEC_31, "cumulative_revenue", "12000.00", contract="A"),
                at(DEC_31, "cumulative_revenue", "0", contract="B"),
            ],
        )

        assert [] == missed(told)


def test_before_the_last_is_approved_the_first_stands_alone():
    """January as signed in January; from 10 January, when the second is signed, as one."""
    told = scenario(
        platform(),
        licence(inception=JAN_10),
        events=[delivered(JAN_10), decided("A", "B")],
        expected=[
            at(date(2026, 1, 9), "transaction_price", "12000.00"),
            # 9 of 31 days of 1,000.
            at(date(2026, 1, 9), "cumulative_revenue", "290.32"),
            at(date(2026, 1, 9), "allocated_price", "12000.00", contract="DEAL"),
            at(JAN_10, "allocated_price", "9000.00", contract="A", obligation="main"),
            # 3,000 + 10 of 31 days of 750.
            at(JAN_10, "cumulative_revenue", "3241.94"),
            at(JAN_31, "cumulative_revenue", "3750.00"),
        ],
    )

    assert [] == missed(told)


def test_events_and_usage_of_each_contract_find_their_way():
    """Usage, a modification and a re-estimate told of one contract are of its part."""
    metered = {
        "id": "B",
        "obligations": [{"id": "tokens", "product": "tokens", "measure": "usage"}],
        "consideration": [{"id": "use", "kind": "usage", "obligation": "tokens"}],
    }
    bonus = {"id": "bonus", "kind": "variable", "amount": "0", "obligation": "main"}
    fee = {"id": "fee", "kind": "fixed", "amount": "12000.00"}
    told = scenario(
        platform(consideration=[fee, bonus]),
        subscription(**metered),
        events=[
            decided("A", "B"),
            {
                "kind": "usage",
                "contract": "B",
                "on": JAN_10,
                "meter": "tokens",
                "quantity": "1",
                "amount": "40.00",
            },
            {
                "kind": "estimate",
                "id": "E-1",
                "contract": "A",
                "on": JAN_31,
                "consideration": "bonus",
                "amount": "1200.00",
            },
            {
                "kind": "modification",
                "id": "M-1",
                "contract": "A",
                "on": date(2026, 6, 30),
                "new_terms_from": date(2026, 7, 1),
                "revises": [{"id": "main", "product": "platform", "measure": "even_months"}],
                "price_change": "600.00",
            },
        ],
        expected=[
            # 1,000 + 100 of the bonus + 40 of use.
            at(JAN_31, "cumulative_revenue", "1140.00"),
            at(JAN_31, "cumulative_revenue", "40.00", contract="B", obligation="tokens"),
            during(date(2026, 7, 1), date(2026, 7, 31), "revenue", "1200.00"),
            at(DEC_31, "cumulative_revenue", "13840.00"),
        ],
    )

    assert [] == missed(told)


def test_each_part_keeps_its_own_days():
    """Six months of one beside a year of the other: each over its own term."""
    told = scenario(
        platform(),
        platform(
            id="B",
            start=date(2026, 4, 1),
            end=date(2026, 9, 30),
            consideration=[
                {"id": "fee", "kind": "fixed", "amount": "6000.00", "charged": "over_term"}
            ],
            obligations=[
                {
                    "id": "main",
                    "product": "more",
                    "measure": "even_months",
                    "standalone_selling_price": "6000.00",
                }
            ],
        ),
        events=[decided("A", "B")],
        expected=[
            at(date(2026, 3, 31), "cumulative_revenue", "3000.00"),
            during(date(2026, 4, 1), date(2026, 4, 30), "revenue", "2000.00"),
            during(date(2026, 10, 1), date(2026, 10, 31), "revenue", "1000.00"),
            at(DEC_31, "cumulative_revenue", "18000.00"),
        ],
    )

    assert [] == missed(told)


@pytest.mark.parametrize(
    ("contracts", "decisions", "refused", "what"),
    [
        ([platform()], [decided("A")], ["A"], "fewer than two"),
        ([platform(), licence()], [decided("A", "B", "A")], ["A", "B"], "twice"),
        ([platform()], [decided("A", "X")], ["A"], "X, which is not known"),
        (
            [platform(), licence()],
            [decided("A", "B", id_="B")],
            ["A", "B"],
            "has the name of a contract",
        ),
        (
            [platform(), licence(), licence(id="D")],
            [decided("A", "B"), decided("B", "D", id_="OTHER")],
            ["A", "B", "D"],
            "shares a contract with",
        ),
        (
            [platform(), licence()],
            [decided("A", "TWO", id_="ONE"), decided("B", "ONE", id_="TWO")],
            ["A", "B"],
            "names a combination",
        ),
        ([platform(), licence()], [decided("A", "B", reasons=[])], ["A", "B"], "reasons"),
        (
            [platform(), licence(customer="birch")],
            [decided("A", "B")],
            ["A", "B"],
            "not related",
        ),
    ],
)
def test_a_combination_that_cannot_stand_refuses_its_contracts(contracts, decisions, refused, what):
    """Nothing is guessed: the contracts named are refused with the reason."""
    found = accounting(scenario(*contracts, events=decisions)).refused

    assert refused == sorted(found)
    assert all(isinstance(error, ContractError) for error in found.values())
    assert all(what in error.message for error in found.values())
    assert {"606-10-25-9"} == {error.citation for error in found.values()}


def test_currencies_are_not_combined():
    """Two currencies have no one price."""
    found = accounting(
        scenario(platform(), licence(currency="EUR"), events=[decided("A", "B")])
    ).refused

    assert {CurrencyMismatch} == {type(error) for error in found.values()}


def test_related_parties_are_combined():
    """A parent and its subsidiary have one group name."""
    told = scenario(
        platform(customer_group="grove"),
        licence(customer="birch", customer_group="grove"),
        events=[decided("A", "B")],
    )

    assert ["DEAL"] == list(accounting(told).contracts)


def test_the_last_decision_about_the_same_contracts_counts():
    """Confirmed in February, refused in March: apart."""
    told = scenario(
        platform(),
        licence(),
        events=[
            decided("A", "B"),
            decided("B", "A", id_="AGAIN", outcome="refused", on=date(2026, 3, 1)),
        ],
    )

    assert ["A", "B"] == list(accounting(told).contracts)


def test_contracts_near_in_time_of_one_party_are_proposed_until_decided():
    """The rule looks 30 days back by default, at related parties, in one currency."""
    contracts = [
        platform(customer_group="grove"),
        licence(inception=JAN_31, customer="birch", customer_group="grove"),
        licence(id="D", inception=FEB_5, customer_group="grove"),
        licence(id="E", currency="EUR"),
        licence(id="F", customer="cedar"),
    ]

    def proposed(*events, policy=None):
        told = scenario(*contracts, events=events, policy=policy)
        return [each.contracts for each in propose_combinations(told.book())]

    assert [("A", "B")] == proposed()
    assert [] == proposed(decided("A", "B"))
    assert [] == proposed(decided("A", "B", outcome="refused"))
    assert [("A", "B", "D")] == proposed(
        decided("A", "B"), policy={"combination_window": "60_days"}
    )
    assert [("B", "D")] == proposed(policy={"combination_window": "7_days"})


def test_a_proposal_says_what_the_facts_point_to():
    """Signed on one day and stated as one package; the same product in both."""
    first = platform(terms={"package": "Q1"})
    second = platform(id="B", terms={"package": "Q1"})
    told = propose_combinations(scenario(first, second).book())

    assert [("one_objective", "one_obligation")] == [each.indications for each in told]
