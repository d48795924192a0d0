"""Revenue as closes would have posted it, and usage as the ledger rolls it up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from decimal import Decimal

import duckdb
import pyarrow as pa

from revrec import engine
from revrec.ledger.subledger import first_period
from revrec.model.history import Book
from revrec.periods import Period
from revrec.recognition.counts import usage_by_obligation

DAILY = pa.schema(
    [
        ("contract", pa.string()),
        ("meter", pa.string()),
        ("usage_date", pa.date32()),
        ("quantity", pa.decimal128(38, 9)),
        ("amount", pa.decimal128(38, 12)),
        ("rows", pa.int64()),
        ("last_recorded_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""The columns of the daily roll-up."""
Told = tuple[str, str, date, Decimal, Decimal, date]
"""A row of the ledger: contract, meter, day of use, quantity, amount, day it was recorded."""


def rolled_up(rows: Iterable[Told], *, by_recording: bool = False) -> pa.Table:
    """Ledger rows by contract, meter and day, as ``revrec.usage.rollup.daily`` gives them.

    ``by_recording`` keeps what was recorded on different days apart, and tells so.
    """
    sums: dict[tuple[str, str, date, date], list] = {}
    for contract, meter, day, quantity, amount, recorded in rows:
        key = (contract, meter, day, recorded if by_recording else date.min)
        entry = sums.setdefault(key, [Decimal(0), Decimal(0), 0, date.min])
        entry[0] += quantity
        entry[1] += amount
        entry[2] += 1
        entry[3] = max(entry[3], recorded)
    columns = list(
        zip(
            *(
                (*key[:3], quantity, amount, count, datetime.combine(recorded, time(5), UTC))
                for key, (quantity, amount, count, recorded) in sorted(sums.items())
            ),
            strict=True,
        )
    ) or [()] * len(DAILY)
    arrays = [pa.array(column, each.type) for column, each in zip(columns, DAILY, strict=True)]
    table = pa.Table.from_arrays(arrays, schema=DAILY)
    if by_recording:
        return table.append_column("first_recorded_at", table["last_recorded_at"])
    return table


def posted_revenue(book: Book, usage: pa.Table | None, through: Period) -> pa.Table:
    """Revenue by contract, obligation, component, origin and event through a month."""
    months = list(first_period(book, through).through(through))
    days = [months[0].previous.last, *(month.last for month in months)]
    counts = [] if usage is None else [usage_by_obligation(usage, book.histories.values())]
    accounting = engine.account(book, days, usage=counts)
    spans = pa.table(
        {
            "origin": [str(month) for month in months],
            "last": pa.array([month.last for month in months], pa.date32()),
            "before": pa.array([month.previous.last for month in months], pa.date32()),
        }
    )
    with duckdb.connect() as database:
        database.register("segments", accounting.recognised.columns)
        database.register("recognised", accounting.recognised.table)
        database.register("spans", spans)
        return database.sql(
            """
            with flows as (
                select s.contract, s.obligation, s.component, m.origin,
                       sum(case when r.day = m.last then 1 else -1 end * r.revenue) as revenue,
                       sum(case when r.day = m.last then 1 else -1 end * r.breakage) as breakage
                from recognised r join segments s using (segment)
                join spans m on r.day = m.last or r.day = m.before
                group by all
            )
            select contract, obligation, component, origin, 'satisfaction' as event,
                   (revenue - breakage)::bigint as amount
            from flows where revenue <> breakage
            union all
            select contract, obligation, component, origin, 'breakage', breakage::bigint
            from flows where breakage <> 0
            order by all
            """
        ).to_arrow_table()
