"""What of usage is priced where a window is not the sum of it: peaks, distinct values, levels."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb

from revrec.errors import FeedError
from revrec.model.rating import Aggregation, IncludedUnits, Price, Reset
from revrec.money import QUANTITY_SCALE, atoms
from revrec.rating.windows import days_in

if TYPE_CHECKING:
    from revrec.rating.catalogue import Catalogue

MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9.]+[+-][0-9:]+"
"""What an event tells its moment by, within ``METERED.event``."""
_SECONDS = 3_600
_MICROSECONDS = 6


def apart(price: Price) -> bool:
    """Whether the events of a price must be told apart, each with its moment."""
    return price.aggregation is not Aggregation.SUM


def refuse(price: Price, source: str) -> None:
    """Refuse prices that do not tell what quantity they are of."""
    how = price.aggregation
    if (how is Aggregation.DISTINCT) != bool(price.distinct_of):
        raise _refused(source, "distinct values are those of a label", "Name it as `distinct_of`.")
    if price.level_hours is not None and (how is not Aggregation.LEVEL or price.level_hours <= 0):
        raise _refused(
            source, "`level_hours` are above 0 and of a level", "Aggregate by level, or leave them."
        )
    _refuse_prorated(price, source)
    if how is Aggregation.SUM:
        return
    if price.per_event is not None or price.resets is Reset.EVENT:
        raise _refused(
            source, f"the {how} of a window is of no single event",
            "Reset by the hour or longer, and leave terms of single events out.",
        )  # fmt: skip
    if how is Aggregation.LEVEL and price.resets is Reset.HOUR:
        raise _refused(source, "a level has no hours of its own", "Reset by day or longer.")
    if how is Aggregation.LEVEL and price.resets is Reset.TERM and price.level_hours is None:
        raise _refused(
            source, "a term has no length that a level is priced for", "Give `level_hours`."
        )


def _refuse_prorated(price: Price, source: str) -> None:
    if not price.included_prorated:
        return
    within = price.included_units is not IncludedUnits.BEFORE_TIERS
    if within or price.per_event is not None or price.resets is Reset.TERM:
        raise _refused(
            source, "units included are prorated before tiers, of windows that begin again",
            "Include them before tiers, reset within the term, and price no single events.",
        )  # fmt: skip


def measure(
    connection: duckdb.DuckDBPyConnection, found: Catalogue, through: date, zone: str
) -> None:
    """Make ``measured`` of ``routed``, and ``not_added``: what of usage its window does not sum.

    Levels are held up to ``through``, on days of the zone.
    """
    rows = [
        (
            line.number,
            line.price.aggregation.value,
            label_path(line.price),
            None
            if line.price.level_hours is None
            else atoms(line.price.level_hours * _SECONDS, _MICROSECONDS),
        )
        for line in found.lines
        if apart(line.price)
    ]
    connection.execute(
        "create or replace table aggregated (line integer, how varchar, distinct_of varchar,"
        " divisor hugeint)"
    )
    connection.execute("drop view if exists measured; drop table if exists measured_apart")
    if not rows:
        connection.execute("create view measured as from routed")
        connection.execute(_ALL_ADDED)
        return
    connection.executemany("insert into aggregated values ($1, $2, $3, $4)", rows)
    statements = files(__package__).joinpath("measured.sql").read_text(encoding="utf-8")
    told = {"through": through, "zone": zone, "moment": MOMENT}
    for statement in statements.split(";\n"):
        if statement.strip():
            named = {name: value for name, value in told.items() if f"${name}" in statement}
            connection.execute(statement, named)
    connection.execute(_NOT_ADDED)


def label_path(price: Price) -> str | None:
    """The label whose values are counted, as a path into labels."""
    if price.distinct_of is None:
        return None
    escaped = price.distinct_of.replace("\\", "\\\\").replace('"', '\\"')
    return f'$."{escaped}"'


def begin_windows(connection: duckdb.DuckDBPyConnection, found: Catalogue) -> None:
    """Make ``begun_with``: units a window that the agreement covers in part does not include."""
    connection.execute(
        "create or replace table begun_with (counter integer, window_first date, quantity hugeint)"
    )
    included = {
        line.number: atoms(line.price.included, QUANTITY_SCALE)
        for line in found.lines
        if line.price.included_prorated
    }
    if not included:
        return
    rows = connection.execute(_COVERED, {"lines": list(included)}).fetchall()
    begun = []
    for counter, line, first, last, days in rows:
        whole = days_in((first, last))
        kept = (2 * included[line] * days + whole) // (2 * whole)
        if kept < included[line]:
            begun.append((counter, first, included[line] - kept))
    if begun:
        connection.executemany("insert into begun_with values ($1, $2, $3)", begun)


def _refused(source: str, why: str, remedy: str) -> FeedError:
    return FeedError(f"{source}: {why}.", remedy=remedy, source=source)


_ALL_ADDED = """
create or replace table not_added (
    contract varchar, meter varchar, day date, labels varchar, quantity decimal(38,9)
)
"""
_NOT_ADDED = """
create or replace table not_added as
select k.contract, k.meter, o.day, k.labels, in_units(sum(o.quantity)) as quantity
from (
    select used, day, quantity from routed where line in (select line from aggregated)
    union all
    select used, day, -quantity from measured_apart where line in (select line from aggregated)
) o join usage_key k using (used)
group by all having sum(o.quantity) <> 0
"""
_COVERED = """
with windows as (
    select c.counter, l.line, l.name, c.scope, s.first_day, s.last_day
    from counter c
    join route r using (counter)
    join line l on l.line = r.line
    join span s on s.key = r.span_key and s.first_day <= r.last_day and s.last_day >= r.first_day
    where list_contains($lines, l.line)
)
select w.counter, max(w.line), w.first_day, w.last_day,
       least(w.last_day, max(a.last_day)) - greatest(w.first_day, min(a.first_day)) + 1
from windows w
join agreed a on a.scope = w.scope and a.first_day <= w.last_day and a.last_day >= w.first_day
join line l on l.price_set = a.price_set and l.name = w.name
group by w.counter, w.first_day, w.last_day
"""
