"""The enforceable term: what a right to leave does to the price and to what is left to perform."""

from __future__ import annotations

from datetime import date

import pytest

from revrec.errors import ContractError
from tests.scenarios.step1 import (
    at,
    during,
    missed,
    outcomes,
    refusal,
    scenario,
    subscription,
)

JAN_1, JAN_31 = date(2026, 1, 1), date(2026, 1, 31)
FEB_1, FEB_28 = date(2026, 2, 1), date(2026, 2, 28)
DEC_31 = date(2026, 12, 31)
MONTH_ENDS = [date(2026, month + 1, 1).toordinal() - 1 for month in range(1, 12)]


def monthly(amount: str = "1000.00", **more):
    """A fixed amount for every month."""
    return {"id": "fee", "kind": "fixed", "amount": amount, "charged": "monthly", **more}


def cancellable(*, measure: str = "even_months", rights=None, fee=None, **more):
    """A year on paper, 1,000 a month, which the customer may leave with 30 days' notice."""
    told = {
        "termination": rights or [{"notice_days": 30}],
        "consideration": [fee or monthly()],
        "obligations": [{"id": "access", "product": "access", "measure": measure}],
    }
    return subscription(**(told | more))


@pytest.mark.parametrize("measure", ["days", "even_months"])
def test_a_year_cancellable_by_the_month_is_twelve_contracts_of_a_month(measure):
    """The same 1,000 every month, but only the month begun is in the price and left to perform."""
    months = [(date(2026, each, 1), date.fromordinal(end))
              for each, end in zip(range(1, 12), MONTH_ENDS, strict=True)]  # fmt: skip
    told = scenario(
        cancellable(measure=measure),
        expected=[
            at(JAN_1, "transaction_price", "1000.00"),
            at(JAN_1, "contract_term_months", "1"),
            at(date(2026, 5, 1), "transaction_price", "5000.00"),
            at(date(2026, 5, 1), "contract_term_months", "1"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
            *(during(*month, "revenue", "1000.00") for month in months),
            *(at(last, "rpo", "0") for _, last in months),
        ],
    )

    assert [] == missed(told)
    assert ["term shortened"] == outcomes(told, "enforceable_term")
    assert 11 == len(outcomes(told, "explain_renewal"))


def test_within_a_month_the_rest_of_the_month_is_left_to_perform():
    """On 10 February 18 of 28 days of 1,000 remain."""
    told = scenario(
        cancellable(measure="days"),
        expected=[
            at(date(2026, 2, 10), "rpo", "642.86"),
            at(date(2026, 2, 10), "cumulative_revenue", "1357.14"),
        ],
    )

    assert [] == missed(told)


def test_ninety_days_of_notice_bind_for_three_months():
    """Three months at any time: 3,000 in January, and each month one more."""
    told = scenario(
        cancellable(rights=[{"notice_days": 90}]),
        expected=[
            at(JAN_1, "transaction_price", "3000.00"),
            at(JAN_1, "contract_term_months", "3"),
            at(JAN_31, "rpo", "2000.00"),
            at(FEB_1, "transaction_price", "4000.00"),
            during(FEB_1, FEB_28, "revenue", "1000.00"),
            at(FEB_28, "rpo", "2000.00"),
            at(FEB_28, "contract_term_months", "3"),
            # In October the year ends after December: nothing enters any more.
            at(date(2026, 10, 31), "rpo", "2000.00"),
            at(date(2026, 11, 30), "rpo", "1000.00"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
        ],
    )

    assert [] == missed(told)


@pytest.mark.parametrize(
    "rights",
    [
        [{"notice_days": 30, "penalty": "6000.00", "substantive": True}],
        [{"by": "entity", "notice_days": 30}],
        [{"leaves_from": date(2027, 1, 1)}],
    ],
)
def test_a_substantive_penalty_or_the_sellers_own_right_leaves_the_term_as_written(rights):
    """Twelve months of 1,000 are one contract of 12,000."""
    told = scenario(
        cancellable(rights=rights),
        expected=[
            at(JAN_1, "transaction_price", "12000.00"),
            at(JAN_1, "contract_term_months", "12"),
            at(JAN_31, "rpo", "11000.00"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
        ],
    )

    assert [] == missed(told)
    assert ["term as written"] == outcomes(told, "enforceable_term")


def test_a_fee_that_is_not_substantive_does_not_lengthen_the_term():
    """100 for leaving a contract of 1,000 a month binds nobody."""
    told = scenario(
        cancellable(rights=[{"by": "either", "penalty": "100.00"}]),
        events=[],
        expected=[
            at(JAN_1, "transaction_price", "1000.00"),
            at(JAN_1, "contract_term_months", "1"),
        ],
    )

    assert [] == missed(told)


def test_bound_for_a_time_and_free_by_the_month_after():
    """Six months bound, then by the month: 6,000 at first, 1,000 more each month from July."""
    told = scenario(
        cancellable(rights=[{"leaves_from": date(2026, 7, 1)}]),
        expected=[
            at(JAN_1, "contract_term_months", "6"),
            at(JAN_1, "transaction_price", "6000.00"),
            at(date(2026, 6, 30), "rpo", "0"),
            at(date(2026, 7, 1), "transaction_price", "7000.00"),
            at(date(2026, 7, 1), "contract_term_months", "1"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
        ],
    )

    assert [] == missed(told)


def test_a_contract_without_an_end_renews_as_long_as_it_is_asked_about():
    """Evergreen by the month: 29 months to the end of May 2028."""
    told = scenario(
        cancellable(end=None, rights=[{}]),
        expected=[at(date(2028, 5, 31), "cumulative_revenue", "29000.00")],
    )

    assert [] == missed(told)


def test_a_contract_renewed_by_the_year_binds_for_a_year():
    """12,000 a year, left at each year's end: the second year enters when it begins."""
    told = scenario(
        cancellable(
            end=None,
            rights=[{"every_months": 12, "notice_days": 60}],
            fee=monthly("12000.00", charged="yearly"),
        ),
        expected=[
            at(JAN_1, "transaction_price", "12000.00"),
            at(date(2026, 3, 31), "rpo", "9000.00"),
            at(date(2027, 1, 1), "transaction_price", "24000.00"),
            at(date(2027, 1, 1), "contract_term_months", "12"),
        ],
    )

    assert [] == missed(told)


def test_a_term_that_starts_on_the_31st_renews_at_month_ends():
    """From 31 January: to 27 February, 30 March, 29 April."""
    told = scenario(
        cancellable(inception=JAN_31, end=None, rights=[{}], measure="days"),
        expected=[
            at(date(2026, 2, 27), "cumulative_revenue", "1000.00"),
            at(date(2026, 3, 30), "cumulative_revenue", "2000.00"),
            at(date(2026, 4, 29), "cumulative_revenue", "3000.00"),
        ],
    )

    assert [] == missed(told)


def test_a_price_that_steps_up_is_each_months_own():
    """1,000 to June, 1,100 from July; months are apart, so nothing is averaged."""
    fee = monthly(steps=[{"from_day": date(2026, 7, 1), "amount": "1100.00"}])
    told = scenario(
        cancellable(fee=fee),
        expected=[
            during(date(2026, 6, 1), date(2026, 6, 30), "revenue", "1000.00"),
            during(date(2026, 7, 1), date(2026, 7, 31), "revenue", "1100.00"),
            at(DEC_31, "cumulative_revenue", "12600.00"),
        ],
    )

    assert [] == missed(told)


def test_a_bound_customer_pays_steps_evenly():
    """The same steps in a term of a year: 12,600 / 12 = 1,050 a month."""
    fee = monthly(steps=[{"from_day": date(2026, 7, 1), "amount": "1100.00"}])
    told = scenario(
        subscription(consideration=[fee]),
        expected=[
            at(JAN_1, "transaction_price", "12600.00"),
            during(JAN_1, JAN_31, "revenue", "1050.00"),
        ],
    )

    assert [] == missed(told)


def test_a_total_that_is_paid_back_in_proportion_follows_the_month():
    """12,000 for the year, the rest returned to who leaves: 1,000 a month."""
    fee = monthly("12000.00", charged="over_term")
    told = scenario(
        cancellable(fee=fee),
        expected=[
            at(JAN_1, "transaction_price", "1000.00"),
            during(FEB_1, FEB_28, "revenue", "1000.00"),
            at(DEC_31, "cumulative_revenue", "12000.00"),
        ],
    )

    assert [] == missed(told)


def test_thirds_of_a_total_add_up():
    """100 over three months: 33.33, 33.34 and 33.33 in all 100."""
    fee = monthly("100.00", charged="over_term")
    told = scenario(
        cancellable(fee=fee, end=date(2026, 3, 31)),
        expected=[
            at(JAN_31, "cumulative_revenue", "33.33"),
            at(FEB_28, "cumulative_revenue", "66.67"),
            at(date(2026, 3, 31), "cumulative_revenue", "100.00"),
        ],
    )

    assert [] == missed(told)


def test_a_fee_charged_once_is_of_the_first_month_and_work_once_promised_is_not_renewed():
    """Set-up work of 500 delivered in March keeps its share of the first month's price.

    1,000 + 500 by selling prices of 1,000 (a month of 12,000) and 500: 1,000 and 500.
    """
    told = scenario(
        cancellable(
            obligations=[
                {
                    "id": "access",
                    "product": "access",
                    "measure": "even_months",
                    "standalone_selling_price": "12000.00",
                },
                {
                    "id": "work",
                    "product": "work",
                    "measure": "point_in_time",
                    "standalone_selling_price": "500.00",
                },
            ],
            consideration=[
                monthly(obligation="access"),
                {
                    "id": "setup",
                    "kind": "fixed",
                    "amount": "500.00",
                    "charged": "once",
                    "obligation": "work",
                },
            ],
        ),
        events=[
            {
                "kind": "delivery",
                "id": "D-1",
                "contract": "C",
                "on": date(2026, 3, 15),
                "obligation": "work",
            }
        ],
        expected=[
            at(JAN_1, "transaction_price", "1500.00"),
            at(JAN_1, "allocated_price", "500.00", obligation="work"),
            at(FEB_28, "cumulative_revenue", "2000.00"),
            at(FEB_28, "rpo", "500.00"),
            during(date(2026, 3, 1), date(2026, 3, 31), "revenue", "1500.00"),
            at(DEC_31, "cumulative_revenue", "12500.00"),
        ],
    )

    assert [] == missed(told)


def test_usage_goes_on_beside_the_renewals():
    """Fees of use are of their days; the platform renews by the month."""
    told = scenario(
        cancellable(
            obligations=[
                {"id": "access", "product": "access", "measure": "even_months"},
                {"id": "tokens", "product": "tokens", "measure": "usage"},
            ],
            consideration=[
                monthly(obligation="access"),
                {"id": "use", "kind": "usage", "obligation": "tokens"},
            ],
        ),
        events=[
            {
                "kind": "usage",
                "contract": "C",
                "on": date(2026, 4, 10),
                "meter": "tokens",
                "quantity": "5",
                "amount": "25.50",
            }
        ],
        expected=[
            during(date(2026, 4, 1), date(2026, 4, 30), "revenue", "1025.50"),
            at(DEC_31, "cumulative_revenue", "12025.50"),
        ],
    )

    assert [] == missed(told)


def test_who_leaves_is_charged_no_longer():
    """Notice in March for the end of April: four months in all."""
    told = scenario(
        cancellable(),
        events=[
            {
                "kind": "modification",
                "id": "M-1",
                "contract": "C",
                "on": date(2026, 3, 10),
                "end": date(2026, 4, 30),
            }
        ],
        expected=[
            at(date(2026, 4, 30), "cumulative_revenue", "4000.00"),
            at(DEC_31, "cumulative_revenue", "4000.00"),
            at(DEC_31, "transaction_price", "4000.00"),
        ],
    )

    assert [] == missed(told)


def test_an_upgrade_changes_the_rest_of_the_month_and_the_months_to_come():
    """From 11 April 1,600 a month: 1,000 x 10/30 + 1,600 x 20/30 = 1,400 in April."""
    told = scenario(
        cancellable(measure="days"),
        events=[
            {
                "kind": "modification",
                "id": "M-1",
                "contract": "C",
                "on": date(2026, 4, 11),
                "revises": [{"id": "access", "product": "premium", "measure": "days"}],
                "revises_consideration": [monthly("1600.00")],
            }
        ],
        expected=[
            during(date(2026, 4, 1), date(2026, 4, 30), "revenue", "1400.00"),
            during(date(2026, 5, 1), date(2026, 5, 31), "revenue", "1600.00"),
            # 3,000 + 1,400 + 8 x 1,600.
            at(DEC_31, "cumulative_revenue", "17200.00"),
        ],
    )

    assert [] == missed(told)


def test_new_terms_from_the_first_of_a_month_are_of_the_renewal():
    """Approved in April for 1 May: April as before, May at the new rate."""
    told = scenario(
        cancellable(),
        events=[
            {
                "kind": "modification",
                "id": "M-1",
                "contract": "C",
                "on": date(2026, 4, 20),
                "new_terms_from": date(2026, 5, 1),
                "revises": [{"id": "access", "product": "access", "measure": "even_months"}],
                "revises_consideration": [monthly("900.00")],
            }
        ],
        expected=[
            during(date(2026, 4, 1), date(2026, 4, 30), "revenue", "1000.00"),
            during(date(2026, 5, 1), date(2026, 5, 31), "revenue", "900.00"),
            at(DEC_31, "cumulative_revenue", "11200.00"),
        ],
    )

    assert [] == missed(told)


def test_seats_added_are_renewed_with_the_rest():
    """Seats for 200 a month from 16 June: 100 for half of June, then 200 a month."""
    told = scenario(
        cancellable(
            obligations=[
                {
                    "id": "access",
                    "product": "access",
                    "measure": "days",
                    "standalone_selling_price": "12000.00",
                }
            ]
        ),
        events=[
            {
                "kind": "modification",
                "id": "M-1",
                "contract": "C",
                "on": date(2026, 6, 16),
                "adds": [
                    {
                        "id": "seats",
                        "product": "seats",
                        "measure": "days",
                        "standalone_selling_price": "1300.00",
                    }
                ],
                "adds_consideration": [monthly("200.00", id="seat-fee", obligation="seats")],
                "at_standalone_selling_prices": True,
            }
        ],
        expected=[
            during(date(2026, 6, 1), date(2026, 6, 30), "revenue", "1100.00"),
            during(date(2026, 7, 1), date(2026, 7, 31), "revenue", "1200.00"),
            at(DEC_31, "cumulative_revenue", "13300.00"),
        ],
    )

    assert [] == missed(told)


def test_a_bound_term_that_is_shortened_charges_less_by_itself():
    """1,000 a month for a year, ended by agreement after June: 6,000, nothing left."""
    told = scenario(
        subscription(consideration=[monthly()]),
        events=[
            {
                "kind": "modification",
                "id": "M-1",
                "contract": "C",
                "on": date(2026, 4, 30),
                "new_terms_from": date(2026, 5, 1),
                "end": date(2026, 6, 30),
                "price_change": "500.00",
                "reason": "Early end for a fee of 500.",
            }
        ],
        expected=[
            at(date(2026, 4, 30), "cumulative_revenue", "4000.00"),
            during(date(2026, 5, 1), date(2026, 5, 31), "revenue", "1250.00"),
            at(date(2026, 6, 30), "cumulative_revenue", "6500.00"),
            at(date(2026, 6, 30), "contract_term_months", "6"),
            at(DEC_31, "rpo", "0"),
        ],
    )

    assert [] == missed(told)


def test_a_bound_term_that_is_extended_charges_more_by_itself():
    """Three more months at the monthly rate: 15 months of 1,000."""
    told = scenario(
        subscription(consideration=[monthly()]),
        events=[
            {
                "kind": "modification",
                "id": "M-1",
                "contract": "C",
                "on": date(2026, 9, 30),
                "new_terms_from": date(2026, 10, 1),
                "end": date(2027, 3, 31),
            }
        ],
        expected=[
            at(date(2026, 9, 30), "cumulative_revenue", "9000.00"),
            at(date(2026, 10, 1), "transaction_price", "15000.00"),
            at(date(2026, 10, 1), "contract_term_months", "15"),
            at(date(2027, 3, 31), "cumulative_revenue", "15000.00"),
        ],
    )

    assert [] == missed(told)


@pytest.mark.parametrize(
    ("contract", "field"),
    [
        (
            cancellable(fee={"id": "fee", "kind": "fixed", "amount": "12000.00"}),
            "consideration.fee.charged",
        ),
        (subscription(end=None, consideration=[monthly()]), "end"),
        (cancellable(rights=[{"notice_days": -1}]), "termination"),
        (cancellable(rights=[{"every_months": 0}]), "termination"),
        (
            cancellable(fee=monthly(steps=[{"from_day": date(2026, 3, 15), "amount": "1.00"}])),
            "consideration.fee.steps",
        ),
        (
            cancellable(
                fee=monthly(
                    charged="once", steps=[{"from_day": date(2026, 3, 1), "amount": "1.00"}]
                )
            ),
            "consideration.fee.steps",
        ),
        (
            cancellable(
                obligations=[
                    {
                        "id": "credits",
                        "product": "credits",
                        "measure": "usage",
                        "usage": {"entitled": "100"},
                    }
                ]
            ),
            "termination",
        ),
    ],
)
def test_terms_that_do_not_say_what_they_must_are_refused(contract, field):
    """The refusal names the field, and 25-3."""
    error = refusal(scenario(contract))

    assert isinstance(error, ContractError)
    assert field == error.attributes["field"]
    assert "606-10-25-3" == error.citation
