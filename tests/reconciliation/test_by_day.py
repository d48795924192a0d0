"""The days of a reconciliation, by hand, and against their months."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from revrec.model.contract import Measure
from tests.reconciliation.books import (
    INVOICED,
    JAN,
    RATED,
    book_of,
    fee,
    invoice,
    off,
    pay_as_you_go,
    rows_of,
    subscription,
    tokens,
    told,
    used,
)
from tests.reconciliation.population import AS_OF, clean, spoil

AMOUNTS = ("rated", "invoiced", "revenue", RATED, INVOICED)


def days_of(result, contract: str) -> dict:
    """Day -> rated, invoiced, revenue of a contract, in minor units."""
    return {
        row["day"]: (row["rated"], row["invoiced"], row["revenue"])
        for row in rows_of(result.days.lines)
        if row["contract"] == contract
    }


def reasons_of(result, contract: str) -> dict:
    """Day, difference and reason -> amount of a contract, in minor units."""
    return {
        (row["day"].day, row["difference"], row["reason"]): row["amount"]
        for row in rows_of(result.days.reasons)
        if row["contract"] == contract
    }


def test_a_bill_stands_where_its_usage_was_and_late_usage_on_its_day():
    """50.00 of the 10th and 20.00 of the 12th are billed; 1.00 of the 12th is told on 20 March."""
    usage = [
        used("PAYG", date(2026, 1, 10), "100", "50"),
        used("PAYG", date(2026, 1, 12), "40", "20"),
        used("PAYG", date(2026, 1, 12), "2", "1", recorded=date(2026, 3, 20)),
    ]
    events = [invoice("PAYG", "INV-1", date(2026, 2, 3), tokens("70.00", "140", "2026-01"))]
    result = told(
        book_of([pay_as_you_go()], events), usage, as_of=date(2026, 3, 31), through="2026-01",
        by_recording=True, days=True,
    )  # fmt: skip

    assert {
        date(2026, 1, 10): (5000, 5000, 5000), date(2026, 1, 12): (2100, 2000, 2100)
    } == days_of(result, "PAYG")  # fmt: skip
    assert {(12, RATED, "late_event"): 100, (12, INVOICED, "late_event"): -100} == reasons_of(
        result, "PAYG"
    )
    assert [] == off(result)


def test_a_fee_stands_on_the_day_of_its_bill_and_is_released_on_others():
    """3,650.00 for 365 days are billed on 2 January: 10.00 are earned each day, the rest waits."""
    contract = subscription(price="3650")
    seats = replace(contract.obligations[0], measure=Measure.DAYS)
    contract = replace(contract, obligations=(seats,))
    year = (JAN, date(2026, 12, 31))
    events = [invoice("SUB", "INV-1", date(2026, 1, 2), fee("3650.00", year))]
    result = told(book_of([contract], events), through="2026-01", days=True)

    expected = {date(2026, 1, day): (0, 365000 if day == 2 else 0, 1000) for day in range(1, 32)}
    assert expected == days_of(result, "SUB")
    deferred = {(day, INVOICED, "deferral"): -1000 for day in range(1, 32)}
    deferred |= {(2, INVOICED, "deferral"): 364000, (2, RATED, "fixed_fee"): -365000}
    assert deferred == reasons_of(result, "SUB")
    assert [] == off(result)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.torture)])
def test_days_add_up_to_their_months(seed):
    """A quarter with every planted mistake: each amount and reason of a month is that of its days.

    A day's reasons add up to its differences.
    """
    population = clean(seed)
    spoil(population)
    result = told(population.book(), population.usage, as_of=AS_OF, by_recording=True, days=True)

    sums, of_day = Counter(), Counter()
    for row in rows_of(result.days.lines):
        for name in AMOUNTS:
            sums[row["contract"], row["obligation"], row["service_month"], name] += row[name]
            of_day[row["contract"], row["obligation"], row["day"], name] += row[name]
    for row in rows_of(result.lines):
        for name in AMOUNTS:
            key = (row["contract"], row["obligation"], row["service_month"], name)
            assert row[name] == sums.pop(key, 0), key
    assert not any(sums.values())
    by_month = Counter()
    for row in rows_of(result.days.reasons):
        of_day[row["contract"], row["obligation"], row["day"], row["difference"]] -= row["amount"]
        by_month[row["contract"], row["service_month"], row["difference"], row["reason"]] += row[
            "amount"
        ]
    assert not any(amount for (*_, name), amount in of_day.items() if name in {RATED, INVOICED})
    for row in rows_of(result.reasons):
        key = (row["contract"], row["service_month"], row["difference"], row["reason"])
        by_month[key] -= row["amount"]
    assert not any(by_month.values())
    assert [] == off(result)
