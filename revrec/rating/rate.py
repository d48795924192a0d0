"""Rate usage: every price of every contract at once, exactly.

::

    metered usage by day -> price and window -> running totals -> pieces -> amounts -> credits

The amount of a stretch of usage is the rounded amount of the running total after it less that of
the total before it, so the lines of a window sum to the window's rounded total, however the usage
is cut into rows and days and in whatever order it came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from importlib.resources import files
from typing import Any

import duckdb
import pyarrow as pa

from revrec.columnar import connect
from revrec.model.rating import Anchor, Reset, RoundingMode
from revrec.money import AMOUNT_SCALE, atoms, minor_digits
from revrec.rating import events, promotions
from revrec.rating.catalogue import Catalogue, Line, Told, catalogue
from revrec.rating.windows import windows

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
``event`` tells transactions of prices per event apart and is empty otherwise."""

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
``charge`` is ``usage``, or what a window owes beside it: ``fee``, ``commitment``, ``minimum``.
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
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Rated:
    """Rate usage (``METERED``) by what is told of prices.

    Charges of windows are owed once a window has ended by ``through``. ``opening`` gives running
    totals to resume from. Gives lines in a stable order.

    Raises FeedError or CurrencyMismatch for prices that do not fit, see ``catalogue``.
    """
    if connection is None:
        with connect() as own:
            return rate(metered, told, through=through, opening=opening, connection=own)
    connection.register("metered_given", metered)
    connection.execute(
        "create or replace table metered as select contract, meter, day, labels, event,"
        " sum(quantity) as quantity from metered_given group by all"
    )
    connection.unregister("metered_given")
    compute(connection, told, through=through, opening=opening)
    return _results(connection)


def compute(
    connection: duckdb.DuckDBPyConnection,
    told: Told,
    *,
    through: date,
    opening: pa.Table | None = None,
) -> None:
    """Rate the table ``metered`` (``METERED``, summed by day) into the tables of the connection.

    ``rated_line`` has the columns of ``RATED``, ``unpriced`` those of ``UNPRICED``.
    """
    found = catalogue(told)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(_statement("macros"))
    _put(connection, "opening", opening if opening is not None else OPENING.empty_table())
    connection.execute(
        "create or replace table opening as select * replace ("
        "(quantity * 1000000000)::hugeint as quantity) from opening"
    )
    _put_prices(connection, found)
    _put_matches(connection, found)
    _put_spans(connection, found, through)
    connection.execute(_statement("running"))
    (priced,) = connection.execute("select count(*) from running").fetchall()[0]
    events.free(connection, found)
    _put_day_starts(connection)
    connection.execute(_statement("rated"))
    connection.execute("insert into rated by name from event_part")
    connection.execute(_statement("charges"), {"through": through})
    promotions.draw(connection, told)
    connection.execute(_RATED_LINE)
    _put_unpriced(connection, priced)


def _statement(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def _put(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("given", table)
    connection.execute(f"create or replace table {name} as select * from given")  # noqa: S608  names are constants here
    connection.unregister("given")


_LINE = """
create or replace table line (
    line integer, name varchar, price_set integer, meter varchar, resets varchar,
    counted_from varchar, edition varchar, version integer, agreed_apart varchar,
    currency varchar, rounded_at varchar, half_up boolean, quantum hugeint, denominator hugeint,
    committed hugeint, factor hugeint, factor_of hugeint, largest hugeint
)
"""
_PIECE = """
create or replace table piece (
    line integer, tier integer, counts_from hugeint, low hugeint, high hugeint, rate hugeint,
    flat hugeint, flat_rest hugeint, base hugeint, base_rest hugeint, package hugeint,
    carry hugeint, reached_above hugeint, reached_up_to hugeint
)
"""
_OWED = """
create or replace table owed (
    line integer, fee hugeint, zero_usage hugeint, committed_due hugeint, minimum hugeint,
    prorated boolean
)
"""
_BELOW_ALL = -(10**36)
_Row = tuple[Any, ...]


def _put_prices(connection: duckdb.DuckDBPyConnection, found: Catalogue) -> None:
    lines: list[_Row] = []
    pieces: list[_Row] = []
    owed: list[_Row] = []
    for line in found.lines:
        lines.append(_line_row(line))
        pieces += _piece_rows(line)
        owed += _owed_rows(line)
    for statement, rows in ((_LINE, lines), (_PIECE, pieces), (_OWED, owed)):
        _fill(connection, statement, rows)
    agreed = [
        (each.contract, each.first_day, each.last_day, each.price_set, each.scope)
        for each in found.agreed
    ]
    _fill(
        connection,
        "create or replace table agreed (contract varchar, first_day date, last_day date,"
        " price_set integer, scope varchar)",
        agreed,
    )


def _fill(connection: duckdb.DuckDBPyConnection, statement: str, rows: Sequence[_Row]) -> None:
    """Make a table and put rows into it; integers travel as text, which has no largest."""
    connection.execute(statement)
    name = statement.split("(", maxsplit=1)[0].rsplit(maxsplit=1)[-1]
    if rows:
        columns = [
            pa.array([None if cell is None else str(cell) for cell in column], pa.string())
            for column in zip(*rows, strict=True)
        ]
        names = [f"c{number}" for number in range(len(columns))]
        connection.register("given", pa.Table.from_arrays(columns, names=names))
        connection.execute(f"insert into {name} select * from given")  # noqa: S608  same
        connection.unregister("given")


def _line_row(line: Line) -> _Row:
    price, rounding = line.price, line.rounding
    digits = rounding.decimals if rounding.decimals is not None else None
    decimals = minor_digits(line.edition.currency) if digits is None else digits
    committed = price.commitment.amount if price.commitment else None
    return (
        *(line.number, price.id, line.price_set, price.meter, price.resets.value),
        _counted_from(price.resets, price.anchor),
        *(line.edition.id, line.version, line.agreed_apart, line.edition.currency),
        *(rounding.at.value, rounding.mode is RoundingMode.HALF_UP),
        *(10 ** (AMOUNT_SCALE - decimals), line.pieces.denominator),
        None if committed is None else atoms(committed, AMOUNT_SCALE),
        *(line.pieces.overage.numerator, line.pieces.overage.denominator),
        None if price.maximum is None else atoms(price.maximum, AMOUNT_SCALE),
    )


def _counted_from(resets: Reset, anchor: Anchor) -> str:
    if resets is Reset.TERM:
        return "term"
    return "calendar" if resets is Reset.DAY else anchor.value


def _piece_rows(line: Line) -> Iterator[_Row]:
    whole = line.pieces.denominator
    for piece in line.pieces.pieces:
        flat, flat_rest = divmod(_whole(piece.flat * whole), whole)
        base, base_rest = divmod(_whole(piece.base * whole), whole)
        yield (
            *(line.number, piece.tier, piece.low or _BELOW_ALL, piece.low),
            *(piece.high, _whole(piece.rate * whole), flat, flat_rest, base, base_rest),
            *(piece.package, piece.carry, piece.reached_above, piece.reached_up_to),
        )


def _owed_rows(line: Line) -> Iterator[_Row]:
    price = line.price
    true_up = price.commitment is not None and price.commitment.true_up
    committed = line.pieces.committed if true_up else None
    zero = line.pieces.zero_usage
    if price.fee or zero or committed or price.minimum:
        yield (
            line.number,
            atoms(price.fee, AMOUNT_SCALE),
            round(zero),
            round(committed or Fraction(0)),
            atoms(price.minimum or Decimal(0), AMOUNT_SCALE),
            price.minimum_prorated,
        )


def _whole(ratio: Fraction) -> int:
    assert ratio.denominator == 1, "the denominator is a multiple of all"
    return ratio.numerator


def _put_matches(connection: duckdb.DuckDBPyConnection, found: Catalogue) -> None:
    """Make ``matched``: for each set of prices, meter and labels in use, the line that holds."""
    used = connection.execute(
        """
        select distinct a.price_set, m.meter, m.labels
        from (select distinct contract, meter, labels from metered) m join agreed a using (contract)
        """
    ).fetchall()
    rows = []
    for price_set, meter, labels in used:
        read = json.loads(labels)
        line = found.line_for(price_set, meter, read)
        if line is not None:
            counted = {name: read.get(name) for name in line.price.counted_by}
            text = json.dumps(counted, sort_keys=True) if counted else ""
            rows.append((price_set, meter, labels, line.number, text))
    _fill(
        connection,
        "create or replace table matched (price_set integer, meter varchar, labels varchar,"
        " line integer, counted varchar)",
        rows,
    )


def _put_spans(connection: duckdb.DuckDBPyConnection, found: Catalogue, through: date) -> None:
    """Make ``span``: the windows of every reset in use, over the days that matter."""
    row = connection.execute("select min(day), max(day) from metered").fetchone()
    first_used, last_used = row or (None, None)
    starts = [each.first_day for each in found.agreed]
    first = min([*starts, *([first_used] if first_used else [])], default=through)
    last = max(through, last_used or through)
    resets: dict[int, set[tuple[Reset, Anchor]]] = {}
    for line in found.lines:
        resets.setdefault(line.price_set, set()).add((line.price.resets, line.price.anchor))
    keys: dict[str, tuple[Reset, Anchor, tuple[date, date]]] = {}
    for each in found.agreed:
        for reset, anchor in resets.get(each.price_set, ()):
            origin = _counted_from(reset, anchor)
            key = reset.value if origin == "calendar" else f"{reset.value}@{each.scope}"
            keys[key] = (reset, anchor, each.term)
    _fill(
        connection,
        "create or replace table span (key varchar, first_day date, last_day date)",
        [
            (key, *window)
            for key, (reset, anchor, term) in sorted(keys.items())
            for window in windows(reset, anchor, term, first, last)
        ],
    )


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
)
where {somewhere}
group by all having sum(quantity) <> 0
"""
_ALL_PRICED = """
select (select count(*) from metered where quantity <> 0) = $priced
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
    columns = list(zip(*rows, strict=True)) or [()] * len(METERED)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, METERED, strict=True)]
    return pa.Table.from_arrays(arrays, schema=METERED)
