"""What happens to contract costs after they were incurred (340-40-35)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from revrec import engine
from revrec.errors import ContractError
from tests.costs import (
    AMORTIZED,
    CAPITALIZED,
    EXPENSED,
    IMPAIRED,
    SAAS,
    book,
    carrying,
    change,
    contract,
    cost,
    decisions,
    of,
    review,
    to_date,
)

HANDSET = {"id": "handset", "product": "handset", "measure": "point_in_time"}
UNITS = {"id": "units", "product": "units", "measure": "units", "quantity": "100"}


def parts(**terms: object) -> dict[str, Any]:
    """A service of three years, a handset and a hundred units, one price."""
    promised = [{**each, "standalone_selling_price": "1000.00"} for each in (SAAS, HANDSET, UNITS)]
    return contract(obligations=promised, **terms)


def delivered(on: str, obligation: str, quantity: str = "1") -> dict[str, Any]:
    """A delivery."""
    return {
        "kind": "delivery",
        "id": f"D-{on}-{obligation}",
        "contract": "C",
        "on": on,
        "obligation": obligation,
        "quantity": quantity,
    }


def test_a_better_test_takes_nothing_back() -> None:
    """What was impaired stays impaired (35-6)."""
    told = book(
        [contract()],
        [
            cost("360.00"),
            review(on="2026-12-31", expected_consideration="200.00"),
            review(id="S", on="2027-06-30", expected_consideration="900.00"),
        ],
    )
    amounts = to_date(told, "C", "2027-06-30")

    assert Decimal("40.00") == of(amounts, IMPAIRED)
    assert Decimal("150.00") == carrying(amounts)
    assert ["asset", "impaired", "not impaired"] == [d.outcome for d in decisions(told, "C")]


def test_a_loss_is_shared_by_what_is_carried() -> None:
    """240.00 and 120.00 carried, 180.00 recoverable: 120.00 and 60.00 lost; no third is tested."""
    told = book(
        [contract()],
        [
            cost("360.00"),
            cost("180.00", id="setup", purpose="fulfil", enhances_resources=True),
            cost("90.00", id="other"),
            review(on="2026-12-31", costs=["commission", "setup"], expected_consideration="180.00"),
        ],
    )
    amounts = to_date(told, "C", "2026-12-31")

    assert Decimal("120.00") == of(amounts, IMPAIRED, "commission")
    assert Decimal("60.00") == of(amounts, IMPAIRED, "setup")
    assert Decimal("60.00") == carrying(amounts, "other")


def test_consideration_below_its_costs_recovers_nothing() -> None:
    """A loss is never more than what is carried."""
    told = book(
        [contract()],
        [
            cost("360.00"),
            review(on="2026-12-31", expected_consideration="10.00", expected_costs="400.00"),
        ],
    )

    assert Decimal("240.00") == of(to_date(told, "C", "2026-12-31"), IMPAIRED)
    assert Decimal("0.00") == carrying(to_date(told, "C", "2027-12-31"))


@pytest.mark.parametrize(("elected", "year_two"), [("prospective", "90.00"), ("catch_up", "80.00")])
def test_what_is_given_back_lowers_what_is_left(elected: str, year_two: str) -> None:
    """60.00 back after a year: (240 - 60) / 2 a year, or (360 - 60) / 3 less 20.00 for the past."""
    told = book(
        [contract()],
        [
            cost("360.00"),
            cost("-60.00", id="clawback", adjusts="commission", on="2027-01-01"),
        ],
        contract_cost_adjustments=elected,
    )
    first, second = (of(to_date(told, "C", day), AMORTIZED) for day in ("2026-12-31", "2027-12-31"))

    assert Decimal("120.00") == first
    assert Decimal(year_two) == second - first
    assert Decimal("300.00") == of(to_date(told, "C", "2027-12-31"), CAPITALIZED, "commission")
    assert Decimal("0.00") == carrying(to_date(told, "C", "2028-12-31"))


def test_more_of_a_commission_joins_the_rest() -> None:
    """120.00 more when a target is met after a year: (240 + 120) / 24 a month."""
    told = book(
        [contract()],
        [cost("360.00"), cost("120.00", id="kicker", adjusts="commission", on="2027-01-01")],
    )

    assert Decimal("345.00") == carrying(to_date(told, "C", "2027-01-31"))


def test_more_given_back_than_is_carried_is_taken_from_the_expense() -> None:
    """10.00 are carried after 35 months; 60.00 come back: 50.00 of the amortisation goes."""
    told = book(
        [contract()],
        [cost("360.00"), cost("-60.00", id="clawback", adjusts="commission", on="2028-12-01")],
    )
    amounts = to_date(told, "C", "2028-12-01")

    assert Decimal("0.00") == carrying(amounts)
    assert Decimal("300.00") == of(amounts, AMORTIZED)


def test_what_adjusts_an_expense_is_an_expense() -> None:
    """A clawback of a commission that was expensed lowers the expense."""
    told = book(
        [contract()],
        [
            cost("360.00", incremental=False),
            cost("-60.00", id="clawback", adjusts="commission", on="2026-03-01"),
        ],
    )

    assert Decimal("300.00") == of(to_date(told, "C", "2026-03-01"), EXPENSED)


def test_a_contract_that_is_ended_leaves_no_asset() -> None:
    """All is withdrawn from 2027: 240.00 is written off that day."""
    told = book([contract()], [cost("360.00"), change("2027-01-01", withdraws=["saas"])])
    before, after = (to_date(told, "C", day) for day in ("2026-12-31", "2027-01-01"))

    assert Decimal("240.00") == carrying(before)
    assert Decimal("0.00") == carrying(after)
    assert Decimal("240.00") == of(after, IMPAIRED)


def test_a_clawback_after_the_end_lowers_the_loss() -> None:
    """100.00 of what was written off comes back: a loss of 140.00 remains."""
    told = book(
        [contract()],
        [
            cost("360.00"),
            change("2027-01-01", withdraws=["saas"]),
            cost("-100.00", id="clawback", adjusts="commission", on="2027-02-15"),
        ],
    )
    amounts = to_date(told, "C", "2027-02-28")

    assert Decimal("140.00") == of(amounts, IMPAIRED)
    assert Decimal("0.00") == carrying(amounts)


def test_what_is_satisfied_does_not_keep_a_contract_alive() -> None:
    """The handset and the units are out when the service is withdrawn: nothing is left."""
    told = book(
        [parts()],
        [
            cost("360.00"),
            delivered("2026-02-10", "handset"),
            delivered("2026-02-10", "units", "100"),
            change("2027-01-01", withdraws=["saas"]),
        ],
    )

    assert Decimal("240.00") == of(to_date(told, "C", "2027-01-01"), IMPAIRED)


def test_an_earlier_end_is_amortised_to_and_takes_renewals_along() -> None:
    """600.00 over ten years; after one both agree to end after two: 540.00 within the second."""
    ending = change(
        "2026-12-31",
        new_terms_from="2027-01-01",
        revises=[{**SAAS, "start": "2027-01-01"}],
        price_change="-12000.00",
        end="2027-12-31",
    )
    told = book([contract()], [cost("600.00", benefit_end="2035-12-31"), ending])

    assert Decimal("540.00") == carrying(to_date(told, "C", "2026-12-31"))
    assert Decimal("270.00") == carrying(to_date(told, "C", "2027-06-30"))
    assert Decimal("0.00") == carrying(to_date(told, "C", "2027-12-31"))
    assert Decimal("0.00") == of(to_date(told, "C", "2028-12-31"), IMPAIRED)


def test_a_longer_term_extends_no_benefit_by_itself() -> None:
    """Whether a commission benefits an extension is for a review to say."""
    longer = change(
        "2027-01-01",
        revises=[{**SAAS, "start": "2027-01-01"}],
        price_change="12000.00",
        end="2029-12-31",
    )
    told = book([contract()], [cost("360.00"), longer])

    assert Decimal("120.00") == carrying(to_date(told, "C", "2027-12-31"))


def test_a_renewal_pays_its_own_commission() -> None:
    """The first benefits its three years, the renewal's 120.00 the two that were added."""
    longer = change(
        "2029-01-01",
        revises=[{**SAAS, "start": "2029-01-01"}],
        price_change="24000.00",
        end="2030-12-31",
    )
    renewal = cost("120.00", id="renewal", on="2029-01-01")
    told = book([contract()], [cost("360.00"), longer, renewal])

    assert Decimal("0.00") == carrying(to_date(told, "C", "2028-12-31"))
    assert Decimal("60.00") == carrying(to_date(told, "C", "2029-12-31"))
    assert Decimal("0.00") == carrying(to_date(told, "C", "2030-12-31"))


def test_an_obligation_that_is_withdrawn_takes_its_costs_along() -> None:
    """The service ends, the units go on: its cost is written off, the contract's is not."""
    told = book(
        [parts()],
        [
            cost("360.00", obligation="saas"),
            cost("36.00", id="whole"),
            change("2027-01-01", withdraws=["saas"]),
        ],
    )
    amounts = to_date(told, "C", "2027-01-31")

    assert Decimal("240.00") == of(amounts, IMPAIRED, "commission")
    assert Decimal("23.00") == carrying(amounts, "whole")


def test_an_obligation_that_is_replaced_leaves_its_costs_to_what_takes_its_place() -> None:
    """An upgrade after a year: 10.00 a month go on, and what followed the units goes on by time.

    60 of 100 units are out, so 40.00 of 100.00 are left: 20.00 a year.
    """
    upgrade = change(
        "2027-01-01",
        withdraws=["saas", "units"],
        adds=[{**SAAS, "id": "plus", "standalone_selling_price": "3000.00"}],
        price_change="1000.00",
    )
    told = book(
        [parts()],
        [
            cost("360.00", obligation="saas"),
            cost("100.00", id="bonus", obligation="units", pattern="pattern_of_transfer"),
            delivered("2026-02-10", "units", "60"),
            upgrade,
        ],
    )
    amounts = to_date(told, "C", "2027-12-31")

    assert Decimal("120.00") == carrying(amounts, "commission")
    assert Decimal("20.00") == carrying(amounts, "bonus")
    assert Decimal("0.00") == of(amounts, IMPAIRED)


def test_the_pattern_of_transfer_is_the_progress_of_the_obligation() -> None:
    """40 of 100 units: 40% of the cost; a handset's cost when the handset is handed over."""
    told = book(
        [parts()],
        [
            cost("500.00", obligation="units", pattern="pattern_of_transfer"),
            cost("50.00", id="bonus", obligation="handset", pattern="pattern_of_transfer"),
            cost("360.00", id="plan", obligation="saas", pattern="pattern_of_transfer"),
            delivered("2026-02-10", "units", "40"),
            delivered("2026-03-10", "handset"),
            delivered("2026-04-10", "units", "60"),
        ],
    )
    february, march, april = (
        to_date(told, "C", day) for day in ("2026-02-28", "2026-03-31", "2026-04-30")
    )

    assert Decimal("300.00") == carrying(february, "commission")
    assert Decimal("50.00") == carrying(february, "bonus")
    assert Decimal("0.00") == carrying(march, "bonus")
    assert Decimal("0.00") == carrying(april, "commission")
    assert Decimal("330.00") == carrying(march, "plan")


def test_the_pattern_of_transfer_starts_with_the_cost() -> None:
    """Incurred when 20 of 100 units are out: 30 of the 80 left are three eighths of it."""
    told = book(
        [parts()],
        [
            delivered("2026-02-10", "units", "20"),
            cost("80.00", on="2026-03-01", obligation="units", pattern="pattern_of_transfer"),
            delivered("2026-03-10", "units", "30"),
        ],
    )

    assert Decimal("50.00") == carrying(to_date(told, "C", "2026-03-31"))


def test_the_pattern_of_transfer_follows_changed_terms() -> None:
    """Half of 100 units are out and 100 are now to come: ten of them are a tenth of the rest."""
    more = change(
        "2026-06-01",
        revises=[{**UNITS, "standalone_selling_price": "1000.00"}],
        price_change="500.00",
    )
    told = book(
        [parts()],
        [
            cost("100.00", obligation="units", pattern="pattern_of_transfer"),
            delivered("2026-02-10", "units", "50"),
            more,
            delivered("2026-06-10", "units", "10"),
        ],
    )

    assert Decimal("50.00") == carrying(to_date(told, "C", "2026-05-31"))
    assert Decimal("45.00") == carrying(to_date(told, "C", "2026-06-30"))


def test_the_pattern_of_transfer_follows_an_estimate_of_use() -> None:
    """200 of 1,000 credits used; 800 are expected, not 1,000: a quarter, caught up; 60.00 left."""
    credits_ = {
        "id": "credits",
        "product": "credits",
        "measure": "usage",
        "usage": {"entitled": "1000", "expected": "1000"},
    }
    told = book(
        [contract(obligations=[credits_])],
        [
            cost("80.00", pattern="pattern_of_transfer"),
            {
                "kind": "usage",
                "contract": "C",
                "on": "2026-01-20",
                "meter": "credits",
                "quantity": "200",
            },
            {
                "kind": "estimate",
                "id": "E",
                "contract": "C",
                "on": "2026-02-10",
                "obligation": "credits",
                "expected": "800",
            },
        ],
    )

    assert Decimal("64.00") == carrying(to_date(told, "C", "2026-01-31"))
    assert Decimal("60.00") == carrying(to_date(told, "C", "2026-02-28"))


def test_renewals_are_amortised_by_time_whatever_the_pattern() -> None:
    """Nobody knows how many units renewals bring: 360.00 over ten years, 36.00 a year."""
    told = book(
        [parts()],
        [cost("360.00", obligation="units", benefit_end="2035-12-31")],
        contract_cost_amortization="pattern_of_transfer",
    )

    assert Decimal("324.00") == carrying(to_date(told, "C", "2026-12-31"))


def test_a_cost_of_several_contracts_is_shared_to_the_cent() -> None:
    """100.00 in three equal parts: 33.34, 33.33 and 33.33, whatever contract is asked."""
    shares = {"C": "1", "D": "1", "E": "1"}
    contracts = [contract(), contract(id="D"), contract(id="E")]
    told = book(contracts, [cost("100.00", shared=shares, currency="USD")])
    capitalized = [of(to_date(told, name, "2026-01-01"), CAPITALIZED) for name in shares]

    assert [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")] == capitalized


@pytest.mark.parametrize(
    ("events", "told_so"),
    [
        ([cost("-1.00")], r"below zero and adjusts no other"),
        ([cost("1.005")], r"more decimals than USD"),
        ([cost("10000000000000.01")], r"beyond the largest amount kept"),
        ([cost("1.00", obligation="nothing")], r"is for nothing, which is not promised"),
        ([cost("1.00", adjusts="other")], r"adjusts other, which is no cost"),
        ([cost("1.00"), cost("1.00")], r"told more than once"),
        ([cost("1.00", shared={"D": "1"})], r"not by the contract"),
        ([cost("1.00", shared={"C": "0"}, currency="USD")], r"weights that are not positive"),
        ([cost("1.00", shared={"C": "1"})], r"names no currency"),
        ([cost("1.00", currency="EUR")], r"is in EUR, not in USD"),
        ([cost("1.00", benefit_end="2025-06-30")], r"no time at all"),
        (
            [cost("1.00"), cost("-2.00", id="back", adjusts="commission", on="2026-02-01")],
            r"gives back 200 of commission, of which 100",
        ),
        ([cost("1.00"), review(on="2026-02-01", costs=["x"])], r"names x, which is no cost"),
        (
            [cost("1.00"), review(on="2026-02-01", applies_from="2026-01-01")],
            r"estimates never reach back",
        ),
    ],
)
def test_what_does_not_fit_is_refused(events: list[dict[str, Any]], told_so: str) -> None:
    """The message says what is wrong; the contract is not accounted for by guess."""
    contracts = [contract(), contract(id="D")]

    with pytest.raises(ContractError, match=told_so):
        to_date(book(contracts, events), "C", "2026-12-31")


def test_costs_move_no_revenue() -> None:
    """The segments of revenue are those of the contract without costs."""
    bare = engine.account(book([contract()], []), []).contracts["C"]
    told = book([contract()], [cost("360.00"), review(on="2026-12-31", benefit_end="2030-12-31")])
    costly = engine.account(told, []).contracts["C"]

    assert bare.segments == costly.segments
    assert bare.decisions == costly.decisions[: len(bare.decisions)]
    assert costly.accrued


def test_a_cost_of_the_whole_contract_follows_all_it_is_for() -> None:
    """300.00 for three equal shares of the price: 100.00 each, by its own measure.

    By March the handset is out, 40 of 100 units, and three of 36 months.
    """
    told = book(
        [parts()],
        [
            cost("300.00", pattern="pattern_of_transfer"),
            delivered("2026-03-10", "handset"),
            delivered("2026-03-20", "units", "40"),
        ],
    )
    amounts = to_date(told, "C", "2026-03-31")

    assert Decimal("300.00") == of(amounts, CAPITALIZED)
    assert Decimal("148.33") == of(amounts, AMORTIZED)


def test_a_later_cost_is_for_what_is_still_to_be_earned() -> None:
    """In July the handset is out, half the units are, half the year is over: 90.00 for either.

    By September half of what was left is transferred, of the service and of the units.
    """
    told = book(
        [parts(end="2026-12-31")],
        [
            delivered("2026-01-10", "handset"),
            delivered("2026-01-10", "units", "50"),
            cost("180.00", on="2026-07-01", pattern="pattern_of_transfer"),
            delivered("2026-08-20", "units", "25"),
        ],
    )

    assert Decimal("180.00") == carrying(to_date(told, "C", "2026-07-01"))
    assert Decimal("90.00") == carrying(to_date(told, "C", "2026-09-30"))


def test_a_clawback_of_a_shared_cost_is_shared_alike() -> None:
    """30.00 of 300.00 come back, 10.00 from each obligation, the handset's from the expense.

    33.33 of the service's 100.00 are amortised in the first year. Then 56.67 are left of it, less
    0.08 of the day, and 90.00 of the units'.
    """
    told = book(
        [parts()],
        [
            cost("300.00", pattern="pattern_of_transfer"),
            delivered("2026-03-10", "handset"),
            cost("-30.00", id="clawback", adjusts="commission", on="2027-01-01"),
        ],
    )
    amounts = to_date(told, "C", "2027-01-01")

    assert Decimal("270.00") == of(amounts, CAPITALIZED)
    assert Decimal("146.59") == carrying(amounts)
    assert Decimal("133.33") == of(to_date(told, "C", "2026-12-31"), AMORTIZED)


def test_the_pattern_of_transfer_follows_a_schedule() -> None:
    """Three quarters of the service are scheduled for 2026: 270.00 of 360.00 by its end."""
    seasonal = {
        "id": "support",
        "product": "support",
        "measure": "schedule",
        "schedule": [
            {"first": "2026-01-01", "last": "2026-12-31", "weight": "3"},
            {"first": "2027-01-01", "last": "2028-12-31", "weight": "1"},
        ],
    }
    told = book(
        [contract(obligations=[seasonal])],
        [
            cost("360.00", pattern="pattern_of_transfer"),
            review(on="2026-12-31", expected_consideration="60.00"),
        ],
    )

    assert Decimal("270.00") == of(to_date(told, "C", "2026-12-31"), AMORTIZED)
    assert Decimal("30.00") == of(to_date(told, "C", "2026-12-31"), IMPAIRED)
    assert Decimal("30.04") == carrying(to_date(told, "C", "2027-12-31"))
