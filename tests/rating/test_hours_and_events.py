"""Running totals that start again with each hour, or with each metering event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.columnar import connect
from revrec.model.rating import RoundedAt
from revrec.rating.rate import metered_of, rate
from revrec.usage.columns import COUNTED, EVENTS
from tests.properties.profiles import examples
from tests.rating import naive
from tests.rating.conftest import Metering
from tests.rating.naive import Row
from tests.rating.samples import JUN_30, TERM, WITHIN_DAY, prices, roundings, told, usage, used
from tests.rating.test_events import event, zone
from tests.rating.test_published import MARCH, priced, rated, total
from tests.rating.test_rate import by_day, daily
from tests.rating.test_rerating import counted

TIERED: dict[str, Any] = {
    "id": "tokens",
    "meter": "tokens",
    "tiers": [{"up_to": "10", "unit_amount": "0.10"}, {"unit_amount": "0.05"}],
}


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("resets", "amount"), [("day", "1.70"), ("hour", "2.15"), ("event", "2.40")]
)
def test_the_scope_of_the_tiers_is_part_of_the_price(
    bench: duckdb.DuckDBPyConnection, resets: str, amount: str
) -> None:
    """9 and 6 of one hour, 9 of the next; the first ten of each scope cost 0.10, the rest 0.05.

    24 of a day are 1.00 + 0.70 = 1.70; the hours 1.00 + 0.25 and 0.90; the events 0.90 + 0.60
    + 0.90.
    """
    rows = [
        used(quantity, day=MARCH, event=name)
        for name, quantity in (
            ("2026-03-01T10+00000 a", 9),
            ("2026-03-01T10+00000 b", 6),
            ("2026-03-01T11+00000 c", 9),
        )
    ]

    assert total(rated(bench, rows, priced([TIERED | {"resets": resets}]))) == Decimal(amount)


@pytest.mark.parametrize(("resets", "amount"), [("event", "2.40"), ("hour", "2.15")])
def test_events_are_scoped_as_they_are_counted(
    books: Metering, price: Callable[..., None], resets: str, amount: str
) -> None:
    """The same three, told as events in two batches."""
    price(TIERED | {"resets": resets})
    rows = [
        event(f"e-{number}", f"2026-01-15T{time}Z", quantity)
        for number, (time, quantity) in enumerate(
            (("10:05:00", 9), ("10:59:59.999", 6), ("11:00:00", 9))
        )
    ]
    books.send(rows[1:], EVENTS)
    books.rate()
    books.send(rows[:1], EVENTS)

    assert books.rate().amounts == {"USD": Decimal(amount)}


def test_an_hour_repeated_by_the_clock_is_two(books: Metering, price: Callable[..., None]) -> None:
    """05:30 and 06:30 UTC are both 01:30 in New York on 1 November: 9 and 6 at 0.10 are 1.50."""
    price(TIERED | {"resets": "hour"})
    zone(books, "America/New_York")
    rows = [
        event("e-1", "2026-11-01T05:30:00Z", 9),
        event("e-2", "2026-11-01T06:30:00Z", 6),
    ]
    books.send(rows, EVENTS)

    assert books.rate().amounts == {"USD": Decimal("1.50")}


def test_usage_without_a_moment_lies_in_no_hour(
    books: Metering, price: Callable[..., None]
) -> None:
    """A day's count has no price by the hour; the event beside it has."""
    price(TIERED | {"resets": "hour"})
    books.send([counted(60)], COUNTED)
    books.send([event(quantity=9)], EVENTS)

    run = books.rate()

    assert run.amounts == {"USD": Decimal("0.90")}
    assert [each.quantity for each in run.unpriced] == [60]


@examples(commit=15, torture=2_000)
@given(st.data())
def test_pencil_and_paper_agree_on_hours_and_events(
    bench: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    """Any price by hours or events comes to what walking through each apart does."""
    rounding = data.draw(roundings().filter(lambda each: each.at is not RoundedAt.DAY))
    drawn = data.draw(prices(rounding.at))
    terms = drawn.commitment and replace(drawn.commitment, true_up=False)
    price = replace(drawn, resets=data.draw(st.sampled_from(WITHIN_DAY)), commitment=terms)
    names = st.sampled_from([f"{hour:019} {name}" for hour in (10, 11) for name in "ab"])
    rows: list[Row] = daily(
        [
            (*row[:4], data.draw(names), row[5])
            for row in data.draw(usage())
            for _ in range(data.draw(st.integers(1, 3)))
        ]
    )

    found = rate(metered_of(rows), told(price, rounding=rounding), through=JUN_30, connection=bench)

    scopes = {"acme": "acme", "globex": "globex"}
    expected = naive.rate(rows, {"tokens": price}, rounding, TERM, scopes)
    actual = by_day(found)
    assert found.unpriced.num_rows == 0
    assert {key: expected[key] for key in expected if expected[key]} == {
        key: actual[key] for key in actual if actual[key]
    }
