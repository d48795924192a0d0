"""Counted usage is rated into the ledger once; what moves later is appended, naming its cause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from revrec.usage.rollup import daily
from tests.rating.conftest import Metering
from tests.usage.samples import Told

JAN_15 = date(2026, 1, 15)
JAN_20 = date(2026, 1, 20)
TIERED = {
    "id": "tokens",
    "meter": "tokens",
    "tiers": [{"up_to": 100, "unit_amount": "1"}, {"unit_amount": "0.50"}],
}
"""One dollar a token up to 100 a month, half a dollar above."""


def counted(quantity: str | int, *, day: date = JAN_15, **changes: str) -> Told:
    """A day's usage without an amount."""
    row = {
        "source": "metering",
        "usage_id": f"u-{day}-{quantity}",
        "contract": "acme",
        "meter": "tokens",
        "usage_date": day.isoformat(),
        "quantity": str(quantity),
        "unit": "token",
    }
    return row | changes


def rated(row: dict[str, Any]) -> dict[str, str]:
    """How a ledger row says it came about."""
    import json

    told: dict[str, str] = json.loads(row["dimensions"])["rating"]
    return told


def test_counted_usage_enters_the_ledger_with_its_amount(
    books: Metering, price: Callable[..., None]
) -> None:
    """60 and 60 tokens at a dollar up to 100: 60, then 40 and 20 at half: 50."""
    price(TIERED)
    books.send([counted(60), counted(60, day=JAN_20)])

    run = books.rate()

    assert run.counted == run.rated == 120
    assert (run.new, run.corrected, run.unpriced) == (3, 0, ())
    assert run.amounts == run.differences == {"USD": Decimal(110)}
    assert books.amounts() == {
        ("acme", "tokens", JAN_15): Decimal(60),
        ("acme", "tokens", JAN_20): Decimal(50),
    }
    told = [rated(row) for row in books.ledger() if row["usage_date"] == JAN_20]
    assert {
        (each["tier"], each["before"], each["after"], each["edition"], each["version"])
        for each in told
    } == {
        ("1", "60.000000000", "120.000000000", "list-1", "1"),
        ("2", "60.000000000", "120.000000000", "list-1", "1"),
    }


def test_rated_again_nothing_changes(books: Metering, price: Callable[..., None]) -> None:
    """A second run appends no row and records no batch."""
    price(TIERED)
    books.send([counted(60)])
    books.rate()
    before = books.ledger()

    run = books.rate()

    assert (run.new, run.corrected, run.recorded) == (0, 0, None)
    assert books.ledger() == before


def test_a_dry_run_writes_nothing(books: Metering, price: Callable[..., None]) -> None:
    """It tells what would be appended."""
    price(TIERED)
    books.send([counted(60)])

    run = books.rate(dry_run=True)

    assert (run.new, run.recorded, books.ledger()) == (1, None, [])
    assert books.rate().new == 1


def test_late_usage_moves_later_days_to_another_tier(
    books: Metering, price: Callable[..., None]
) -> None:
    """50 tokens of 10 January told late: the 20th slips 50 tokens further into the second tier.

    Before: 60 on the 15th for 60, 60 on the 20th for 40 + 10. With 50 before them: 50 + 10/2 on
    the 15th, 60/2 on the 20th. In all 50 + 50 + 5 + 30.
    """
    price(TIERED)
    books.send([counted(60), counted(60, day=JAN_20)])
    books.rate()
    originals = {row["usage_id"] for row in books.ledger()}
    jan_10 = date(2026, 1, 10)
    books.send([counted(50, day=jan_10)])

    run = books.rate()

    assert books.amounts() == {
        ("acme", "tokens", jan_10): Decimal(50),
        ("acme", "tokens", JAN_15): Decimal(55),
        ("acme", "tokens", JAN_20): Decimal(30),
    }
    corrections = [row for row in books.ledger() if row["corrects"]]
    assert {row["corrects"] for row in corrections} <= originals
    assert {rated(row)["reason"] for row in corrections} == {"the running total before it changed"}
    assert run.differences == {"USD": Decimal(25)}
    assert originals <= {row["usage_id"] for row in books.ledger()}


def test_a_corrected_card_is_a_difference_that_names_its_version(
    books: Metering, price: Callable[..., None]
) -> None:
    """A price put right from 1.00 to 0.90 gives 6.00 back on 60 tokens; the first row stays."""
    price(TIERED)
    books.send([counted(60)])
    books.rate()
    (first,) = books.ledger()
    price({"id": "tokens", "meter": "tokens", "unit_amount": "0.90"})

    run = books.rate()

    rows = books.ledger()
    (correction,) = [row for row in rows if row["corrects"]]
    assert first in rows
    assert (correction["corrects"], correction["quantity"]) == (first["usage_id"], 0)
    assert correction["amount"] == Decimal("-6.00")
    assert rated(correction)["version"] == "2"
    assert run.reasons == {"the price was corrected or replaced": 1}


def test_a_correction_of_usage_takes_its_amount_back(
    books: Metering, price: Callable[..., None]
) -> None:
    """20 of 120 tokens were never used: the 20 in the second tier go."""
    price(TIERED)
    books.send([counted(120, usage_id="u-1")])
    books.rate()
    books.send([counted(-20, usage_id="c-1", corrects="u-1")])

    run = books.rate()

    assert books.amounts() == {("acme", "tokens", JAN_15): Decimal(100)}
    assert run.reasons == {"usage of the day was added or corrected": 1}
    assert run.counted == run.rated == 100


def test_a_correction_on_a_later_day_is_a_row_of_its_own(
    books: Metering, price: Callable[..., None]
) -> None:
    """Told with another day than the row it corrects, it takes back at the price of its place."""
    price(TIERED)
    books.send([counted(120, usage_id="u-1")])
    books.send([counted(-30, day=JAN_20, usage_id="c-1", corrects="u-1")])

    run = books.rate()

    assert books.amounts() == {
        ("acme", "tokens", JAN_15): Decimal(110),
        ("acme", "tokens", JAN_20): Decimal(-20),
    }
    assert run.recorded is not None
    assert run.recorded.quarantined.rows == 0
    assert books.rate().recorded is None


def test_usage_without_a_price_is_told_not_dropped(
    books: Metering, price: Callable[..., None]
) -> None:
    """No line prices the labels: the quantity stands beside what is rated, and is found later."""
    price(TIERED | {"when": {"model": "large"}})
    books.send([counted(60, dimensions='{"model":"small"}')])

    (unpriced,) = books.rate().unpriced

    assert (unpriced.contract, unpriced.meter, unpriced.quantity) == ("acme", "tokens", 60)
    price(TIERED)
    assert books.rate().unpriced == ()
    assert books.amounts() == {("acme", "tokens", JAN_15): Decimal(60)}


def test_a_minimum_waits_for_the_end_of_its_month_and_shrinks_with_late_usage(
    books: Metering, price: Callable[..., None]
) -> None:
    """60 of at least 100: 40 on 31 January, when the month is over; 10 once 30 more are told."""
    price(TIERED | {"minimum": "100"})
    books.send([counted(60)])
    jan_31 = date(2026, 1, 31)
    assert books.rate(date(2026, 1, 30)).amounts == {"USD": Decimal(60)}
    assert books.rate(jan_31).amounts == {"USD": Decimal(100)}
    assert books.amounts()["acme", "tokens", jan_31] == Decimal(40)

    books.send([counted(30, day=JAN_20)])
    books.rate(jan_31)

    assert books.amounts()["acme", "tokens", jan_31] == Decimal(10)


@pytest.mark.parametrize("parts", [1, 2, 6])
def test_batches_and_order_of_arrival_change_nothing(
    books: Metering, price: Callable[..., None], parts: int
) -> None:
    """Rated after each batch or after all, the ledger sums to the same."""
    price(TIERED)
    rows = [counted(10 * n + 7, day=date(2026, 1, 28 - 3 * n)) for n in range(6)]
    for part in range(parts):
        books.send(rows[part::parts])
        books.rate()

    assert books.amounts() == {
        ("acme", "tokens", date(2026, 1, 13)): Decimal(57),
        ("acme", "tokens", date(2026, 1, 16)): Decimal("45.00"),
        ("acme", "tokens", date(2026, 1, 19)): Decimal("18.50"),
        ("acme", "tokens", date(2026, 1, 22)): Decimal("13.50"),
        ("acme", "tokens", date(2026, 1, 25)): Decimal("8.50"),
        ("acme", "tokens", date(2026, 1, 28)): Decimal("3.50"),
    }


def test_downstream_reads_rated_usage_like_any_other(
    books: Metering, price: Callable[..., None]
) -> None:
    """The roll-up that recognition reads holds quantity and amount of the day."""
    price(TIERED)
    books.send([counted(60), counted(60, day=JAN_20)])
    books.rate()

    table = books.database.run(
        lambda tx: daily(books.lake.dataset(tx, "usage"), entity=books.entity),
        entity=books.entity,
        actor="close",
        read_only=True,
    )

    assert [
        (row["contract"], row["usage_date"], row["quantity"], row["amount"])
        for row in table.to_pylist()
    ] == [("acme", JAN_15, 60, 60), ("acme", JAN_20, 60, 50)]
