"""Rate usage: every price of every contract at once, exactly.

::

    metered usage by day -> price and window -> running totals -> pieces -> amounts -> credits

The amount of a stretch of usage is the rounded amount of the running total after it less that of
the total before it, so the lines of a window sum to the window's rounded total, however the usage
is cut into rows and days and in whatever order it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files

import duckdb
import pyarrow as pa

from revrec.columnar import connect, table_of
from revrec.rating import aggregates, events, promotions, tables
from revrec.rating.catalogue import Told, catalogue

METERED = pa.schema(
    [
        pa.field("contract", pa.string(), nullable=False),
        pa.field("meter", pa.string(), nullable=False),
        pa.field("day", pa.date32(), nullable=False),
        pa.field("labels", pa.string(), nullable=False),
        pa.field("event", pa.string(), nullable=False),
        pa.field("quantity", pa.decimal128(38, 9), nullable=False),
    ]
)
"""Usage to be rated, in rows as they came. ``labels`` are a canonical JSON object.
``event`` tells transactions apart where prices are per event, events where their window is more
than their sum (with their moment: ``2026-01-15 10:00:00+00``), and hours where totals start again
with each: its first 19 characters (``2026-01-15T10+00000``, with the seconds from UTC). It is empty
otherwise."""

OPENING = pa.schema(
    [
        pa.field("scope", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("counted", pa.string(), nullable=False),
        pa.field("window_first", pa.date32(), nullable=False),
        pa.field("quantity", pa.decimal128(38, 9), nullable=False),
    ]
)
"""Running totals at which rating resumes, by what they count: the usage before is not given."""

RATED = pa.schema(
    [
        pa.field("contract", pa.string()),
        pa.field("meter", pa.string()),
        pa.field("day", pa.date32()),
        pa.field("labels", pa.string()),
        pa.field("event", pa.string()),
        pa.field("scope", pa.string()),
        pa.field("line", pa.string()),
        pa.field("charge", pa.string()),
        pa.field("edition", pa.string()),
        pa.field("version", pa.int32()),
        pa.field("agreed_apart", pa.string()),
        pa.field("currency", pa.string()),
        pa.field("tier", pa.int32()),
        pa.field("window_first", pa.date32()),
        pa.field("window_last", pa.date32()),
        pa.field("before", pa.decimal128(38, 9)),
        pa.field("after", pa.decimal128(38, 9)),
        pa.field("quantity", pa.decimal128(38, 9)),
        pa.field("gross", pa.decimal128(38, 12)),
        pa.field("credited", pa.decimal128(38, 12)),
        pa.field("amount", pa.decimal128(38, 12)),
    ]
)
"""Rated lines, each with how it came about: the edition of the card and the version of its fact,
the tier (0: free units), and the running total of its window before and after the day's usage.
``charge`` is ``usage``, ``event`` (the fee of a transaction, and what its bounds add or take off),
or what a window owes beside it: ``fee``, ``commitment``, ``minimum``.
``gross`` is before a maximum, ``amount`` after it and after promotional credits (``credited``)."""

UNPRICED = pa.schema(
    [
        pa.field("contract", pa.string()),
        pa.field("meter", pa.string()),
        pa.field("day", pa.date32()),
        pa.field("labels", pa.string()),
        pa.field("quantity", pa.decimal128(38, 9)),
    ]
)
"""Usage no price holds for: no agreement, no line of its meter and labels, or above the last
tier of a line that ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """What usage costs, and what has no price."""

    lines: pa.Table
    unpriced: pa.Table


def rate(
    metered: pa.Table | pa.RecordBatchReader,
    told: Told,
    *,
    through: date,
    opening: pa.Table | None = None,
    zone: str = "UTC",
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Rated:
    """Rate usage (``METERED``) by what is told of prices.

    Charges of windows are owed once a window has ended by ``through``, and levels are held up to
    it, on days of the zone. ``opening`` gives running
    totals to resume from. Gives lines in a stable order.

    Raises FeedError or CurrencyMismatch for prices that do not fit, see ``catalogue``.
    """
    if connection is None:
        with connect() as own:
            return rate(metered, told, through=through, opening=opening, zone=zone, connection=own)
    connection.register("metered_given", metered)
    connection.execute(
        "create or replace table metered as select contract, meter, day, labels, event,"
        " sum(quantity) as quantity from metered_given group by all"
    )
    connection.unregister("metered_given")
    compute(connection, told, through=through, opening=opening, zone=zone)
    return _results(connection)


def compute(
    connection: duckdb.DuckDBPyConnection,
    told: Told,
    *,
    through: date,
    opening: pa.Table | None = None,
    zone: str = "UTC",
) -> None:
    """Rate the table ``metered`` (``METERED``, summed by day) into the tables of the connection.

    ``rated_line`` has the columns of ``RATED``, ``unpriced`` those of ``UNPRICED``.
    """
    found = catalogue(told)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(_statement("macros"))
    tables.put(connection, "opening", opening if opening is not None else OPENING.empty_table())
    connection.execute(
        "create or replace table opening as select * replace ("
        "(quantity * 1000000000)::hugeint as quantity) from opening"
    )
    tables.put_prices(connection, found)
    tables.put_matches(connection, found)
    tables.put_spans(connection, found, through)
    connection.execute(_statement("routed"))
    aggregates.measure(connection, found, through, zone)
    aggregates.begin_windows(connection, found)
    connection.execute(_statement("running"))
    (priced,) = connection.execute("select count(*) from running").fetchall()[0]
    events.free(connection, found)
    _put_day_starts(connection)
    connection.execute(_statement("rated"))
    connection.execute("insert into rated by name from event_part")
    events.bound(connection)
    connection.execute(_statement("charges"), {"through": through})
    promotions.draw(connection, told)
    connection.execute(_RATED_LINE)
    _put_unpriced(connection, priced)


def _statement(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _put_day_starts(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``day_start``: running totals at the start of days, for lines rounded by the day."""
    connection.execute(
        """
        create or replace table day_start as
        select r.counter, r.window_first, r.day, arg_min(r.before, (r.used, r.event)) as before
        from running r join line l using (line) where l.rounded_at = 'day' group by all
        """
    )


_RATED_LINE = """
create or replace view rated_line as
select r.contract, r.meter, r.day, r.labels, r.event, r.scope, r.name as line, r.charge,
       l.edition, l.version, l.agreed_apart, l.currency, r.tier, r.window_first,
       r.window_last, in_units(r.before) as before, in_units(r.after) as after,
       in_units(r.quantity) as quantity, in_money(r.gross) as gross,
       in_money(r.credited) as credited, in_money(r.amount - r.credited) as amount
from priced_lines r join line l on l.line = r.line
"""
_UNPRICED = """
create or replace table unpriced as
select contract, meter, day, labels, sum(quantity) as quantity
from (
    select contract, meter, day, labels, quantity from metered
    union all
    select k.contract, k.meter, r.day, k.labels, -in_units(r.quantity)
    from rated r join usage_key k using (used)
    union all
    select contract, meter, day, labels, -quantity from not_added
)
where {somewhere}
group by all having sum(quantity) <> 0
"""
_ALL_PRICED = """
select (select count(*) from metered where quantity <> 0) = $priced
   and not exists (from aggregated)
   and not exists (
       select line from piece group by line
       having not bool_or(high is null and reached_up_to is null)
   )
"""


def _put_unpriced(connection: duckdb.DuckDBPyConnection, priced: int) -> None:
    """Make ``unpriced``; where every row has a line and no line ends, nothing is looked for."""
    (none,) = connection.execute(_ALL_PRICED, {"priced": priced}).fetchall()[0]
    connection.execute(_UNPRICED.format(somewhere="false" if none else "true"))


def _results(connection: duckdb.DuckDBPyConnection) -> Rated:
    lines = connection.sql(
        "from rated_line order by contract, day, meter, line, labels, event, charge, tier"
    ).to_arrow_table()
    unpriced = connection.sql(
        "from unpriced order by contract, meter, day, labels"
    ).to_arrow_table()
    return Rated(lines=lines.cast(RATED), unpriced=unpriced.cast(UNPRICED))


def metered_of(rows: Iterable[tuple[str, str, date, str, str, Decimal]]) -> pa.Table:
    """Rows of (contract, meter, day, labels, event, quantity) as ``METERED``."""
    return table_of(rows, METERED)
