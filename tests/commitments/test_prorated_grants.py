"""Credits and commitments that begin within a period are of its rest, as elected.

Price lists grant in full or in proportion, by the second or by the day; every figure below is the
part of the period, worked by hand.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from revrec.commitments.position import position_of
from tests.commitments.books import book, commitment, daily, grant, left, position, used

MONTHLY = {"every_months": 1, "until": "2026-03-31"}


@pytest.mark.parametrize(
    ("on", "terms", "granted"),
    [
        ("2026-01-16", {}, "516.129032258"),
        ("2026-01-16", {"decimals": 0}, "516"),
        ("2026-01-16", {"by": "none"}, "1000"),
        ("2026-01-16", {"by": "thirty_day_months"}, "500"),
        ("2026-01-01", {}, "1000"),
        ("2026-01-31", {}, "32.258064516"),
        ("2026-01-16", {"by": "seconds"}, "516.129032258"),
        ("2026-01-16", {"by": "seconds", "since": "2026-01-16T12:00:00Z"}, "500"),
        ("2026-01-31", {"by": "seconds", "since": "2026-01-31T23:59:59Z", "decimals": 6},
         "0.000373"),
        ("2026-01-31", {"by": "seconds", "since": "2026-01-31T18:00:00+00:00"}, "8.064516129"),
    ],
)  # fmt: skip
def test_the_first_month_is_of_its_rest(on: str, terms: dict[str, Any], granted: str) -> None:
    """Of 1,000 a month: 16 of 31 days, 15 of 30, half a month from noon on the 16th, a second.

    The next month is whole and begins on the first.
    """
    prorated = {"period_first": "2026-01-01"} | terms
    told = [grant("m", 1000, on=on, recurs=MONTHLY, prorated=prorated)]

    january = position(told, as_of="2026-01-31")
    february = position(told, as_of="2026-02-01")

    assert left(january) == {f"m {on}": Decimal(granted)}
    assert left(february)["m 2026-02-01"] == 1000
    assert left(february)[f"m {on}"] == 0


@pytest.mark.parametrize(
    ("mode", "granted"), [("half_even", "12"), ("half_up", "13")], ids=["even", "up"]
)
def test_half_a_credit_goes_where_elected(mode: str, granted: str) -> None:
    """25 credits for half of April are 12.5: 12 to the even number, 13 half up."""
    prorated = {"period_first": "2026-04-01", "decimals": 0, "mode": mode}
    told = [grant("g", 25, on="2026-04-16", last_day="2026-04-30", prorated=prorated)]

    assert left(position(told, as_of="2026-04-30")) == {"g": Decimal(granted)}


def test_a_year_begun_in_march_is_of_306_days() -> None:
    """1,200 for 2026 from 1 March on: 306 of 365 days are 1,006.027397260; 10 months are 1,000."""
    terms = {"period_first": "2026-01-01", "period_months": 12}
    days = [grant("g", 1200, on="2026-03-01", last_day="2026-12-31", prorated=terms)]
    months = [days[0] | {"prorated": terms | {"by": "calendar_months"}}]

    assert left(position(days, as_of="2026-03-01")) == {"g": Decimal("1006.027397260")}
    assert left(position(months, as_of="2026-03-01")) == {"g": 1000}


@pytest.mark.parametrize(("decimals", "paid"), [(2, "51.61"), (0, "52"), (None, "100")])
def test_what_is_paid_is_prorated_alike_or_not(decimals: int | None, paid: str) -> None:
    """100.00 for a month: 16 of 31 days are 51.61."""
    prorated = {"period_first": "2026-01-01", "price_decimals": decimals}
    told = [grant("m", 1000, on="2026-01-16", recurs=MONTHLY, paid="100.00", prorated=prorated)]

    (lot,) = position(told, as_of="2026-01-31").credits()
    (bill,) = position(told, as_of="2026-01-31").reconciling()

    assert lot.cost_basis == Decimal(paid)
    assert bill.due == Decimal(paid) * 100


def test_a_minimum_of_a_short_month_is_of_its_days() -> None:
    """10,000 a month from 28 February 2028 on: 2 of 29 days are 689.66, of which 30 were used."""
    terms = {"period_first": "2028-02-01", "decimals": 2}
    told = [
        commitment(
            "min",
            10_000,
            on="2028-02-28",
            last_day=None,
            form="minimum",
            recurs={"every_months": 1, "until": "2028-03-31"},
            prorated=terms,
        )
    ]
    short, march = position(told, [used("2028-02-29", 30)], "2028-03-01").commitments()

    assert (short.last_day, short.amount) == (date(2028, 2, 29), Decimal("689.66"))
    assert (short.shortfall, short.true_up) == (Decimal("659.66"), Decimal("659.66"))
    assert (march.first_day, march.amount) == (date(2028, 3, 1), 10_000)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"period_first": "2026-02-01"}, "outside the period from 2026-02-01"),
        ({"period_first": "2026-01-01", "period_months": 3}, "prorated in periods of 3"),
        (
            {"period_first": "2026-01-01", "by": "seconds", "since": "2026-01-17T00:00:00Z"},
            "counts since 2026-01-17",
        ),
        (
            {"period_first": "2026-01-01", "by": "seconds", "since": "2026-01-16T00:00:00"},
            "a moment of its first day with zone",
        ),
    ],
)
def test_terms_that_contradict_each_other_are_refused(terms: dict[str, Any], said: str) -> None:
    """What is wrong is named with its values."""
    told = grant("m", 1000, on="2026-01-16", recurs=MONTHLY, prorated=terms)

    found = position_of(book(told), daily([]), date(2026, 1, 31))

    assert said in str(found.refused["acme"].message + (found.refused["acme"].remedy or ""))
