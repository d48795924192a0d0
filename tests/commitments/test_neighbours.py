"""Neighbours of published cases: other numbers, and two features at once; worked by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from revrec.columnar import connect
from revrec.model.rating import Price, Tier
from revrec.rating.rate import metered_of, rate
from tests.commitments.books import commitment, draws, grant, left, position, used
from tests.rating.samples import told as priced_for_both
from tests.rating.samples import used as counted
from tests.rating.test_published import MARCH, by_charge, priced, rated

MONTHS = {"every_months": 1, "until": "2026-04-01"}


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


def test_a_floor_and_a_cap_month_after_month() -> None:
    """1,000 a month; kept is a tenth of what is left, 30 at least and 80 at most, for a month.

    January leaves 1,000: 80. February uses 80 and 900 of its own, leaves 100: 10, raised to 30.
    March uses 1,030, all there is: a floor of 30 is kept of nothing.
    """
    told = [grant("m", 1000, recurs=MONTHS, rollover={"percent": "10", "floor": "30", "cap": "80"})]
    uses = [used("2026-02-10", 980), used("2026-03-10", 1030)]

    found = {each.grant: each for each in position(told, uses, "2026-04-01").credits()}

    assert {
        name: (each.rolled_over, each.raised, each.expired)
        for name, each in found.items()
        if name in {"m 2026-01-01", "m 2026-02-01", "m 2026-03-01"}
    } == {
        "m 2026-01-01": (80, 0, 920),
        "m 2026-02-01": (30, 0, 70),
        "m 2026-03-01": (30, 30, 0),
    }
    assert found["m 2026-03-01 rolled over"].remaining == 30


def test_a_void_after_the_month_takes_what_rolled_over() -> None:
    """50 of January's 100 went on; voided in February with 20 of them used, 30 are lost."""
    told = [
        grant("g", 100, last_day="2026-01-31", rollover={"cap": "50"}),
        {"kind": "credit_adjustment", "id": "v", "contract": "acme", "on": "2026-02-15",
         "grant": "g rolled over"},
    ]  # fmt: skip
    uses = [used("2026-02-10", 20), used("2026-02-20", 5)]

    _, carried = position(told, uses, "2026-02-28").credits()

    assert (carried.drawn, carried.voided, carried.remaining) == (20, 30, 0)


def test_rolled_over_credits_first_and_a_pool_at_once() -> None:
    """The pool draws what rolled over before a grant of better priority; Globex' part is its own.

    Of January's 40 left, 40 go on: 10 for Globex, 30 shared.
    """
    told = [
        {"kind": "credit_pool", "id": "p", "on": "2026-01-01", "contracts": ["acme", "globex"],
         "order": ["rolled_over", "lowest_priority"]},
        grant("jan", 40, last_day="2026-01-31", priority=5, rollover={}),
        grant("feb", 100, on="2026-02-01", priority=1),
        {"kind": "credit_transfer", "id": "t", "on": "2026-01-02", "pool": "p",
         "taker": "globex", "amount": "10"},
    ]  # fmt: skip
    uses = [used("2026-02-03", 50), used("2026-02-04", 15, contract="globex")]

    found = position(told, uses, contracts=("acme", "globex"))

    assert draws(found) == [
        ("jan rolled over", 30), ("feb", 20), ("jan rolled over", 10), ("feb", 5),
    ]  # fmt: skip


def test_three_years_within_a_total_with_a_raise_and_overage_at_list() -> None:
    """Parts of 100 a year within 350 in all, the second raised to 130; beyond costs 1.25 times.

    2026 uses 90: 10 missing. 2027 uses 150: 130 of its part, 20 go on in the total, which has
    room. 2028 uses 200: 100 of its part, 350 - 90 - 150 - 100 = 10 of the total, 90 beyond.
    What is missing to a part is charged and counts to the total.
    """
    years = {"every_months": 12, "until": "2028-01-01"}
    told = [
        commitment("total", 350, form="postpaid", overage_factor="1.25")
        | {"last_day": "2028-12-31"},
        commitment("y", 100, form="postpaid", within="total", recurs=years) | {"last_day": None},
        {"kind": "commitment_amendment", "id": "a", "contract": "acme", "on": "2027-03-01",
         "commitment": "y 2027-01-01", "amount": "130"},
    ]  # fmt: skip
    uses = [used("2026-06-01", 90), used("2027-06-01", 150), used("2028-06-01", 200)]

    found = position(told, uses, "2029-01-01")

    assert draws(found) == [
        ("y 2026-01-01", 90),
        ("y 2027-01-01", 130),
        ("total", 20),
        ("y 2028-01-01", 100),
        ("total", 10),
        ("", 90),
    ]
    by_name = {each.commitment: each for each in found.commitments()}
    assert [by_name[f"y {year}-01-01"].true_up for year in (2026, 2027, 2028)] == [10, 0, 0]
    assert (by_name["total"].consumed, by_name["total"].true_up) == (350, 0)
    due = sum(each.due for each in found.reconciling())
    assert due == (90 + 130 + 20 + 100 + 10 + 10) * 100 + 11250


def test_tiers_that_subsidiaries_share_and_credits_they_share(
    bench: duckdb.DuckDBPyConnection,
) -> None:
    """Acme counts 8 and Globex 6 in one total: 10 at 1.00 and 4 at 0.50, and 9.00 of credits.

    Acme's 8 cost 8.00, Globex' first 2 cost 2.00 and its next 4 cost 2.00. The credits pay the 8,
    then 1 of Globex' 4.00; 3.00 are beyond.
    """
    tiers = (Tier(up_to=Decimal(10), unit_amount=Decimal(1)), Tier(unit_amount=Decimal("0.5")))
    card = priced_for_both(Price(id="tokens", meter="tokens", tiers=tiers), pool="group")
    rows = [
        counted(8, day=date(2026, 1, 20)),
        counted(6, day=date(2026, 1, 21), customer="globex"),
    ]
    sums: dict[tuple[str, str], Decimal] = {}
    found = rate(metered_of(rows), card, through=date(2026, 1, 31), connection=bench)
    for line in found.lines.to_pylist():
        key = line["contract"], str(line["day"])
        sums[key] = sums.get(key, Decimal(0)) + line["amount"]
    uses = [used(day, str(amount), contract=name) for (name, day), amount in sums.items()]
    told = [
        {"kind": "credit_pool", "id": "p", "on": "2026-01-01", "contracts": ["acme", "globex"]},
        grant("G", 9),
    ]

    shared = position(told, uses, contracts=("acme", "globex"))

    assert sums == {("acme", "2026-01-20"): 8, ("globex", "2026-01-21"): 4}
    assert draws(shared) == [("G", 8), ("G", 1), ("", 3)]


@pytest.mark.parametrize(
    ("usage", "included_units", "charges"),
    [
        (0, "before_tiers", ("0", "30")),
        (15, "before_tiers", ("10", "20")),
        (15, "in_tiers", ("11", "19")),
        (40, "before_tiers", ("36.5", "0")),
        (40, "in_tiers", ("34", "0")),
    ],
)
def test_minimum_included_units_and_tiers_together(
    bench: duckdb.DuckDBPyConnection,
    usage: int,
    included_units: str,
    charges: tuple[str, str],
) -> None:
    """5 units free, tiers of 1.00, 1.20 and 0.50 to 10, 30 and on, and 30.00 at least.

    Before tiers 15 are 10 x 1, and 40 are 10 x 1 + 20 x 1.2 + 5 x 0.5. In tiers 15 are 5 x 1 + 5 x
    1.2, and 40 are 5 x 1 + 20 x 1.2 + 10 x 0.5.
    """
    tiers = [
        {"up_to": "10", "unit_amount": "1"},
        {"up_to": "30", "unit_amount": "1.2"},
        {"unit_amount": "0.5"},
    ]
    price: dict[str, Any] = {
        "id": "u", "meter": "u", "included": "5", "included_units": included_units,
        "tiers": tiers, "minimum": "30",
    }  # fmt: skip
    rows = [counted(usage, meter="u", day=MARCH)] if usage else []

    found = by_charge(rated(bench, rows, priced([price])))

    assert (found.get("usage", 0), found.get("minimum", 0)) == tuple(map(Decimal, charges))


def test_promotional_credits_go_before_bought_ones_and_overage_follows() -> None:
    """Free first, then what was paid least for; 20 beyond are left to be charged."""
    told = [
        {"kind": "credit_pool", "id": "p", "on": "2026-01-01", "contracts": ["acme"],
         "order": ["free", "lowest_cost"]},
        grant("dear", 50, paid="50"),
        grant("cheap", 50, paid="40"),
        grant("promo", 30),
    ]  # fmt: skip

    found = position(told, [used("2026-02-01", 150)])

    assert draws(found) == [("promo", 30), ("cheap", 50), ("dear", 50), ("", 20)]
    assert left(found) == {"cheap": 0, "dear": 0, "promo": 0}
    assert [each.worth for each in found.draws()] == [0, 40, 50, 0]
