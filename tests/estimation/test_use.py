"""What a component was used: to the last digit the ledger has, of its days and meters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa

from revrec.estimation.histories import Series, use_of
from revrec.model.contract import CountedIn

TRILLIONS = Decimal("9007199254740993.000000001")
"""2^53 + 1 and a billionth: no float is this number."""
ROWS = [
    ("acme", "tokens", date(2025, 12, 31), "1000", "10"),
    ("acme", "tokens", date(2026, 1, 1), str(TRILLIONS), "0.000000000001"),
    ("acme", "calls", date(2026, 1, 31), "2", "0.25"),
    ("acme", "calls", date(2026, 2, 1), "1000", "10"),
    ("acme", "images", date(2026, 1, 15), "1000", "10"),
    ("globex", "tokens", date(2026, 1, 15), "1000", "10"),
]


def used(counted_in: CountedIn, contract: str = "acme") -> Decimal:
    """Of two meters in January."""
    columns = list(zip(*ROWS, strict=True))
    daily = pa.table({
        "contract": columns[0],
        "meter": columns[1],
        "usage_date": pa.array(columns[2], pa.date32()),
        "quantity": pa.array(map(Decimal, columns[3]), pa.decimal128(38, 9)),
        "amount": pa.array(map(Decimal, columns[4]), pa.decimal128(38, 12)),
    })  # fmt: skip
    series = Series(
        contract=contract,
        meters=frozenset({"tokens", "calls"}),
        counted_in=counted_in,
        first_day=date(2026, 1, 1),
        cohort="all",
    )
    return use_of(daily, series, date(2026, 1, 31))


def test_use_is_exact_and_of_its_days_and_meters() -> None:
    """From the first day to the last, both included; in units, or in rated amounts."""
    assert TRILLIONS + 2 == used(CountedIn.QUANTITY)
    assert Decimal("0.250000000001") == used(CountedIn.AMOUNT)


def test_what_was_never_used_is_nothing() -> None:
    """No row is no use, and a number all the same."""
    assert 0 == used(CountedIn.QUANTITY, contract="initech")
