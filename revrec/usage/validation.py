"""Judge all rows of a batch at once: what their texts mean, and which rule each breaks first."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from revrec.usage.columns import COLUMNS, EVENT_COLUMNS, RATED, Form
from revrec.usage.counted import texts_of
from revrec.usage.ndjson_door import labels_as_text, parse
from revrec.usage.rules import CONTEXT_RULES, FORM_RULES, RULES, UNPRINTABLE, VALUES, Rule


def clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``judged`` and ``labels_read`` empty."""
    texts = ", ".join(f"{column} VARCHAR" for column in COLUMNS + EVENT_COLUMNS)
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE judged (
            row_number BIGINT, {texts}, fault_value VARCHAR, occurred_at TIMESTAMPTZ, served DATE,
            day DATE, quantity_value DECIMAL(38,9), amount_value DECIMAL(38,12), labels VARCHAR,
            reason VARCHAR, digest VARCHAR
        )
        """
    )
    connection.execute("CREATE OR REPLACE TABLE labels_read (dimensions VARCHAR, labels VARCHAR)")


def judge_form(
    connection: duckdb.DuckDBPyConnection,
    arrived: pa.Table,
    form: Form = RATED,
    zone: str = "UTC",
    *,
    rated_here: bool = False,
) -> None:
    """Add arrived rows to ``judged``: each with its values, its digest or its reason.

    The digest is the SHA-256 of what the row tells: source, usage_id, contract, meter, date,
    quantity (9 decimals), unit, amount (12 decimals), currency, dimensions in canonical JSON and
    corrects, for an event its moment too, joined by the character U+001F, which no text of a row
    can hold. ``day`` is the day that identifies the row, of an event in UTC; ``served`` is the
    day it counts on, of an event in the time zone ``zone``.
    """
    values = ", ".join(f"{sql} AS {name}" for name, sql in VALUES.items())
    rules = tuple(
        rule for rule in FORM_RULES if not (rated_here and rule.reason == "reserved-source")
    )
    connection.register("arrived", arrived)
    _read_labels(connection)
    connection.execute(
        f"""
        INSERT INTO judged
        SELECT row_number, {", ".join(COLUMNS + EVENT_COLUMNS)}, fault_value, occurred_at,
               coalesce((occurred_at AT TIME ZONE '{zone}')::DATE, day), day,
               coalesce(quantity_value, 0),
               coalesce(amount_value, 0), labels, reason,
               CASE WHEN reason IS NULL THEN sha256(concat_ws(
                   chr(31), source, usage_id, contract, meter, day, quantity_value, unit,
                   amount_value, currency, labels, coalesce(corrects, ''),
                   CAST(epoch_us(occurred_at) AS VARCHAR)
               )) END
        FROM (
            SELECT *, coalesce(fault, {_first_broken(rules)}) AS reason
            FROM (
                SELECT row_number, occurred_at, fault, fault_value, {values},
                       {", ".join(f"told.{column}" for column in COLUMNS + EVENT_COLUMNS)},
                       CASE WHEN told.dimensions IS NULL THEN '{{}}' ELSE known.labels END
                           AS labels
                FROM (SELECT row_number, fault, fault_value, {texts_of(form)} FROM arrived) told
                LEFT JOIN labels_read known ON known.dimensions = told.dimensions
            )
        )
        """
    )
    connection.unregister("arrived")


def judge_context(
    connection: duckdb.DuckDBPyConnection, terms: pa.Table, form: Form = RATED
) -> None:
    """Make ``misplaced``: rows of ``undecided`` that the terms of their contract do not allow."""
    connection.register("terms_given", terms)
    connection.execute("CREATE OR REPLACE TABLE terms AS SELECT * FROM terms_given")
    connection.unregister("terms_given")
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
    set_aside = """(
        FROM judged WHERE row_number IN (
            SELECT row_number FROM verdict WHERE reason <> 'duplicate'
        )
    )"""
    return connection.execute(
        f"""
        SELECT row_number, verdict.reason,
               CASE verdict.reason {messages or "WHEN '' THEN ''"} END AS message,
               day, fault_value, {", ".join(COLUMNS + EVENT_COLUMNS)}
        FROM verdict
        JOIN ({in_context(set_aside)}) USING (row_number)
        WHERE verdict.reason <> 'duplicate'
        ORDER BY row_number
        """
    )


def _first_broken(rules: tuple[Rule, ...]) -> str:
    cases = " ".join(f"WHEN {rule.broken} THEN '{rule.reason}'" for rule in rules)
    return f"CASE {cases} END"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _read_labels(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to ``labels_read`` each new text of dimensions with its canonical form, null if none.

    Rows share their labels, so each text is read once.
    """
    texts = connection.execute(
        """
        SELECT DISTINCT dimensions FROM arrived
        WHERE dimensions <> '' AND dimensions NOT IN (SELECT dimensions FROM labels_read)
        """
    ).fetchall()
    told = [text for (text,) in texts]
    if told:
        found = {"dimensions": told, "labels": pa.array(map(_labels, told), pa.string())}
        connection.register("labels_found", pa.table(found))
        connection.execute("INSERT INTO labels_read SELECT * FROM labels_found")
        connection.unregister("labels_found")


def _labels(text: str) -> str | None:
    try:
        value = parse(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    canonical = labels_as_text(value)
    try:
        canonical.encode()
    except UnicodeEncodeError:
        return None
    return canonical
