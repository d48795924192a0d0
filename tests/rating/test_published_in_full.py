"""Published figures that need more than one step: what is metered, then rated, then settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from revrec.columnar import connect
from revrec.model.rating import Aggregation
from revrec.rating.metering import aggregated, capacity_tier, weighted_level
from tests.rating.samples import used
from tests.rating.test_published import CENTS, MARCH, TIERS, by_line, priced, rated, total


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


def by_window(bench: duckdb.DuckDBPyConnection, rows: list[Any], told: Any) -> list[dict[str, Any]]:
    """Amounts by what they are for, window by window."""
    sums: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in rated(bench, rows, told).lines.to_pylist():
        sums[line["window_first"]][line["charge"]] += line["amount"]
    return [dict(sums[first]) for first in sorted(sums)]


def test_bytes_held_are_priced_by_the_tiers_of_their_mean(
    bench: duckdb.DuckDBPyConnection,
) -> None:
    """rate-aws-s3-storage: 52,900 GB-months are 51,200 x 0.023 + 1,700 x 0.022 = 1,215.00."""
    gigabyte = Decimal(2**30)
    begins, ends = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    mean, _ = weighted_level(
        [
            (begins, Decimal(107_374_182_400)),
            (begins + timedelta(days=15), Decimal(109_951_162_777_600 - 107_374_182_400)),
        ],
        (begins, ends),
    )
    tiers = [
        {"up_to": "51200", "unit_amount": "0.023"},
        {"up_to": "512000", "unit_amount": "0.022"},
    ]
    months = mean.numerator // (mean.denominator * int(gigabyte))
    assert mean * 744 == 42_259_901_212_262_400

    found = rated(
        bench,
        [used(months, meter="gb", day=MARCH)],
        priced([{"id": "gb", "meter": "gb", "tiers": tiers}]),
    )

    assert [
        (each["tier"], each["quantity"], each["amount"]) for each in found.lines.to_pylist()
    ] == [(1, 51_200, Decimal("1177.60")), (2, 1_700, Decimal("37.40"))]
    assert total(found) == Decimal("1215.00")


def test_a_line_before_it_is_rounded(bench: duckdb.DuckDBPyConnection) -> None:
    """rate-aws-s3-requests: 620,000 at 0.004 for ten thousand are 0.248, a line of 0.25."""
    price = {"id": "get", "meter": "get", "unit_amount": "0.004", "per": "10000"}
    row = used(620_000, meter="get", day=MARCH)

    assert [
        total(rated(bench, [row], priced([price], **rounding)))
        for rounding in ({}, {"rounding": CENTS})
    ] == [Decimal("0.248"), Decimal("0.25")]


@pytest.mark.parametrize(
    ("peaks", "amount"),
    [
        ({"unit1": 100, "unit2": 1000, "unit3": 50}, 10),
        ({"unit1": 100, "unit2": 1001}, 20),
        ({"unit1": 101, "unit2": 1000}, 20),
        ({"unit1": 101, "unit2": 1001}, 20),
        ({"unit1": 10, "unit2": 2001}, 30),
    ],
)
def test_the_tier_of_the_highest_peak_has_one_price(
    bench: duckdb.DuckDBPyConnection, peaks: dict[str, int], amount: int
) -> None:
    """rate-killbill-capacity: 10, 20 and 30 for the tiers, not by the unit."""
    limits: list[dict[str, Decimal | None]] = [
        {"unit1": Decimal(100), "unit2": Decimal(1000), "unit3": Decimal(50)},
        {"unit1": Decimal(200), "unit2": Decimal(2000), "unit3": Decimal(100)},
        {"unit1": None, "unit2": None, "unit3": None},
    ]
    stairs = [
        {"up_to": "1", "flat_amount": "10"},
        {"up_to": "2", "flat_amount": "20"},
        {"flat_amount": "30"},
    ]
    told = priced([{"id": "capacity", "meter": "capacity", "mode": "volume", "tiers": stairs}])
    tier = capacity_tier(limits, {unit: Decimal(peak) for unit, peak in peaks.items()})

    assert total(rated(bench, [used(tier, meter="capacity", day=MARCH)], told)) == amount


@pytest.mark.parametrize(
    ("terms", "windows", "amounts"),
    [
        ({"unit_amount": "0.10"}, [[2, 5, 6, 9], [10]], ["0.9", "1"]),
        ({"tiers": TIERS}, [[9, 3], [15]], ["0.90", "1.25"]),
        ({"tiers": TIERS, "mode": "volume"}, [[9], [15, 15]], ["0.90", "0.75"]),
    ],
    ids=["unit", "slab", "volume"],
)
def test_the_peak_of_each_window_is_rated_alone(
    bench: duckdb.DuckDBPyConnection,
    terms: dict[str, Any],
    windows: Sequence[Sequence[int]],
    amounts: Sequence[str],
) -> None:
    """rate-flexprice-window-reset: 2, 5, 6 and 9 are a peak of 9."""
    told = priced([{"id": "units", "meter": "units", "resets": "day"} | terms])
    rows = [
        used(
            str(aggregated([{"quantity": Decimal(n)} for n in window], Aggregation.MAX)),
            meter="units",
            day=MARCH + timedelta(days=number),
        )
        for number, window in enumerate(windows)
    ]

    assert [each["usage"] for each in by_window(bench, rows, told)] == [
        Decimal(amount) for amount in amounts
    ]


def test_each_hour_of_a_commitment_is_settled_alone(bench: duckdb.DuckDBPyConnection) -> None:
    """min-flexprice-hourly-commitment: 35; 12 and 8 for what is missing; 20."""
    terms = {"quantity": "10", "overage_factor": "1.5"}
    price = {"id": "h", "meter": "h", "unit_amount": "2", "resets": "day", "commitment": terms}
    rows = [used(n, meter="h", day=MARCH + timedelta(days=d)) for d, n in enumerate((15, 6, 10))]

    found = by_window(bench, rows, priced([price], until=date(2026, 3, 3)))

    assert [(each["usage"], each.get("commitment", 0)) for each in found] == [
        (35, 0), (12, 8), (20, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "reads", "multiple"), [("write_5m", 1, "1.35"), ("write_1h", 2, "2.2")]
)
def test_a_cache_pays_once_it_is_read(
    bench: duckdb.DuckDBPyConnection, kind: str, reads: int, multiple: str
) -> None:
    """rate-claude-token-multipliers: a write and its reads in multiples of the input's price."""
    common = {"meter": "tokens", "per": "1000000"}
    prices: list[dict[str, Any]] = [
        {"id": "input", "when": {"type": "input"}, "unit_amount": "10"} | common
    ]
    for name, times in (("write_5m", "1.25"), ("write_1h", "2"), ("read", "0.1")):
        prices.append(
            {"id": name, "when": {"type": name}, "meter": "tokens", "multiple_of": "input",
             "multiplier": times}
        )  # fmt: skip
    rows = [
        used(1_000_000 * times, meter="tokens", day=MARCH, labels=f'{{"type":"{name}"}}')
        for name, times in ((kind, 1), ("read", reads), ("input", reads + 1))
    ]

    found = by_line(rated(bench, rows, priced(prices)))

    assert found[kind] + found["read"] == Decimal(multiple) * 10
    assert found["input"] == (reads + 1) * 10


def test_a_plan_covers_part_units_exactly(bench: duckdb.DuckDBPyConnection) -> None:
    """com-aws-savings-plan-hour: 20/7 units are covered, 8/7 cost 1.00 each: 1.142857142857.

    With 55.10 of other use, 1.14 make 56.24.
    """
    terms = {"amount": "2.00", "overage_unit_amount": "1.00"}
    price = {"id": "r5", "meter": "r5", "unit_amount": "0.70", "resets": "day", "commitment": terms}
    row = used(4, meter="r5", day=MARCH)

    exact = total(rated(bench, [row], priced([price], until=MARCH))) - 2
    cents = total(rated(bench, [row], priced([price], rounding=CENTS, until=MARCH))) - 2

    assert exact == Decimal("1.142857142857")
    assert (cents, cents + Decimal("55.10")) == (Decimal("1.14"), Decimal("56.24"))
