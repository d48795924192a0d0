"""Step 2: material rights, their use and their end (606-10-55-41 to 55-45)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from revrec.errors import ContractError, UnsupportedTerm
from revrec.feeds.scenario import Scenario
from tests.scenarios.telling import (
    Told,
    accounted,
    as_of,
    contract,
    decisions,
    event,
    fixed,
    measured,
    revenue,
    scenario,
)

GOOD = {"id": "good", "product": "a", "measure": "point_in_time",
        "standalone_selling_price": "900.00"}  # fmt: skip
OPTION = {"discount": "0.50", "purchase": "400.00", "likelihood": "0.50"}
VOUCHER = {"id": "voucher", "product": "v", "measure": "point_in_time", "quantity": "4",
           "option": OPTION}  # fmt: skip
"""Worth 100 of 1,000: of a price of 1,000 a tenth is deferred for it, 25 for each of four uses."""
MONTH = {"id": "month", "product": "line", "measure": "even_months", "end": "2026-01-31",
         "standalone_selling_price": "100.00"}  # fmt: skip
RENEWALS = {"id": "renewals", "product": "line", "measure": "even_months", "quantity": "4",
            "standalone_selling_price": "400.00",
            "renewal": {"consideration": "400.00"}}  # fmt: skip


def with_voucher(*events: Told, **option: str) -> Scenario:
    """A good delivered on the first day with the voucher, for 1,000, and what happens then."""
    voucher = VOUCHER | {"option": OPTION | option}
    delivered = event("delivery", "2026-01-01", obligation="good")
    return scenario(contract([GOOD, voucher], [fixed("1000.00")]), [delivered, *events])


def used(on: str, quantity: str | None, price: str, *bought: str, **more: str) -> Told:
    """The voucher is used for goods that are delivered at once."""
    buys = [
        {"id": each, "product": "b", "measure": "point_in_time",
         "standalone_selling_price": "100.00"}
        for each in bought
    ]  # fmt: skip
    part = {} if quantity is None else {"quantity": quantity}
    return event("exercise", on, right="voucher", price=price, buys=buys) | part | more


def with_renewals(*events: Told, likelihood: str = "1", fee: str = "50.00") -> Scenario:
    """A month at 100 with a fee of 50 and four renewals at 100 expected."""
    renewals = RENEWALS | {"renewal": {"consideration": "400.00", "likelihood": likelihood}}
    signed = contract([MONTH, renewals], [fixed("100.00"), fixed(fee, id="joining")])
    return scenario(signed, events)


def renewed(month: str, last: str, quantity: str = "1", price: str = "100.00") -> Told:
    """One of the renewals, for a month."""
    first = f"{month}-01"
    buys = [{"id": f"line-{month}", "product": "line", "measure": "even_months",
             "start": first, "end": last}]  # fmt: skip
    return event("exercise", first, right="renewals", quantity=quantity, price=price, buys=buys)


def test_what_is_deferred_is_the_discount_beyond_what_anyone_gets() -> None:
    """Half off where anyone gets a tenth off: 40% x 400 x 50% = 80; 1,000 x 80 / 980 = 81.63."""
    told = with_voucher(offered_to_all="0.10")

    found = measured(
        told,
        as_of("standalone_selling_price", "2026-01-01", obligation="voucher"),
        as_of("allocated_price", "2026-01-01", obligation="voucher"),
    )

    assert [str(each) for each in found] == ["80.00", "81.63"]


def test_a_part_used_brings_its_part_of_what_was_deferred() -> None:
    """One of four uses: 25 deferred and 50 charged are the price of what is bought."""
    told = with_voucher(used("2026-02-01", "1", "50.00", "second"),
                        event("delivery", "2026-02-03", obligation="second"))  # fmt: skip

    assert measured(
        told,
        revenue("2026-01"),
        revenue("2026-02"),
        as_of("allocated_price", "2026-02-28", obligation="voucher"),
        as_of("rpo", "2026-02-28"),
    ) == [900, 75, 75, 75]


def test_what_is_bought_together_shares_both_amounts() -> None:
    """All four uses: 100 deferred and 20 charged over two goods worth the same are 60 each."""
    told = with_voucher(used("2026-02-01", None, "20.00", "b1", "b2"))

    assert measured(
        told,
        as_of("allocated_price", "2026-02-01", obligation="b1"),
        as_of("allocated_price", "2026-02-01", obligation="b2"),
        as_of("allocated_price", "2026-02-01", obligation="voucher"),
        as_of("transaction_price", "2026-02-01"),
    ) == [60, 60, 0, 1020]


def test_nothing_is_counted_twice() -> None:
    """Everything delivered, revenue is what was signed and what was charged later."""
    told = with_voucher(
        used("2026-02-01", "3", "150.00", "b1"),
        used("2026-03-01", "1", "50.00", "b2", id="second"),
        event("delivery", "2026-02-02", obligation="b1"),
        event("delivery", "2026-03-02", obligation="b2"),
    )

    found = measured(told, as_of("cumulative_revenue", "2026-12-31"), as_of("rpo", "2026-12-31"))

    assert found == [1200, 0]


def test_what_is_left_lapses_on_the_last_day() -> None:
    """One use in February; 75 are left on 30 June, revenue from rights not used."""
    told = with_voucher(used("2026-02-01", "1", "50.00", "b1"), expires="2026-06-30")

    assert measured(
        told,
        revenue("2026-06"),
        {"measure": "breakage_revenue", "period": "2026-06"},
        as_of("rpo", "2026-06-29", obligation="voucher"),
        as_of("rpo", "2026-06-30", obligation="voucher"),
    ) == [75, 75, 75, 0]


@pytest.mark.parametrize(("more", "told"), [({}, "10"), ({"reason": "lost"}, "10 (lost)")])
def test_the_reason_of_a_lapse_is_told(more: Told, told: str) -> None:
    """In its decision, where there is one."""
    lapse = event("lapse", "2026-05-10", right="voucher", quantity="2", **more)

    assert f"-{told}: 50.00" in decisions(with_voucher(lapse), "explain_lapse")[0].sentence


def test_a_lapse_may_be_told() -> None:
    """Two of four uses are given up in May: 50; the other two stay deferred."""
    told = with_voucher(event("lapse", "2026-05-10", right="voucher", quantity="2"))

    assert measured(
        told,
        revenue("2026-05"),
        {"measure": "breakage_revenue", "period": "2026-05"},
        as_of("rpo", "2026-12-31"),
    ) == [50, 50, 50]
    assert decisions(told, "explain_lapse")[0].outcome == "50.00 USD"


def test_a_change_of_the_first_price_reaches_what_was_bought_with_the_right() -> None:
    """32-43: 100 more for the first contract; 90 to the good, 10 to the right, 2.50 used."""
    signed = contract([GOOD, VOUCHER], [fixed("1000.00"), {"id": "bonus", "kind": "variable"}])
    told = scenario(
        signed,
        [
            used("2026-02-01", "1", "50.00", "b1"),
            event("estimate", "2026-03-01", consideration="bonus", amount="100.00"),
        ],
    )

    found = measured(
        told,
        as_of("allocated_price", "2026-03-01", obligation="good"),
        as_of("allocated_price", "2026-03-01", obligation="b1"),
        as_of("allocated_price", "2026-03-01", obligation="voucher"),
    )

    assert found == [990, Decimal("77.50"), Decimal("82.50")]


def test_a_modification_after_the_use_pools_what_is_left_of_both() -> None:
    """25-13a: 75 of the bought good and 75 of the right are left; 30 off leaves 120 over both."""
    told = with_voucher(
        used("2026-02-01", "1", "50.00", "b1"),
        event("modification", "2026-03-01", price_change="-30.00", withdraws=["b1"],
              adds=[{"id": "c", "product": "c", "measure": "point_in_time",
                     "standalone_selling_price": "25.00"}]),
    )  # fmt: skip

    # Weights: the right 100 x 3 / 4 = 75, the new good 25.
    assert measured(
        told,
        as_of("allocated_price", "2026-03-01", obligation="voucher"),
        as_of("allocated_price", "2026-03-01", obligation="c"),
        as_of("transaction_price", "2026-03-01"),
    ) == [90, 30, 1020]


def test_the_order_of_events_of_a_day_does_not_matter() -> None:
    """Facts come in any order; those of a day are used in the order of their ids."""
    events = [
        used("2026-02-01", "1", "50.00", "b1", id="U1"),
        used("2026-02-01", "1", "50.00", "b2", id="U2"),
    ]
    asked = as_of("allocated_price", "2026-02-01", obligation="voucher")

    assert measured(with_voucher(*events), asked) == measured(
        with_voucher(*reversed(events)), asked
    )


def test_renewals_expected_take_part_and_are_no_part_of_what_remains() -> None:
    """(150 + 400) / 5 = 110 a month; 40 deferred is what remains, whatever is expected."""
    told = with_renewals()

    assert measured(
        told,
        revenue("2026-01"),
        as_of("rpo", "2026-01-31"),
        as_of("transaction_price", "2026-01-31"),
    ) == [110, 40, 550]


def test_each_renewal_brings_its_price_and_its_part_of_what_was_deferred() -> None:
    """February: 100 and 10; on its first day 110 - one day's worth and 30 remain."""
    told = with_renewals(renewed("2026-02", "2026-02-28"), renewed("2026-03", "2026-03-31"))

    assert measured(
        told,
        revenue("2026-02"),
        revenue("2026-03"),
        as_of("rpo", "2026-02-28"),
        as_of("rpo", "2026-03-31"),
        as_of("transaction_price", "2026-03-31"),
    ) == [110, 110, 30, 20, 550]


def test_a_customer_that_leaves_leaves_what_was_deferred() -> None:
    """One renewal, then none: 30 of the fee are revenue when that is known."""
    told = with_renewals(
        renewed("2026-02", "2026-02-28"), event("lapse", "2026-03-01", right="renewals")
    )

    assert measured(
        told, revenue("2026-03"), as_of("rpo", "2026-03-01"),
        as_of("transaction_price", "2026-03-01"), as_of("cumulative_revenue", "2026-12-31"),
    ) == [30, 0, 250, 250]  # fmt: skip


def test_likely_renewals_count_by_their_likelihood() -> None:
    """Half expected: (150 + 200) over 100 and 200 of goods; 116.67 now, 33.33 deferred."""
    told = with_renewals(likelihood="0.5")

    found = measured(told, revenue("2026-01"), as_of("rpo", "2026-01-31"))

    assert [str(each) for each in found] == ["116.67", "33.33"]


def test_a_renewal_at_another_price_keeps_its_part_of_what_was_deferred() -> None:
    """Charged 90 instead of 100: 100 in all; inception's allocation stays (32-43)."""
    told = with_renewals(renewed("2026-02", "2026-02-28", price="90.00"))

    assert measured(told, revenue("2026-02")) == [100]


def test_a_renewal_made_as_a_whole_is_its_own_service() -> None:
    """A right for one year: 1,200 + 1,000 over two equal years is 1,100 each."""
    year = {"id": "y1", "product": "s", "measure": "even_months",
            "standalone_selling_price": "1000.00"}  # fmt: skip
    right = year | {"id": "y2", "start": "2027-01-01", "end": "2027-12-31",
                    "renewal": {"consideration": "1000.00"}}  # fmt: skip
    signed = contract([year, right], [fixed("1200.00")])
    made = event("exercise", "2026-12-15", right="y2", price="1000.00")
    told = scenario(signed, [made])

    assert measured(
        told,
        {"measure": "revenue", "period": {"from": "2026-01-01", "to": "2026-12-31"}},
        {"measure": "revenue", "period": {"from": "2027-01-01", "to": "2027-12-31"}},
    ) == [1100, 1100]


def test_renewals_dearer_than_their_part_are_no_rights() -> None:
    """A month free of a fee with renewals at the price of everyone defers nothing below zero."""
    with pytest.raises(ContractError, match="no material right"):
        measured(with_renewals(fee="-20.00"), revenue("2026-01"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (used("2026-02-01", "5", "1.00", "b1"), "of which 4 is left, not 5"),
        (used("2026-02-01", "1", "1.00", "b1", right="good"), "no right in force"),
        (used("2026-02-01", "1", "1.00", "b1", right="gift"), "no right in force"),
        (used("2026-07-01", "1", "1.00", "b1"), "came to its end on 2026-06-30"),
        (used("2026-02-01", "1", "1.00", "good"), "buys good, which the contract has already"),
        (used("2026-02-01", None, "1.00"), "does not tell what is bought"),
        (event("lapse", "2026-02-01", right="voucher", quantity="0"), "of which 4 is left"),
    ],
)
def test_uses_that_contradict_the_right_are_refused(wrong: Told, said: str) -> None:
    """A right is used within its quantity and its time, for something new."""
    with pytest.raises(ContractError, match=said):
        measured(with_voucher(wrong, expires="2026-06-30"), revenue("2026-01"))


def test_the_likelihood_is_not_estimated_anew() -> None:
    """55-44b: a right that turns out to be used less keeps what was deferred until it lapses."""
    later = event("estimate", "2026-03-01", obligation="voucher", expected="1")

    with pytest.raises(UnsupportedTerm, match="not estimated anew"):
        measured(with_voucher(later), revenue("2026-01"))


def test_every_day_revenue_and_what_remains_are_the_price() -> None:
    """Recognised + unrecognised = allocated, through use, lapse and renewal."""
    told = with_renewals(
        renewed("2026-02", "2026-02-28", price="90.00"),
        renewed("2026-03", "2026-03-31", quantity="2", price="200.00"),
        event("lapse", "2026-04-02", right="renewals"),
    )
    days = [date(2026, month, 15) for month in range(1, 7)]
    prices = [150, 240, 440, 440, 440, 440]

    for day, price in zip(days, prices, strict=True):
        found = measured(told, as_of("cumulative_revenue", str(day)), as_of("rpo", str(day)))
        assert sum(found) == price
    assert not accounted(told).refused


def test_a_right_may_be_valued_in_another_way() -> None:
    """A right sold for 225 elsewhere: 1,000 x 225 / 1,125 = 200 is deferred until it is used."""
    right = VOUCHER | {"option": {"value": "225.00"}}
    delivered = event("delivery", "2026-01-01", obligation="good")
    bought = used("2026-02-01", "2", "10.00", "b1")
    told = scenario(contract([GOOD, right], [fixed("1000.00")]), [delivered, bought])

    assert measured(
        told,
        revenue("2026-01"),
        as_of("allocated_price", "2026-02-01", obligation="b1"),
        as_of("rpo", "2026-02-01", obligation="voucher"),
    ) == [800, 110, 100]
