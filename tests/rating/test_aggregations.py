"""Prices of what is no sum of its window: peaks, latest values, distinct values, levels."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.columnar import connect
from revrec.errors import FeedError
from revrec.rating.rate import Rated
from revrec.usage.columns import EVENTS
from tests.properties.profiles import examples
from tests.rating.conftest import Metering
from tests.rating.naive import Row
from tests.rating.samples import used
from tests.rating.test_events import event, zone
from tests.rating.test_published import MARCH, by_line, priced, rated, total
from tests.usage.samples import Told

TIERS = [
    {"up_to": "10", "unit_amount": "0.10"},
    {"unit_amount": "0.05"},
]


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


def priced_as(how: str, **terms: Any) -> dict[str, Any]:
    """A price of an aggregation."""
    return {"id": "seats", "meter": "tokens", "aggregation": how, "unit_amount": "1"} | terms


def reading(quantity: str | int, at: str, labels: str = "{}", name: str = "e") -> Row:
    """An event at a moment in UTC."""
    day = date.fromisoformat(at[:10])
    event = f"{at[:10]} {at[11:]}+00 {name}"
    return used(quantity, day=day, labels=labels, event=event)


def measured(found: Rated) -> dict[date, Decimal]:
    """Quantity by window."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for line in found.lines.to_pylist():
        sums[line["window_first"]] += line["quantity"]
    return dict(sums)


EVENTS_OF_MARCH = [
    reading(5, "2026-03-01T09:00:00", '{"user":"a"}', "1"),
    reading(9, "2026-03-01T08:00:00", '{"user":"b"}', "2"),
    reading(12, "2026-03-07T23:00:00", '{"user":"a"}', "3"),
    reading(0, "2026-03-08T00:00:00", '{"user":"c"}', "4"),
    reading(7, "2026-03-31T23:59:59.5", '{"user":"b"}', "5"),
    reading(8, "2026-03-31T23:59:59", '{"user":"a"}', "6"),
]


@pytest.mark.parametrize(
    ("terms", "quantity"),
    [
        (priced_as("sum"), 41),
        (priced_as("count"), 5),
        (priced_as("max"), 12),
        (priced_as("latest"), 7),
        (priced_as("distinct", distinct_of="user"), 2),
    ],
)
def test_how_the_events_of_a_month_make_its_quantity(
    bench: duckdb.DuckDBPyConnection, terms: dict[str, Any], quantity: int
) -> None:
    """5 and 9 on the first, 12, nothing by c, and at last 8 then 7; nobody counts who used none."""
    found = rated(bench, EVENTS_OF_MARCH, priced([terms]))

    assert (total(found), measured(found)) == (quantity, {MARCH: quantity})
    assert found.unpriced.num_rows == 0


def test_a_peak_has_the_tiers_of_its_window(bench: duckdb.DuckDBPyConnection) -> None:
    """A peak of 12 is 10 x 0.10 + 2 x 0.05; with 2 included and each week on its own, less.

    From Monday 23 February: 9. From 2 March: 12. From 30 March: 8.
    """
    tiered = {"id": "p", "meter": "tokens", "aggregation": "max", "tiers": TIERS}
    weekly = tiered | {"resets": "week", "included": "2"}

    assert total(rated(bench, EVENTS_OF_MARCH, priced([tiered]))) == Decimal("1.10")
    by_week = rated(bench, EVENTS_OF_MARCH, priced([weekly]))
    assert measured(by_week) == {date(2026, 2, 23): 9, date(2026, 3, 2): 12, date(2026, 3, 30): 8}
    assert total(by_week) == Decimal("0.70") + Decimal("1.00") + Decimal("0.60")


def test_the_peaks_of_hours_are_rated_hour_by_hour(bench: duckdb.DuckDBPyConnection) -> None:
    """Of two hours with the peaks 9 and 12: 9 x 0.10, and 10 x 0.10 + 2 x 0.05."""
    rows = [
        used(quantity, day=MARCH, event=f"2026-03-01T{hour}+00000 2026-03-01 {hour}:{rest}+00 e")
        for quantity, hour, rest in ((9, 10, "00:00"), (6, 10, "30:00"), (12, 11, "00:00"))
    ]
    price = {"id": "p", "meter": "tokens", "aggregation": "max", "tiers": TIERS, "resets": "hour"}

    assert total(rated(bench, rows, priced([price]))) == Decimal("2.00")


def test_what_has_no_value_to_tell_apart_has_no_price(bench: duckdb.DuckDBPyConnection) -> None:
    """An event without the label cannot be a distinct user."""
    rows = [reading(5, "2026-03-01T09:00:00"), *EVENTS_OF_MARCH]

    found = rated(bench, rows, priced([priced_as("distinct", distinct_of="user")]))

    assert measured(found) == {MARCH: 2}
    assert [each["quantity"] for each in found.unpriced.to_pylist()] == [5]


def test_bytes_held_are_the_mean_of_the_month(bench: duckdb.DuckDBPyConnection) -> None:
    """rate-aws-s3-storage: 100 GB for 15 days and 100 TB for 16 are 52,900 GB-months.

    51,200 x 0.023 + 1,700 x 0.022 = 1,215.00, a day at a time.
    """
    gigabytes = {
        "id": "gb",
        "meter": "tokens",
        "aggregation": "level",
        "tiers": [
            {"up_to": "51200", "unit_amount": "0.023"},
            {"up_to": "512000", "unit_amount": "0.022"},
        ],
    }
    rows = [reading(100, "2026-03-01T00:00:00"), reading(102_400, "2026-03-16T00:00:00")]

    found = rated(bench, rows, priced([gigabytes]))

    assert measured(found) == {MARCH: 52_900}
    assert total(found) == Decimal("1215.00")
    assert len({line["day"] for line in found.lines.to_pylist()}) == 31


def test_a_level_is_carried_into_the_next_month(bench: duckdb.DuckDBPyConnection) -> None:
    """meter-lago-weighted-sum: 2,500 x 27/31, and 2,500 - 2,000 x 27/30 - 200 x 25/30."""
    rows = [
        reading(2_500, "2026-03-05T00:00:00"),
        reading(500, "2026-04-04T00:00:00"),
        reading(300, "2026-04-06T00:00:00"),
    ]
    told = priced([priced_as("level")])

    found = measured(rated(bench, rows, told, through=date(2026, 5, 31)))

    april = Fraction(2_500) - Fraction(2_000 * 27, 30) - Fraction(200 * 25, 30)
    expected = {MARCH: Fraction(2_500 * 27, 31), date(2026, 4, 1): april}
    for first, level in expected.items():
        assert abs(Fraction(found[first]) - level) <= Fraction(1, 10**9)
    assert found[date(2026, 5, 1)] == 300
    # By an average month of 730 hours, 744 of them count more than once.
    by_hours = rated(bench, rows[:1], priced([priced_as("level", level_hours="730")]))
    quantity = Fraction(2_500 * 27 * 24, 730)
    assert abs(Fraction(measured(by_hours)[MARCH]) - quantity) <= Fraction(1, 10**9)


_MOMENTS = st.integers(0, 60 * 86_400 * 2 - 1).map(
    lambda half: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=half // 2)
)
_VALUES = st.tuples(_MOMENTS, st.integers(0, 30), st.sampled_from("abc"))


@examples(commit=10, torture=2_000)
@given(values=st.lists(_VALUES, min_size=1, max_size=8, unique_by=lambda each: each[0]))
def test_pencil_and_paper_agree(
    bench: duckdb.DuckDBPyConnection, values: list[tuple[datetime, int, str]]
) -> None:
    """Every way at once, each on a meter of its own, month by month."""
    ways = ["count", "max", "latest", "distinct", "level"]
    prices = [
        priced_as(how, id=how, meter=how, distinct_of="user" if how == "distinct" else None)
        for how in ways
    ]
    rows = [
        (acme, how, *rest)
        for number, (at, value, user) in enumerate(values)
        for how in ways
        for acme, _, *rest in [
            reading(value, f"{at:%Y-%m-%dT%H:%M:%S}", json.dumps({"user": user}), str(number))
        ]
    ]

    found = rated(bench, rows, priced(prices), through=date(2026, 4, 30))

    sums: dict[tuple[str, date], Fraction] = defaultdict(Fraction)
    for line in found.lines.to_pylist():
        sums[line["line"], line["window_first"]] += Fraction(line["quantity"])
    for how in ways:
        for first, ends in ((MARCH, date(2026, 4, 1)), (date(2026, 4, 1), date(2026, 5, 1))):
            expected = by_hand(how, values, first, ends)
            within = Fraction(1, 10**9) if how == "level" else 0
            assert abs(sums[how, first] - expected) <= within, how


def by_hand(how: str, values: list[tuple[datetime, int, str]], first: date, ends: date) -> Fraction:
    """The quantity of a window."""
    begin, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, ends))
    inside = [each for each in sorted(values) if begin <= each[0] < end]
    if how == "level":
        held = Fraction(0)
        for user in "abc":
            own = [(at, value) for at, value, name in sorted(values) if name == user]
            for (at, value), (until, _) in pairwise([*own, (end, 0)]):
                span = min(until, end) - max(at, begin)
                held += value * max(Fraction(span // timedelta(seconds=1)), Fraction(0))
        return held / ((ends - first).days * 86_400)
    plain: Mapping[str, Callable[[], int]] = {
        "count": lambda: sum(value > 0 for _, value, _ in inside),
        "max": lambda: max((value for _, value, _ in inside), default=0),
        "latest": lambda: inside[-1][1] if inside else 0,
        "distinct": lambda: len({name for _, value, name in inside if value}),
    }
    return Fraction(plain[how]())


def correction(of: str, name: str, quantity: int, time: str) -> Told:
    """A correction of an event, told at a moment of its own."""
    return event(name, time, quantity, corrects=of)


def test_peaks_are_rated_from_the_ledger(books: Metering, price: Callable[..., None]) -> None:
    """Late, corrected and sent again, January's peak is what it is; what it moves is told.

    9 and 12 make 12. 15 on an earlier day make 15; corrected to 10, the peak is 12 again.
    """
    price({"id": "seats", "meter": "tokens", "aggregation": "max", "unit_amount": "2"})
    first = [
        event("e-1", "2026-01-15T10:00:00Z", 9),
        event("e-2", "2026-01-16T10:00:00Z", 12),
    ]
    books.send(first, EVENTS)
    run = books.rate()
    assert (run.amounts, run.counted, run.rated) == ({"USD": 24}, 21, 21)

    books.send([*first, event("e-3", "2026-01-10T10:00:00Z", 15)], EVENTS)
    assert books.rate().amounts == {"USD": 30}
    assert books.amounts() == {("acme", "tokens", date(2026, 1, 10)): 30}

    books.send([correction("e-3", "e-4", -5, "2026-01-20T10:00:00Z")], EVENTS)
    assert books.rate().amounts == {"USD": 24}
    again = books.rate(everything=True)
    assert (again.new, again.corrected, again.amounts) == (0, 0, {"USD": 24})


def test_levels_are_rated_from_the_ledger(books: Metering, price: Callable[..., None]) -> None:
    """A level told once is owed each day from then on, as far as is rated; in the zone's days.

    From midnight of 16 January in New York 310 units are 310 x 16/31 = 160.00 by the end of
    January; another 310 x 14/28 = 155.00 by 14 February.
    """
    zone(books, "America/New_York")
    price({"id": "gb", "meter": "tokens", "aggregation": "level", "unit_amount": "1"})
    books.send([event("e-1", "2026-01-16T05:00:00Z", 310)], EVENTS)

    assert books.rate(date(2026, 1, 31)).amounts == {"USD": 160}
    assert books.rate(date(2026, 2, 14)).amounts == {"USD": 315}
    assert books.amounts()["acme", "tokens", date(2026, 2, 1)] == Decimal("11.07")
    assert books.rate(date(2026, 2, 14), everything=True).corrected == 0
    # Told late, it was nothing from the last day of January on.
    books.send([event("e-2", "2026-01-31T05:00:00Z", 0)], EVENTS)
    assert books.rate(date(2026, 2, 14)).amounts == {"USD": 150}


def test_a_part_of_a_month_includes_a_part_of_the_units(bench: duckdb.DuckDBPyConnection) -> None:
    """Agreed from 17 March, 15 of 31 days: of 310 units 150 are included; in April all."""
    price = {
        "id": "t",
        "meter": "tokens",
        "included": "310",
        "included_prorated": True,
        "tiers": TIERS,
    }
    begins = date(2026, 3, 17)
    rows = [used(200, day=begins), used(320, day=date(2026, 4, 2))]

    prorated, whole = (
        rated(
            bench, rows, priced([price | {"included_prorated": each}], start=begins),
            through=date(2026, 4, 30),
        )
        for each in (True, False)
    )  # fmt: skip

    # Of March 50 are charged: 10 x 0.10 + 40 x 0.05; of April 10 x 0.10.
    assert by_line(prorated)["t"] == Decimal("3.00") + Decimal("1.00")
    assert by_line(whole)["t"] == Decimal("1.00")
    march = [line for line in prorated.lines.to_pylist() if line["window_first"] == MARCH]
    assert [(each["before"], each["after"]) for each in march] == [(0, 200)] * len(march)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (priced_as("distinct"), "distinct values are those of a label"),
        (priced_as("max", distinct_of="user"), "distinct values are those of a label"),
        (priced_as("max", level_hours="730"), "`level_hours` are above 0 and of a level"),
        (priced_as("max", resets="event"), "the max of a window is of no single event"),
        (priced_as("level", resets="hour"), "a level has no hours of its own"),
        (priced_as("level", resets="term"), "a term has no length"),
        (priced_as("sum", resets="hour", resets_every=2), "start again every 2 hour"),
        (priced_as("sum", resets="term", included_prorated=True), "units included are prorated"),
    ],
)
def test_a_quantity_nobody_could_tell_is_refused(
    bench: duckdb.DuckDBPyConnection, terms: dict[str, Any], message: str
) -> None:
    """With what to change."""
    with pytest.raises(FeedError, match=message):
        rated(bench, EVENTS_OF_MARCH, priced([terms]))
