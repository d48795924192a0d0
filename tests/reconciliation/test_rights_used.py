"""Rights used to buy more, and credits after the end of service, against their bills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.events import Modification
from revrec.model.history import Book
from revrec.model.options import Exercise
from revrec.model.right import Renewal
from revrec.periods import Period
from tests.reconciliation.books import (
    FEB,
    INVOICED,
    JAN,
    MAR,
    book_of,
    credit,
    found,
    invoice,
    line,
    named,
    off,
    subscription,
    told,
)


def renewable(*events) -> Book:
    """Seats for January at 1,000 with the right to February at 400; they sell alone for 700."""
    january, february = (Period(2026, month) for month in (1, 2))
    contract = Contract(
        id="RENEW",
        customer="renew",
        currency="USD",
        inception=JAN,
        end=january.last,
        obligations=(
            PerformanceObligation(
                id="seats",
                product="seats",
                measure=Measure.EVEN_MONTHS,
                standalone_selling_price=Decimal(700),
            ),
            PerformanceObligation(
                id="february",
                product="seats",
                measure=Measure.EVEN_MONTHS,
                start=february.first,
                end=february.last,
                standalone_selling_price=Decimal(700),
                renewal=Renewal(consideration=Decimal(400)),
            ),
        ),
        consideration=(
            Consideration(
                id="fee", kind=ConsiderationKind.FIXED, amount=Decimal(1000), obligation="seats"
            ),
        ),
    )
    book = book_of([contract], [invoice("RENEW", "I-1", JAN, line("1000")), *events])
    book.histories["RENEW"].exercises.append(
        Exercise(
            id="USE", contract="RENEW", on=february.first, right="february", price=Decimal(400)
        )
    )
    return book


def test_a_right_used_is_billed_at_its_own_price():
    """Of 1,400 each month earns 700: 300 of January's bill is deferred to the renewal."""
    result = told(renewable(invoice("RENEW", "I-2", FEB, line("400"))))

    assert [] == found(result)
    assert [] == off(result)
    assert "300.00" == named(result, "RENEW", "2026-01")[INVOICED, "allocation"]
    assert "-300.00" == named(result, "RENEW", "2026-02")[INVOICED, "allocation"]


def test_a_right_used_and_billed_twice_is_found():
    """400 was charged once; the second bill exceeds what all of the contract costs."""
    book = renewable(
        invoice("RENEW", "I-2", FEB, line("400")), invoice("RENEW", "I-3", MAR, line("400"))
    )

    assert [("RENEW", "2026-03", "wrong_amount", "400.00")] == found(told(book))


def test_a_credit_after_the_end_of_service_clears_what_was_billed_for_later():
    """Service ends with January; what was billed for February and March is credited in February."""
    contract = subscription(name="STOP", price="300", end=date(2026, 3, 31))
    stop = Modification(
        id="STOP-1",
        contract="STOP",
        on=FEB,
        withdraws=("seats",),
        price_change=Decimal(-200),
    )
    bills = [invoice("STOP", "I-1", JAN, line("300")), stop]
    cleared = told(book_of([contract], [*bills, credit("STOP", "C-1", MAR, "I-1", line("200"))]))
    open_ = told(book_of([contract], bills))

    assert [] == found(cleared)
    assert [] == off(cleared)
    assert ("STOP", "2026-02", "credit_missing", "200.00") in found(open_)
