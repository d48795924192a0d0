"""A catalogue of prices as tables: lines, their pieces, who agreed to them, and their windows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pyarrow as pa

from revrec.model.rating import Aggregation, Reset
from revrec.money import AMOUNT_SCALE, atoms, minor_digits
from revrec.rating.catalogue import Catalogue, Line
from revrec.rating.windows import Recurring, windows


def put(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Make a table of the database from an Arrow table."""
    connection.register("given", table)
    connection.execute(f"create or replace table {name} as select * from given")  # noqa: S608  names are constants here
    connection.unregister("given")


_LINE = """
create or replace table line (
    line integer, name varchar, price_set integer, meter varchar, resets varchar,
    counted_from varchar, edition varchar, version integer, agreed_apart varchar,
    currency varchar, rounded_at varchar, rounds varchar, quantum hugeint, denominator hugeint,
    committed hugeint, factor hugeint, factor_of hugeint, largest hugeint, zero_tells boolean
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
    prorated boolean, fee_prorated boolean
)
"""
_BELOW_ALL = -(10**36)
_Row = tuple[Any, ...]


def put_prices(connection: duckdb.DuckDBPyConnection, found: Catalogue) -> None:
    """Make ``line``, ``piece``, ``owed`` and ``agreed``: the catalogue in integers."""
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
        *(line.number, price.id, line.price_set, price.meter, Recurring.of(price).name),
        _counted_from(Recurring.of(price)),
        *(line.edition.id, line.version, line.agreed_apart, line.edition.currency),
        *(rounding.at.value, rounding.mode.value),
        *(10 ** (AMOUNT_SCALE - decimals), line.pieces.denominator),
        None if committed is None else atoms(committed, AMOUNT_SCALE),
        *(line.pieces.overage.numerator, line.pieces.overage.denominator),
        None if price.maximum is None else atoms(price.maximum, AMOUNT_SCALE),
        price.aggregation in {Aggregation.LATEST, Aggregation.LEVEL},
    )


def _counted_from(recurring: Recurring) -> str:
    if recurring.resets is Reset.TERM:
        return "term"
    return "calendar" if recurring.single_days else recurring.anchor.value


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
            price.fee_prorated,
        )


def _whole(ratio: Fraction) -> int:
    assert ratio.denominator == 1, "the denominator is a multiple of all"
    return ratio.numerator


def put_matches(connection: duckdb.DuckDBPyConnection, found: Catalogue) -> None:
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


def put_spans(connection: duckdb.DuckDBPyConnection, found: Catalogue, through: date) -> None:
    """Make ``span``: the windows of every reset in use, over the days that matter."""
    row = connection.execute("select min(day), max(day) from metered").fetchone()
    first_used, last_used = row or (None, None)
    starts = [each.first_day for each in found.agreed]
    first = min([*starts, *([first_used] if first_used else [])], default=through)
    last = max(through, last_used or through)
    resets: dict[int, set[Recurring]] = {}
    for line in found.lines:
        resets.setdefault(line.price_set, set()).add(Recurring.of(line.price))
    keys: dict[str, tuple[Recurring, tuple[date, date]]] = {}
    for each in found.agreed:
        for recurring in resets.get(each.price_set, ()):
            by_calendar = _counted_from(recurring) == "calendar"
            key = recurring.name if by_calendar else f"{recurring.name}@{each.scope}"
            keys[key] = (recurring, each.term)
    _fill(
        connection,
        "create or replace table span (key varchar, first_day date, last_day date)",
        [
            (key, *window)
            for key, (recurring, term) in sorted(keys.items())
            for window in windows(recurring, term, first, last)
        ],
    )
