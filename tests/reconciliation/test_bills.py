"""Bills that do not follow calendar months, or do not say what they bill."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from revrec.model.contract import Consideration, ConsiderationKind
from revrec.periods import MONTHS
from revrec.reconciliation.bills import Side, bills_of, period_of
from revrec.reconciliation.terms import terms_of
from tests.reconciliation.books import (
    DECEMBER,
    INVOICED,
    JAN,
    RATED,
    book_of,
    commitment,
    credit,
    fee,
    found,
    invoice,
    line,
    named,
    off,
    pay_as_you_go,
    subscription,
    tokens,
    told,
    used,
)

QUARTER = (JAN, date(2026, 3, 31))


@pytest.mark.parametrize(
    ("on", "first", "last", "side", "month"),
    [
        # One month of service, whenever it is billed.
        ("2026-03-03", "2026-02-01", "2026-02-28", Side.USAGE, "2026-02"),
        ("2026-01-20", "2026-02-01", "2026-02-28", Side.FIXED, "2026-02"),
        # A longer service: the month of the bill, moved into the service.
        ("2026-01-01", "2026-01-01", "2026-12-31", Side.FIXED, "2026-01"),
        ("2025-12-20", "2026-01-01", "2026-12-31", Side.FIXED, "2026-01"),
        ("2026-05-15", "2026-01-01", "2026-12-31", Side.FIXED, "2026-05"),
        ("2027-01-05", "2026-01-01", "2026-12-31", Side.FIXED, "2026-12"),
        # No service days: the month of the bill; usage in its first ten days is the month before's.
        ("2026-03-03", None, None, Side.FIXED, "2026-03"),
        ("2026-03-10", None, None, Side.USAGE, "2026-02"),
        ("2026-03-11", None, None, Side.USAGE, "2026-03"),
    ],
)
def test_the_month_a_line_is_compared_in(on, first, last, side, month):
    """One rule for fees and usage, in advance and in arrears."""
    service = first and (date.fromisoformat(first), date.fromisoformat(last))

    assert MONTHS.parse(month) == period_of(date.fromisoformat(on), service, side, MONTHS)


def test_usage_billed_by_the_quarter():
    """10.00, 20.00 and 30.00 are billed together on 3 April; until then nobody misses them."""
    contract = pay_as_you_go(billing="quarterly in arrears")
    usage = [
        used("PAYG", date(2026, month, 10), str(20 * month), str(10 * month)) for month in (1, 2, 3)
    ]
    bill = line("60.00", QUARTER, obligation="inference", consideration="tokens", quantity="120")
    billed = invoice("PAYG", "INV-1", date(2026, 4, 3), bill)

    before = told(book_of([contract]), usage, as_of=date(2026, 4, 2))
    after = told(book_of([contract], [billed]), usage, as_of=date(2026, 4, 5))

    assert "20.00" == named(before, "PAYG", "2026-02")[RATED, "timing_unbilled"]
    assert [] == found(before)
    assert [{}, {}, {}] == [named(after, "PAYG", f"2026-0{month}") for month in (1, 2, 3)]
    assert [] == off(after)


def test_a_quarter_billed_short_is_wrong_in_its_months():
    """50.00 of 60.00: each month is short by its part, 8.33, 16.67 and 25.00 are billed."""
    contract = pay_as_you_go(billing="quarterly in arrears")
    usage = [
        used("PAYG", date(2026, month, 10), str(20 * month), str(10 * month)) for month in (1, 2, 3)
    ]
    bill = line("50.00", QUARTER, obligation="inference", consideration="tokens")
    book = book_of([contract], [invoice("PAYG", "INV-1", date(2026, 4, 3), bill)])

    assert [
        ("PAYG", "2026-01", "wrong_amount", "-1.67"),
        ("PAYG", "2026-02", "wrong_amount", "-3.33"),
        ("PAYG", "2026-03", "wrong_amount", "-5.00"),
    ] == found(told(book, usage, as_of=date(2026, 4, 5)))


def billing_month_from_the_15th(*, as_of):
    """Used 15.00 on 20 January, 7.00 on 10 and 9.00 on 20 February; billed to 14 February."""
    usage = [
        used("PAYG", date(2026, 1, 20), "30", "15"),
        used("PAYG", date(2026, 2, 10), "14", "7"),
        used("PAYG", date(2026, 2, 20), "18", "9"),
    ]
    service = (date(2026, 1, 15), date(2026, 2, 14))
    bill = line("22.00", service, obligation="inference", consideration="tokens", quantity="44")
    book = book_of([pay_as_you_go()], [invoice("PAYG", "INV-1", date(2026, 2, 16), bill)])
    return told(book, usage, as_of=as_of)


def test_days_after_a_billing_month_wait_for_the_next():
    """22.00 are January's 15.00 and 7.00 of February; its last 9.00 are not billed yet."""
    result = billing_month_from_the_15th(as_of=date(2026, 2, 28))

    assert {} == named(result, "PAYG", "2026-01")
    assert {
        (RATED, "timing_unbilled"): "9.00",
        (INVOICED, "timing_unbilled"): "-9.00",
    } == named(result, "PAYG", "2026-02")
    assert [] == found(result)


def test_days_after_a_billing_month_are_missed_when_overdue():
    """On 15 April the bill for the days to 14 March is long overdue."""
    result = billing_month_from_the_15th(as_of=date(2026, 4, 15))

    assert [("PAYG", "2026-02", "not_billed", "-9.00")] == found(result)


def test_usage_billed_without_service_days():
    """A bill in mid-month is for what was used since the bill before."""
    usage = [
        used("PAYG", date(2026, 1, 25), "15", "15"),
        used("PAYG", date(2026, 2, 4), "17", "17"),
        used("PAYG", date(2026, 2, 20), "5", "5"),
        used("PAYG", date(2026, 3, 4), "6", "6"),
    ]
    events = [
        invoice("PAYG", "INV-1", date(2026, 2, 14), line("32.00")),
        invoice("PAYG", "INV-2", date(2026, 3, 14), line("11.00")),
    ]
    result = told(book_of([pay_as_you_go()], events), usage, as_of=date(2026, 3, 31))

    assert [{}, {}, {}] == [named(result, "PAYG", f"2026-0{month}") for month in (1, 2, 3)]
    assert [] == found(result)


def test_overage_of_a_billing_month():
    """On 15 January 100.00 of what was bought are left; 50.00 and 30.00 above it are billed."""
    usage = [
        used("COMMIT", date(2026, 1, 10), "1800", "900"),
        used("COMMIT", date(2026, 1, 20), "300", "150"),
        used("COMMIT", date(2026, 2, 10), "60", "30"),
        used("COMMIT", date(2026, 2, 20), "40", "20"),
    ]
    purchase = line("900.00", (JAN, DECEMBER), obligation="inference", consideration="commitment")
    service = (date(2026, 1, 15), date(2026, 2, 14))
    overage = line("80.00", service, obligation="inference", consideration="overage")
    events = [
        invoice("COMMIT", "INV-1", JAN, purchase),
        invoice("COMMIT", "INV-2", date(2026, 2, 16), overage),
    ]
    result = told(
        book_of([commitment()], events), usage, through="2026-02", as_of=date(2026, 2, 28)
    )

    assert "20.00" == named(result, "COMMIT", "2026-02")[RATED, "timing_unbilled"]
    assert [] == found(result)


def test_unnamed_lines_bill_the_fixed_price_first():
    """Twelve times 1,000.00 and a true-up of 800.00, none of which says what it is for."""
    base = subscription("TRUE-UP")
    true_up = Consideration(id="true-up", kind=ConsiderationKind.VARIABLE, amount=Decimal(900))
    contract = replace(base, consideration=(*base.consideration, true_up))
    events = [
        invoice("TRUE-UP", f"INV-{month:02}", date(2026, month, 1), line("1000.00"))
        for month in range(1, 13)
    ]
    events.append(invoice("TRUE-UP", "INV-13", date(2026, 12, 31), line("800.00")))
    book = book_of([contract], events)
    result = told(book, first="2026-12", through="2026-12", as_of=date(2027, 1, 31))

    # December earns a twelfth of the true-up, 75.00, and bills 800.00 of it.
    assert {
        (RATED, "fixed_fee"): "-1000.00",
        (RATED, "estimate"): "-800.00",
        (INVOICED, "estimate"): "725.00",
    } == {
        key: f"{sum(map(Decimal, amounts)):.2f}"
        for key, amounts in summed(result, "TRUE-UP", "2026-12").items()
    }
    assert [] == found(result)


def summed(result, contract, month):
    """Reasons over all obligations of a contract."""
    names = {"seats", ""}
    sums: dict = {}
    for name in names:
        for key, amount in named(result, contract, month, name).items():
            sums.setdefault(key, []).append(amount)
    return sums


def test_a_credit_takes_the_service_of_the_line_it_corrects():
    """A credit memo of May without service days belongs to January's usage, and cancels it."""
    history = book_of(
        [pay_as_you_go()],
        [
            invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01")),
            credit("PAYG", "CM-1", date(2026, 5, 5), "INV-1",
                   line("50.00", obligation="inference", consideration="tokens")),
        ],
    ).histories["PAYG"]  # fmt: skip
    bills = bills_of(history, terms_of(history, date(2026, 6, 1), MONTHS), date(2026, 6, 1))

    assert [(5000, "2026-01", True), (-5000, "2026-01", True)] == [
        (each.amount, str(each.month), each.cancelled) for each in bills
    ]


def test_documents_after_the_day_are_not_there_yet():
    """An invoice dated tomorrow is not known today."""
    history = book_of(
        [subscription()], [invoice("SUB", "INV-1", date(2026, 2, 1), fee("1000.00"))]
    ).histories["SUB"]
    today = date(2026, 1, 31)

    assert [] == bills_of(history, terms_of(history, today, MONTHS), today)
