"""Transactions with a least and a largest amount, each and as a window's total."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.columnar import connect
from revrec.model.rating import PerEvent, Price, Rounding, RoundingMode
from revrec.rating.rate import metered_of, rate
from revrec.usage.columns import EVENTS
from tests.properties.profiles import examples
from tests.rating import naive
from tests.rating.conftest import Metering
from tests.rating.naive import Row
from tests.rating.samples import JAN_15, JUN_30, told, used
from tests.rating.test_events import event
from tests.rating.test_published import MARCH, by_charge, priced, rated, total

CARD = {"id": "card", "meter": "card", "percent": "2.99"}
BOUNDS = {"minimum": "1.75", "maximum": "12"}


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


def transactions(*amounts: str | int) -> list[Row]:
    """Transactions of one day, in order."""
    return [
        used(amount, meter="card", day=MARCH, event=f"{number:03}")
        for number, amount in enumerate(amounts)
    ]


@pytest.mark.parametrize(
    ("terms", "amount"),
    [
        ({}, "16.142"),
        ({"fee": "2"}, "18.691"),
        ({"free_events": 2}, "12"),
        ({"free_amount": "30"}, "13.794"),
        ({"free_events": 3, "free_amount": "10000"}, "2.691"),
    ],
    ids=["bounds", "with a fee", "free events", "free amount", "both limits"],
)
def test_a_transaction_costs_a_least_and_a_largest_amount(
    bench: duckdb.DuckDBPyConnection, terms: dict[str, Any], amount: str
) -> None:
    """Lago's 10, 80 and 10,000 at 2.99%, each at least 1.75 and at most 12.

    1.75 + 2.392 + 12; with the fee 2.299 + 4.392 + 12; only the third is paid; (90 - 30) x 2.99%
    is above 1.75; 90 of the third are paid.
    """
    card = priced([CARD | {"per_event": BOUNDS | terms}])

    assert total(rated(bench, transactions(10, 80, 10_000), card)) == Decimal(amount)


def test_bounds_stand_in_the_line_of_the_event(bench: duckdb.DuckDBPyConnection) -> None:
    """Usage is 2.99% of each; the minimum adds 1.451, the maximum takes off 287."""
    card = priced([CARD | {"per_event": BOUNDS}])

    found = rated(bench, transactions(10, 80, 10_000), card).lines.to_pylist()

    assert [(each["charge"], each["event"], each["amount"]) for each in found] == [
        ("event", "000", Decimal("1.451")),
        ("usage", "000", Decimal("0.299")),
        ("usage", "001", Decimal("2.392")),
        ("event", "002", Decimal(-287)),
        ("usage", "002", Decimal(299)),
    ]


def test_a_window_of_minimums_is_rounded_once(bench: duckdb.DuckDBPyConnection) -> None:
    """Two of 0.50 at 1% are half a cent each and 1.75 at least: 3.50, not a cent beside it."""
    terms = {"percent": "1", "per_event": {"minimum": "1.75"}}
    card = priced([CARD | terms], rounding=Rounding(decimals=2))

    found = rated(bench, transactions("0.50", "0.50"), card)

    assert total(found) == Decimal("3.50")
    assert by_charge(found) == {"usage": Decimal("0.01"), "event": Decimal("3.49")}


def test_what_is_given_back_has_no_least_amount(bench: duckdb.DuckDBPyConnection) -> None:
    """100 at 2.99% are 2.99; 50 given back take off 1.495 and pay no minimum."""
    card = priced([CARD | {"per_event": {"minimum": "1.75", "fee": "0.10"}}])

    assert total(rated(bench, transactions(100, -50), card)) == Decimal("1.595")


bounds = st.none() | st.decimals(0, 3, places=3)


@examples(commit=12, torture=2_000)
@given(
    amounts=st.lists(st.decimals("0.001", 300, places=3), min_size=1, max_size=6),
    percent=st.decimals(0, 5, places=4),
    fee=st.sampled_from([Decimal(0), Decimal("0.305")]),
    limits=st.tuples(
        st.none() | st.integers(0, 3), st.none() | st.sampled_from([Decimal(0), Decimal(120)])
    ),
    least=bounds,
    more=bounds,
    mode=st.sampled_from(RoundingMode),
    decimals=st.sampled_from([None, 0, 12]),
    discount=st.sampled_from([Decimal(0), Decimal("12.5")]),
)
def test_pencil_and_paper_agree_on_bounds(
    bench: duckdb.DuckDBPyConnection,
    amounts: Sequence[Decimal],
    percent: Decimal,
    fee: Decimal,
    limits: tuple[int | None, Decimal | None],
    least: Decimal | None,
    more: Decimal | None,
    mode: RoundingMode,
    decimals: int | None,
    discount: Decimal,
) -> None:
    """A window of transactions, over days, comes to what walking through them one by one does."""
    most = None if more is None else (least or Decimal(0)) + more
    if least is None and most is None:
        least = Decimal(1)
    terms = PerEvent(
        fee=fee, free_events=limits[0], free_amount=limits[1], minimum=least, maximum=most
    )
    price = Price(
        id="card", meter="card", percent=percent, per_event=terms, discount_percent=discount
    )
    rounding = Rounding(mode=mode, decimals=decimals)
    rows = [
        used(str(amount), meter="card", day=JAN_15 + timedelta(days=number), event="e")
        for number, amount in enumerate(amounts)
    ]

    found = rate(metered_of(rows), told(price, rounding=rounding), through=JUN_30, connection=bench)

    assert Fraction(total(found)) == naive.transactions(price, amounts, rounding)


def test_a_bounded_event_is_kept_in_the_ledger(books: Metering, price: Callable[..., None]) -> None:
    """10, 80 and 10,000 told in two batches come to 16.14, the largest with what is taken off."""
    price({"id": "card", "meter": "tokens", "percent": "2.99", "per_event": BOUNDS})
    rows = [event(f"e-{n}", f"2026-01-15T1{n}:00:00Z", q) for n, q in enumerate((10, 80, 10_000))]
    books.send(rows[2:], EVENTS)
    books.rate()
    books.send(rows[:2], EVENTS)

    books.rate()

    assert sum(books.amounts().values()) == Decimal("16.14")


@pytest.mark.parametrize(
    ("taken_back", "amount"), [(-9_920, "4.14"), (-10_000, "1.75")], ids=["in part", "wholly"]
)
def test_what_is_corrected_is_one_transaction(
    books: Metering, price: Callable[..., None], taken_back: int, amount: str
) -> None:
    """Beside 10 at 1.75, 10,000 corrected to 80 cost 2.392, and nothing once they are none."""
    price({"id": "card", "meter": "tokens", "percent": "2.99", "per_event": BOUNDS})
    at = "2026-01-15T11:00:00Z"
    books.send([event("e-0", quantity=10), event("e-1", at, 10_000)], EVENTS)
    assert books.rate().amounts == {"USD": Decimal("13.75")}

    books.send([event("c-1", at, taken_back, corrects="e-1")], EVENTS)
    books.rate()

    assert sum(books.amounts().values()) == Decimal(amount)
