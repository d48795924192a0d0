"""One price over several meters: their usage fills one allowance and one set of tiers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.columnar import connect
from revrec.model.rating import Rounding
from revrec.rating.rate import metered_of, rate
from revrec.usage.columns import EVENTS
from tests.properties.profiles import examples
from tests.rating import naive
from tests.rating.conftest import Metering
from tests.rating.naive import Row
from tests.rating.samples import JUN_30, TERM, prices, roundings, told, usage, used
from tests.rating.test_events import event
from tests.rating.test_published import MARCH, by_charge, priced, rated, total
from tests.rating.test_rate import by_day, daily

TRANSFER: dict[str, Any] = {
    "id": "transfer",
    "meter": "storage_out",
    "meters": ["compute_out"],
    "tiers": [{"up_to": "10240", "unit_amount": "0.09"}, {"unit_amount": "0.085"}],
}


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


def test_services_fill_the_tiers_together(bench: duckdb.DuckDBPyConnection) -> None:
    """8,000 GB of storage after 4,000 of compute: 6,240 at 0.09 and 1,760 at 0.085.

    10,240 x 0.09 + 1,760 x 0.085 = 1,071.20 in all; each service apart would pay 0.09 throughout.
    """
    rows = [
        used(8_000, meter="storage_out", day=MARCH),
        used(4_000, meter="compute_out", day=MARCH),
    ]

    found = rated(bench, rows, priced([TRANSFER]))

    assert total(found) == Decimal("1071.20")
    assert [
        (each["meter"], each["tier"], each["before"], each["quantity"], each["amount"])
        for each in found.lines.to_pylist()
    ] == [
        ("compute_out", 1, 0, 4_000, 360),
        ("storage_out", 1, 4_000, 6_240, Decimal("561.6")),
        ("storage_out", 2, 4_000, 1_760, Decimal("149.6")),
    ]


def test_functions_share_their_free_requests(bench: duckdb.DuckDBPyConnection) -> None:
    """rate-huawei-pooled-free-requests: 2.2 of three functions less 1 million, at 0.2 a million."""
    price = {
        "id": "requests",
        "meter": "a",
        "meters": ["b", "c"],
        "unit_amount": "0.0000002",
        "included": "1000000",
    }
    rows = [
        used(count, meter=meter, day=MARCH)
        for meter, count in (("a", 2_000_000), ("b", 100_000), ("c", 100_000))
    ]

    assert total(rated(bench, rows, priced([price]))) == Decimal("0.24")


def test_what_a_window_owes_is_owed_once(bench: duckdb.DuckDBPyConnection) -> None:
    """Usage of either meter counts to the minimum, which stands under the first."""
    terms = {"id": "u", "meter": "a", "meters": ["b"], "unit_amount": "1", "minimum": "100"}
    rows = [used(30, meter="b", day=MARCH)]

    found = rated(bench, rows, priced([terms]))

    assert by_charge(found) == {"usage": 30, "minimum": 70}
    assert [
        (each["meter"], each["day"])
        for each in found.lines.to_pylist()
        if each["charge"] != "usage"
    ] == [("a", date(2026, 3, 31))]


def test_a_meter_of_the_price_may_have_a_price_for_some_labels(
    bench: duckdb.DuckDBPyConnection,
) -> None:
    """Labels that ask for more take the usage out of the common total."""
    apart = {
        "id": "eu",
        "meter": "compute_out",
        "when": {"region": "eu"},
        "unit_amount": "0.02",
    }
    rows = [
        used(10_240, meter="storage_out", day=MARCH),
        used(100, meter="compute_out", day=MARCH, labels='{"region":"eu"}'),
    ]

    assert total(rated(bench, rows, priced([TRANSFER, apart]))) == Decimal("923.60")


def test_transactions_of_a_further_meter_are_told_apart(
    books: Metering, price: Callable[..., None]
) -> None:
    """Two of one day at a fee of 2.00 each are two fees."""
    terms = {"percent": "1", "per_event": {"fee": "2"}}
    price({"id": "card", "meter": "images", "meters": ["tokens"]} | terms)
    books.send([event("e-1", quantity=100), event("e-2", quantity=100)], EVENTS)

    assert books.rate().amounts == {"USD": Decimal("6.00")}


@examples(commit=15, torture=2_000)
@given(st.data())
def test_pencil_and_paper_agree_on_meters_together(
    bench: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    """Any price over two meters comes to what walking through all their usage in order does."""
    rounding: Rounding = data.draw(roundings())
    price = replace(data.draw(prices(rounding.at)), meters=("images",))
    meters = st.sampled_from(["tokens", "images"])
    rows: list[Row] = daily([(row[0], data.draw(meters), *row[2:]) for row in data.draw(usage())])

    found = rate(metered_of(rows), told(price, rounding=rounding), through=JUN_30, connection=bench)

    scopes = {"acme": "acme", "globex": "globex"}
    expected = naive.rate(rows, {"tokens": price, "images": price}, rounding, TERM, scopes)
    actual = by_day(found)
    assert found.unpriced.num_rows == 0
    assert {key: expected[key] for key in expected if expected[key]} == {
        key: actual[key] for key in actual if actual[key]
    }
