"""The parts that rules stand on: terms, schedules, ratios, shares, ages, keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.model.contract import Measure, PerformanceObligation
from revrec.model.events import Modification
from revrec.model.policy import StandaloneSellingPrice
from revrec.money import round_ratio
from revrec.periods import MONTHS
from revrec.reconciliation.bills import bills_of
from revrec.reconciliation.datasets import age, key_of
from revrec.reconciliation.prices import Share, parts
from revrec.reconciliation.ratios import slipped, slips_of
from revrec.reconciliation.reasons import MISTAKES, REMEDIES, Reason
from revrec.reconciliation.schedules import schedules_of
from revrec.reconciliation.tables import MACROS
from revrec.reconciliation.terms import terms_of
from tests.properties.profiles import examples
from tests.reconciliation.books import (
    DECEMBER,
    JAN,
    book_of,
    fee,
    invoice,
    pay_as_you_go,
    subscription,
)

LATER = date(2027, 6, 1)


def terms(contract, *events):
    """The contract's terms and bills, long afterwards."""
    history = book_of([contract], events).histories[contract.id]
    read = terms_of(history, LATER, MONTHS)
    return read, bills_of(history, read, LATER)


@pytest.mark.parametrize(
    ("billing", "months"),
    [
        ("", 1),
        ("tokens monthly in arrears", 1),
        ("quarterly in arrears", 3),
        ("Platform every 12 months in advance, usage every 6 months in arrears", 6),
        ("fees monthly in arrears, overage annually in arrears", 12),
        ("half-yearly in arrears", 6),
    ],
)
def test_the_rhythm_of_usage_invoices(billing, months):
    """What stands before "in arrears", the last one if there are several."""
    assert months == terms(pay_as_you_go(billing=billing))[0].usage_months


def test_commercial_terms_that_tell_nothing():
    """A text that is no amount states no instalment; no percentage, no discount."""
    read, _ = terms(subscription(instalment="by agreement", plan="list prices"))

    assert (None, None, False) == (read.instalment, read.discount, read.when_done)
    assert (333, Decimal("12.5"), True) == (
        (other := terms(subscription(instalment="3.333", plan="list less 12.5%",
                                     billing="half at start, half when done"))[0]).instalment,
        other.discount, other.when_done,
    )  # fmt: skip


def test_a_modification_ends_what_it_restates_and_withdraws():
    """Seats go on under new terms from July; training ends; support begins."""
    base = subscription()
    training = PerformanceObligation(id="training", product="t", measure=Measure.DAYS)
    contract = replace(base, obligations=(*base.obligations, training))
    july = date(2026, 7, 1)
    change = Modification(
        id="M-1",
        contract="SUB",
        on=date(2026, 6, 20),
        new_terms_from=july,
        revises=(base.obligations[0],),
        withdraws=("training",),
        adds=(PerformanceObligation(id="support", product="s", measure=Measure.DAYS),),
        price_change=Decimal(-600),
        end=date(2027, 3, 31),
    )
    read, _ = terms(contract, change)

    june = date(2026, 6, 30)
    assert [
        ("seats", JAN, june),
        ("training", JAN, june),
        ("seats", july, date(2027, 3, 31)),
        ("support", july, date(2027, 3, 31)),
    ] == [(each.obligation.id, each.first_day, each.last_day) for each in read.versions]
    assert 1_140_000 == read.price
    before = terms_of(book_of([contract], [change]).histories["SUB"], date(2026, 6, 19), MONTHS)
    assert 1_200_000 == before.price


def months(*amounts):
    """Invoices for the first months of 2026."""
    return [
        invoice("SUB", f"INV-{n}", date(2026, n, 1), fee(amount, f"2026-{n:02}"))
        for n, amount in enumerate(amounts, 1)
    ]


@pytest.mark.parametrize(
    ("contract", "events", "proved"),
    [
        # Stated in the terms, and it divides price and term.
        (subscription(instalment="3000"), [], (300_000, 4)),
        (subscription(instalment="12000"), [], (1_200_000, 1)),
        # A rounded third of 100.00 divides it to the minor unit.
        (subscription(price="100", instalment="33.33"), [], (3_333, 3)),
        # Stated, but it does not divide the price, or the term.
        (subscription(instalment="5000"), [], None),
        (subscription(price="10000", instalment="1250"), [], None),
        # Shown by two equal twelfths; by one it is not, nor by equal amounts that do not fit.
        (subscription(), months("1000.00", "1000.00"), (100_000, 12)),
        (subscription(), months("1000.00"), None),
        (subscription(), months("900.00", "900.00"), None),
        # A ramp: equal for a while, and not the price divided by the months.
        (subscription(price="11000"), months("500.00", "500.00", "1000.00", "1000.00"), None),
    ],
)
def test_instalments_are_proved_or_not_assumed(contract, events, proved):
    """An amount is an instalment only if so many of it are the price, over the term."""
    read, bills = terms(contract, *events)
    found = schedules_of(read, bills)

    assert proved == ((found["fee"].amount, len(found["fee"].slots)) if found else None)


def test_instalments_of_a_term_that_starts_on_the_31st():
    """Service months are anchored at the first day and clamped to shorter months."""
    contract = subscription(start=date(2026, 1, 31), end=date(2026, 4, 29), price="300",
                            instalment="100")  # fmt: skip
    read, bills = terms(contract)

    assert [
        (date(2026, 1, 31), date(2026, 2, 27)),
        (date(2026, 2, 28), date(2026, 3, 30)),
        (date(2026, 3, 31), date(2026, 4, 29)),
    ] == list(schedules_of(read, bills)["fee"].slots)


def price(product, currency, amount):
    """A price of a list."""
    return StandaloneSellingPrice(
        id=f"{product}-{currency}", product=product, currency=currency, amount=Decimal(amount),
        effective_from=JAN,
    )  # fmt: skip


def test_the_usual_ratio_of_two_price_lists_counts():
    """Two products cost 100 dollars or 80 euros; the third is rounded to whole euros."""
    prices = [
        price(product, currency, amount)
        for product, dollars, euros in (("a", 100, 80), ("b", 50, 40), ("c", 11, 9))
        for currency, amount in (("USD", dollars), ("EUR", euros))
    ]
    slips = slips_of(prices, {"EUR"})

    assert Fraction(5, 4) in {each.ratio for each in slips["EUR"]}
    assert Fraction(11, 9) not in {each.ratio for each in slips["EUR"]}
    assert "USD, not in EUR; 80.00 EUR" in (slipped(slips, "EUR", 10_000, 8_000) or "")
    # Both amounts may have been rounded once: 1 + 5/4 minor units.
    assert None is not slipped(slips, "EUR", 10_002, 8_000)
    assert None is slipped(slips, "EUR", 10_003, 8_000)
    assert "2 places off" in (slipped(slips, "EUR", 800, 80_000) or "")
    assert None is slipped(slips, "EUR", 99, 79)


def test_a_bill_is_split_as_the_price_is_quoted():
    """Lines that name an obligation stay with it; others go by the quotation."""
    shares = {"a": Share(300, 200, 200), "b": Share(100, 200, 200)}

    assert {"a": 8} == parts(8, "a", shares)
    assert {"a": 6, "b": 2} == parts(8, "", shares)
    assert {"a": 6, "b": 2} == parts(8, "unknown", shares)
    assert {"": 8} == parts(8, "", {})
    assert {"a": 8} == parts(8, "", {"a": Share(0, 5, 5)})


@pytest.mark.parametrize(
    ("since", "bucket"),
    [
        ("2026-04-01", "current"),
        ("2026-03-31", "0-30 days"),
        ("2026-03-01", "0-30 days"),
        ("2026-02-28", "31-60 days"),
        ("2026-01-30", "31-60 days"),
        ("2026-01-29", "61-90 days"),
        ("2025-12-31", "61-90 days"),
        ("2025-12-30", ">90 days"),
    ],
)
def test_age_on_the_last_of_march(since, bucket):
    """30, 60 and 90 days are the last of their buckets."""
    assert bucket == age(date.fromisoformat(since), date(2026, 3, 31))


def test_keys_differ_where_parts_do():
    """A slash within a part is no separator."""
    assert key_of("a/b", "c") != key_of("a", "b/c")


def test_every_mistake_has_a_remedy():
    """What is found is said, and what to do."""
    assert Reason.UNEXPLAINED not in MISTAKES
    assert set(REMEDIES) == MISTAKES | {Reason.UNEXPLAINED}
    assert {
        "not_billed", "billed_twice", "wrong_rate", "wrong_quantity", "wrong_amount",
        "wrong_currency_amount", "billed_after_end", "credit_missing", "minimum_not_billed",
        "override_not_billed",
    } == {reason.value for reason in MISTAKES}  # fmt: skip


@examples(commit=80, torture=5_000)
@given(st.lists(st.tuples(st.integers(-(10**18), 10**18),
                          st.integers(1, 10**12) | st.integers(-(10**12), -1)),
                min_size=1, max_size=50))  # fmt: skip
def test_sql_rounds_like_python(pairs):
    """Half to even, mirrored for negatives, in both."""
    with duckdb.connect() as database:
        database.execute(MACROS)
        rows = ", ".join(f"({n}::hugeint, {d}::hugeint)" for n, d in pairs)
        got = database.execute(f"select half_even(n, d) from (values {rows}) t(n, d)").fetchall()

    assert [round_ratio(n, d) for n, d in pairs] == [int(row[0]) for row in got]


def test_a_whole_term_is_one_instalment():
    """The service of the only instalment is the obligation's own, also of an odd length."""
    contract = subscription(end=date(2026, 3, 15), instalment="12000")
    read, bills = terms(contract)

    assert [(JAN, date(2026, 3, 15))] == list(schedules_of(read, bills)["fee"].slots)
    assert DECEMBER == terms(subscription())[0].span("seats")[1]
    assert None is terms(subscription())[0].span("nothing")
