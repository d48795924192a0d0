"""Modifications: which contract they make, in what order, with which price."""

from __future__ import annotations

from datetime import date

import pytest

from revrec.errors import ContractError
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

JAN_1, JUN_30, JUL_1 = date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1)
SEP_30, OCT_1 = date(2026, 9, 30), date(2026, 10, 1)
DEC_31 = date(2026, 12, 31)

ACCESS = {"id": "access", "product": "access", "measure": "even_months"}
PROSPECTIVE = "termination of the old contract and start of a new one"
SEPARATE = "separate contract"
CATCH_UP = "cumulative catch-up"


def modified(id_: str = "M-1", on: date = JUL_1, **more):
    """A modification of contract C."""
    return {"kind": "modification", "id": id_, "contract": "C", "on": on, **more}


def seats(price: str, **more):
    """Seats added from July to December at a selling price."""
    told = {
        "id": "seats",
        "product": "seats",
        "measure": "even_months",
        "standalone_selling_price": price,
    }
    return told | more


def parts(**more):
    """120 parts at 100, of which 60 come by the end of June."""
    told = {
        "obligations": [
            {
                "id": "parts",
                "product": "part",
                "measure": "units",
                "quantity": "120",
                "standalone_selling_price": "12000.00",
            }
        ]
    }
    return subscription(**(told | more))


def delivered(on: date, quantity: str, obligation: str = "parts"):
    """Units handed over."""
    return {
        "kind": "delivery",
        "id": f"D-{on}-{obligation}",
        "contract": "C",
        "on": on,
        "obligation": obligation,
        "quantity": quantity,
    }


def credit(amount: str):
    """A credit for the service before July."""
    return {
        "id": "credit",
        "kind": "variable",
        "amount": amount,
        "obligation": "access",
        "service_to": JUN_30,
    }


def priced(net: str, **more):
    """Seats that sell for 3,000 are added for a net change of price."""
    return scenario(
        subscription(obligations=[ACCESS | {"standalone_selling_price": "12000.00"}]),
        events=[modified(adds=[seats("3000.00")], price_change=net, **more)],
    )


@pytest.mark.parametrize(
    ("net", "more", "outcome"),
    [
        ("3000.00", {}, SEPARATE),
        ("2999.99", {}, PROSPECTIVE),
        ("3000.01", {}, PROSPECTIVE),
        # 200 of selling effort is saved by selling to a customer one has.
        ("2800.00", {"costs_not_incurred": "200.00"}, SEPARATE),
        ("2799.99", {"costs_not_incurred": "200.00"}, PROSPECTIVE),
        # The net change counts: 3,000 for the seats, less a credit of 500 for the past.
        ("3000.00", {"adds_consideration": [credit("-500.00")]}, PROSPECTIVE),
        ("3500.00", {"adds_consideration": [credit("-500.00")]}, SEPARATE),
        # What a person judged stands.
        ("2500.00", {"at_standalone_selling_prices": True}, SEPARATE),
        ("3000.00", {"at_standalone_selling_prices": False}, PROSPECTIVE),
    ],
)
def test_additions_are_apart_when_the_net_change_is_what_they_sell_for(net, more, outcome):
    """25-12b: the increase of the whole contract's price against the selling price."""
    assert [outcome] == outcomes(priced(net, **more), "classify")


def test_a_price_within_the_range_of_selling_prices_is_a_selling_price():
    """2,700 lies between 2,500 and 3,500, 2,400 does not."""
    bounds = {
        "standalone_selling_price": None,
        "selling_price_range": {"low": "2500", "high": "3500"},
    }
    for net, outcome in (("2700.00", SEPARATE), ("2400.00", PROSPECTIVE)):
        told = scenario(
            subscription(obligations=[ACCESS | {"standalone_selling_price": "12000.00"}]),
            events=[modified(adds=[seats("1") | bounds], price_change=net)],
        )

        assert [outcome] == outcomes(told, "classify")


def test_selling_prices_of_the_book_decide_too():
    """500 a month in the book from June: six months of it are 3,000."""
    prices = [
        {
            "id": "s-1",
            "product": "seats",
            "currency": "USD",
            "amount": "400",
            "per": "month",
            "effective_from": JAN_1,
        },
        {
            "id": "s-2",
            "product": "seats",
            "currency": "USD",
            "amount": "500",
            "per": "month",
            "effective_from": date(2026, 6, 1),
        },
    ]
    told = scenario(
        subscription(),
        events=[
            modified(adds=[seats("1") | {"standalone_selling_price": None}], price_change="3000.00")
        ],
        prices=prices,
    )

    assert [SEPARATE] == outcomes(told, "classify")


def test_without_a_selling_price_nothing_is_derived():
    """Not to know the price is not to find that it was met; alone in July it needs none."""
    told = scenario(
        subscription(end=JUN_30),
        events=[
            modified(
                adds=[seats("1", end=DEC_31) | {"standalone_selling_price": None}],
                price_change="3000.00",
            )
        ],
        expected=[at(DEC_31, "cumulative_revenue", "15000.00")],
    )

    assert [] == missed(told)
    assert [PROSPECTIVE] == outcomes(told, "classify")


def test_a_person_may_override_the_treatment_and_both_are_kept():
    """The rule says prospective for a series; the controller says catch-up: 600 less now."""
    override = {
        "treatment": "catch_up",
        "by": "controller",
        "reason": "the days are not distinct from each other here",
    }
    events = [modified(price_change="-1200.00")]
    plain = scenario(
        subscription(),
        events=events,
        expected=[
            at(JUL_1, "cumulative_revenue", "6025.81", tolerance="1.00"),
            during(JUL_1, date(2026, 7, 31), "revenue", "800.00"),
        ],
    )
    overridden = scenario(
        subscription(),
        events=[events[0] | {"override": override}],
        expected=[
            # 10,800 x 7/12 = 6,300, of which 6,000 was earned by June.
            during(JUL_1, date(2026, 7, 31), "revenue", "300.00"),
            during(date(2026, 8, 1), date(2026, 8, 31), "revenue", "900.00"),
            at(DEC_31, "cumulative_revenue", "10800.00"),
        ],
    )

    assert [] == missed(plain)
    assert [] == missed(overridden)
    decision = next(
        each for each in accounting(overridden).contracts["C"].decisions if each.rule == "classify"
    )
    assert CATCH_UP == decision.outcome
    assert PROSPECTIVE == decision.inputs["by_rule"]
    assert "controller" == decision.inputs["overridden_by"]
    assert override["reason"] in decision.sentence


def test_what_is_one_whole_may_be_overridden_to_prospective():
    """Half of 1,000 done; 200 more on what is left: 500 stays, 700 to come."""
    whole = {
        "id": "work",
        "product": "work",
        "measure": "units",
        "quantity": "10",
        "distinct_increments": False,
    }
    override = {"treatment": "prospective", "by": "controller", "reason": "phases are distinct"}
    told = scenario(
        subscription(
            obligations=[whole],
            consideration=[{"id": "price", "kind": "fixed", "amount": "1000.00"}],
        ),
        events=[
            delivered(JUN_30, "5", "work"),
            modified(price_change="200.00", override=override),
            delivered(SEP_30, "1", "work"),
        ],
        expected=[
            at(JUL_1, "cumulative_revenue", "500.00"),
            during(JUL_1, SEP_30, "revenue", "140.00"),
        ],
    )

    assert [] == missed(told)


def test_an_unpriced_change_is_estimated_and_the_agreed_price_goes_back_to_it():
    """Scope approved on 1 July for an estimated 1,200; agreed in October at 1,500 (25-11).

    July to September: (6,000 + 1,200) / 6 = 1,200 a month. In October the 300 more belong to the
    six months from July: 150 for what is past and 50 a month.
    """
    told = scenario(
        subscription(),
        events=[
            modified(revises=[ACCESS], price_change="1200.00", unpriced=True),
            {
                "kind": "estimate",
                "id": "E-1",
                "contract": "C",
                "on": OCT_1,
                "consideration": "M-1",
                "amount": "1500.00",
            },
        ],
        expected=[
            at(JUL_1, "transaction_price", "13200.00"),
            during(JUL_1, date(2026, 7, 31), "revenue", "1200.00"),
            at(SEP_30, "cumulative_revenue", "9600.00"),
            at(OCT_1, "transaction_price", "13500.00"),
            during(OCT_1, date(2026, 10, 31), "revenue", "1400.00"),
            during(date(2026, 11, 1), date(2026, 11, 30), "revenue", "1250.00"),
            at(DEC_31, "cumulative_revenue", "13500.00"),
        ],
    )

    assert [] == missed(told)


def test_modifications_of_one_day_count_in_their_stated_order():
    """Seats are added, then withdrawn with the access they belong to; the other way is refused."""
    adds = modified("B", adds=[seats("3000.00")], price_change="600.00", order=1)
    withdraws = modified("A", withdraws=["seats"], price_change="-600.00", order=2)
    contract = subscription(obligations=[ACCESS | {"standalone_selling_price": "12000.00"}])
    told = scenario(
        contract,
        events=[adds, withdraws],
        expected=[at(DEC_31, "cumulative_revenue", "12000.00")],
    )

    assert [] == missed(told)
    unordered = scenario(contract, events=[adds | {"order": 0}, withdraws | {"order": 0}])
    assert "modification.revises" == refusal(unordered).attributes["field"]


def test_two_price_changes_of_one_day_add_up():
    """600 more and 300 less: 6,300 over six months."""
    told = scenario(
        subscription(),
        events=[
            modified("A", price_change="600.00"),
            modified("B", price_change="-300.00"),
        ],
        expected=[
            during(JUL_1, date(2026, 7, 31), "revenue", "1050.00"),
            at(DEC_31, "cumulative_revenue", "12300.00"),
        ],
    )

    assert [] == missed(told)


def test_fewer_units_are_a_partial_termination():
    """60 of 120 parts delivered; 20 of the rest are given up for 2,000 less: 40 at 100."""
    told = scenario(
        parts(),
        events=[
            delivered(JUN_30, "60"),
            modified(
                revises=[{"id": "parts", "product": "part", "measure": "units", "quantity": "40"}],
                price_change="-2000.00",
            ),
            delivered(SEP_30, "40"),
        ],
        expected=[
            at(JUL_1, "rpo", "4000.00"),
            at(JUL_1, "revenue_per_unit", "100", obligation="parts"),
            at(SEP_30, "cumulative_revenue", "10000.00"),
            at(SEP_30, "rpo", "0"),
        ],
    )

    assert [] == missed(told)


def test_fewer_seats_for_a_lower_price_go_on_prospectively():
    """100 seats become 60 from July: 6,000 less 2,400 over six months."""
    told = scenario(
        subscription(obligations=[ACCESS | {"quantity": "100"}]),
        events=[modified(revises=[ACCESS | {"quantity": "60"}], price_change="-2400.00")],
        expected=[
            at(JUN_30, "cumulative_revenue", "6000.00"),
            during(JUL_1, date(2026, 7, 31), "revenue", "600.00"),
        ],
    )

    assert [] == missed(told)


@pytest.mark.parametrize(
    ("change", "kept"), [("-6000.00", "6000.00"), ("-5500.00", "6500.00"), ("0", "12000.00")]
)
def test_a_contract_ended_at_once_keeps_what_is_not_given_back(change, kept):
    """Ended on 30 June: the half released, with a fee of 500, or nothing given back."""
    told = scenario(
        subscription(),
        events=[modified(end=JUN_30, price_change=change)],
        expected=[
            at(JUL_1, "cumulative_revenue", kept),
            at(JUL_1, "rpo", "0"),
            at(DEC_31, "cumulative_revenue", kept),
        ],
    )

    assert [] == missed(told)


def test_a_notice_with_months_to_run_shortens_the_service():
    """On 1 July the end moves to 30 September for 2,400 less: 3,600 over three months."""
    told = scenario(
        subscription(),
        events=[modified(end=SEP_30, price_change="-2400.00")],
        expected=[
            during(JUL_1, date(2026, 7, 31), "revenue", "1200.00"),
            at(SEP_30, "cumulative_revenue", "9600.00"),
            at(OCT_1, "rpo", "0"),
        ],
    )

    assert [] == missed(told)


def test_an_early_renewal_blends_and_extends():
    """On 1 October a further year at 9,600: 3,000 + 9,600 over fifteen months, 840 each."""
    end = date(2027, 12, 31)
    told = scenario(
        subscription(),
        events=[
            modified(
                on=OCT_1,
                revises=[ACCESS | {"end": end}],
                price_change="9600.00",
                end=end,
                reason="Blend and extend.",
            )
        ],
        expected=[
            during(OCT_1, date(2026, 10, 31), "revenue", "840.00"),
            at(DEC_31, "rpo", "10080.00"),
            at(end, "cumulative_revenue", "21600.00"),
            at(OCT_1, "contract_term_months", "24"),
        ],
    )

    assert [] == missed(told)


def test_a_renewal_at_its_price_is_a_new_contract_and_blends_nothing():
    """On 1 October a further year from January at 14,400, its selling price: 1,000 then 1,200."""
    end = date(2027, 12, 31)
    renewal = {
        "id": "renewal",
        "product": "access",
        "measure": "even_months",
        "start": date(2027, 1, 1),
        "end": end,
        "standalone_selling_price": "14400.00",
    }
    told = scenario(
        subscription(),
        events=[modified(on=OCT_1, adds=[renewal], price_change="14400.00", end=end)],
        expected=[
            during(OCT_1, date(2026, 10, 31), "revenue", "1000.00"),
            during(date(2027, 1, 1), date(2027, 1, 31), "revenue", "1200.00"),
            at(end, "cumulative_revenue", "26400.00"),
        ],
    )

    assert [] == missed(told)
    assert [SEPARATE] == outcomes(told, "classify")


def test_seats_that_end_with_the_rest_share_its_discount_when_sold_below_price():
    """Seats of 3,000 added for 1,500 and co-terminated: 7,500 over 6,000 and 3,000 left."""
    told = scenario(
        subscription(obligations=[ACCESS | {"standalone_selling_price": "12000.00"}]),
        events=[modified(adds=[seats("3000.00")], price_change="1500.00")],
        expected=[
            at(JUL_1, "allocated_price", "2500.00", obligation="seats"),
            during(JUL_1, date(2026, 7, 31), "revenue", "1250.00"),
            at(DEC_31, "cumulative_revenue", "13500.00"),
        ],
    )

    assert [] == missed(told)


def test_a_commitment_partly_used_is_raised():
    """1,000 bought for 900, 400 used; 500 more for 400: (540 + 400) over 1,100 left.

    A use of 550 earns half of the 940.
    """

    def use(on: date, amount: str):
        return {
            "kind": "usage",
            "contract": "C",
            "on": on,
            "meter": "credits",
            "quantity": "1",
            "amount": amount,
        }

    bought = {
        "id": "credits",
        "product": "credits",
        "measure": "usage",
        "usage": {"counted_in": "amount", "entitled": "1000"},
    }
    told = scenario(
        subscription(
            obligations=[bought],
            consideration=[{"id": "fee", "kind": "fixed", "amount": "900.00"}],
        ),
        events=[
            use(JUN_30, "400"),
            modified(
                revises=[bought | {"usage": {"counted_in": "amount", "entitled": "1100"}}],
                price_change="400.00",
            ),
            use(SEP_30, "550"),
        ],
        expected=[
            at(JUN_30, "cumulative_revenue", "360.00"),
            during(JUL_1, SEP_30, "revenue", "470.00"),
            at(DEC_31, "cumulative_revenue", "1300.00"),
            during(OCT_1, DEC_31, "breakage_revenue", "470.00"),
        ],
    )

    assert [] == missed(told)


@pytest.mark.parametrize(
    ("contract", "events", "field"),
    [
        (
            subscription(),
            [modified(on=date(2025, 12, 31), price_change="1.00")],
            "modification.on",
        ),
        (
            parts(),
            [delivered(JUN_30, "120"), modified(withdraws=["parts"])],
            "modification.withdraws",
        ),
        (
            subscription(),
            [modified(on=date(2027, 2, 1), price_change="-100.00")],
            "modification.new_terms_from",
        ),
        (subscription(), [modified(price_change="-12000.01")], "modification.price_change"),
        (
            subscription(),
            [
                modified(
                    price_change="5.00",
                    override={"treatment": "separate", "by": "x", "reason": "y"},
                )
            ],
            "modification.override",
        ),
        (subscription(), [modified(end=date(2025, 6, 30))], "modification.end"),
        (
            subscription(),
            [modified(revises_consideration=[{"id": "fee", "kind": "fixed", "amount": "1.00"}])],
            "modification.revises_consideration",
        ),
        (
            subscription(),
            [modified(revises=[ACCESS], withdraws=["access"])],
            "modification.withdraws",
        ),
    ],
)
def test_a_modification_that_contradicts_the_contract_is_refused(contract, events, field):
    """The refusal names the field and a paragraph of 25."""
    error = refusal(scenario(contract, events=events))

    assert isinstance(error, ContractError)
    assert field == error.attributes["field"]
    assert str(error.citation).startswith("606-10-25")
