"""The entity's periods in SQL: first and last day, and name, of the period a day is in."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from revrec.periods import Period

_YEARS = 40
"""Before and after a report in which days are told apart by periods of weeks."""
_MONTHS = """
create macro period_first(day) as date_trunc('month', day)::date;
create macro period_last(day) as last_day(day);
create macro period_name(day) as strftime(day, '%Y-%m');
"""
_WEEKS = """
create macro period_at(day) as day - getvariable('periods_from')::date + 1;
create macro period_first(day) as
    coalesce(getvariable('period_firsts')[period_at(day::date)], day::date);
create macro period_last(day) as
    coalesce(getvariable('period_lasts')[period_at(day::date)], day::date);
create macro period_name(day) as
    coalesce(getvariable('period_names')[period_at(day::date)], strftime(day, '%Y-%m-%d'));
"""


def name_periods(database: duckdb.DuckDBPyConnection, period: Period) -> None:
    """Define ``period_first``, ``period_last`` and ``period_name`` by the period's calendar.

    Periods of weeks are looked up day by day; a day 40 years away is a period by itself.
    """
    if period.calendar.by_months:
        database.execute(_MONTHS)
        return
    around = list(period.plus(-12 * _YEARS).through(period.plus(12 * _YEARS)))
    firsts: list[date] = []
    lasts: list[date] = []
    names: list[str] = []
    for each in around:
        days = (each.last - each.first + timedelta(days=1)).days
        firsts += [each.first] * days
        lasts += [each.last] * days
        names += [str(each)] * days
    for name, value in (
        ("periods_from", around[0].first),
        ("period_firsts", firsts),
        ("period_lasts", lasts),
        ("period_names", names),
    ):
        database.execute(f"set variable {name} = $1", [value])
    database.execute(_WEEKS)
