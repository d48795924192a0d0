"""One small book per reason; every expected figure is derived by hand in the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from revrec.model.assessment import Assessment, Criterion
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Measure,
    PerformanceObligation,
    UsageTerms,
)
from revrec.model.events import Delivery, Estimate, Modification
from revrec.model.policy import StandaloneSellingPrice
from revrec.periods import Period
from tests.reconciliation.books import (
    DECEMBER,
    FEB,
    INVOICED,
    JAN,
    MAR,
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
    rows_of,
    subscription,
    tokens,
    told,
    used,
)
from tests.reconciliation.posted import posted_revenue, rolled_up

YEAR = (JAN, DECEMBER)
JAN_PERIOD, MAR_PERIOD = Period(2026, 1), Period(2026, 3)


def both(reason: str, amount: str) -> dict:
    """A reason that stands with opposite signs in the two differences."""
    opposite = amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"
    return {(RATED, reason): amount, (INVOICED, reason): opposite}


def one_month_of_tokens(*invoices, **more):
    """100 tokens for 50.00 in January, and 10 for 5.00 in February, billed on 3 March."""
    usage = [used("PAYG", date(2026, 1, 10), "100", "50"), used("PAYG", FEB, "10", "5")]
    february = invoice("PAYG", "INV-2", date(2026, 3, 3), tokens("5.00", "10", "2026-02"))
    contract = more.pop("contract", pay_as_you_go())
    events = [*invoices, february, *more.pop("events", ())]
    return told(book_of([contract], events, more.pop("prices", ())), usage, **more)


def test_agreement_needs_no_reason():
    """Rated 50.00, invoiced 50.00, revenue 50.00."""
    result = one_month_of_tokens(
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01"))
    )

    assert {} == named(result, "PAYG", "2026-01")
    assert [] == found(result)
    assert [] == off(result)
    assert (1, 1, 1, 1) == (result.cleared, result.complete, result.timely, result.explained)


def test_timing_unbilled():
    """March is rated 7.00; on 31 March nobody expects an invoice for it yet."""
    usage = [used("PAYG", date(2026, 3, 30), "14", "7")]
    result = told(book_of([pay_as_you_go()]), usage, as_of=date(2026, 3, 31))

    assert both("timing_unbilled", "7.00") == named(result, "PAYG", "2026-03")
    assert [] == found(result)
    assert [("PAYG", "14", 700, date(2026, 4, 10), 0, 700, "timing_unbilled", "current")] == [
        (
            row["contract"],
            f"{row['quantity'].normalize():f}",
            row["amount"],
            row["expected_on"],
            row["subsequently_billed"],
            row["variance"],
            row["reason"],
            row["age"],
        )
        for row in rows_of(result.unbilled)
    ]


def test_unbilled_usage_is_looked_back_on():
    """March usage of 7.00 is billed 6.00 on 3 April, after the range: 1.00 is left."""
    usage = [used("PAYG", date(2026, 3, 30), "14", "7")]
    later = invoice("PAYG", "INV-3", date(2026, 4, 3), tokens("6.00", "12", "2026-03"))
    result = told(book_of([pay_as_you_go()], [later]), usage, as_of=date(2026, 4, 5))

    (row,) = rows_of(result.unbilled)
    looked = (row["amount"], row["subsequently_billed"], row["billed_on"], row["invoices"])
    assert (700, 600, date(2026, 4, 3), "INV-3") == looked
    assert (100, "wrong_quantity") == (row["variance"], row["reason"])


def test_late_event():
    """1.00 of January is recorded on 20 March, after the runs of January and February."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 31), "2", "1", recorded=date(2026, 3, 20)),
    ]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01"))]
    result = told(book_of([pay_as_you_go()], events), usage, as_of=date(2026, 3, 31))

    assert both("late_event", "1.00") == named(result, "PAYG", "2026-01")
    assert [] == found(result)
    # Two rows, one of them recorded after 8 February: five days after the customer's own rhythm.
    assert Decimal("0.5") == result.timely


def test_a_late_correction_is_a_late_event():
    """40 tokens of a day of 100 are taken back on 20 March; the invoice had billed all 100."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 10), "-40", "-20", recorded=date(2026, 3, 20)),
        used("PAYG", date(2026, 1, 11), "10", "5"),
    ]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("55.00", "110", "2026-01"))]
    book = book_of([pay_as_you_go()], events)

    for by_recording in (False, True):
        result = told(book, usage, as_of=date(2026, 3, 31), by_recording=by_recording)
        assert both("late_event", "-20.00") == named(result, "PAYG", "2026-01")
        assert [] == found(result)


def test_what_is_priced_anew_after_its_invoice_is_a_rerated_tier():
    """On 20 March 2 more tokens of 1.00 are told of January, which moves 5.00 to a cheaper tier."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 9), "2", "1", recorded=date(2026, 3, 20)),
        used("PAYG", date(2026, 1, 10), "-100", "-50", recorded=date(2026, 3, 20)),
        used("PAYG", date(2026, 1, 10), "100", "45", recorded=date(2026, 3, 20)),
    ]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01"))]
    book = book_of([pay_as_you_go()], events)
    result = told(book, usage, as_of=date(2026, 3, 31), by_recording=True)

    anew = both("late_event", "1.00") | both("rerated_tier", "-5.00")
    assert anew == named(result, "PAYG", "2026-01")
    assert {"late", "rerated_tier"} == {row["code"] for row in rows_of(result.reasons)}
    assert [] == found(result)
    assert [] == off(result)


def test_overage_priced_anew_after_its_invoice_is_a_rerated_tier():
    """Of 1,200.00 beyond 1,000.00 bought, 200.00 is billed; usage then costs 100.00 less."""
    usage = [
        used("COMMIT", date(2026, 1, 10), "1200", "1200"),
        used("COMMIT", date(2026, 1, 10), "0", "-100", recorded=date(2026, 3, 20)),
    ]
    bill = line("200.00", "2026-01", obligation="inference", consideration="overage")
    fixed = line("900.00", YEAR, obligation="inference", consideration="commitment")
    events = [
        invoice("COMMIT", "INV-0", JAN, fixed),
        invoice("COMMIT", "INV-1", date(2026, 2, 3), bill),
    ]
    result = told(
        book_of([commitment()], events), usage, as_of=date(2026, 3, 31), by_recording=True
    )

    assert both("rerated_tier", "-100.00").items() <= named(result, "COMMIT", "2026-01").items()
    assert [] == found(result)


def test_revenue_behind_usage_priced_anew_since_the_close_is_a_rerated_tier():
    """January was closed at 50.00 and is billed at the 45.00 it costs since."""
    first = [used("PAYG", date(2026, 1, 10), "100", "50")]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("45.00", "100", "2026-01"))]
    book = book_of([pay_as_you_go()], events)
    result = told(
        book,
        [*first, used("PAYG", date(2026, 1, 10), "0", "-5", recorded=date(2026, 2, 2))],
        through="2026-01",
        revenue=posted_revenue(book, rolled_up(first), JAN_PERIOD),
        as_of=date(2026, 2, 5),
        by_recording=True,
    )

    assert {(INVOICED, "rerated_tier"): "-5.00"} == named(result, "PAYG", "2026-01")


def test_what_is_open_is_aged_by_reason():
    """In March 45.00 are billed for 50.00 of January and 20.00 twice of February."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"), used("PAYG", date(2026, 2, 10), "40", "20")
    ]  # fmt: skip
    twice = tokens("20.00", "40", "2026-02")
    events = [
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("45.00", "90", "2026-01")),
        invoice("PAYG", "INV-2", date(2026, 3, 3), twice),
        invoice("PAYG", "INV-3", date(2026, 3, 6), twice),
    ]
    result = told(book_of([pay_as_you_go()], events), usage, as_of=date(2026, 3, 31))

    # From 3 February to 31 March are 56 days, from 3 March 28; 5.00 and 20.00 in minor units.
    assert [
        ("billing_error", "billed_twice", "USD", 1, 0, 2000, 0, 0, 0, 2000),
        ("billing_error", "wrong_quantity", "USD", 1, 0, 0, 500, 0, 0, 500),
    ] == [row[:-1] for row in result.ageing.rows]


def test_revenue_behind_usage_recorded_since_the_close_is_a_late_event():
    """January was closed at 50.00; 1.00 recorded since is on the invoice, not yet in revenue."""
    first = [used("PAYG", date(2026, 1, 10), "100", "50")]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("51.00", "102", "2026-01"))]
    book = book_of([pay_as_you_go()], events)
    result = told(
        book,
        [*first, used("PAYG", date(2026, 1, 31), "2", "1", recorded=date(2026, 2, 2))],
        through="2026-01",
        revenue=posted_revenue(book, rolled_up(first), JAN_PERIOD),
        as_of=date(2026, 2, 5),
    )

    assert {(INVOICED, "late_event"): "1.00"} == named(result, "PAYG", "2026-01")


def test_a_month_that_is_not_closed():
    """January is billed, its revenue is not posted."""
    usage = [used("PAYG", date(2026, 1, 10), "100", "50")]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01"))]
    book = book_of([pay_as_you_go(), subscription()], events)
    nothing = posted_revenue(book_of([]), None, JAN_PERIOD)
    result = told(book, usage, through="2026-01", revenue=nothing, as_of=date(2026, 2, 5))

    assert {(INVOICED, "not_posted"): "50.00"} == named(result, "PAYG", "2026-01")


def test_use_that_is_billed_without_a_contract():
    """Nobody expects to be paid until 10 March: January's 50.00 and February's 5.00 are no revenue.

    In March they are, with the 20.00 of March.
    """
    days = ((date(2026, 1, 10), "50"), (date(2026, 2, 10), "5"), (date(2026, 3, 20), "20"))
    usage = [used("PAYG", day, amount, amount) for day, amount in days]
    events = [
        Assessment(
            id="A-1",
            contract="PAYG",
            on=JAN,
            unmet=(Criterion.COLLECTIBILITY,),
            significant_change="it is insolvent",
        ),
        Assessment(id="A-2", contract="PAYG", on=date(2026, 3, 10), basis="has new lenders"),
        *(
            invoice("PAYG", f"INV-{day.month}", day, tokens(f"{amount}.00", amount, f"{day:%Y-%m}"))
            for day, amount in days
        ),
    ]
    book = book_of([pay_as_you_go(), subscription()], events)
    result = told(book, usage)

    assert {
        "2026-01": {(INVOICED, "no_contract"): "50.00"},
        "2026-02": {(INVOICED, "no_contract"): "5.00"},
        "2026-03": {(INVOICED, "no_contract"): "-55.00"},
    } == {month: named(result, "PAYG", month) for month in ("2026-01", "2026-02", "2026-03")}
    assert [] == off(result)

    # What March lacks, once there is a contract, has no reason: 75.00 of it were to be revenue.
    revenue = posted_revenue(book, rolled_up(usage), Period(2026, 3))
    unposted = revenue.filter(pc.not_equal(revenue["contract"], "PAYG"))
    assert {
        (INVOICED, "no_contract"): "-55.00",
        (INVOICED, "unexplained"): "75.00",
    } == named(told(book, usage, revenue=unposted), "PAYG", "2026-03")


def test_commitment_drawdown():
    """900.00 buys 1,000.00 of usage. January uses 300.00: revenue 300 x 900 / 1,000 = 270.00."""
    bill = line("900.00", YEAR, obligation="inference", consideration="commitment")
    events = [invoice("COMMIT", "INV-1", JAN, bill)]
    usage = [used("COMMIT", date(2026, 1, 10), "600", "300")]
    result = told(book_of([commitment()], events), usage, through="2026-01")

    assert {
        (RATED, "fixed_fee"): "-900.00",
        (RATED, "commitment_drawdown"): "300.00",
        (INVOICED, "deferral"): "900.00",
        (INVOICED, "commitment_drawdown"): "-270.00",
    } == named(result, "COMMIT", "2026-01")
    assert [30000] == [row["drawdown"] for row in rows_of(result.lines)]
    assert [] == found(result)


def test_overage_above_a_commitment():
    """1,000.00 are bought. January uses 800.00, February 500.00: 300.00 of it is overage."""
    bill = line("900.00", YEAR, obligation="inference", consideration="commitment")
    overage = line("300.00", "2026-02", obligation="inference", consideration="overage")
    events = [invoice("COMMIT", "INV-1", JAN, bill),
              invoice("COMMIT", "INV-2", date(2026, 3, 3), overage)]  # fmt: skip
    usage = [
        used("COMMIT", date(2026, 1, 10), "1600", "800"),
        used("COMMIT", date(2026, 2, 10), "1000", "500"),
    ]
    result = told(book_of([commitment()], events), usage, through="2026-02")

    # February: 200.00 of the commitment were left, at 0.90 each.
    assert {
        (RATED, "commitment_drawdown"): "200.00",
        (INVOICED, "commitment_drawdown"): "-180.00",
    } == named(result, "COMMIT", "2026-02")
    assert [] == found(result)


def test_free_grant_beyond_a_commitment_without_overage():
    """Used 1,200.00 of 1,000.00 bought, and nothing is agreed for more."""
    bill = line("900.00", YEAR, obligation="inference", consideration="commitment")
    events = [invoice("COMMIT", "INV-1", JAN, bill)]
    usage = [used("COMMIT", date(2026, 1, 10), "2400", "1200")]
    result = told(book_of([commitment(overage=False)], events), usage, through="2026-01")

    reasons = named(result, "COMMIT", "2026-01")
    assert "200.00" == reasons[RATED, "free_grant"]
    assert "1000.00" == reasons[RATED, "commitment_drawdown"]
    assert [] == off(result)


def credits_pack(expected: str | None = None):
    """1,000 credits for 500.00 that lapse on 28 February."""
    lapses = date(2026, 2, 28)
    obligation = PerformanceObligation(
        id="credits",
        product="credits",
        measure=Measure.USAGE,
        usage=UsageTerms(
            entitled=Decimal(1000),
            expected=None if expected is None else Decimal(expected),
            lapses=lapses,
        ),
    )
    purchase = Consideration(
        id="purchase", kind=ConsiderationKind.FIXED, amount=Decimal(500), obligation="credits"
    )
    return replace(
        subscription("CREDITS", end=lapses),
        obligations=(obligation,),
        consideration=(purchase,),
    )


def test_credit_drawdown_and_breakage():
    """600 credits are used in January at 0.50; the other 400 lapse in February: 200.00."""
    bill = line("500.00", obligation="credits", consideration="purchase", quantity="1000")
    events = [invoice("CREDITS", "INV-1", JAN, bill)]
    usage = [used("CREDITS", date(2026, 1, 10), "600", "0", meter="credits")]
    result = told(book_of([credits_pack()], events), usage, through="2026-02")

    assert {
        (RATED, "fixed_fee"): "-500.00",
        (INVOICED, "deferral"): "500.00",
        (INVOICED, "credit_drawdown"): "-300.00",
    } == named(result, "CREDITS", "2026-01")
    assert {(INVOICED, "breakage"): "-200.00"} == named(result, "CREDITS", "2026-02")
    january = rows_of(result.lines)[0]
    assert (30000, "credit_drawdown") == (january["drawdown"], january["quantity_reason"])
    assert Decimal(600) == january["metered_less_rated"]


def test_deferral_and_its_release():
    """12,000.00 for the year, billed on 1 January, earned 1,000.00 a month."""
    events = [invoice("SUB", "INV-1", JAN, fee("12000.00", YEAR))]
    result = told(book_of([subscription()], events))

    assert {
        (RATED, "fixed_fee"): "-12000.00",
        (INVOICED, "deferral"): "11000.00",
    } == named(result, "SUB", "2026-01")
    assert {(INVOICED, "deferral"): "-1000.00"} == named(result, "SUB", "2026-03")
    assert [] == found(result)


def test_accrual_and_its_settlement():
    """Billed 3,000.00 for the quarter on its last day: January and February are accrued."""
    quarter = (JAN, date(2026, 3, 31))
    events = [invoice("SUB", "INV-1", date(2026, 3, 31), fee("3000.00", quarter))]
    result = told(book_of([subscription()], events))

    assert {(INVOICED, "accrual"): "-1000.00"} == named(result, "SUB", "2026-01")
    assert {
        (RATED, "fixed_fee"): "-3000.00",
        (INVOICED, "accrual"): "2000.00",
    } == named(result, "SUB", "2026-03")


def test_allocation():
    """Quoted 8,000.00 and 4,000.00; sold alone both cost 6,000.00, so each earns half of 12,000.

    The service earns 500.00 a month and is billed 8,000 / 12 = 666.67: the workshop, delivered in
    January, earns 6,000.00 for the 4,000.00 it is billed at.
    """
    contract = replace(
        subscription("BUNDLE"),
        obligations=(
            PerformanceObligation(
                id="seats",
                product="seats",
                measure=Measure.EVEN_MONTHS,
                standalone_selling_price=Decimal(6000),
            ),
            PerformanceObligation(
                id="workshop",
                product="training",
                measure=Measure.POINT_IN_TIME,
                standalone_selling_price=Decimal(6000),
            ),
        ),
        consideration=(
            Consideration(id="fee", kind=ConsiderationKind.FIXED, amount=Decimal(8000),
                          obligation="seats"),
            Consideration(id="workshop-fee", kind=ConsiderationKind.FIXED, amount=Decimal(4000),
                          obligation="workshop"),
        ),
    )  # fmt: skip
    workshop = line("4000.00", obligation="workshop", consideration="workshop-fee")
    events = [
        invoice("BUNDLE", "INV-1", JAN, fee("8000.00", YEAR), workshop),
        Delivery(id="D-1", contract="BUNDLE", on=date(2026, 1, 20), obligation="workshop"),
    ]
    result = told(book_of([contract], events), through="2026-01")

    assert {
        (RATED, "fixed_fee"): "-4000.00",
        (INVOICED, "allocation"): "-2000.00",
    } == named(result, "BUNDLE", "2026-01", "workshop")
    # 8,000.00 less 666.67 is deferred; earned 500.00, less than billed by 166.67.
    assert {
        (RATED, "fixed_fee"): "-8000.00",
        (INVOICED, "deferral"): "7333.33",
        (INVOICED, "allocation"): "166.67",
    } == named(result, "BUNDLE", "2026-01", "seats")


def test_estimate():
    """A true-up estimated at 1,200.00 in February is earned by months and billed in March."""
    base = subscription("TRUE-UP")
    true_up = Consideration(id="true-up", kind=ConsiderationKind.VARIABLE, obligation="seats")
    contract = replace(base, consideration=(*base.consideration, true_up))
    events = [
        invoice("TRUE-UP", "INV-1", JAN, fee("12000.00", YEAR)),
        Estimate(id="E-1", contract="TRUE-UP", on=date(2026, 2, 10), consideration="true-up",
                 amount=Decimal(1200)),
        invoice("TRUE-UP", "INV-2", date(2026, 3, 20),
                line("50.00", obligation="seats", consideration="true-up")),
    ]  # fmt: skip
    result = told(book_of([contract], events))

    # Two twelfths of 1,200.00 by the end of February, one more in March less 50.00 billed.
    assert {
        (INVOICED, "deferral"): "-1000.00",
        (INVOICED, "estimate"): "-200.00",
    } == named(result, "TRUE-UP", "2026-02")
    assert {
        (RATED, "estimate"): "-50.00",
        (INVOICED, "deferral"): "-1000.00",
        (INVOICED, "estimate"): "-50.00",
    } == named(result, "TRUE-UP", "2026-03")


def test_credit_memo_for_usage():
    """10.00 credited for an outage in January; the usage stands."""
    events = [
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01")),
        credit("PAYG", "CM-1", date(2026, 2, 20), "INV-1", tokens("10.00", None, "2026-01")),
    ]
    result = one_month_of_tokens(*events)

    assert both("credit_memo", "10.00") == named(result, "PAYG", "2026-01")
    assert [] == found(result)


def test_credit_memo_for_a_fee():
    """100.00 of a subscription is credited in February as a courtesy; its price stays."""
    events = [
        invoice("SUB", "INV-1", JAN, fee("12000.00", YEAR)),
        credit("SUB", "CM-1", date(2026, 2, 20), "INV-1", fee("100.00")),
    ]
    result = told(book_of([subscription()], events))

    assert {
        (RATED, "credit_memo"): "100.00",
        (INVOICED, "credit_memo"): "-100.00",
        (INVOICED, "deferral"): "-1000.00",
    } == named(result, "SUB", "2026-02")
    assert [] == found(result)


def test_credit_memo_for_a_reduced_price_is_no_concession():
    """From 1 July the year costs 1,200.00 less, credited on that day: the deferral shrinks."""
    revised = PerformanceObligation(
        id="seats", product="seats", measure=Measure.EVEN_MONTHS, start=date(2026, 7, 1),
        end=DECEMBER,
    )  # fmt: skip
    events = [
        invoice("SUB", "INV-1", JAN, fee("12000.00", YEAR)),
        Modification(id="M-1", contract="SUB", on=date(2026, 7, 1), revises=(revised,),
                     price_change=Decimal(-1200)),
        credit("SUB", "CM-1", date(2026, 7, 1), "INV-1", fee("1200.00")),
    ]  # fmt: skip
    result = told(book_of([subscription()], events), first="2026-07", through="2026-07",
                  as_of=date(2026, 7, 31))  # fmt: skip

    # 6,000.00 were left for six months and are 4,800.00 now: July earns 800.00.
    assert {
        (RATED, "fixed_fee"): "1200.00",
        (INVOICED, "deferral"): "-2000.00",
    } == named(result, "SUB", "2026-07")
    assert [] == found(result)


def test_rounding():
    """Two meters of 0.125 are billed on two lines, 0.12 each; the month is 0.25, once rounded."""
    usage = [
        used("PAYG", date(2026, 1, 10), "1", "0.125", meter="in"),
        used("PAYG", date(2026, 1, 10), "1", "0.125", meter="out"),
    ]
    bill = [tokens("0.12", "1", "2026-01"), tokens("0.12", "1", "2026-01")]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), *bill)]
    result = told(book_of([pay_as_you_go(meters=("in", "out"))], events), usage)

    assert both("rounding", "0.01") == named(result, "PAYG", "2026-01")
    assert [] == found(result)


def test_not_billed_usage():
    """January is on no invoice on 15 April; February is, five weeks ago."""
    result = one_month_of_tokens()

    assert both("not_billed", "50.00") == named(result, "PAYG", "2026-01")
    assert [("PAYG", "2026-01", "not_billed", "-50.00")] == found(result)
    assert Decimal("0.5") == result.complete


def test_not_billed_by_a_run_that_others_were_in():
    """On 9 February two customers have their invoices of the 3rd; the third has none."""
    names = ("A", "B", "C")
    usage = [used(name, date(2026, 1, 10), "100", "50") for name in names]
    bills = [
        invoice(name, f"INV-{name}", date(2026, 2, 3), tokens("50.00", "100", "2026-01"))
        for name in "AB"
    ]
    book = book_of([pay_as_you_go(name) for name in names], bills)

    ongoing = told(book, usage, through="2026-01", as_of=date(2026, 2, 8))
    over = told(book, usage, through="2026-01", as_of=date(2026, 2, 9))

    assert both("timing_unbilled", "50.00") == named(ongoing, "C", "2026-01")
    assert [("C", "2026-01", "not_billed", "-50.00")] == found(over)


def test_not_billed_although_late_usage_of_the_month_was():
    """The run of January left out 50.00; that of February billed 1.00 recorded in between."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 31), "2", "1", recorded=date(2026, 2, 20)),
        used("PAYG", FEB, "10", "5"),
    ]
    bill = [tokens("1.00", "2", "2026-01"), tokens("5.00", "10", "2026-02")]
    events = [invoice("PAYG", "INV-1", date(2026, 3, 3), *bill)]
    result = told(book_of([pay_as_you_go()], events), usage)

    assert [("PAYG", "2026-01", "not_billed", "-50.00")] == found(result)


def test_not_billed_instalment():
    """Quarters of 3,000.00 in advance; the second is on no invoice on 15 April."""
    contract = subscription(billing="every 3 months in advance", instalment="3000")
    events = [invoice("SUB", "INV-1", JAN, fee("3000.00", (JAN, date(2026, 3, 31))))]
    result = told(book_of([contract], events), through="2026-04")

    assert [("SUB", "2026-04", "not_billed", "-3000.00")] == found(result)
    reasons = named(result, "SUB", "2026-04")
    assert both("not_billed", "3000.00").items() <= reasons.items()


def test_billed_twice_usage():
    """The same 100 tokens on a second invoice, three days later."""
    bill = tokens("50.00", "100", "2026-01")
    result = one_month_of_tokens(
        invoice("PAYG", "INV-1", date(2026, 2, 3), bill),
        invoice("PAYG", "INV-1B", date(2026, 2, 6), bill),
    )

    assert both("billed_twice", "-50.00") == named(result, "PAYG", "2026-01")
    assert [("PAYG", "2026-01", "billed_twice", "50.00")] == found(result)
    (row,) = rows_of(result.findings)
    assert "INV-1B" in row["sentence"]
    assert row["remedy"].startswith("Credit the second line")


def test_billed_twice_and_taken_back():
    """A second invoice that a credit memo takes back in full is no mistake any more."""
    bill = tokens("50.00", "100", "2026-01")
    result = one_month_of_tokens(
        invoice("PAYG", "INV-1", date(2026, 2, 3), bill),
        invoice("PAYG", "INV-1B", date(2026, 2, 6), bill),
        credit("PAYG", "CM-1", date(2026, 2, 9), "INV-1B", bill),
    )

    assert {} == named(result, "PAYG", "2026-01")
    assert [] == found(result)


def test_billed_twice_fee():
    """An instalment for the second quarter is billed again three days later."""
    contract = subscription(billing="every 3 months in advance", instalment="3000")
    quarters = [(JAN, date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 6, 30))]
    events = [
        invoice("SUB", "INV-1", JAN, fee("3000.00", quarters[0])),
        invoice("SUB", "INV-2", date(2026, 4, 1), fee("3000.00", quarters[1])),
        invoice("SUB", "INV-3", date(2026, 4, 4), fee("3000.00", quarters[1])),
    ]
    result = told(book_of([contract], events), through="2026-04")

    assert [("SUB", "2026-04", "billed_twice", "3000.00")] == found(result)
    # 6,000.00 are billed, 3,000.00 of them owed, and 1,000.00 earned of the instalment.
    assert {
        (RATED, "fixed_fee"): "-3000.00",
        (RATED, "billed_twice"): "-3000.00",
        (INVOICED, "billed_twice"): "3000.00",
        (INVOICED, "deferral"): "2000.00",
    } == named(result, "SUB", "2026-04")


def test_wrong_rate():
    """100 tokens at 0.60 instead of 0.50."""
    result = one_month_of_tokens(
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("60.00", "100", "2026-01"))
    )

    assert both("wrong_rate", "-10.00") == named(result, "PAYG", "2026-01")
    assert [("PAYG", "2026-01", "wrong_rate", "10.00")] == found(result)
    (row,) = rows_of(result.findings)
    assert (
        "INV-1 bills 60.00 USD for tokens of 2026-01, where the meters rated 50.00 USD for 100 "
        "units: 10.00 USD too much by the rate."
    ) == row["sentence"]


def test_a_discount_left_out_is_an_override_not_billed():
    """80.00 after 20% off; billed 100.00."""
    contract = pay_as_you_go(plan="list prices of 2026 less 20%")
    usage = [used("PAYG", date(2026, 1, 10), "100", "80")]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("100.00", "100", "2026-01"))]
    result = told(book_of([contract], events), usage)

    assert [("PAYG", "2026-01", "override_not_billed", "20.00")] == found(result)
    assert "without the agreed discount of 20%" in rows_of(result.findings)[0]["sentence"]


def test_wrong_rate_beside_a_late_event():
    """Billed 60.00 for 50.00 of the usage known then; 1.00 more was recorded since."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 31), "2", "1", recorded=date(2026, 3, 20)),
    ]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("60.00", "100", "2026-01"))]
    result = told(book_of([pay_as_you_go()], events), usage, as_of=date(2026, 3, 31))

    assert both("late_event", "1.00") | both("wrong_rate", "-10.00") == named(
        result, "PAYG", "2026-01"
    )


def test_wrong_quantity():
    """90 of 100 tokens, at the right rate."""
    result = one_month_of_tokens(
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("45.00", "90", "2026-01"))
    )

    assert both("wrong_quantity", "5.00") == named(result, "PAYG", "2026-01")
    assert [("PAYG", "2026-01", "wrong_quantity", "-5.00")] == found(result)


def test_wrong_quantity_of_one_of_two_meters():
    """Ten output tokens at 0.80 are missing; the average rate of the month is 0.50."""
    usage = [
        used("PAYG", date(2026, 1, 10), "60", "18", meter="in"),
        used("PAYG", date(2026, 1, 10), "40", "32", meter="out"),
    ]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("42.00", "90", "2026-01"))]
    result = told(book_of([pay_as_you_go(meters=("in", "out"))], events), usage)

    assert both("wrong_quantity", "8.00") == named(result, "PAYG", "2026-01")


def test_wrong_quantity_and_rate_are_told_apart():
    """90 of 100 tokens at 0.60 instead of 0.50: 5.00 too little by units, 9.00 too much by rate."""
    result = one_month_of_tokens(
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("54.00", "90", "2026-01"))
    )

    assert both("wrong_quantity", "5.00") | both("wrong_rate", "-9.00") == named(
        result, "PAYG", "2026-01"
    )


def test_wrong_amount_of_an_instalment():
    """The instalment is 3,000.00, its digits were transposed; the deferral is that of 3,000.00."""
    contract = subscription(billing="every 3 months in advance", instalment="3000")
    events = [invoice("SUB", "INV-1", JAN, fee("300.00", (JAN, date(2026, 3, 31))))]
    result = told(book_of([contract], events), through="2026-01")

    assert [("SUB", "2026-01", "wrong_amount", "-2700.00")] == found(result)
    assert {
        (RATED, "fixed_fee"): "-3000.00",
        (RATED, "wrong_amount"): "2700.00",
        (INVOICED, "wrong_amount"): "-2700.00",
        (INVOICED, "deferral"): "2000.00",
    } == named(result, "SUB", "2026-01")


def test_wrong_amount_unlike_its_siblings():
    """Nothing is written on instalments, but two of three equal twelfths of the price show them."""
    months = ("2026-01", "2026-02", "2026-03")
    events = [
        invoice("SUB", f"INV-{month}", date.fromisoformat(f"{month}-01"), fee(amount, month))
        for month, amount in zip(months, ("1000.00", "1010.00", "1000.00"), strict=True)
    ]
    result = told(book_of([subscription()], events))

    assert [("SUB", "2026-02", "wrong_amount", "10.00")] == found(result)


def test_wrong_amount_put_right_by_a_credit():
    """1,010.00 billed and 10.00 credited is an instalment of 1,000.00."""
    months = ("2026-01", "2026-02", "2026-03")
    events = [
        invoice("SUB", f"INV-{month}", date.fromisoformat(f"{month}-01"), fee(amount, month))
        for month, amount in zip(months, ("1000.00", "1010.00", "1000.00"), strict=True)
    ]
    events.append(credit("SUB", "CM-1", date(2026, 2, 9), "INV-2026-02", fee("10.00")))
    result = told(book_of([subscription()], events))

    assert [] == found(result)
    assert {(RATED, "fixed_fee"): "-1000.00"} == named(result, "SUB", "2026-02")


def test_wrong_amount_of_overage():
    """300.00 of overage is billed at 330.00; the line tells no units."""
    bill = line("900.00", YEAR, obligation="inference", consideration="commitment")
    overage = line("330.00", "2026-01", obligation="inference", consideration="overage")
    events = [invoice("COMMIT", "INV-1", JAN, bill),
              invoice("COMMIT", "INV-2", date(2026, 2, 3), overage)]  # fmt: skip
    usage = [used("COMMIT", date(2026, 1, 10), "2600", "1300")]
    result = told(book_of([commitment()], events), usage, through="2026-01")

    assert [("COMMIT", "2026-01", "wrong_amount", "30.00")] == found(result)


def price_of(currency: str, amount: str) -> StandaloneSellingPrice:
    """A seat's price in a currency's list."""
    return StandaloneSellingPrice(
        id=f"seat-{currency}", product="seat", currency=currency, amount=Decimal(amount),
        effective_from=JAN,
    )  # fmt: skip


def test_wrong_currency_amount():
    """A seat costs 100.00 dollars or 80.00 euros. 40.00 euros of tokens are billed as 50.00."""
    usage = [used("PAYG", date(2026, 1, 10), "100", "40")]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01"))]
    prices = [price_of("USD", "100"), price_of("EUR", "80")]
    book = book_of([pay_as_you_go(currency="EUR")], events, prices)
    result = told(book, usage)

    assert both("wrong_currency_amount", "-10.00") == named(result, "PAYG", "2026-01")
    assert "the price in USD, not in EUR" in rows_of(result.findings)[0]["sentence"]


def test_wrong_decimals_of_a_currency():
    """1,200 yen of tokens are billed as 120,000."""
    usage = [used("PAYG", date(2026, 1, 10), "100", "1200")]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("120000", "100", "2026-01"))]
    result = told(book_of([pay_as_you_go(currency="JPY")], events), usage)

    assert [("PAYG", "2026-01", "wrong_currency_amount", "118800")] == found(result)


def test_billed_after_end_fee():
    """The year ended on 31 March; three more months are billed on 1 April."""
    contract = subscription(end=date(2026, 3, 31))
    events = [
        invoice("SUB", "INV-1", JAN, fee("12000.00", (JAN, date(2026, 3, 31)))),
        invoice("SUB", "INV-2", date(2026, 4, 1),
                fee("12000.00", (date(2026, 4, 1), date(2026, 6, 30)))),
    ]  # fmt: skip
    result = told(book_of([contract], events), through="2026-04")

    assert [("SUB", "2026-04", "billed_after_end", "12000.00")] == found(result)


def test_billed_after_end_usage():
    """Tokens of March on an invoice; the contract ended with February."""
    contract = pay_as_you_go(end=date(2026, 2, 28))
    events = [invoice("PAYG", "INV-1", date(2026, 4, 3), tokens("9.00", "18", "2026-03"))]
    result = told(book_of([contract], events))

    assert both("billed_after_end", "-9.00") == named(result, "PAYG", "2026-03")
    assert [("PAYG", "2026-03", "billed_after_end", "9.00")] == found(result)


@pytest.mark.parametrize("by_recording", [False, True])
def test_credit_missing_for_usage(by_recording):
    """40 of 100 tokens were taken back on 20 February, before the run of that month."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 10), "-40", "-20", recorded=date(2026, 2, 20)),
        used("PAYG", FEB, "10", "5"),
    ]
    events = [
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01")),
        invoice("PAYG", "INV-2", date(2026, 3, 3), tokens("5.00", "10", "2026-02")),
    ]
    book = book_of([pay_as_you_go()], events)
    result = told(book, usage, by_recording=by_recording)

    assert [("PAYG", "2026-01", "credit_missing", "20.00")] == found(result)


def test_a_credit_given_is_not_missing():
    """The same with a credit memo of 40 tokens in the run of February."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 10), "-40", "-20", recorded=date(2026, 2, 20)),
    ]
    events = [
        invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("50.00", "100", "2026-01")),
        credit("PAYG", "CM-1", date(2026, 3, 3), "INV-1", tokens("20.00", "40", "2026-01")),
    ]
    result = told(book_of([pay_as_you_go()], events), usage)

    assert [] == found(result)
    assert {} == named(result, "PAYG", "2026-01")


def test_credit_missing_for_a_reduced_price():
    """From 1 March the year costs 1,000.00 less; it was billed in full and nothing was credited."""
    revised = PerformanceObligation(
        id="seats", product="seats", measure=Measure.EVEN_MONTHS, start=MAR, end=DECEMBER
    )
    events = [
        invoice("SUB", "INV-1", JAN, fee("12000.00", YEAR)),
        Modification(id="M-1", contract="SUB", on=MAR, revises=(revised,),
                     price_change=Decimal(-1000)),
    ]  # fmt: skip
    book = book_of([subscription()], events)

    assert [] == found(told(book, as_of=date(2026, 3, 11)))
    result = told(book, as_of=date(2026, 3, 31))
    assert [("SUB", "2026-03", "credit_missing", "1000.00")] == found(result)
    # Ten months earn 9,000.00 of the 10,000.00 that were left: 900.00 a month.
    assert {
        (RATED, "credit_missing"): "-1000.00",
        (RATED, "fixed_fee"): "1000.00",
        (INVOICED, "credit_missing"): "1000.00",
        (INVOICED, "deferral"): "-1900.00",
    } == named(result, "SUB", "2026-03")


def test_revenue_never_posted_is_unexplained():
    """The service ended on 31 March, billed 3,000.00; only January and February are in revenue."""
    contract = subscription(price="3000", end=date(2026, 3, 31))
    events = [invoice("SUB", "INV-1", JAN, fee("3000.00", (JAN, date(2026, 3, 31))))]
    book = book_of([contract], events)
    whole = posted_revenue(book, None, MAR_PERIOD).to_pylist()
    march = next(row for row in whole if row["origin"] == "2026-03")
    assert 100_000 == march["amount"]
    march["amount"] = 40_000
    result = told(book, revenue=pa.Table.from_pylist(whole), as_of=date(2026, 4, 30))

    assert "600.00" == named(result, "SUB", "2026-03")[INVOICED, "unexplained"]
    assert [("SUB", "2026-03", "unexplained", "600.00")] == found(result)
    assert ["Every difference has a reason"] == [each.name for each in off(result)]
    assert result.explained < 1


def test_revenue_above_the_price_is_unexplained():
    """Revenue of 12,100.00 is posted in January for a contract of 12,000.00."""
    book = book_of([subscription()], [invoice("SUB", "INV-1", JAN, fee("12000.00", YEAR))])
    row = {"contract": "SUB", "obligation": "seats", "component": "fixed", "origin": "2026-01",
           "event": "satisfaction", "amount": 1_210_000}  # fmt: skip
    result = told(book, revenue=pa.Table.from_pylist([row]), through="2026-01")

    assert "-100.00" == named(result, "SUB", "2026-01")[INVOICED, "unexplained"]


def test_usage_without_a_promise_is_unexplained():
    """The contract has no such meter."""
    usage = [used("PAYG", date(2026, 1, 10), "1", "3", meter="images")]
    result = told(book_of([pay_as_you_go()]), usage)

    assert {(RATED, "unexplained"): "3.00"} == named(result, "PAYG", "2026-01")


def test_usage_of_an_unknown_contract_is_a_stray():
    """It is in no currency's totals; the score of completeness shows it."""
    usage = [used("PAYG", date(2026, 3, 30), "14", "7"), used("GHOST", JAN, "1", "3")]
    result = told(book_of([pay_as_you_go()]), usage, as_of=date(2026, 3, 31))

    assert [("GHOST", "usage", 1, Decimal(3))] == [
        (row["contract"], row["told_as"], row["rows"], row["amount"])
        for row in rows_of(result.strays)
    ]
    assert 0 == result.complete
