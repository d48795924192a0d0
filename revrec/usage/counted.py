"""Usage that comes without an amount: days and single events, counted first and rated here.

What is left out is filled in before the rules see a row, so that they are the same for every
form: no amount, no currency, of an event the UTC day of its time. An event may name its customer
in the place of a contract: it belongs to the one contract of the customer whose term counts the
meter on the day.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pyarrow as pa

from revrec.store.transaction import Transaction
from revrec.usage.columns import (
    COLUMNS,
    COUNTED,
    EVENT_COLUMNS,
    EVENTS,
    NO_AMOUNT,
    NO_CURRENCY,
    Form,
)
from revrec.usage.terms import read_terms

_MOMENT = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    "(Z|[+-][0-9]{2}:?[0-9]{2})"
)
_OF_CUSTOMER = "customer:"


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
            f"coalesce(nullif(contract, ''), '{_OF_CUSTOMER}' || nullif(customer, ''))"
        )
    return ", ".join(f"{sql} AS {column}" for column, sql in told.items())


def find_contracts(tx: Transaction, connection: duckdb.DuckDBPyConnection) -> None:
    """Give events that name a customer the contract they belong to, where there is one.

    The digest stays that of what was told. Events of customers with no such contract, or with
    several, keep a name that no contract has.
    """
    customers = connection.execute(
        "SELECT DISTINCT customer FROM judged WHERE reason IS NULL AND customer IS NOT NULL"
    ).fetchall()
    if not customers:
        return
    signed = _contracts_of(tx, [customer for (customer,) in customers])
    connection.register("signed_given", signed)
    connection.register("terms_given", read_terms(tx, signed["contract"].to_pylist()))
    connection.execute(
        """
        CREATE OR REPLACE TABLE belongs AS
        SELECT told.row_number, min(signed.contract) AS contract
        FROM judged told
        JOIN signed_given signed ON signed.customer = told.customer
        JOIN terms_given terms
          ON terms.contract = signed.contract AND terms.meter = told.meter
         AND told.served BETWEEN terms.first_day AND terms.last_day
        WHERE told.reason IS NULL AND told.contract = $mark || told.customer
        GROUP BY told.row_number HAVING count(DISTINCT signed.contract) = 1
        """,
        {"mark": _OF_CUSTOMER},
    )
    connection.execute(
        "UPDATE judged SET contract = belongs.contract FROM belongs"
        " WHERE belongs.row_number = judged.row_number"
    )
    connection.unregister("signed_given")
    connection.unregister("terms_given")


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
