"""Postings in the functional currency: worth the same on both sides, whatever rates do."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from revrec.engine import Accounting, account
from revrec.ledger.invariants import violations
from revrec.ledger.lots import Position
from revrec.ledger.subledger import POSTED, Subledger, first_period, summed
from revrec.model.history import Book
from revrec.money import minor_digits
from revrec.periods import MONTHS, Period
from tests.properties.books import read_book
from tests.properties.profiles import examples
from tests.properties.runs import month_ends
from tests.properties.test_stories import stories

Told = dict[str, Any]

seldom = examples(commit=3, torture=200)
FUNCTIONAL = "TND"
"""The currency of no drawn contract, with as many decimals as any."""


def measured(scenario: Told, rates: list[Decimal]) -> Book:
    """The book with a rate a month for each currency, gone through again and again."""
    days = [first for end in month_ends(scenario) for first in (end.replace(day=1),)]
    days = [days[0] - timedelta(days=400), days[0] - timedelta(days=40), *days]
    # Closes long after the last thing that happens have a rate, too.
    days += [days[-2] + timedelta(days=300 * number) for number in range(1, 12)]
    told = [
        {
            "id": f"{currency} {day}",
            "currency": currency,
            "into": FUNCTIONAL,
            "on": day,
            "rate": rates[number % len(rates)],
        }
        for currency in {each["currency"] for each in scenario["contracts"]}
        for number, day in enumerate(days)
    ]
    policy = {**scenario.get("policy", {}), "exchange_rates_stand": "366_days"}
    return read_book(
        {
            **scenario,
            "policy": policy,
            "functional_currency": FUNCTIONAL,
            "exchange_rates": told,
        }
    )


def close(book: Book, period: Period, posted: pa.Table) -> pa.Table:
    """Everything posted after a close of the period, every truth checked."""
    months = list(first_period(book, period).through(period))
    accounting = accounted(book, period)
    with Subledger(book, accounting) as subledger:
        postings = subledger.postings(period, months, posted)
        tables = {
            "posted": summed(pa.concat_tables([posted, postings])),
            "positions": subledger.positions([period.last]),
            "segments": subledger.query("select * from segments"),
            "recognised": subledger.query("select * from recognised"),
            "accrual": subledger.query("select * from accrual"),
            "standing": subledger.standing,
        }
    assert [] == [str(each) for each in violations(tables, period.last)]
    return summed(pa.concat_tables([posted, postings]))


def accounted(book: Book, period: Period) -> Accounting:
    """The five steps at every month's end."""
    months = list(first_period(book, period).through(period))
    return account(book, [months[0].previous.last, *(month.last for month in months)])


def some_periods(scenario: Told, number: int) -> list[Period]:
    """Periods spread over the months in which something happens."""
    months = [MONTHS.of(day) for day in month_ends(scenario)[:-1]]
    return sorted({months[(n + 1) * (len(months) - 1) // number] for n in range(number)})


@seldom
@given(stories(size=8))
def test_a_rate_that_stands_still_gains_and_loses_nothing(scenario: Told) -> None:
    """Two dinars for one of each: every posting is worth exactly that, and no other is made."""
    book = measured(scenario, [Decimal(2)])
    (period,) = some_periods(scenario, 1)

    for row in close(book, period, POSTED.empty_table()).to_pylist():
        currency = book.histories[row["contract"]].contract.currency
        dinars = Fraction(10) ** (minor_digits(FUNCTIONAL) - minor_digits(currency)) * 2
        assert row["functional"] == row["amount"] * dinars, row


@seldom
@given(stories(size=3), st.lists(st.decimals("0.5", "2", places=4), min_size=2, max_size=5))
def test_closing_month_by_month_or_at_once_is_worth_the_same(
    scenario: Told, rates: list[Decimal]
) -> None:
    """Every truth holds at each close, and the accounts of the last are those of one close."""
    book = measured(scenario, rates)
    posted = POSTED.empty_table()
    for period in some_periods(scenario, 2):
        posted = close(book, period, posted)
    at_once = close(book, period, POSTED.empty_table())

    assert by_account(at_once) == by_account(posted)
    assert by_account(posted) == by_account(close(book, period, posted))


def by_account(posted: pa.Table) -> dict[tuple[str, str], int]:
    """Functional amounts by contract and account, without zeros."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in posted.to_pylist():
        sums[row["contract"], row["account"]] += row["functional"]
    return {key: amount for key, amount in sums.items() if amount}


@seldom
@given(stories(size=3), st.lists(st.decimals("0.5", "2", places=4), min_size=2, max_size=5))
def test_cash_is_worth_what_it_was_on_its_day(scenario: Told, rates: list[Decimal]) -> None:
    """Payments less refunds and payments to customers, each at the rate told last by then."""
    book = measured(scenario, rates)
    (period,) = some_periods(scenario, 1)
    worth: defaultdict[str, int] = defaultdict(int)
    refused = accounted(book, period).refused
    for name, history in book.histories.items():
        for each, sign in [
            *((each, 1) for each in history.payments),
            *((each, -1) for each in (*history.refunds, *history.customer_payments)),
        ]:
            if each.on <= period.last and name not in refused:
                rate = rate_on(book, history.contract.currency, each.on)
                worth[name] += sign * round(Fraction(each.amount) * rate * 1000)

    posted = by_account(close(book, period, POSTED.empty_table()))

    assert {name: amount for name, amount in worth.items() if amount} == {
        name: amount for (name, of), amount in posted.items() if of == "cash"
    }


def rate_on(book: Book, currency: str, day: date) -> Fraction:
    """The rate told last."""
    told = [each for each in book.exchange_rates if each.currency == currency and each.on <= day]
    return Fraction(max(told, key=lambda each: each.on).rate)


moves = st.lists(
    st.tuples(st.booleans(), st.integers(1, 500), st.fractions("1/3", "3", max_denominator=7)),
    min_size=1,
    max_size=12,
)


@examples(commit=60, torture=2_000)
@given(moves)
def test_lots_are_released_first_in_first_out(told: list[tuple[bool, int, Fraction]]) -> None:
    """The k-th unit earned is worth what the k-th received was, or the rate it was earned at."""
    position = Position()
    received: list[Fraction] = []
    earned: list[Fraction] = []
    worth = Fraction(0)
    for comes_in, units, rate in told:
        if comes_in:
            received += [rate] * units
            position.receive(units, round(units * rate))
            continue
        expected = Fraction(0)
        for _ in range(units):
            early = len(earned) < len(received)
            earned.append(received[len(earned)] if early else rate)
            expected += earned[-1]
        worth += position.earn(units, lambda rate=rate: rate) - expected

    # Each lot and each part beyond the lots was rounded once.
    assert abs(worth) <= len(told)
    assert position.liability.units == max(len(received) - len(earned), 0)
    assert position.asset.units == max(len(earned) - len(received), 0)
