"""Usage that comes without an amount: days and single events, counted first and rated here.

What is left out is filled in before the rules see a row, so that they are the same for every
form: no amount, no currency, of an event the UTC day of its time. An event may name its customer
in the place of a contract: it belongs to the one contract of the customer whose term counts the
meter on the day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from revrec.store.transaction import Transaction
from revrec.usage.columns import (
    COLUMNS,
    COUNTED,
    EVENT_COLUMNS,
    EVENTS,
    NO_AMOUNT,
    NO_CURRENCY,
    OF_CUSTOMER,
    WELL_FORMED,
    Form,
)
from revrec.usage.terms import read_terms

if TYPE_CHECKING:
    from revrec.usage.staging import Workbench

_MOMENT = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    "(Z|[+-][0-9]{2}:?[0-9]{2})"
)


def texts_of(form: Form) -> str:
    """SQL: the columns of usage from what arrived in the form, and ``occurred_at``."""
    told = {column: f"nullif({column}, '')" for column in COLUMNS + EVENT_COLUMNS}
    told["occurred_at"] = "CAST(NULL AS TIMESTAMPTZ)"
    if form in {COUNTED, EVENTS}:
        told |= {"amount": f"'{NO_AMOUNT}'", "currency": f"'{NO_CURRENCY}'"}
    if form is EVENTS:
        moment = (
            f"CASE WHEN regexp_full_match(time, '{_MOMENT}') THEN TRY_CAST(time AS TIMESTAMPTZ) END"
        )
        told["occurred_at"] = moment
        told["usage_date"] = (
            f"coalesce(CAST(CAST(({moment}) AT TIME ZONE 'UTC' AS DATE) AS VARCHAR),"
            " nullif(time, ''))"
        )
        told["contract"] = (
            f"coalesce(nullif(contract, ''), '{OF_CUSTOMER}' || nullif(customer, ''))"
        )
    return ", ".join(f"{sql} AS {column}" for column, sql in told.items())


def find_contracts(tx: Transaction, bench: Workbench) -> None:
    """Give events that name a customer the contract they belong to, where there is one.

    What they told is kept beside it. Events of customers with no such contract, or with several,
    keep a name that no contract has.
    """
    connection = bench.database
    found = connection.execute(
        "SELECT DISTINCT contract FROM place WHERE starts_with(contract, $mark)",
        {"mark": OF_CUSTOMER},
    ).fetchall()
    if not found:
        return
    signed = _contracts_of(tx, [str(mark).removeprefix(OF_CUSTOMER) for (mark,) in found])
    connection.register("signed", signed)
    connection.register("allowed", read_terms(tx, signed["contract"].to_pylist()))
    connection.execute(_CUSTOMER_TERMS)
    connection.unregister("signed")
    connection.unregister("allowed")

    def with_contracts(rows: pa.RecordBatch) -> pa.RecordBatch:
        if rows.column("customer").null_count == len(rows):
            return rows
        connection.register("told", pa.Table.from_batches([rows]))
        given = connection.sql(_WITH_CONTRACTS, params={"zone": bench.zone}).to_arrow_table()
        connection.unregister("told")
        return given.cast(WELL_FORMED).combine_chunks().to_batches()[0]

    bench.respool(with_contracts)


_CUSTOMER_TERMS = """
CREATE OR REPLACE TABLE customer_term AS
SELECT signed.customer, allowed.contract, allowed.meter, allowed.first_day, allowed.last_day
FROM signed JOIN allowed ON allowed.contract = signed.contract
"""
_WITH_CONTRACTS = """
WITH belongs AS (
    SELECT told.row_number, min(term.contract) AS contract
    FROM told JOIN customer_term term
      ON term.customer = told.customer AND term.meter = told.meter
     AND coalesce((told.occurred_at AT TIME ZONE $zone)::DATE, told.day)
         BETWEEN term.first_day AND term.last_day
    GROUP BY told.row_number HAVING count(DISTINCT term.contract) = 1
)
SELECT told.* REPLACE (coalesce(belongs.contract, told.contract) AS contract)
FROM told LEFT JOIN belongs USING (row_number)
ORDER BY told.row_number
"""


def _contracts_of(tx: Transaction, customers: Iterable[str]) -> pa.Table:
    rows = tx.connection.execute(
        """
        select distinct on (key) key, body ->> 'customer' from facts.fact
        where entity_id = %s and kind = 'contract' and body ->> 'customer' = any(%s)
        order by key, version desc
        """,
        [tx.entity, list(customers)],
    ).fetchall()
    return pa.table(
        {
            "contract": pa.array([str(key) for key, _ in rows], pa.string()),
            "customer": pa.array([str(customer) for _, customer in rows], pa.string()),
        }
    )
