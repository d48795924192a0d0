"""Unlikely usage is flagged and counts all the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa

from revrec.usage.flags import Flag, flagged
from revrec.usage.rollup import DAILY

JAN_1 = date(2026, 1, 1)


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
    return [(each.day, each.flag) for each in flagged(table, as_of=as_of)]


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

    (found,) = flagged(table, as_of=JAN_1 + timedelta(3), most_a_day={"hours": Decimal(24)})

    assert (found.day, found.flag, found.usual) == (date(2026, 1, 2), Flag.IMPOSSIBLE_RATE, 24)
    assert "used 25.000000000 of hours on 2026-01-02" in str(found)
