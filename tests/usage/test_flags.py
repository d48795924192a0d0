"""Unlikely usage is flagged and counts all the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from revrec.errors import FeedError
from revrec.feeds.policies import default_policy, with_elections
from revrec.usage.flags import Flag, Thresholds, flagged
from revrec.usage.rollup import DAILY

JAN_1 = date(2026, 1, 1)
ELECTED = Thresholds.of(default_policy().value)


def daily(quantities: Mapping[int, int], meter: str = "tokens") -> pa.Table:
    """Usage by day of the year 2026, from 0."""
    rows = [
        {
            "contract": "acme",
            "meter": meter,
            "usage_date": JAN_1 + timedelta(days=number),
            "quantity": Decimal(quantity),
            "amount": Decimal(0),
            "rows": 1,
            "last_recorded_at": datetime(2026, 3, 1, tzinfo=UTC),
        }
        for number, quantity in quantities.items()
    ]
    return pa.Table.from_pylist(rows, schema=DAILY)


def steady(**changes: int) -> dict[int, int]:
    """A thousand a day, give or take a hundred, for 14 days, and what is told of some."""
    usual = {number: 1000 + 100 * (number % 3 - 1) for number in range(14)}
    return usual | {int(name.removeprefix("day_")): count for name, count in changes.items()}


def flags(table: pa.Table, as_of: date = date(2026, 1, 15)) -> list[tuple[date, Flag]]:
    """Day and flag of all that is unlikely."""
    found = flagged(table, as_of=as_of, thresholds=ELECTED)
    return [(each.day, each.flag) for each in found]


def test_usual_usage_has_no_flag() -> None:
    """Ninety times what is usual is a large day."""
    assert flags(daily(steady())) == []
    assert flags(daily(steady(day_13=90_000))) == []


def test_a_hundred_times_its_history_is_a_spike() -> None:
    """The median is what is usual, so that one spike does not hide the next."""
    table = daily(steady(day_12=150_000, day_13=140_000))

    assert flags(table) == [
        (date(2026, 1, 13), Flag.SPIKE),
        (date(2026, 1, 14), Flag.SPIKE),
    ]


def test_thousands_look_like_another_unit() -> None:
    """A thousand times as much, or a thousandth, is a meter that changed its unit."""
    assert flags(daily(steady(day_13=1_000_000))) == [(date(2026, 1, 14), Flag.UNIT_MIX_UP)]
    assert flags(daily(steady(day_13=1))) == [(date(2026, 1, 14), Flag.UNIT_MIX_UP)]


def test_without_a_history_nothing_is_unlikely() -> None:
    """Four days tell nothing of the fifth."""
    few = daily({0: 1, 1: 1, 2: 1, 3: 1, 4: 10**9})

    assert flags(few, date(2026, 1, 6)) == []


def test_a_week_of_silence() -> None:
    """The last usage was on the 14th: on the 20th nothing is said yet, on the 21st it is."""
    assert flags(daily(steady()), date(2026, 1, 20)) == []
    assert flags(daily(steady()), date(2026, 2, 20)) == [(date(2026, 1, 21), Flag.SILENCE)]
    assert flags(daily({0: 5, 1: 5}), date(2026, 2, 20)) == []


def test_more_than_the_meter_can_count() -> None:
    """24 hours are the most that an hour meter counts of one machine in a day."""
    table = daily({0: 24, 1: 25}, meter="hours")

    policy = with_elections(default_policy(), {"most_usage_a_day": "tokens=5; hours=24"})
    thresholds = Thresholds.of(policy.value)

    (found,) = flagged(table, as_of=JAN_1 + timedelta(3), thresholds=thresholds)

    assert (found.day, found.flag, found.usual) == (date(2026, 1, 2), Flag.IMPOSSIBLE_RATE, 24)
    assert "used 25.000000000 of hours on 2026-01-02" in str(found)


@pytest.mark.parametrize(
    ("elected", "expected"),
    [
        ({"unlikely_times": "300"}, []),
        ({"unlikely_times": "200"}, [(date(2026, 1, 14), Flag.SPIKE)]),
        ({"usual_history": "4_days"}, []),
    ],
)
def test_thresholds_are_elected(elected: dict[str, str], expected: list[tuple[date, Flag]]) -> None:
    """250 times is beyond 200; four days of history are too few to tell."""
    policy = with_elections(default_policy(), elected)
    found = flagged(
        daily(steady(day_13=250_000)),
        as_of=date(2026, 1, 15),
        thresholds=Thresholds.of(policy.value),
    )

    assert expected == [(each.day, each.flag) for each in found]


@pytest.mark.parametrize("told", ["tokens", "tokens=many", "tokens=1;", "=5"])
def test_limits_that_cannot_be_read_are_refused(told: str) -> None:
    """The form is told."""
    with pytest.raises(FeedError, match="meters with numbers, such as tokens=5000000"):
        with_elections(default_policy(), {"most_usage_a_day": told})
