"""What postings of a contract in euros are worth in dollars, by hand; cents of both.

A euro is worth 2 dollars from 1 January, 3 from the 20th, 4 on the 31st and 5 on January's average;
6 on 10 February, 7 on the 28th and 8 on February's average.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest

from revrec.ledger.functional import Balances, measure
from revrec.ledger.rates import Rates
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.currencies import ExchangeRate, RateBasis
from revrec.model.events import (
    CreditMemo,
    CustomerPayment,
    Invoice,
    InvoiceLine,
    Payment,
    Refund,
    WriteOff,
)
from revrec.model.history import ContractHistory
from revrec.periods import Period

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
AT_2, AT_3, AT_6 = date(2026, 1, 5), date(2026, 1, 20), date(2026, 2, 10)
AVERAGES = {date(2026, 1, 31): 5, date(2026, 2, 28): 8}
SPOTS = {date(2026, 1, 1): 2, AT_3: 3, date(2026, 1, 31): 4, AT_6: 6, date(2026, 2, 28): 7}
RATES = Rates(
    "USD",
    [
        ExchangeRate(
            id=f"{basis} {on}", currency="EUR", into="USD", on=on, rate=Decimal(worth), basis=basis
        )
        for basis, told in ((RateBasis.SPOT, SPOTS), (RateBasis.AVERAGE, AVERAGES))
        for on, worth in told.items()
    ],
    stands_days=31,
)
LISTS = {
    Invoice: "invoices",
    CreditMemo: "credit_memos",
    Payment: "payments",
    Refund: "refunds",
    CustomerPayment: "customer_payments",
    WriteOff: "write_offs",
}


def history(*documents) -> ContractHistory:
    """A contract with a fee and with usage that is billed apart."""
    contract = Contract(
        id="C",
        customer="c",
        currency="EUR",
        inception=date(2026, 1, 1),
        obligations=(),
        consideration=(
            Consideration(id="fee", kind=ConsiderationKind.FIXED, amount=Decimal(1)),
            Consideration(id="use", kind=ConsiderationKind.USAGE, obligation="tokens"),
        ),
    )
    made = ContractHistory(contract)
    for each in documents:
        getattr(made, LISTS[type(each)]).append(each)
    return made


def told(kind, on: date, amount: str, **more):
    """A document of an amount; of bills and credits, in one line."""
    line = {name: more.pop(name) for name in ("tax", "consideration") if name in more}
    if kind in {Invoice, CreditMemo}:
        more["lines"] = (InvoiceLine(amount=Decimal(amount), **line),)
    else:
        more["amount"] = Decimal(amount)
    return kind(**{"id": f"{kind.__name__} {on} {amount}", "contract": "C", **more}, on=on)


def bill(on: date, amount: str = "1.00", **more):
    """An invoice I."""
    return told(Invoice, on, amount, **{"id": "I", **more})


def flow(event: str, amount: int, obligation: str = "x", component: str = "fee"):
    """What a month moved."""
    return obligation, component, "p", event, amount


def worths(documents=(), flows=None, balances=None, begins_on=()):
    """Event -> worth, of January where only that is told, and the balances at the end."""
    flows = flows or {}
    told_balances = {**dict.fromkeys(Balances.__slots__, 0), **(balances or {})}
    days = [each.on for each in documents]
    period = FEBRUARY if FEBRUARY in flows or max(days, default=AT_2) >= AT_6 else JANUARY
    measured = measure(
        history(*documents),
        flows,
        Balances(**told_balances),
        RATES,
        period=period,
        begins_on=begins_on,
    )
    found: defaultdict[str, int] = defaultdict(int)
    for (_, _, _, _, event), worth in measured.amounts.items():
        found[event] += worth
    standing = {str(account): worth for account, worth in measured.standing.items() if worth}
    return dict(found), standing


PAID = told(Payment, AT_2, "1.00", invoice="I")
EARNED = {JANUARY: [flow("satisfaction", 40)]}


def test_what_was_billed_is_earned_at_the_rate_of_the_bill():
    """100 at 2; 40 of it is 80. The claim stands at 4."""
    found, standing = worths([bill(AT_2)], EARNED, {"receivable": 100})

    assert found == {"billing": 200, "satisfaction": 80, "exchange_on_receivables": 200}
    assert standing == {"receivable": 400}


def test_a_posting_is_named_by_its_month_and_what_it_is_of():
    """A document by its event alone, an exchange difference by the month it is of."""
    later = {**EARNED, FEBRUARY: [flow("satisfaction", 60)]}
    measured = measure(
        history(bill(AT_2), told(Payment, AT_3, "1.00", invoice="I")),
        later,
        Balances(**dict.fromkeys(Balances.__slots__, 0)),
        RATES,
        period=FEBRUARY,
    )

    assert measured.amounts == {
        ("2026-01", "", "", "", "billing"): 200,
        ("2026-01", "", "", "", "payment"): 300,
        ("2026-01", "x", "fee", "p", "satisfaction"): 80,
        ("2026-01", "", "", "", "exchange_on_settlement"): 100,
        ("2026-02", "x", "fee", "p", "satisfaction"): 120,
    }


def test_what_comes_after_the_period_does_not_count():
    """February's bill and revenue, measured at the end of January."""
    measured = measure(
        history(bill(AT_2), told(Invoice, AT_6, "9.00")),
        {**EARNED, FEBRUARY: [flow("satisfaction", 60)]},
        Balances(**{**dict.fromkeys(Balances.__slots__, 0), "receivable": 100}),
        RATES,
        period=JANUARY,
    )

    assert sum(measured.amounts.values()) == 200 + 80 + 200


def test_what_is_earned_before_a_bill_is_an_asset_at_the_rate_of_the_day():
    """10 at 5, and at the end 4: the balance is 40."""
    found, standing = worths([], {JANUARY: [flow("satisfaction", 10)]}, {"contract_asset": 10})

    assert found == {"satisfaction": 50, "exchange_on_contract_assets": -10, "netting": 40}
    assert standing == {}


def test_cash_before_a_bill_is_what_the_bill_is_worth():
    """100 came at 2; a bill of 150 at 3 is 200 and 150."""
    paid = told(Payment, AT_2, "1.00")
    found, _ = worths([paid, bill(AT_3, "1.50")], {}, {"receivable": 50})

    assert found == {"payment": 200, "billing": 350, "exchange_on_receivables": 50}


def test_cash_without_a_bill_stays_what_it_was():
    """An advance of 100 at 2."""
    found, standing = worths([told(Payment, AT_2, "1.00")], {}, {"cash_in_advance": 100})

    assert found == {"payment": 200, "cash_in_advance": 200}
    assert standing == {}


def test_usage_that_is_billed_apart_has_lots_of_its_own():
    """The fee came at 2, the usage at 3; each is earned at its own."""
    documents = [bill(AT_2), told(Invoice, AT_3, "1.00", consideration="use")]
    use = flow("satisfaction", 100, "tokens", "use")
    found, _ = worths(documents, {JANUARY: [use]}, {"receivable": 200})

    assert found == {"billing": 500, "satisfaction": 300, "exchange_on_receivables": 300}


def test_usage_that_is_billed_later_takes_nothing_of_the_fee():
    """Earned at 5 before its bill of 6: the fee that came at 2 is not of it."""
    documents = [bill(AT_2), told(Invoice, AT_6, "1.00", consideration="use")]
    use = flow("satisfaction", 100, "tokens", "use")
    found, _ = worths(documents, {JANUARY: [use]}, {"receivable": 200})

    assert found["satisfaction"] == 500


@pytest.mark.parametrize("kind", [Payment, Refund, WriteOff])
def test_cash_of_nothing_is_worth_nothing(kind):
    """It settles no bill and opens none."""
    assert worths([bill(AT_2), told(kind, AT_3, "0", invoice="I")], {}, {"receivable": 100})[0] == {
        "billing": 200,
        "exchange_on_receivables": 200,
    }


def test_an_advance_pays_for_usage():
    """100 came at 2 for whatever; the bill of usage of 120 at 3 takes it and adds 60."""
    documents = [told(Payment, AT_2, "1.00"), told(Invoice, AT_3, "1.20", consideration="use")]
    use = flow("satisfaction", 120, "tokens", "use")
    found, _ = worths(documents, {JANUARY: [use]}, {"receivable": 20})

    assert found == {
        "payment": 200,
        "billing": 260,
        "satisfaction": 260,
        "exchange_on_receivables": 20,
    }


def test_a_credit_memo_takes_its_bill_at_the_rate_of_the_bill():
    """40 of 100 at 2, whatever the rate is now."""
    credit = told(CreditMemo, AT_3, "0.40", invoice="I")
    found, _ = worths([bill(AT_2), credit], {}, {"receivable": 60})

    assert found == {"billing": 200, "credit_memo": -80, "exchange_on_receivables": 120}


def test_a_credit_of_what_was_paid_and_earned_is_owed_at_the_rate_of_the_day():
    """40 earned at 2 are credited in February: 80 out of revenue, and owed at 7."""
    documents = [bill(AT_2), PAID, told(CreditMemo, AT_6, "0.40", invoice="I")]
    flows = {JANUARY: [flow("satisfaction", 100)], FEBRUARY: [flow("satisfaction", -40)]}
    found, standing = worths(documents, flows, {"cash_in_advance": 40, "refund_liability": 40})

    assert found == {
        "billing": 200,
        "payment": 200,
        "satisfaction": 200 - 80,
        "credit_memo": -80,
        "cash_in_advance": 80,
        "refund_due": 80,
        "exchange_on_refunds": 200,
    }
    assert standing == {"refund_liability": -280}


def test_tax_is_billed_and_no_consideration():
    """105 came at 2; the bill of 100 and the tax of 5 take it, 5 more of tax are at 3."""
    documents = [told(Payment, AT_2, "1.05"), bill(AT_3, tax=Decimal("0.10"))]
    flows = {JANUARY: [flow("satisfaction", 100)]}
    found, _ = worths(documents, flows, {"receivable": 5})

    assert found == {
        "payment": 210,
        "billing": 200,
        "tax": 10 + 15,
        "satisfaction": 200,
        "exchange_on_receivables": 5,
    }


def test_tax_credited_while_the_bill_is_open():
    """Both at the rate of the bill."""
    tax = Decimal("0.10")
    documents = [bill(AT_2, tax=tax), told(CreditMemo, AT_3, "1.00", tax=tax, invoice="I")]
    found, _ = worths(documents)

    assert found == {"billing": 200, "credit_memo": -200, "tax": 0}


def test_tax_credited_after_the_bill_was_paid():
    """Of 10, 4 are open at 2 and 6 owed at 3: 26 in all, of which 10.4 settle what is worth 8."""
    documents = [
        bill(AT_2, "0.00", tax=Decimal("0.10")),
        told(Payment, AT_2, "0.06", invoice="I"),
        told(CreditMemo, AT_3, "0.00", tax=Decimal("0.10"), invoice="I"),
    ]
    found, _ = worths(documents, {}, {"cash_in_advance": 6})

    assert found == {
        "payment": 12,
        "tax": 20 - 26,
        "exchange_on_settlement": 2,
        "cash_in_advance": 16,
    }


def test_a_deposit_stands_at_the_rate_of_the_day():
    """100 at 2 are owed at 4 as long as there is no contract."""
    balances = {"cash_in_advance": 100, "deposit_liability": 100}
    found, standing = worths([told(Payment, AT_2, "1.00")], {}, balances)

    assert found == {
        "payment": 200,
        "cash_in_advance": 200,
        "deposit": 200,
        "exchange_on_deposits": 200,
    }
    assert standing == {"deposit_liability": -400}


def test_a_deposit_becomes_consideration_when_the_contract_begins():
    """100 at 2 are worth 3 on the day the contract begins to exist, and earned at that."""
    flows = {JANUARY: [flow("satisfaction", 100)]}
    paid = told(Payment, AT_2, "1.00")
    found, _ = worths([paid], flows, {"cash_in_advance": 100}, begins_on=[AT_3])

    assert found == {
        "payment": 200,
        "satisfaction": 300,
        "exchange_on_billing": 100,
        "cash_in_advance": 200,
    }


def test_a_contract_may_begin_in_a_month_without_anything_else():
    """Paid in January, it begins at 6 in February."""
    measured = measure(
        history(told(Payment, AT_2, "1.00")),
        {},
        Balances(**{**dict.fromkeys(Balances.__slots__, 0), "cash_in_advance": 100}),
        RATES,
        period=FEBRUARY,
        begins_on=[AT_6],
    )

    assert measured.amounts["2026-02", "", "", "", "exchange_on_billing"] == 600 - 200


def test_what_is_paid_to_the_customer_lowers_what_was_received():
    """30 at 2, with nothing received before: an asset of 60, 120 at the end."""
    paid = told(CustomerPayment, AT_2, "0.30")
    found, _ = worths([paid], {}, {"contract_asset": 30})

    assert found == {"customer_payment": 60, "exchange_on_contract_assets": 60, "netting": 120}


def test_a_claim_written_off_and_recovered():
    """40 of 100 at 3 instead of 2: 40 gained. Of 100 written off at 2, 40 come back at 3."""
    lost = [bill(AT_2), told(WriteOff, AT_3, "0.40", invoice="I")]
    back = [
        bill(AT_2),
        told(WriteOff, AT_2, "1.00", invoice="I"),
        told(WriteOff, AT_3, "-0.40", invoice="I"),
    ]

    assert worths(lost, {}, {"receivable": 60})[0] == {
        "billing": 200,
        "write_off": 120,
        "exchange_on_settlement": 40,
        "exchange_on_receivables": 120,
    }
    assert worths(back, {}, {"receivable": 40})[0] == {
        "billing": 200,
        "write_off": 200 - 120,
        "exchange_on_receivables": 40,
    }


def test_cash_returned_out_of_an_advance():
    """40 of 100 at 2 go back at 3: 40 lost."""
    documents = [told(Payment, AT_2, "1.00"), told(Refund, AT_3, "0.40")]
    found, _ = worths(documents, {}, {"cash_in_advance": 60})

    assert found == {
        "payment": 200,
        "refund": 120,
        "exchange_on_settlement": -40,
        "cash_in_advance": 120,
    }


def test_a_bill_without_a_contract_is_no_claim():
    """100 at 2 are taken back at that."""
    found, standing = worths([bill(AT_2)], {}, {"cash_in_advance": -100})

    assert found == {"billing": 200, "cash_in_advance": -200}
    assert standing == {}


def test_a_refund_that_bounces_is_cash_again():
    """40 were returned at 2 and come back at 3 on the open bill they made."""
    documents = [told(Refund, AT_2, "0.40"), told(Refund, AT_3, "-0.40")]
    found, _ = worths(documents)

    assert found == {"refund": 80 - 120, "exchange_on_settlement": 40}


def test_a_payment_that_bounces_is_owed_again():
    """100 paid at 2 and taken back at 3: the claim is worth 300, 400 at the end."""
    documents = [bill(AT_2), PAID, told(Payment, AT_3, "-1.00", invoice="I")]
    found, _ = worths(documents, {}, {"receivable": 100})

    assert found == {"billing": 200, "payment": 200 - 300, "exchange_on_receivables": 100}


def test_a_bill_that_is_no_right_yet_is_taken_back_as_it_is_worth():
    """40 of 100 at 2; of 100 with 40 earned, 60 at 2 and 40 at 4."""
    in_part = worths([bill(AT_2)], {}, {"conditional_bill": 40, "receivable": 60})[0]
    whole = worths([bill(AT_2)], EARNED, {"conditional_bill": 100})[0]

    assert in_part == {"billing": 200, "conditional_bill": 80, "exchange_on_receivables": 120}
    assert whole == {
        "billing": 200,
        "satisfaction": 80,
        "conditional_bill": 120 + 160,
        "exchange_on_receivables": 80,
    }


def test_the_newest_of_several_pools():
    """40 of 20 in the common pool at 2 and 100 of usage at 3: 40 and 60."""
    documents = [bill(AT_2, "0.20"), told(Invoice, AT_3, "1.00", consideration="use")]
    found, _ = worths(documents, {}, {"conditional_bill": 40, "receivable": 80})

    assert found["conditional_bill"] == 100


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        # Costs keep the rate at which they were capitalised, 5, in either direction.
        (
            [[flow("cost_capitalized", 100)], [flow("cost_amortized", 40)]],
            {"cost_capitalized": 500, "cost_amortized": 200},
        ),
        (
            [[flow("cost_capitalized", 100)], [flow("cost_capitalized", -30)]],
            {"cost_capitalized": 500 - 150},
        ),
        # Those of another cost have another rate.
        (
            [[flow("cost_capitalized", 100)], [flow("cost_impaired", 10, component="b")]],
            {"cost_capitalized": 500, "cost_impaired": 80},
        ),
        # So do rights to goods, of an obligation and a component.
        (
            [[flow("return_asset", 100)], [flow("return_asset", -100)]],
            {"return_asset": 0},
        ),
        (
            [[flow("return_asset", 100)], [flow("return_asset", -100, "y")]],
            {"return_asset": 500 - 800},
        ),
        # What is not kept is worth the average of its month.
        ([[flow("cost_expensed", 10)], [flow("cost_expensed", 10)]], {"cost_expensed": 50 + 80}),
    ],
)
def test_what_is_not_monetary_keeps_its_rate(flows, expected):
    """January at 5, February at 8."""
    assert worths([], dict(zip((JANUARY, FEBRUARY), flows, strict=True)))[0] == expected


def test_interest_is_received_for_the_contract():
    """10 at 5 come in and are earned in February at that."""
    flows = {JANUARY: [flow("interest_expense", 10)], FEBRUARY: [flow("satisfaction", 10)]}

    assert worths([], flows)[0] == {"interest_expense": 50, "satisfaction": 50}


def test_a_cent_of_interest_is_received():
    """1 at 5, earned in February at that."""
    flows = {JANUARY: [flow("interest_expense", 1)], FEBRUARY: [flow("satisfaction", 1)]}

    assert worths([], flows)[0] == {"interest_expense": 5, "satisfaction": 5}


def test_interest_taken_back_is_withdrawn():
    """10 at 5 came in; of it 4 at 8 go: 20 of lots leave, and 12 are lost."""
    flows = {JANUARY: [flow("interest_expense", 10)], FEBRUARY: [flow("interest_expense", -4)]}
    found, _ = worths([], flows)

    assert found == {"interest_expense": 50 - 32, "exchange_on_billing": 12}


def test_what_is_taken_back_in_a_month_comes_before_what_is_earned():
    """10 earned at 2 are taken from y before x earns them; the lot at 6 stays."""
    documents = [bill(AT_2, "0.10"), bill(AT_6, "0.10", id="J")]
    flows = {
        JANUARY: [flow("satisfaction", 10, "y")],
        FEBRUARY: [flow("satisfaction", 10, "x"), flow("satisfaction", -10, "y")],
    }
    measured = measure(
        history(*documents),
        flows,
        Balances(**{**dict.fromkeys(Balances.__slots__, 0), "receivable": 20}),
        RATES,
        period=FEBRUARY,
    )

    assert measured.amounts["2026-02", "x", "fee", "p", "satisfaction"] == 20
    assert measured.amounts["2026-02", "y", "fee", "p", "satisfaction"] == -20


@pytest.mark.parametrize(
    ("billed", "earned", "withdrawn", "worth"),
    [("0.10", 10, -4, 36 + 32), ("0.01", 1, -1, 8)],
)
def test_what_is_withdrawn_in_a_month_comes_before_what_is_earned(billed, earned, withdrawn, worth):
    """4 of 10 at 6 go with the interest; 6 are earned at that, and 4 more at 8."""
    flows = {
        FEBRUARY: [
            flow("satisfaction", earned, "a"),
            flow("interest_expense", withdrawn, "z"),
        ]
    }
    balances = {"receivable": earned, "contract_asset": -withdrawn}
    found, _ = worths([bill(AT_6, billed)], flows, balances)

    assert found["satisfaction"] == worth
    assert found["interest_expense"] == 8 * withdrawn


def test_a_credit_beyond_its_own_bill_settles_the_newest():
    """40 of a paid bill are credited at 2; they settle the newest bill, open at 3."""
    documents = [
        bill(AT_2),
        PAID,
        bill(AT_2, id="J"),
        bill(AT_3, id="L"),
        told(CreditMemo, AT_3, "0.40", invoice="I"),
    ]
    found, _ = worths(documents, {}, {"receivable": 160})

    assert found["credit_memo"] == -80
    assert found["exchange_on_settlement"] == -40


def test_revenue_taken_back_lowers_the_asset_before_interest_does():
    """The asset of 10 at 5 goes as it came; the interest is received at 8."""
    flows = {
        JANUARY: [flow("satisfaction", 10)],
        FEBRUARY: [flow("interest_expense", 10, "a"), flow("satisfaction", -10)],
    }

    assert worths([], flows)[0] == {"satisfaction": 0, "interest_expense": 80}


@pytest.mark.parametrize(
    ("documents", "flows", "balances", "event", "worth"),
    [
        # 60 of 100 billed at 2 are left: 20 of them are worth 40 of 120.
        (
            [bill(AT_2)],
            EARNED,
            {"receivable": 100, "contract_liability": 60, "non_current_liability": 20},
            "non_current_liability",
            40,
        ),
        # 40 not billed stand at 4.
        ([], EARNED, {"contract_asset": 40, "non_current_asset": 10}, "non_current_asset", 40),
        # Costs of 100 at 5, of which 40 are amortised.
        (
            [],
            {JANUARY: [flow("cost_capitalized", 100), flow("cost_amortized", 40)]},
            {"contract_cost": 60, "non_current_cost": 30},
            "non_current_cost",
            150,
        ),
        # A third of 100.
        (
            [bill(AT_2, "0.50")],
            {},
            {"receivable": 50, "contract_liability": 3, "non_current_liability": 1},
            "non_current_liability",
            33,
        ),
    ],
)
def test_what_is_non_current_is_worth_its_part_of_the_balance(
    documents, flows, balances, event, worth
):
    """Whatever lots the balance is of."""
    found, _ = worths(documents, flows, balances)

    assert worth == found[event]
