"""The usage ledger summed by contract, meter and day: what recognition and reconciliation read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec.columnar import connect
from revrec.usage.columns import AMOUNT, QUANTITY, RECORDED_AT

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


def daily(
    dataset: ds.Dataset | None,
    contracts: Sequence[str] | None = None,
    through: date | None = None,
    known_at: datetime | None = None,
    *,
    entity: int | None = None,
) -> pa.Table:
    """Exact sums in the columns of ``DAILY``, ordered by contract, meter and day.

    ``contracts`` narrows to those named, ``through`` to days up to that one, ``known_at`` to what
    was recorded by then, ``entity`` to one entity of a table that holds several. Sums are DECIMAL
    of 38 digits; one that needs more raises ``duckdb.OutOfRangeException``, it never rounds.
    """
    if dataset is None:
        return DAILY.empty_table()
    conditions: list[pc.Expression] = []
    if entity is not None:
        conditions.append(pc.field("entity_id") == entity)
    if contracts is not None:
        conditions.append(pc.field("contract").isin(pa.array(contracts, pa.string())))
    if through is not None:
        conditions.append(pc.field("usage_date") <= pa.scalar(through))
    if known_at is not None:
        conditions.append(pc.field("recorded_at") <= pa.scalar(known_at, RECORDED_AT))
    condition = None
    for further in conditions:
        condition = further if condition is None else condition & further
    columns = ["contract", "meter", "usage_date", "quantity", "amount", "recorded_at"]
    with connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        reader = dataset.scanner(columns=columns, filter=condition).to_reader()
        connection.register("held", reader)
        table = connection.sql(
            """
            SELECT contract, meter, usage_date, sum(quantity) AS quantity, sum(amount) AS amount,
                   count(*) AS rows, max(recorded_at) AS last_recorded_at
            FROM held GROUP BY ALL ORDER BY contract, meter, usage_date
            """
        ).to_arrow_table()
    return table.cast(DAILY)
