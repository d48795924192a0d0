"""Each usage counts once: the identity of a row is (source, usage_id, usage_date).

A row told again word for word is a duplicate; told again with other content it conflicts, and
the first telling counts. A duplicate carries the same usage date, so only the partitions of the
dates in the batch are read, however late the row comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow.compute as pc
import pyarrow.dataset as ds

TABLE = "usage"
"""The table of the lake that holds the usage ledger."""


def recall(
    connection: duckdb.DuckDBPyConnection, ledger: ds.Dataset | None, *, entity: int
) -> None:
    """Make ``recalled``: rows of ``judged`` whose identity the ledger already holds.

    And ``undecided``: the well-formed rows that it does not hold.
    """
    connection.execute("CREATE OR REPLACE TABLE recalled (row_number BIGINT, reason VARCHAR)")
    days = _touched(connection)
    if ledger is not None and days:
        _scan(
            connection,
            ledger,
            ["source", "usage_id", "usage_date", "digest"],
            (pc.field("entity_id") == entity) & pc.field("usage_date").isin(days),
            """
            INSERT INTO recalled
            SELECT judged.row_number, CASE WHEN judged.digest = held.digest
                   THEN 'duplicate' ELSE 'conflicting-duplicate' END
            FROM held JOIN judged
              ON held.usage_id = judged.usage_id AND held.source = judged.source
             AND held.usage_date = judged.day
            WHERE judged.reason IS NULL
            """,
        )
    connection.execute(
        """
        CREATE OR REPLACE VIEW undecided AS
        SELECT * FROM judged
        WHERE reason IS NULL AND row_number NOT IN (SELECT row_number FROM recalled)
        """
    )


def settle(
    connection: duckdb.DuckDBPyConnection, ledger: ds.Dataset | None, *, entity: int
) -> None:
    """Make ``verdict``: every row that is not accepted, with its reason or ``duplicate``.

    Of rows with one identity the first allowed one by row number counts.
    """
    connection.execute("CREATE OR REPLACE TABLE dangling (row_number BIGINT)")
    connection.execute(
        """
        CREATE OR REPLACE VIEW candidate AS
        SELECT * FROM undecided
        WHERE row_number NOT IN (SELECT row_number FROM misplaced)
          AND row_number NOT IN (SELECT row_number FROM dangling)
        """
    )
    _find_repeated(connection)
    corrections = connection.execute("FROM candidate WHERE corrects IS NOT NULL LIMIT 1")
    if corrections.fetchone():
        _find_corrected(connection, ledger, entity)
        while _find_dangling(connection):
            _find_repeated(connection)
    connection.execute(
        """
        CREATE OR REPLACE TABLE verdict AS
        SELECT row_number, reason FROM judged WHERE reason IS NOT NULL
        UNION ALL SELECT row_number, reason FROM recalled
        UNION ALL SELECT row_number, reason FROM misplaced
        UNION ALL SELECT row_number, 'unknown-correction' FROM dangling
        UNION ALL SELECT row_number, reason FROM repeated
        """
    )


def accepted(
    connection: duckdb.DuckDBPyConnection,
    *,
    entity: int,
    batch: str,
    recorded_at: str,
    table: str = TABLE,
) -> duckdb.DuckDBPyRelation:
    """The rows of ``judged`` that enter the ledger, in its columns and in order of day."""
    moment = "" if table == TABLE else ", occurred_at"
    return connection.sql(
        f"""
        SELECT CAST($entity AS INTEGER) AS entity_id, day AS usage_date, source, usage_id,
               contract, meter, quantity_value AS quantity, unit, amount_value AS amount,
               currency, labels AS dimensions, corrects, digest, $batch AS batch,
               CAST($recorded_at AS TIMESTAMPTZ) AS recorded_at{moment}
        FROM judged
        WHERE row_number NOT IN (SELECT row_number FROM verdict)
        ORDER BY day, row_number
        """,
        params={"entity": entity, "batch": batch, "recorded_at": recorded_at},
    )


def _touched(connection: duckdb.DuckDBPyConnection) -> list[date]:
    rows = connection.execute("SELECT DISTINCT day FROM judged WHERE reason IS NULL").fetchall()
    return [day for (day,) in rows]


def _scan(
    connection: duckdb.DuckDBPyConnection,
    ledger: ds.Dataset,
    columns: Sequence[str],
    condition: pc.Expression,
    statement: str,
) -> None:
    """Run the statement with the rows of the ledger that meet the condition as ``held``.

    They stream past the batch: the ledger may be larger than memory, the batch's side of the join
    spills. DuckDB cannot know the sizes, so it is told to keep the order written.
    """
    reader = ledger.scanner(columns=list(columns), filter=condition).to_reader()
    connection.register("held", reader)
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    try:
        connection.execute(statement)
    finally:
        connection.execute("RESET disabled_optimizers")
        connection.unregister("held")


def _find_repeated(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``repeated``: candidates that tell an identity again."""
    connection.execute(
        """
        CREATE OR REPLACE TABLE repeated AS
        WITH told_again AS (
            SELECT source, usage_id, day, min(row_number) AS first_row
            FROM candidate GROUP BY ALL HAVING count(*) > 1
        )
        SELECT candidate.row_number, CASE WHEN candidate.digest = first.digest
               THEN 'duplicate' ELSE 'conflicting-duplicate' END AS reason
        FROM candidate
        JOIN told_again USING (source, usage_id, day)
        JOIN judged first ON first.row_number = told_again.first_row
        WHERE candidate.row_number <> told_again.first_row
        """
    )


def _find_corrected(
    connection: duckdb.DuckDBPyConnection, ledger: ds.Dataset | None, entity: int
) -> None:
    """Make ``corrected``: rows of the ledger that candidates correct.

    A correction nearly always carries the day of the row it corrects; only for those that do not
    is the ledger of other days read, for their ids alone.
    """
    connection.execute(
        """
        CREATE OR REPLACE TABLE corrected AS
        SELECT source, usage_id, contract, meter FROM judged LIMIT 0
        """
    )
    if ledger is None:
        return
    of_entity = pc.field("entity_id") == entity
    for days in (pc.field("usage_date").isin(_touched(connection)), None):
        wanted = connection.execute(
            """
            SELECT DISTINCT corrects FROM candidate
            WHERE corrects IS NOT NULL AND (source, corrects, contract, meter) NOT IN (
                SELECT (source, usage_id, contract, meter) FROM corrected
                UNION ALL SELECT (source, usage_id, contract, meter) FROM candidate
            )
            """
        ).fetchall()
        if wanted:
            by_id = of_entity & pc.field("usage_id").isin([usage_id for (usage_id,) in wanted])
            _scan(
                connection,
                ledger,
                ["source", "usage_id", "contract", "meter"],
                by_id if days is None else by_id & days,
                "INSERT INTO corrected SELECT source, usage_id, contract, meter FROM held",
            )


def _find_dangling(connection: duckdb.DuckDBPyConnection) -> bool:
    """Add to ``dangling`` the corrections that lead to no accepted row; whether there were any.

    A chain of corrections counts if it begins at a row of the ledger or at an accepted row that
    corrects nothing; a ring of rows that correct each other begins nowhere. First go those that
    no candidate at all supports: that may let another row with their identity count, which
    decides what supports the rest.
    """
    counting = "(FROM candidate WHERE row_number NOT IN (SELECT row_number FROM repeated))"
    return any(_add_dangling(connection, rows) for rows in ("candidate", counting))


def _add_dangling(connection: duckdb.DuckDBPyConnection, supporting: str) -> bool:
    """Add the corrections among the supporting rows that none of these supports."""
    found = connection.execute(
        f"""
        INSERT INTO dangling
        WITH RECURSIVE told AS (
            SELECT row_number, source, usage_id, day, contract, meter, corrects, digest
            FROM {supporting}
        ),
        grounded AS (
            SELECT source, usage_id, contract, meter FROM corrected
            UNION
            SELECT source, usage_id, contract, meter FROM told
            WHERE corrects IS NULL AND (source, usage_id) IN (
                SELECT (source, corrects) FROM told WHERE corrects IS NOT NULL
            )
            UNION
            SELECT told.source, told.usage_id, told.contract, told.meter
            FROM told JOIN grounded
              ON told.corrects = grounded.usage_id AND told.source = grounded.source
             AND told.contract = grounded.contract AND told.meter = grounded.meter
        ),
        lost AS (
            SELECT DISTINCT source, usage_id, day, digest FROM told
            WHERE corrects IS NOT NULL AND (source, corrects, contract, meter) NOT IN (
                SELECT (source, usage_id, contract, meter) FROM grounded
            )
        )
        SELECT row_number FROM candidate JOIN lost USING (source, usage_id, day, digest)
        RETURNING row_number
        """
    ).fetchall()
    return bool(found)
