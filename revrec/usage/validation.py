"""Judge rows by their rules: what their texts mean, and which rule each breaks first."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa

from revrec.usage.columns import (
    COLUMNS,
    EVENT_COLUMNS,
    EVENTS,
    OF_CUSTOMER,
    RATED,
    WELL_FORMED,
    Form,
)
from revrec.usage.counted import texts_of
from revrec.usage.labels import canonical_labels
from revrec.usage.rules import CONTEXT_RULES, FORM_RULES, RULES, UNPRINTABLE, VALUES, Rule
from revrec.usage.totals import Total

_TEXTS = COLUMNS + EVENT_COLUMNS


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of the bench, empty."""
    texts = ", ".join(f"{column} VARCHAR" for column in _TEXTS)
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE saying (
            row_number BIGINT, {texts}, fault_value VARCHAR, day DATE, served DATE,
            quantity_value DECIMAL(38,9), amount_value DECIMAL(38,12), reason VARCHAR
        )
        """
    )
    clear_rows(connection)


def clear_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Make empty what is known of well-formed rows."""
    connection.execute(
        """
        CREATE OR REPLACE TABLE place (
            contract VARCHAR, meter VARCHAR, currency VARCHAR, first_day DATE, last_day DATE
        );
        CREATE OR REPLACE TABLE suspect (row_number BIGINT);
        CREATE OR REPLACE TABLE corrected_id (source VARCHAR, usage_id VARCHAR);
        """
    )


def judge_form(
    connection: duckdb.DuckDBPyConnection,
    arrived: pa.RecordBatch,
    form: Form = RATED,
    zone: str = "UTC",
    *,
    rated_here: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Give the rows that keep every rule of their form; add the others to ``saying``.

    ``day`` is the day that identifies the row, of an event in UTC; ``served`` is the day it counts
    on, of an event in the time zone ``zone``.
    """
    rules = tuple(
        rule for rule in FORM_RULES if not (rated_here and rule.reason == "reserved-source")
    )
    _judge(connection, arrived, form, rules)
    columns = ", ".join(_MEANING.get(name, name) for name in WELL_FORMED.names)
    meant = connection.sql(f"SELECT {columns} FROM judging WHERE reason IS NULL").to_arrow_table()
    connection.execute(
        _SET_ASIDE.format(condition="reason IS NOT NULL", reason="reason"), {"zone": zone}
    )
    yield from meant.cast(WELL_FORMED).combine_chunks().to_batches()


def show(
    connection: duckdb.DuckDBPyConnection,
    arrived: pa.RecordBatch,
    form: Form = RATED,
    zone: str = "UTC",
) -> None:
    """Add rows that are set aside for what others say to ``saying``, as they came."""
    _judge(connection, arrived, form, ())
    connection.execute(_SET_ASIDE.format(condition="true", reason="''"), {"zone": zone})


_MEANING = {
    "quantity": "quantity_value AS quantity",
    "amount": "amount_value AS amount",
    "customer": f"CASE WHEN contract = '{OF_CUSTOMER}' || customer THEN customer END AS customer",
}
_SET_ASIDE = f"""
INSERT INTO saying
SELECT row_number, {", ".join(_TEXTS)}, fault_value, day,
       coalesce((occurred_at AT TIME ZONE $zone)::DATE, day), coalesce(quantity_value, 0),
       coalesce(amount_value, 0), {{reason}}
FROM judging WHERE {{condition}}
"""


def _judge(
    connection: duckdb.DuckDBPyConnection,
    arrived: pa.RecordBatch,
    form: Form,
    rules: tuple[Rule, ...],
) -> None:
    """Make ``judging``: rows with their values and the first of the rules they break."""
    values = ", ".join(f"{sql} AS {name}" for name, sql in VALUES.items())
    connection.register("arrived", pa.Table.from_batches([arrived]))
    connection.register("labels_read", _labels_of(arrived))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE judging AS
        SELECT *, coalesce(fault, {_first_broken(rules)}) AS reason
        FROM (
            SELECT row_number, occurred_at, fault, fault_value, {values},
                   {", ".join(f"told.{column}" for column in _TEXTS)},
                   CASE WHEN told.dimensions IS NULL THEN '{{}}' ELSE known.labels END AS labels
            FROM (SELECT row_number, fault, fault_value, {texts_of(form)} FROM arrived) told
            LEFT JOIN labels_read known ON known.dimensions = told.dimensions
        )
        """
    )
    connection.unregister("arrived")
    connection.unregister("labels_read")


def _labels_of(arrived: pa.RecordBatch) -> pa.Table:
    """Each text of dimensions with its canonical form, null if it has none."""
    told = [text for text in arrived.column("dimensions").unique().to_pylist() if text]
    labels = pa.array(map(canonical_labels, told), pa.string())
    return pa.table({"dimensions": pa.array(told, pa.string()), "labels": labels})


def total_aside(connection: duckdb.DuckDBPyConnection) -> Total:
    """The rows set aside for their form, with the sums of what could be read of them."""
    rows, quantity, amount = connection.execute(
        "SELECT count(*), coalesce(sum(quantity_value), 0), coalesce(sum(amount_value), 0)"
        " FROM saying"
    ).fetchall()[0]
    return Total(rows=rows, quantity=quantity, amount=amount)


def doubt_context(
    connection: duckdb.DuckDBPyConnection, terms: pa.Table, form: Form = RATED
) -> int:
    """Make ``doubtful``: contracts and meters not all of whose rows are plainly within one term.

    Gives their number. A day of an event may be the one before or after where it counts.
    """
    _put_terms(connection, terms)
    apart = 1 if form is EVENTS else 0
    agrees = "terms.currency = place.currency" if form is RATED else "true"
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE doubtful AS
        SELECT DISTINCT contract, meter, currency FROM place
        WHERE NOT EXISTS (
            FROM terms
            WHERE terms.contract = place.contract AND terms.meter = place.meter AND {agrees}
              AND terms.first_day <= place.first_day - {apart}
              AND terms.last_day >= place.last_day + {apart}
        )
        """
    )
    (count,) = connection.execute("SELECT count(*) FROM doubtful").fetchall()[0]
    return int(count)


def judge_context(
    connection: duckdb.DuckDBPyConnection, terms: pa.Table, form: Form = RATED
) -> None:
    """Make ``misplaced``: rows of ``undecided`` that the terms of their contract do not allow."""
    _put_terms(connection, terms)
    priced = form is RATED
    rules = tuple(rule for rule in CONTEXT_RULES if priced or rule.reason != "currency-mismatch")
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE misplaced AS
        SELECT row_number, reason
        FROM (
            SELECT row_number, {_first_broken(rules)} AS reason
            FROM ({in_context("undecided")})
        )
        WHERE reason IS NOT NULL
        """
    )


def in_context(rows: str) -> str:
    """SQL: the rows of a table with what their contract and meter allow, as the rules name it."""
    return f"""
        SELECT told.*, allowed.currency AS contract_currency, allowed.meters AS contract_meters,
               metered.spans AS meter_terms,
               EXISTS (
                   FROM terms
                   WHERE terms.contract = told.contract AND terms.meter = told.meter
                     AND told.served BETWEEN terms.first_day AND terms.last_day
               ) AS within_term
        FROM {rows} told
        LEFT JOIN (
            SELECT contract, any_value(currency) AS currency,
                   string_agg(DISTINCT meter, ', ' ORDER BY meter) AS meters
            FROM terms GROUP BY contract
        ) allowed ON allowed.contract = told.contract
        LEFT JOIN (
            SELECT contract, meter, string_agg(
                       obligation || ' from ' || first_day || ' to ' || last_day, ', '
                       ORDER BY first_day, obligation
                   ) AS spans
            FROM terms GROUP BY contract, meter
        ) metered ON metered.contract = told.contract AND metered.meter = told.meter
    """


def explained(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The quarantined rows of ``verdict`` in order, each with its message and what was sent."""
    connection.execute(
        f"""
        CREATE OR REPLACE MACRO shown(told) AS
            chr(39) || regexp_replace(left(told, 80), '{UNPRINTABLE}', chr(65533), 'g')
            || CASE WHEN length(told) > 80 THEN '...' ELSE '' END || chr(39)
        """
    )
    found = {
        reason for (reason,) in connection.execute("SELECT DISTINCT reason FROM verdict").fetchall()
    }
    messages = " ".join(
        f"WHEN '{rule.reason}' THEN {rule.message} || ' {_quoted(rule.remedy)}'"
        for rule in RULES
        if rule.reason in found
    )
    return connection.execute(
        f"""
        SELECT row_number, verdict.reason,
               CASE verdict.reason {messages or "WHEN '' THEN ''"} END AS message,
               day, fault_value, {", ".join(_TEXTS)}
        FROM verdict
        JOIN ({in_context("saying")}) USING (row_number)
        WHERE verdict.reason <> 'duplicate'
        ORDER BY row_number
        """
    )


def _first_broken(rules: tuple[Rule, ...]) -> str:
    cases = " ".join(f"WHEN {rule.broken} THEN '{rule.reason}'" for rule in rules)
    return f"CASE {cases} END" if cases else "NULL"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _put_terms(connection: duckdb.DuckDBPyConnection, terms: pa.Table) -> None:
    connection.register("terms_given", terms)
    connection.execute("CREATE OR REPLACE TABLE terms AS SELECT * FROM terms_given")
    connection.unregister("terms_given")
