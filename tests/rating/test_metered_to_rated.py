"""What was metered against what the ledger holds rated: every difference by its reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from revrec.usage.columns import RATED
from revrec.usage.metered_to_rated import Grain, metered_to_rated
from tests.rating.conftest import Metering
from tests.rating.test_rerating import JAN_20, TIERED, counted
from tests.usage.samples import told

JAN_10 = date(2026, 1, 10)


def leg(books: Metering, grain: Grain = Grain.DAY):
    """The leg of January: lines, and reasons, by column name; reasons add up to the lines."""
    found = books.database.run(
        lambda tx: metered_to_rated(
            tx, books.lake, first=date(2026, 1, 1), last=date(2026, 1, 31), grain=grain
        ),
        entity=books.entity,
        actor="auditor",
        read_only=True,
    )
    lines, reasons = (
        [dict(zip([each.name for each in data.columns], row, strict=True)) for row in data.rows]
        for data in (found.lines, found.reasons)
    )
    for line in lines:
        for step, measure in (
            ("metered_less_rated", "quantity"),
            ("rated_since", "amount"),
            ("to_be_rated", "amount"),
        ):
            assert line[step] == sum(
                each[measure]
                for each in reasons
                if each["difference"] == step
                and (each["contract"], each["meter"], each["service"])
                == (line["contract"], line["meter"], line["service"])
            )
    return lines, {
        (each["service"][-2:], each["difference"], each["reason"]): (
            each["quantity"] or each["amount"]
        )
        for each in reasons
    }


def test_what_is_rated_as_counted_has_no_reason(
    books: Metering, price: Callable[..., None]
) -> None:
    """60 and 60 tokens, counted and rated; and what another system told with its amount."""
    price(TIERED)
    books.send([counted(60), counted(60, day=JAN_20)])
    books.send([told(usage_date="2026-01-10", quantity="7")], RATED)
    books.rate()

    lines, reasons = leg(books, Grain.MONTH)

    assert reasons == {}
    assert [(each["service"], each["metered"], each["rated"]) for each in lines] == [
        ("2026-01", Decimal(127), Decimal(127))
    ]


def test_each_difference_has_its_reason(books: Metering, price: Callable[..., None]) -> None:
    """60 and 60 are rated at 60 and 50; then 50 come late on the 10th, and 5 more on the 20th.

    Not rated yet: 50 units for 50 dollars. The 15th slips into the second tier: 60 becomes 50 and
    5. The 20th has 65 units at half a dollar, 32.50 instead of 50: its count was added to.
    """
    price(TIERED)
    books.send([counted(60), counted(60, day=JAN_20)])
    books.rate()
    books.send([counted(50, day=JAN_10), counted(5, day=JAN_20)])

    _, reasons = leg(books)

    assert reasons == {
        ("10", "metered_less_rated", "not_rated_yet"): Decimal(50),
        ("10", "to_be_rated", "not_rated_yet"): Decimal(50),
        ("15", "to_be_rated", "rerated_tier"): Decimal(-5),
        ("20", "metered_less_rated", "late_event"): Decimal(5),
        ("20", "to_be_rated", "late_event"): Decimal("-17.5"),
    }

    books.rate()
    _, after = leg(books)

    assert after == {
        ("15", "rated_since", "rerated_tier"): Decimal(-5),
        ("20", "rated_since", "late_event"): Decimal("-17.5"),
    }


def test_usage_without_a_price_is_named(books: Metering, price: Callable[..., None]) -> None:
    """The card prices tokens of large models alone; nine of a small one stand beside."""
    price(TIERED | {"when": {"model": "large"}})
    books.send(
        [
            counted(60, dimensions='{"model":"large"}'),
            counted(9, dimensions='{"model":"small"}'),
        ]
    )
    books.rate()

    _, reasons = leg(books, Grain.MONTH)

    assert reasons == {("01", "metered_less_rated", "no_price"): Decimal(9)}
