"""Royalties against bills and revenue: shared, waiting for a license, above a guarantee."""

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
)
from revrec.model.events import Delivery
from revrec.model.price import Royalty
from tests.reconciliation.books import (
    DECEMBER,
    FEB,
    INVOICED,
    JAN,
    MAR,
    RATED,
    book_of,
    found,
    invoice,
    line,
    named,
    off,
    told,
    used,
)

SALES = [
    used("L", date(2026, 1, 31), "1", "300", meter="sales"),
    used("L", date(2026, 2, 27), "1", "900", meter="sales"),
]


def license_of(name: str) -> PerformanceObligation:
    """A license that is handed over; its royalties are counted by the customer's sales."""
    return PerformanceObligation(
        id=name,
        product=name,
        measure=Measure.POINT_IN_TIME,
        standalone_selling_price=Decimal(500),
        meters=("sales",),
    )


def royalty(**terms) -> Consideration:
    """A royalty on the customer's sales."""
    return Consideration(id="royalty", kind=ConsiderationKind.USAGE, **terms)


def agreement(*names: str, consideration: tuple[Consideration, ...]) -> Contract:
    """Licenses for a royalty."""
    return Contract(
        id="L",
        customer="licensee",
        currency="USD",
        inception=JAN,
        end=DECEMBER,
        obligations=tuple(license_of(name) for name in names),
        consideration=consideration,
    )


def handed_over(name: str, on: date) -> Delivery:
    """The license is the customer's."""
    return Delivery(id=f"D-{name}", contract="L", obligation=name, on=on)


def billed(amount: str, on: date, month: str, consideration: str = "royalty"):
    """A bill for a month's royalty, or for the fee."""
    return invoice("L", f"I-{on}", on, line(amount, month, consideration=consideration))


def test_a_shared_royalty_is_billed_once_and_allocated():
    """Half of each month's royalty is the other license's."""
    contract = agreement("x", "y", consideration=(royalty(royalty=Royalty()),))
    bills = [
        billed("300.00", FEB, "2026-01"),
        billed("900.00", MAR, "2026-02"),
    ]
    events = [handed_over("x", JAN), handed_over("y", JAN)]
    result = told(book_of([contract], [*bills, *events]), SALES)

    assert [] == found(result)
    assert [] == off(result)
    assert {(INVOICED, "allocation"): "150.00"} == named(result, "L", "2026-01", "x")
    assert {(INVOICED, "allocation"): "-150.00"} == named(result, "L", "2026-01", "y")


def test_a_royalty_waits_for_the_last_license():
    """January's 300.00 is billed and earned in February, when the license is handed over."""
    contract = agreement("x", consideration=(royalty(obligation="x", royalty=Royalty()),))
    bills = [
        billed("300.00", FEB, "2026-01"),
        billed("900.00", MAR, "2026-02"),
    ]
    result = told(book_of([contract], [*bills, handed_over("x", FEB)]), SALES)

    assert [] == found(result)
    assert [] == off(result)
    assert {(INVOICED, "deferral"): "300.00"} == named(result, "L", "2026-01")
    assert {(INVOICED, "deferral"): "-300.00"} == named(result, "L", "2026-02")


def test_only_royalties_above_the_guarantee_are_billed():
    """Of 1,200.00 the fee of 1,000.00 pays for the first 1,000.00; 200.00 are billed."""
    fee = Consideration(id="fee", kind=ConsiderationKind.FIXED, amount=Decimal(1000))
    beyond = royalty(obligation="x", royalty=Royalty(minimum=Decimal(1000)))
    contract = agreement("x", consideration=(replace(fee, obligation="x"), beyond))
    bills = [
        billed("1000.00", JAN, "2026-01", "fee"),
        billed("200.00", MAR, "2026-02"),
    ]
    result = told(book_of([contract], [*bills, handed_over("x", JAN)]), SALES)

    assert [] == found(result)
    assert [] == off(result)
    assert (RATED, "commitment_drawdown") in named(result, "L", "2026-01")

    short = told(book_of([contract], [bills[0], handed_over("x", JAN)]), SALES, as_of=DECEMBER)
    assert [("L", "2026-02", "not_billed", "-200.00")] == found(short)
