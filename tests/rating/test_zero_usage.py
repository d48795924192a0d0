"""A window without usage that owes one package."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from pydantic import TypeAdapter

from revrec.columnar import connect
from revrec.model.rating import Price
from tests.rating import naive
from tests.rating.samples import used
from tests.rating.test_published import MARCH, by_charge, priced, rated

BY_TEN = {
    "id": "units",
    "meter": "units",
    "unit_amount": "15",
    "per": "10",
    "packages": "up",
    "package_at_zero_usage": True,
}
IN_TIERS = BY_TEN | {
    "unit_amount": "0",
    "tiers": [
        {"up_to": "20", "unit_amount": "15", "flat_amount": "2"},
        {"unit_amount": "10", "flat_amount": "1"},
    ],
}


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


@pytest.mark.parametrize(
    ("usage", "charges"),
    [
        ((), {"fee": 15}),
        ((1,), {"usage": 15}),
        ((10,), {"usage": 15}),
        (("10.1",), {"usage": 30}),
        ((5, -5), {"fee": 15}),
    ],
    ids=["none", "begun", "full", "next", "taken back"],
)
def test_at_least_one_package(
    bench: duckdb.DuckDBPyConnection, usage: tuple[Any, ...], charges: dict[str, int]
) -> None:
    """Tens at 15: no usage costs what the first ten cost, and usage no more than its packages."""
    rows = [used(quantity, meter="units", day=MARCH) for quantity in usage]

    assert by_charge(rated(bench, rows, priced([BY_TEN]))) == charges


@pytest.mark.parametrize(
    ("terms", "amount"),
    [
        (BY_TEN, "15"),
        (IN_TIERS, "17"),
        (IN_TIERS | {"mode": "volume"}, "17"),
        (IN_TIERS | {"discount_percent": "10"}, "15.3"),
        (IN_TIERS | {"multiplier": "0.1"}, "1.7"),
        (IN_TIERS | {"maximum": "12"}, "12"),
    ],
    ids=["one price", "tiers", "volume", "discount", "multiple", "maximum"],
)
def test_the_package_is_that_of_the_first_tier(
    bench: duckdb.DuckDBPyConnection, terms: dict[str, Any], amount: str
) -> None:
    """15 and the flat 2 of the tier, as one unit would cost: less the discount, up to the most."""
    told = priced([terms])
    price = TypeAdapter(Price).validate_python(terms)

    idle = by_charge(rated(bench, [], told))
    begun = by_charge(rated(bench, [used(1, meter="units", day=MARCH)], told))

    assert idle == {"fee": Decimal(amount)}
    assert begun == {"usage": Decimal(amount)}
    assert Fraction(idle["fee"]) == naive.without_usage(price)


def test_the_package_is_owed_once_the_window_is_over(bench: duckdb.DuckDBPyConnection) -> None:
    """On 30 March there may still be usage; a minimum of 20 then adds 5."""
    told = priced([BY_TEN | {"minimum": "20"}])

    assert by_charge(rated(bench, [], told, through=date(2026, 3, 30))) == {}
    assert by_charge(rated(bench, [], told)) == {"fee": 15, "minimum": 5}
