"""The usage ledger summed: by contract, meter and day for recognition, and by labels to look into.

What was rolled up is kept in the lake's table ``rollup``, the appends of the usage ledger by
themselves, each batch of them beside the ledger's version it goes through. The ledger only grows,
so what was rolled up stays true: a reader takes it for the versions it covers and reads the rows
of later appends alone. Nobody has to roll up before reading; it saves the reading of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec.columnar import connect
from revrec.errors import LedgerBroken
from revrec.planned import FEW, asked
from revrec.store import audit_log, locks
from revrec.store.lake import Lake
from revrec.store.lake_tables import ROLLUP
from revrec.store.transaction import Transaction
from revrec.usage.columns import AMOUNT, QUANTITY, RECORDED_AT
from revrec.usage.ledger import TABLE
from revrec.usage.rules import RATED_HERE

ROLLED = "rollup"
"""The table of the lake that holds what was rolled up."""
_THROUGH = "through_version"
"""The total of its commits that tells the ledger's version they go through."""

_OF_SUMS_ALONE = frozenset({"usage_month", "rows"})
_CELL = pa.schema([field.with_nullable(field.name in _OF_SUMS_ALONE) for field in ROLLUP])
"""Sums and rows as one; rows have no ``usage_month`` and no ``rows``."""

DAILY = pa.schema(
    [
        pa.field("contract", pa.string()),
        pa.field("meter", pa.string()),
        pa.field("usage_date", pa.date32()),
        pa.field("quantity", QUANTITY),
        pa.field("amount", AMOUNT),
        pa.field("rows", pa.int64()),
        pa.field("last_recorded_at", RECORDED_AT),
    ]
)
"""One row per contract, meter and day with usage; corrections are summed in."""

BY_RECORDING = DAILY.append(pa.field("first_recorded_at", RECORDED_AT))
"""The same, with what was recorded on different days apart."""

LABELS = f"""
    case when source = '{RATED_HERE}'
         then json_merge_patch(dimensions, '{{"rating": null}}')::varchar else dimensions end
"""
"""SQL: the labels of a row, without what rating says of itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledUp:
    """What a roll-up did."""

    through_version: int
    """The version of the usage ledger it goes through now."""
    rows: int
    """Rows of the ledger that were summed ..."""
    cells: int
    """... into so many sums."""


def roll_up(tx: Transaction, lake: Lake, through: int | None = None) -> RolledUp | None:
    """Sum the appends since the last roll-up up to a version of the ledger, the last if left out.

    None if there were none. Again, it is a no-op.
    """
    locks.lake_table(tx, ROLLED)
    version = lake.committed_version(tx, TABLE) if through is None else through
    if version is None:
        return None
    done = max((last for _, last in _rolled(tx)), default=0)
    appended = lake.appended(tx, TABLE, after=done, through=version)
    if appended is None:
        return None
    with connect() as bench:
        bench.execute("set TimeZone = 'UTC'")
        columns = [name for name in ROLLUP.names if name not in _OF_SUMS_ALONE]
        bench.register("held", appended.scanner(columns=columns).to_reader())
        cells = bench.sql(_CELLS).to_arrow_table().sort_by(_IN_ORDER)
    rows = pc.sum(cells["rows"]).as_py()
    totals = {_THROUGH: str(version), "rows": str(rows)}
    lake.append(tx, ROLLED, cells, f"usage through {version}", totals)
    told = RolledUp(through_version=version, rows=rows, cells=cells.num_rows)
    audit_log.write(
        tx, "usage.rollup", f"usage through {version}", {"rows": rows, "cells": cells.num_rows}
    )
    return told


_CELLS = f"""
    select entity_id, strftime(usage_date, '%Y-%m') as usage_month, usage_date, source, contract,
           meter, unit, currency, {LABELS} as dimensions, sum(quantity) as quantity,
           sum(amount) as amount, count(*) as rows, recorded_at
    from held group by all
"""
_IN_ORDER = [
    (name, "ascending")
    for name in "contract usage_date meter source dimensions currency unit recorded_at".split()
]
"""The order of the table's files, so that they need not be put into it again."""


def cells(
    tx: Transaction, lake: Lake, version: int | None = None, *, rolled: bool = True
) -> ds.Dataset | None:
    """The usage ledger as of a committed version, the last if left out; None while it is empty.

    Sums where they were rolled up, rows (with no ``rows``) where not; ``rolled`` false gives rows
    alone. Raises NotFound for a version that was never committed.
    """
    wanted = lake.committed_version(tx, TABLE) if version is None else version
    if wanted is None:
        return None
    held = [each for each in _rolled(tx) if each[1] <= wanted] if rolled else []
    if not held:
        return lake.dataset(tx, TABLE, wanted)
    # The table has no sums of later versions as of the roll-up, or compaction, just before them.
    of_table, through = held[-1]
    later = None
    if through < wanted:
        later = lake.appended(tx, TABLE, after=through, through=wanted)
    sums = lake.dataset(tx, ROLLED, of_table)
    if sums is None or later is None:
        return sums
    return ds.UnionDataset(_CELL, [sums.replace_schema(_CELL), later.replace_schema(_CELL)])


def _rolled(tx: Transaction) -> list[tuple[int, int]]:
    """Versions of the roll-up, each with the ledger's version it goes through, in order."""
    rows = tx.connection.execute(
        "select version, (totals ->> %s)::bigint from records.lake_commit"
        " where entity_id = %s and lake_table = %s order by version",
        [_THROUGH, tx.entity, ROLLED],
    )
    found: list[tuple[int, int]] = []
    for version, through in rows:
        # A compaction goes through what the roll-up before it did.
        found.append((version, through if through is not None else found[-1][1]))
    return found


def verify(tx: Transaction, lake: Lake) -> int | None:
    """Hold what was rolled up against the rows it sums; the version it goes through, if any.

    Raises LedgerBroken naming the first day that differs.
    """
    held = _rolled(tx)
    if not held:
        return None
    of_table, through = held[-1]
    keys = "usage_date, source, contract, meter, unit, currency"
    sums = "sum(quantity) as quantity, sum(amount) as amount"
    with connect() as bench:
        bench.execute("set TimeZone = 'UTC'")
        for name, dataset, count, labels in (
            ("rolled", lake.dataset(tx, ROLLED, of_table), "sum(rows)", "dimensions"),
            ("scanned", lake.dataset(tx, TABLE, through), "count(*)", LABELS),
        ):
            assert dataset is not None, "a version that is named is there"
            bench.register("held", dataset.scanner(columns=_compared(dataset)).to_reader())
            bench.execute(
                f"create table {name} as select {keys}, {labels} as labels, {sums},"
                f" {count}::bigint as row_count from held group by all"
            )
            bench.unregister("held")
        wrong = bench.execute(
            "(from rolled except all from scanned) union all"
            " (from scanned except all from rolled) order by all limit 1"
        ).fetchone()
    if wrong is not None:
        day, _, contract, meter = wrong[:4]
        raise LedgerBroken(
            f"The roll-up of {contract} on {meter} and {day} is not the sum of the ledger's rows.",
            remedy="Stop closing and restore the table rollup of the lake from a backup.",
            contract=contract,
            meter=meter,
            day=str(day),
        )
    return through


def _compared(dataset: ds.Dataset) -> list[str]:
    return [name for name in ROLLUP.names if name in dataset.schema.names]


def daily(
    held: ds.Dataset | None,
    contracts: Sequence[str] | None = None,
    through: date | None = None,
    known_at: datetime | None = None,
    *,
    entity: int | None = None,
    by_recording: bool = False,
) -> pa.Table:
    """Exact sums of ``cells`` in the columns of ``DAILY``, ordered by contract, meter and day.

    ``contracts`` narrows to those named, ``through`` to days up to that one, ``known_at`` to what
    was recorded by then, ``entity`` to one entity of a table that holds several; ``by_recording``
    keeps days of recording (UTC) apart, in the columns of ``BY_RECORDING``. Sums are DECIMAL
    of 38 digits; one that needs more raises ``duckdb.OutOfRangeException``, it never rounds.
    """
    schema = BY_RECORDING if by_recording else DAILY
    if held is None:
        return schema.empty_table()
    conditions: list[pc.Expression] = []
    if entity is not None:
        conditions.append(pc.field("entity_id") == entity)
    if contracts is not None:
        conditions.append(pc.field("contract").isin(pa.array(contracts, pa.string())))
    conditions += within(held, None, through)
    if known_at is not None:
        conditions.append(pc.field("recorded_at") <= pa.scalar(known_at, RECORDED_AT))
    columns = ["contract", "meter", "usage_date", "quantity", "amount", "recorded_at"]
    if contracts is not None:
        few = _scanner(held, columns, conditions).head(FEW + 1)
        if few.num_rows <= FEW:
            sums = _sums("epoch_us(recorded_at)", by_recording=by_recording)
            table = asked(f"WITH cell AS ({_cell(held, columns)}) {sums}", {"held": few})
            return table.cast(schema)
    with connect() as connection:
        put(connection, held, columns, conditions)
        table = connection.sql(_sums("recorded_at", by_recording=by_recording)).to_arrow_table()
    return table.cast(schema)


def folded(held: ds.Dataset | None, days: Sequence[date], *, entity: int) -> pa.Table:
    """Exact sums of an entity's ``cells`` by contract, meter and the first of the days to follow.

    Columns of ``DAILY`` in no order; on each of the days, sums to date are those of ``daily``. What
    is later than all of them is left out.
    """
    names = ["contract", "meter", "usage_date", "quantity", "amount"]
    schema = pa.schema([DAILY.field(name) for name in names])
    if held is None or not days:
        return schema.empty_table()
    known = sorted(set(days))
    between = [
        (known[place] + timedelta(days=number + 1), known[place + 1])
        for place in range(len(known) - 1)
        for number in range((known[place + 1] - known[place]).days)
    ]
    columns = [[each[place] for each in between] for place in (0, 1)]
    calendar = pa.table([pa.array(e, pa.date32()) for e in columns], names=["usage_date", "day"])
    with connect() as bench:
        put(bench, held, names, [pc.field("entity_id") == entity])
        bench.register("calendar", calendar)
        sums = bench.sql(
            """
            select contract, meter, coalesce(day, $first) as usage_date,
                   sum(quantity) as quantity, sum(amount) as amount
            from cell left join calendar using (usage_date)
            where day is not null or usage_date <= $first
            group by all
            """,
            params={"first": known[0]},
        )
        return sums.to_arrow_table().cast(schema)


def _sums(recorded: str, *, by_recording: bool) -> str:
    """SQL: the sums of ``cell``; ``recorded`` is its moment of recording, as it is told."""
    first = f", min({recorded}) AS first_recorded_at" if by_recording else ""
    apart = ", recorded_at::DATE" if by_recording else ""
    return f"""
        SELECT contract, meter, usage_date, sum(quantity) AS quantity, sum(amount) AS amount,
               sum(rows)::BIGINT AS rows, max({recorded}) AS last_recorded_at{first}
        FROM cell GROUP BY contract, meter, usage_date{apart}
        ORDER BY contract, meter, usage_date, last_recorded_at
        """


def told_apart(usage: pa.Table, told: pa.Table) -> pa.Table:
    """Usage by day (``DAILY``) with what was recorded on different days apart, where that is known.

    ``told`` are the rows by recording. Days on which obligations were performed by something else
    than what was used, as by draws, stay as they are; what is owed for no use stands beside it.
    """
    with connect() as bench:
        bench.register("usage_by_day", usage)
        bench.register("told", told)
        table = bench.sql(
            """
            with apart as (
                select contract, meter, usage_date from (
                    select contract, meter, usage_date, quantity, amount from usage_by_day
                    where quantity <> 0 or rows > 1
                    union all
                    select contract, meter, usage_date, -quantity, -amount from told
                )
                group by all having sum(quantity) = 0 and sum(amount) = 0
            )
            select t.* from told t semi join apart using (contract, meter, usage_date)
            union all by name
            select u.* from usage_by_day u
            left join apart a using (contract, meter, usage_date)
            where a.contract is null or (u.quantity = 0 and u.rows = 1 and u.amount <> 0)
            order by contract, meter, usage_date, last_recorded_at
            """
        ).to_arrow_table()
    return table.select(BY_RECORDING.names).cast(BY_RECORDING)


def within(held: ds.Dataset, first: date | None, last: date | None) -> list[pc.Expression]:
    """Conditions that keep the days of a span, and keep files of other days from being read."""
    found: list[pc.Expression] = []
    day, month = pc.field("usage_date"), pc.field("usage_month")
    by_month = "usage_month" in held.schema.names
    if first is not None:
        found.append(day >= pa.scalar(first))
        found += [month.is_null() | (month >= f"{first:%Y-%m}")] if by_month else []
    if last is not None:
        found.append(day <= pa.scalar(last))
        found += [month.is_null() | (month <= f"{last:%Y-%m}")] if by_month else []
    return found


def put(
    bench: duckdb.DuckDBPyConnection,
    held: ds.Dataset,
    columns: Sequence[str],
    conditions: Sequence[pc.Expression],
) -> None:
    """Make ``cell``, to be read once: columns and ``rows`` of cells that meet the conditions."""
    bench.execute("SET TimeZone = 'UTC'")
    bench.register("held", _scanner(held, columns, conditions).to_reader())
    bench.execute(f"CREATE TEMP VIEW cell AS {_cell(held, columns)}")


def _scanner(
    held: ds.Dataset, columns: Sequence[str], conditions: Sequence[pc.Expression]
) -> ds.Scanner:
    condition = None
    for further in conditions:
        condition = further if condition is None else condition & further
    wanted = [*columns, "rows"] if "rows" in held.schema.names else list(columns)
    return held.scanner(columns=wanted, filter=condition)


def _cell(held: ds.Dataset, columns: Sequence[str]) -> str:
    """SQL: the columns and ``rows`` of what was scanned of cells."""
    rows = "coalesce(rows, 1)" if "rows" in held.schema.names else "1"
    return f"SELECT {', '.join(columns)}, {rows} AS rows FROM held"
