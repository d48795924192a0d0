"""A significant financing component, both ways (606-10-32-15 to 32-20)."""

from __future__ import annotations

from typing import Any

import pytest

from revrec.errors import UnsupportedTerm
from revrec.model.decision import Stream
from tests.scenarios.step3 import accrued, decided, refused, revenue

ASSET = {"id": "asset", "product": "asset", "measure": "point_in_time"}
ADVANCE = {"on": "2026-01-01", "amount": "1000.00"}
DUE = {"obligation": "asset", "on": "2027-12-31"}


def terms(
    payments: Any = (ADVANCE,), transfers: Any = (DUE,), price: str = "1000.00", **of: Any
) -> dict[str, Any]:
    """An asset in two years for 1,000.00 now, at 10%, unless told otherwise."""
    rate = {} if "cash_selling_price" in of else {"annual_rate": "0.10"}
    return {
        "end": "2030-12-31",
        "obligations": [ASSET],
        "consideration": [{"id": "price", "kind": "fixed", "amount": price}],
        "financing": rate | {"payments": list(payments), "transfers": list(transfers)} | of,
    }


def delivered(on: str, **of: str) -> dict[str, Any]:
    """The asset, or a part of it."""
    return {"kind": "delivery", "id": f"D-{on}", "on": on, "obligation": "asset"} | of


def expense(told: dict[str, Any], events: list[dict[str, Any]], on: str) -> str:
    """Interest expense to date."""
    return str(accrued(told, events, Stream.INTEREST_EXPENSE, on))


def income(told: dict[str, Any], events: list[dict[str, Any]], on: str) -> str:
    """Interest income to date."""
    return str(accrued(told, events, Stream.INTEREST_INCOME, on))


def test_an_advance_grows_at_the_rate_until_the_transfer() -> None:
    """1,000 -> 1,100 -> 1,210; nothing on the day of payment."""
    events = [delivered("2027-12-31")]

    assert expense(terms(), events, "2026-01-01") == "0.00"
    assert expense(terms(), events, "2026-12-31") == "100.00"
    assert expense(terms(), events, "2027-12-31") == "210.00"
    assert expense(terms(), events, "2029-12-31") == "210.00"
    assert revenue(terms(), events, "2027-12-30") == "0.00"
    assert revenue(terms(), events, "2027-12-31") == "1210.00"


def test_the_day_after_the_last_of_a_period_is_the_same_transfer() -> None:
    """Two whole years either way: 31 December or 1 January."""
    told = terms(transfers=[DUE | {"on": "2028-01-01"}])

    assert revenue(told, [delivered("2028-01-01")], "2028-01-01") == "1210.00"


def test_payment_long_after_transfer_is_income_over_time() -> None:
    """1,210 due in two years is worth 1,000 now; 100 and 110 are interest."""
    told = terms(
        payments=[{"on": "2027-12-31", "amount": "1210.00"}],
        transfers=[DUE | {"on": "2026-01-01"}],
        price="1210.00",
    )
    events = [delivered("2026-01-01")]

    assert revenue(told, events, "2026-01-01") == "1000.00"
    assert income(told, events, "2026-12-31") == "100.00"
    assert income(told, events, "2027-12-31") == "210.00"
    assert expense(told, events, "2027-12-31") == "0.00"


def test_the_rate_follows_from_a_cash_selling_price() -> None:
    """1,210 in two years for what costs 1,000 now: 10% (606-10-32-16a, 32-19)."""
    told = terms(
        payments=[{"on": "2027-12-31", "amount": "1210.00"}],
        transfers=[DUE | {"on": "2026-01-01"}],
        price="1210.00",
        cash_selling_price="1000.00",
    )
    events = [delivered("2026-01-01")]

    assert revenue(told, events, "2026-01-01") == "1000.00"
    assert income(told, events, "2026-12-31") == "100.00"
    assert "10%" in decided(told, events, "finance").sentence


def test_interest_each_month_is_added_each_month() -> None:
    """1,000 x 1.01 = 1,010; x 1.01 = 1,020.10; over a year 1,126.83."""
    told = terms(annual_rate="0.12", compounding="monthly", transfers=[DUE | {"on": "2027-06-30"}])
    events = [delivered("2027-06-30")]

    assert expense(told, events, "2026-01-31") == "10.00"
    assert expense(told, events, "2026-02-28") == "20.10"
    assert expense(told, events, "2026-12-31") == "126.83"


def test_interest_each_day_is_added_each_day() -> None:
    """1,000 x (1 + 0.365 / 365)^365 = 1,000 x 1.001^365 = 1,440.25 (e^0.36482)."""
    told = terms(annual_rate="0.365", compounding="daily", transfers=[DUE | {"on": "2028-01-01"}])
    events = [delivered("2028-01-01")]

    assert expense(told, events, "2026-12-31") == "440.25"


def test_a_service_paid_years_ahead_earns_more_than_its_price() -> None:
    """2,000 for two years of months; at 12% a year, 1% a month, 24 months of R are worth 2,000.

    R = 2,000 / 21.243387 = 94.146945; x 24 = 2,259.53. In the first month 20.00 of interest, in
    the second 1% of 2,020 - 94.15 = 19.26.
    """
    told = {
        "end": "2027-12-31",
        "obligations": [{"id": "service", "product": "service", "measure": "even_months"}],
        "consideration": [{"id": "price", "kind": "fixed", "amount": "2000.00"}],
        "financing": {
            "annual_rate": "0.12",
            "compounding": "monthly",
            "payments": [{"on": "2026-01-01", "amount": "2000.00"}],
        },
    }

    assert revenue(told, [], "2026-01-01", measure="transaction_price") == "2259.53"
    assert revenue(told, [], "2026-12-31") == "1129.76"
    assert expense(told, [], "2026-01-31") == "20.00"
    assert expense(told, [], "2026-02-28") == "39.26"
    assert expense(told, [], "2027-12-31") == "259.53"
    assert revenue(told, [], "2027-12-31", measure="contract_asset") == "2000.00"


def test_a_late_transfer_goes_on_bearing_interest_at_the_same_rate() -> None:
    """Half a year late, to the end of June: 1,210 x (1 + 10% x 181 / 366) = 1,269.84.

    The rate is not updated (606-10-32-19); inside the year interest is simple.
    """
    events = [delivered("2028-06-30")]

    assert revenue(terms(), events, "2028-06-30") == "1269.84"
    assert expense(terms(), events, "2027-12-31") == "210.00"
    assert expense(terms(), events, "2028-06-30") == "269.84"
    assert expense(terms(), events, "2028-12-31") == "269.84"


def test_an_overdue_transfer_bears_interest_before_it_is_made() -> None:
    """Nothing is delivered: a third year of interest, 121."""
    assert expense(terms(), [], "2028-12-31") == "331.00"


def test_an_early_transfer_ends_the_interest() -> None:
    """After one year: 1,100."""
    events = [delivered("2026-12-31")]

    assert revenue(terms(), events, "2026-12-31") == "1100.00"
    assert expense(terms(), events, "2027-12-31") == "100.00"


def test_a_part_delivered_early_takes_its_part_of_the_interest() -> None:
    """Half after one year: R / 2 / 1.1 + R / 2 / 1.21 = 1,000, so R = 1,152.38.

    First year 100. The rest, 1,100 - 576.19 = 523.81, earns 52.38.
    """
    told = terms()
    told["obligations"] = [ASSET | {"measure": "units", "quantity": "2"}]
    events = [delivered("2026-12-31"), delivered("2027-12-31")]

    assert revenue(told, events, "2026-12-31") == "576.19"
    assert expense(told, events, "2026-12-31") == "100.00"
    assert expense(told, events, "2027-12-31") == "152.38"
    assert revenue(told, events, "2027-12-31") == "1152.38"


def test_payments_agreed_anew_restate_the_price_from_their_day() -> None:
    """400 of 1,000 come a year later: 600 x 1.21 + 400 x 1.1 = 1,166."""
    told = terms()
    events = [
        {
            "kind": "reschedule",
            "id": "N",
            "on": "2026-06-01",
            "payments": [
                {"on": "2026-01-01", "amount": "600.00"},
                {"on": "2026-12-31", "amount": "400.00"},
            ],
            "transfers": [DUE],
        },
        delivered("2027-12-31"),
    ]

    price = {"measure": "transaction_price"}
    assert revenue(told, events, "2026-05-31", **price) == "1210.00"
    assert revenue(told, events, "2026-06-01", **price) == "1166.00"
    assert expense(told, events, "2026-12-31") == "60.00"
    assert expense(told, events, "2027-12-31") == "166.00"
    assert revenue(told, events, "2027-12-31") == "1166.00"


def test_what_is_withdrawn_bears_no_more_interest() -> None:
    """After a year the asset is cancelled and 1,100 is credited: nothing was earned."""
    events = [
        {
            "kind": "modification",
            "id": "M",
            "on": "2027-01-01",
            "withdraws": ["asset"],
            "price_change": "-1100.00",
        }
    ]

    assert expense(terms(), events, "2028-12-31") == "100.00"
    assert revenue(terms(), events, "2028-12-31") == "0.00"


def test_two_obligations_share_the_adjusted_price() -> None:
    """The price is adjusted first, then shared by selling prices: 1,210 as 3 to 1 (step 4)."""
    told = terms(transfers=[DUE, DUE | {"obligation": "other"}])
    told["obligations"] = [
        ASSET | {"standalone_selling_price": "900.00"},
        ASSET | {"id": "other", "standalone_selling_price": "300.00"},
    ]
    price = {"measure": "allocated_price"}

    assert revenue(told, [], "2026-06-30", obligation="asset", **price) == "907.50"
    assert revenue(told, [], "2026-06-30", obligation="other", **price) == "302.50"


def test_within_a_year_the_price_stays_unless_policy_adjusts_it() -> None:
    """Exactly a year between payment and transfer still counts (606-10-32-18)."""
    told = terms(transfers=[DUE | {"on": "2027-01-01"}])
    events = [delivered("2027-01-01")]
    adjusted = {"policy": {"financing_within_a_year": "adjusted"}}

    assert revenue(told, events, "2027-01-01") == "1000.00"
    assert decided(told, events, "finance").paragraphs == ("606-10-32-18",)
    assert str(accrued(told, events, Stream.INTEREST_EXPENSE, "2027-01-01", **adjusted)) == "100.00"


def test_payments_month_by_month_are_within_a_year_of_what_they_pay_for() -> None:
    """Three years of service paid each month finance nobody."""
    payments = [
        {"on": f"{year}-{month:02}-01", "amount": "10.00"}
        for year in (2026, 2027, 2028)
        for month in range(1, 13)
    ]
    told = terms(payments=payments, transfers=[], price="360.00")
    told["obligations"] = [{"id": "service", "product": "s", "measure": "even_months"}]
    told["end"] = "2028-12-31"

    assert revenue(told, [], "2028-12-31") == "360.00"
    assert decided(told, [], "finance").paragraphs == ("606-10-32-18",)


@pytest.mark.parametrize(
    "exception", ["customer_discretion", "variable_beyond_control", "other_reason"]
)
def test_what_is_judged_no_financing_is_not_adjusted(exception: str) -> None:
    """Such as payments withheld until the work is seen to be done (606-10-32-17)."""
    told = terms(exception=exception, basis="As is usual in the industry.")
    events = [delivered("2027-12-31")]

    assert revenue(told, events, "2027-12-31") == "1000.00"
    assert expense(told, events, "2027-12-31") == "0.00"
    assert decided(told, events, "finance").paragraphs == ("606-10-32-17",)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (terms(payments=[]), "payments"),
        (terms(payments=[ADVANCE | {"amount": "0"}]), "payments"),
        (terms(payments=[ADVANCE | {"amount": "1000.01"}]), "payments"),
        (terms(annual_rate=None), "annual_rate"),
        (terms(annual_rate="0.10", cash_selling_price="900.00"), "annual_rate"),
        (terms(annual_rate="-0.01"), "annual_rate"),
        (terms(cash_selling_price="0.00"), "cash_selling_price"),
        (terms(cash_selling_price="900.00"), "cash_selling_price"),
        (terms(transfers=[DUE | {"share": "0.5"}]), "transfers"),
        (terms(transfers=[DUE | {"share": "1.5"}]), "transfers"),
        (terms(transfers=[DUE, DUE | {"obligation": "x"}]), "transfers"),
    ],
)
def test_terms_that_give_no_schedule_are_refused(told: dict[str, Any], field: str) -> None:
    """Paid in advance for less than the cash price, no rate, more than the price, half a plan."""
    found = refused(told, [])

    assert isinstance(found, UnsupportedTerm)
    assert str(found.attributes["field"]).endswith(field)


def test_a_reschedule_of_nothing_is_refused() -> None:
    """A contract without financing has no payments to tell anew."""
    told = terms()
    del told["financing"]
    event = {"kind": "reschedule", "id": "N", "on": "2026-06-01", "payments": [ADVANCE]}

    assert isinstance(refused(told, [event]), UnsupportedTerm)
