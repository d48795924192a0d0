"""Revenue from performance in earlier periods (606-10-50-12A), by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from revrec.audit.check import check
from revrec.feeds.scenario import scenario_of
from revrec.periods import Period
from tests.disclosure.cases import book_of, delivery, invoice, workshops
from tests.disclosure.closing import close, close_and_report, report, row

Q2 = {"from": "2026-04-01", "to": "2026-06-30"}
YEAR = {
    "id": "C",
    "customer": "c",
    "currency": "USD",
    "inception": "2026-01-01",
    "end": "2026-12-31",
    "obligations": [{"id": "saas", "product": "saas", "measure": "even_months"}],
    "consideration": [
        {"id": "fee", "kind": "fixed", "amount": "1200.00"},
        {"id": "bonus", "kind": "variable", "amount": "0.00"},
    ],
}


def of(
    contract: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    period: object = Q2,
    **narrowed: str,
) -> Decimal:
    """What comes out for the period."""
    measure = "revenue_from_prior_period_performance"
    told = {
        "title": "t",
        "cites": ["606-10-50-12A"],
        "contracts": [contract],
        "events": [{"contract": "C", **each} for each in events],
        "expected": [{"measure": measure, "period": period, "amount": "0", **narrowed}],
    }
    (outcome,) = check(scenario_of(told))
    return outcome.actual


def estimate(on: str, amount: str) -> dict[str, Any]:
    """A new estimate of the bonus."""
    return {
        "kind": "estimate", "id": f"E-{on}", "on": on, "consideration": "bonus", "amount": amount,
    }  # fmt: skip


LONGER = {
    "kind": "modification",
    "id": "M",
    "on": "2026-05-01",
    "revises": [
        {"id": "saas", "product": "saas", "measure": "even_months", "start": "2026-05-01"},
    ],
    "price_change": "600.00",
    "end": "2027-04-30",
}


def test_a_raised_estimate_is_caught_up_for_the_months_before() -> None:
    """120.00 more in May: 10.00 a month, 30.00 for January to March; April is of the quarter."""
    assert Decimal("30.00") == of(YEAR, [estimate("2026-05-15", "120.00")])


def test_estimates_up_and_down_count_once() -> None:
    """0 to 120.00 in March, before the quarter; to 240.00 and to 60.00 within it: -15.00."""
    events = [
        estimate("2026-03-10", "120.00"),
        estimate("2026-04-10", "240.00"),
        estimate("2026-06-10", "60.00"),
    ]

    assert Decimal("-15.00") == of(YEAR, events)


def test_a_prospective_modification_leaves_the_past() -> None:
    """What was recognised stays (25-13a)."""
    assert Decimal("0.00") == of(YEAR, [LONGER])


def test_a_change_after_a_modification_goes_back_to_what_was_promised() -> None:
    """120.00 more in June, promised in January: 40.00 for January to April, 30.00 to March."""
    assert Decimal("30.00") == of(YEAR, [LONGER, estimate("2026-06-15", "120.00")])
    assert Decimal("30.00") == of(
        YEAR, [LONGER, estimate("2026-06-15", "120.00")], component="bonus"
    )


def test_a_change_of_an_old_promise_is_all_of_the_past() -> None:
    """The quarter after: 40.00 for the terms that ended, 2 of the 12 months since of the rest."""
    period = {"from": "2026-07-01", "to": "2026-09-30"}
    events = [LONGER, estimate("2026-07-15", "120.00")]

    assert Decimal("53.33") == of(YEAR, events, period)


def test_a_modification_that_is_caught_up_is_of_the_past() -> None:
    """40 of 100 done by March; 60 more for 1,000.00: 40/160 x 2,200 - 40/100 x 1,200 = 70.00."""
    work = {
        "id": "work", "product": "work", "measure": "milestones", "quantity": "100",
        "distinct_increments": False,
    }  # fmt: skip
    events = [
        {
            "kind": "delivery",
            "id": "D1",
            "on": "2026-02-10",
            "obligation": "work",
            "quantity": "40",
        },
        {"kind": "delivery", "id": "D2", "on": "2026-05-20", "obligation": "work", "quantity": "8"},
        {
            "kind": "modification",
            "id": "M",
            "on": "2026-05-01",
            "revises": [{**work, "quantity": "160"}],
            "price_change": "1000.00",
        },
    ]

    assert Decimal("70.00") == of({**YEAR, "obligations": [work]}, events)


def test_another_expected_use_is_of_the_past() -> None:
    """200 of 1,000 used by March at 1.20; 1,200.00 over 800 expected, not 1,000: 60.00 more."""
    credits_ = {
        "id": "credits", "product": "credits", "measure": "usage",
        "usage": {"entitled": "1000", "expected": "1000"},
    }  # fmt: skip
    events = [
        {"kind": "usage", "on": "2026-02-10", "meter": "credits", "quantity": "200"},
        {"kind": "usage", "on": "2026-04-10", "meter": "credits", "quantity": "100"},
        {"kind": "estimate", "id": "E", "on": "2026-05-10", "obligation": "credits",
         "expected": "800"},
    ]  # fmt: skip

    assert Decimal("60.00") == of({**YEAR, "obligations": [credits_]}, events)


def test_what_ended_in_the_quarter_is_shared_by_progress() -> None:
    """All is withdrawn after April, the price cut by 900.00: 100.00 of 400.00 goes, 3/4 is old."""
    ended = {
        "kind": "modification",
        "id": "M",
        "on": "2026-05-01",
        "withdraws": ["saas"],
        "price_change": "-900.00",
    }

    assert Decimal("-75.00") == of(YEAR, [ended])


def test_a_pause_earns_nothing_for_the_past() -> None:
    """Service that stands still in May has done in March what it had done."""
    pause = {"kind": "pause", "id": "P", "on": "2026-05-01"}
    resumption = {"kind": "resumption", "id": "R", "on": "2026-06-01", "pause": "P"}

    assert Decimal("0.00") == of(YEAR, [pause, resumption])


def test_a_changed_price_after_a_pause_is_caught_up_for_the_months_before() -> None:
    """120.00 more in June: three of twelve months were done by March."""
    pause = {"kind": "pause", "id": "P", "on": "2026-05-01", "extends": True}
    resumption = {"kind": "resumption", "id": "R", "on": "2026-06-01", "pause": "P"}

    assert Decimal("30.00") == of(YEAR, [pause, resumption, estimate("2026-06-15", "120.00")])


def test_a_contract_of_the_period_has_no_past() -> None:
    """Nothing was done before its inception."""
    year = {"from": "2026-01-01", "to": "2026-12-31"}

    assert Decimal("0.00") == of(YEAR, [estimate("2026-05-15", "120.00")], year)


def test_service_before_the_approval_is_of_the_past() -> None:
    """Served from January, approved in April: 300.00 of the quarter's revenue is for the first."""
    late = {**YEAR, "inception": "2026-04-10", "start": "2026-01-01"}

    assert Decimal("300.00") == of(late, [])


def test_a_credit_for_what_was_transferred_is_of_the_past_as_far_as_that_was() -> None:
    """A credit of 80.00 in May for 40 units: 30 of them were delivered by March, 60.00 of it."""
    units = {"id": "units", "product": "units", "measure": "units", "quantity": "120"}
    units["standalone_selling_price"] = "1200.00"
    done = {"kind": "delivery", "obligation": "units"}
    credit = {
        "kind": "modification",
        "id": "M",
        "on": "2026-05-31",
        "adds": [{**units, "id": "more", "quantity": "10", "standalone_selling_price": "80.00"}],
        "price_change": "50.00",
        "adds_consideration": [
            {"id": "defects", "kind": "variable", "amount": "-80.00", "obligation": "units",
             "service_from": "2026-01-01", "service_to": "2026-05-31"}
        ],
    }  # fmt: skip
    events = [
        {**done, "id": "D1", "on": "2026-02-10", "quantity": "30"},
        {**done, "id": "D2", "on": "2026-04-20", "quantity": "10"},
        credit,
    ]

    assert Decimal("-60.00") == of({**YEAR, "obligations": [units]}, events)


def test_the_schedule_splits_the_revenue_of_the_report() -> None:
    """January to March before, April and May in it: 100.00 a month, 30.00 of 50.00 is old."""
    book = book_of([YEAR], [{"contract": "C", **estimate("2026-05-15", "120.00")}])

    made = close_and_report(book, Period(2026, 4), Period(2026, 5))
    found = row(made.datasets["earlier_performance"])

    names = ("revenue", "changed", "learned_late", "earlier", "current")
    assert [25_000, 3_000, 0, 3_000, 22_000] == [found[name] for name in names]
    assert () == made.differences


def test_what_is_learned_late_is_of_earlier_performance() -> None:
    """Two workshops of January are told in February: 2,000.00 of 5,000.00 is for January."""
    told = [
        invoice("WORKSHOPS", "2026-01-05", "10000.00"),
        delivery("WORKSHOPS", "2026-02-10", "3"),
    ]
    before = book_of([workshops()], told)
    after = book_of([workshops()], [*told, delivery("WORKSHOPS", "2026-01-20", "2")])
    january, february = Period(2026, 1), Period(2026, 2)

    closed = close(lambda period: before if period == january else after, january, february)
    made = report(after, closed, february, february)
    found = row(made.datasets["earlier_performance"])

    names = ("revenue", "changed", "learned_late", "earlier", "current")
    assert [500_000, 0, 200_000, 200_000, 300_000] == [found[name] for name in names]
    assert () == made.differences
