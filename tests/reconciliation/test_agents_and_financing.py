"""Usage rated for a principal, and fees with agreed payments, against bills and revenue."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
    Role,
)
from revrec.model.events import Delivery
from revrec.model.financing import ExpectedPayment, ExpectedTransfer, Financing
from tests.reconciliation.books import (
    DECEMBER,
    INVOICED,
    JAN,
    RATED,
    book_of,
    found,
    invoice,
    line,
    named,
    off,
    pay_as_you_go,
    tokens,
    told,
    used,
)

USAGE = [used("PAYG", date(2026, 1, 10), "100", "50")]


def reseller() -> Contract:
    """Another's tokens, of whose rated amount a fifth is kept."""
    contract = pay_as_you_go()
    (sold,), (price,) = contract.obligations, contract.consideration
    return replace(
        contract,
        obligations=(replace(sold, role=Role.AGENT, because="The provider runs the model."),),
        consideration=(replace(price, retained_share=Decimal("0.2")),),
    )


def billed(amount: str):
    """Tokens of January, resold and billed in February."""
    bill = invoice("PAYG", "I-1", date(2026, 2, 3), tokens(amount, "100", "2026-01"))
    return told(book_of([reseller()], [bill]), USAGE)


def test_an_agent_bills_and_earns_its_part_of_what_is_rated():
    """Of 50.00 rated 10.00 is kept; 40.00 is the principal's and no difference of billing."""
    result = billed("10.00")

    assert [] == found(result)
    assert [] == off(result)
    assert {(RATED, "for_principal"): "40.00"} == named(result, "PAYG", "2026-01")


def test_an_agent_that_bills_all_as_its_own_is_found():
    """50.00 of the agent's own instead of 10.00 is 40.00 too much."""
    assert [("PAYG", "2026-01", "wrong_rate", "40.00")] == found(billed("50.00"))


def financed(*bills):
    """An asset handed over in January 2026 for 13,230 two years later, at 5%; 12,000 in cash."""
    contract = Contract(
        id="LOAN",
        customer="loan",
        currency="USD",
        inception=JAN,
        obligations=(
            PerformanceObligation(id="asset", product="asset", measure=Measure.POINT_IN_TIME),
        ),
        consideration=(
            Consideration(
                id="price", kind=ConsiderationKind.FIXED, amount=Decimal(13230), obligation="asset"
            ),
        ),
        financing=Financing(
            payments=(ExpectedPayment(on=date(2028, 1, 1), amount=Decimal(13230)),),
            transfers=(ExpectedTransfer(obligation="asset", on=JAN),),
            annual_rate=Decimal("0.05"),
        ),
    )
    done = Delivery(id="D", contract="LOAN", on=JAN, obligation="asset")
    return book_of([contract], [done, *bills])


def test_interest_stands_apart_and_nothing_is_missing_before_its_day():
    """13,230 / 1.05 / 1.05 = 12,000 is revenue, 1,230 interest; no bill is due before 2028."""
    result = told(financed(), as_of=DECEMBER)

    assert [] == found(result)
    assert [] == off(result)
    assert {
        (INVOICED, "accrual"): "-13230.00",
        (INVOICED, "interest"): "1230.00",
    } == named(result, "LOAN", "2026-01")


def test_a_payment_whose_day_has_passed_without_a_bill_is_found():
    """Nothing was billed for the 13,230 agreed for 1 January 2028."""
    book = financed()

    assert [("LOAN", "2028-01", "not_billed", "-13230.00")] == found(
        told(book, as_of=date(2028, 1, 31), through="2028-01")
    )


def test_a_financed_price_billed_above_it_is_found():
    """13,630 for a price of 13,230 is 400 too much."""
    book = financed(invoice("LOAN", "I-1", date(2026, 3, 1), line("13630")))

    assert [("LOAN", "2026-03", "wrong_amount", "400.00")] == found(told(book, as_of=DECEMBER))
