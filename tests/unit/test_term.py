"""Charges by time, renewals and parts of promises, by hand; the year 2026, in cents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.asc606.term import Charge, Term
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
    SellingPriceRange,
)
from revrec.model.term import Charged, PriceStep

JAN, FEB, MAR, DEC_31 = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 12, 31)
JAN_31, FEB_28, JUN_30 = date(2026, 1, 31), date(2026, 2, 28), date(2026, 6, 30)


def fee(charged: Charged | None = Charged.MONTHLY, amount: str = "100", **told) -> Consideration:
    """100.00 a month, unless told otherwise."""
    kind = ConsiderationKind.FIXED
    usual = {"id": "fee", "kind": kind, "amount": Decimal(amount), "charged": charged}
    return Consideration(**{**usual, **told})


def charge(told: Consideration | None = None, **more) -> Charge:
    """For service from New Year's Day on, counted in months from then."""
    usual = {"currency": "USD", "anchor": JAN, "first_day": JAN, "last_day": None}
    return Charge(**{**usual, **more}, told=told or fee())


STEPS = (
    PriceStep(from_day=date(2026, 5, 1), amount=Decimal(300)),
    PriceStep(from_day=MAR, amount=Decimal(200)),
)


@pytest.mark.parametrize(
    ("of", "first", "last", "amount"),
    [
        (charge(), JAN, JAN_31, 10000),
        (charge(), JAN, DEC_31, 120000),
        # 1.5 months to 14 February, 14/31 of one to 14 January: 150.00 - 45.16.
        (charge(), date(2026, 1, 15), date(2026, 2, 14), 10484),
        (charge(), date(2025, 12, 1), JAN_31, 10000),
        (charge(), date(2025, 11, 1), date(2025, 12, 31), 0),
        (charge(last_day=FEB_28), JAN, DEC_31, 20000),
        (charge(last_day=FEB_28), MAR, DEC_31, 0),
        (charge(first_day=MAR), JAN, date(2026, 3, 31), 10000),
        (charge(first_day=MAR), JAN, FEB_28, 0),
        (charge(fee(Charged.QUARTERLY, "300")), JAN, JAN_31, 10000),
        (charge(fee(Charged.YEARLY, "1200")), JAN, JAN_31, 10000),
        (charge(fee(Charged.OVER_TERM, "1200"), whole=Fraction(12)), FEB, FEB_28, 10000),
        (charge(fee(Charged.ONCE, "50")), JAN, JAN_31, 5000),
        (charge(fee(Charged.ONCE, "50")), FEB, FEB_28, 0),
        (charge(fee(Charged.ONCE, "50"), first_day=FEB), JAN, JAN_31, 0),
        (charge(fee(Charged.ONCE, "50"), first_day=FEB), JAN, FEB, 5000),
        (charge(fee(None, "50")), JAN, JAN, 5000),
        # 2 x 100, 2 x 200, then 300 a month, whichever is told first.
        (charge(fee(steps=STEPS)), JAN, date(2026, 4, 30), 60000),
        (charge(fee(steps=STEPS)), JAN, JUN_30, 120000),
        (charge(fee(steps=STEPS)), MAR, date(2026, 3, 31), 20000),
        (charge(fee(steps=STEPS), first_day=date(2026, 4, 1)), JAN, JUN_30, 80000),
        # Thirds of a cent, rounded once from the first day: 33.33, 33.34 and 33.33.
        (charge(fee(Charged.QUARTERLY)), JAN, JAN_31, 3333),
        (charge(fee(Charged.QUARTERLY)), FEB, FEB_28, 3334),
        (charge(fee(Charged.QUARTERLY)), MAR, date(2026, 3, 31), 3333),
        (charge(fee(amount="1000"), currency="JPY"), JAN, JAN_31, 1000),
    ],
)
def test_what_is_charged_for_days_of_service(of, first, last, amount):
    """Both days included; the parts of a term add up to it."""
    assert of.between(first, last) == amount


def promise(name: str = "x", measure: Measure = Measure.DAYS, **told) -> PerformanceObligation:
    """Service."""
    return PerformanceObligation(id=name, product=name, measure=measure, **told)


def term(*promised: PerformanceObligation, **told) -> Term:
    """Bound for a month, then month by month to the end of the year."""
    contract = Contract(
        id="C",
        customer="c",
        currency="USD",
        inception=JAN,
        start=told.pop("start", None),
        end=DEC_31,
        obligations=promised,
        consideration=(),
    )
    usual = {"first_end": JAN_31, "final": DEC_31, "anchor": JAN, "bound": 1, "every": 1}
    found = Term(contract=contract, **{**usual, **told})
    found.promised = {each.id: each for each in promised}
    return found


def renewed(of: Term, until: date) -> list[tuple[date, date, date]]:
    """The day each counts from, its first and its last day."""
    return [(each.on, each.first_day, each.last_day) for each in of.renewals(until)]


MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def test_renewals_follow_one_another():
    """Each counts from its first day, or so many months ahead, but not before the contract."""
    february = (FEB, FEB_28)

    assert renewed(term(), JAN_31) == []
    assert renewed(term(), MAR) == [(FEB, *february), (MAR, *MARCH)]
    assert renewed(term(ahead=1), JAN) == [(JAN, *february)]
    assert renewed(term(ahead=2), JAN) == [(JAN, *february), (JAN, *MARCH)]
    assert renewed(term(every=0), DEC_31) == []
    assert renewed(term(bound=2, every=3), MAR) == [(MAR, MAR, date(2026, 5, 31))]


@pytest.mark.parametrize(
    ("promised", "told", "first_day", "expected"),
    [
        # First day, last day, day of the months, months as written.
        ((), fee(), None, (JAN, DEC_31, JAN, 12)),
        ((), fee(), MAR, (MAR, DEC_31, JAN, 10)),
        ((promise(start=FEB, end=JUN_30),), fee(obligation="x"), None, (FEB, JUN_30, JAN, 5)),
        ((promise(start=FEB, end=JUN_30),), fee(obligation="x"), JAN, (FEB, JUN_30, JAN, 5)),
        ((promise(start=FEB, end=JUN_30),), fee(obligation="x"), MAR, (MAR, JUN_30, JAN, 4)),
        ((promise(start=date(2025, 12, 1)),), fee(obligation="x"), None,
         (date(2025, 12, 1), DEC_31, date(2025, 12, 1), 13)),
        ((promise(start=FEB),), fee(obligation="y"), None, (JAN, DEC_31, JAN, 12)),
    ],
)  # fmt: skip
def test_a_charge_is_for_the_days_of_what_it_is_for(promised, told, first_day, expected):
    """From a later day, if it is told; months are those of the contract."""
    found = term(*promised)
    found.charge(told, first_day)
    made = found.charges["fee"]

    assert (made.first_day, made.last_day, made.anchor, made.whole) == expected


def test_a_charge_without_an_end():
    """Nothing is spread over a term that nobody knows."""
    found = term(final=None)
    found.charge(fee())

    assert (found.charges["fee"].last_day, found.charges["fee"].whole) == (None, 1)
    assert found.price(JAN, FEB_28) == 20000


@pytest.mark.parametrize(
    ("promised", "first", "last", "expected"),
    [
        (promise(), FEB, FEB_28, (FEB, FEB_28)),
        (promise(), date(2025, 1, 1), FEB_28, (JAN, FEB_28)),
        (promise(start=FEB, end=JUN_30), JAN, DEC_31, (FEB, JUN_30)),
        (promise(start=MAR), JAN, FEB_28, None),
        (promise(start=FEB_28), JAN, FEB_28, (FEB_28, FEB_28)),
        (promise(measure=Measure.UNITS), FEB, FEB_28, (None, DEC_31)),
        (promise(measure=Measure.UNITS, end=JUN_30), FEB, FEB_28, (None, JUN_30)),
    ],
)
def test_what_of_a_promise_falls_into_days(promised, first, last, expected):
    """Nothing, if it begins later; what is counted is promised as a whole."""
    found = term(promised).clipped(promised, first, last)

    assert (None if found is None else (found.start, found.end)) == expected


PRICED = {"standalone_selling_price": Decimal(120)}


@pytest.mark.parametrize(
    ("written", "clipped", "part"),
    [
        (PRICED, {}, Fraction(1, 12)),
        ({"selling_price_range": SellingPriceRange(low=Decimal(1), high=Decimal(2))}, {},
         Fraction(1, 12)),
        ({}, {}, 1),
        ({**PRICED, "start": JAN, "end": JUN_30}, {}, Fraction(1, 6)),
        (PRICED, {"start": None}, 1),
        (PRICED, {"end": None}, 1),
    ],
)  # fmt: skip
def test_the_part_of_a_promise_that_is_enforceable(written, clipped, part):
    """By its months, where its price is told for the whole."""
    told = promise(**written)
    days = {"start": FEB, "end": FEB_28, **clipped}
    price = {name: value for name, value in written.items() if name not in {"start", "end"}}

    assert term(told).part(promise(**price, **days)) == part
    assert term(told, final=None).part(promise(**price, **days)) == (
        part if "end" in written else 1
    )
    assert term(start=MAR).part(promise(**PRICED, start=MAR, end=MARCH[1])) == 1
