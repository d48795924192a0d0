"""Each usage counts once: the identity of a row is (source, usage_id, usage_date).

A row told again word for word is a duplicate; told again with other content it conflicts, and
the first telling counts. A duplicate carries the same usage date, so only the partitions of the
dates in the batch are read, however late the row comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec.store.lake_files import Part
from revrec.store.lake_tables import TABLES
from revrec.usage import validation
from revrec.usage.columns import OF_CUSTOMER, RECORDED_AT
from revrec.usage.staging import Workbench, is_marked, total_of
from revrec.usage.totals import Total

TABLE = "usage"
"""The table of the lake that holds the usage ledger."""
PARTITIONED_BY = ("entity_id", "usage_date")
_CONTENT = "contract meter quantity unit amount currency dimensions corrects".split()
_COUNTED_AT_ONCE = 2**21
"""Numbers of identities counted by one statement."""
_OPTIONAL = {"occurred_at": "TIMESTAMPTZ", "customer": "VARCHAR"}
"""What only a table of counted usage holds."""


def _content(row: str) -> str:
    """SQL: what a row tells beside its identity; of events without a contract, their customer."""
    return (
        f"row(coalesce('{OF_CUSTOMER}' || {row}.customer, {row}.contract), {row}.meter,"
        f" {row}.quantity, {row}.unit, {row}.amount, {row}.currency, {row}.labels,"
        f" coalesce({row}.corrects, ''), coalesce(epoch_us({row}.occurred_at), 0))"
    )


def suspect(bench: Workbench, ledger: ds.Dataset | None, *, entity: int) -> None:
    """Add to ``suspect`` the rows whose identity may have been told, here or in the ledger.

    Identities are compared by a number of 64 bits, so that few texts are read: rows with one
    identity have one number, and of the rows with one number nearly all have one identity.
    """
    connection = bench.database
    if ledger is not None and bench.spool.days():
        _scan(
            connection,
            ledger,
            ["source", "usage_id", "usage_date"],
            (pc.field("entity_id") == entity) & pc.field("usage_date").isin(bench.spool.days()),
            """
            INSERT INTO suspect
            SELECT identity.row_number FROM held JOIN identity
              ON identity.number = hash(held.source, held.usage_id, held.usage_date)
            """,
        )
    # A part of the numbers at a time, so that what is counted fits into memory.
    connection.execute("CREATE OR REPLACE TEMP TABLE told_again (number UBIGINT)")
    width = 2**64 // (1 + bench.received.rows // _COUNTED_AT_ONCE)
    for first in range(0, 2**64, width):
        last = min(first + width, 2**64) - 1
        connection.execute(
            f"""
            INSERT INTO told_again
            SELECT number FROM identity
            WHERE number BETWEEN {first}::UBIGINT AND {last}::UBIGINT
            GROUP BY number HAVING count(*) > 1
            """
        )
    connection.execute(
        """
        INSERT INTO suspect
        SELECT row_number FROM identity WHERE number IN (SELECT number FROM told_again)
        """
    )


def suspect_context(bench: Workbench, terms: pa.Table) -> None:
    """Add to ``suspect`` the rows the terms may not allow, and the rows that others correct."""
    doubtful = validation.doubt_context(bench.database, terms, bench.form)
    corrections = bench.database.execute("FROM corrected_id LIMIT 1").fetchall()
    if doubtful or corrections:
        bench.each(
            """
            INSERT INTO suspect SELECT row_number FROM arriving
            WHERE (contract, meter, currency) IN (FROM doubtful)
               OR (source, usage_id) IN (FROM corrected_id)
            """
        )


def recall(bench: Workbench, ledger: ds.Dataset | None, *, entity: int) -> None:
    """Make ``judged``, the rows that are looked at one by one: the suspects.

    ``recalled`` are those whose identity the ledger already holds, ``undecided`` the others.
    """
    connection = bench.database
    bench.pick("SELECT row_number FROM suspect", "judged")
    connection.execute("CREATE OR REPLACE TABLE recalled (row_number BIGINT, reason VARCHAR)")
    days = _touched(connection)
    if ledger is not None and days:
        optional = [name for name in _OPTIONAL if name in ledger.schema.names]
        absent = "".join(
            f", CAST(NULL AS {kind}) AS {name}"
            for name, kind in _OPTIONAL.items()
            if name not in optional
        )
        _scan(
            connection,
            ledger,
            ["source", "usage_id", "usage_date", *_CONTENT, *optional],
            (pc.field("entity_id") == entity) & pc.field("usage_date").isin(days),
            f"""
            INSERT INTO recalled
            SELECT judged.row_number, CASE WHEN {_content("judged")} = {_content("known")}
                   THEN 'duplicate' ELSE 'conflicting-duplicate' END
            FROM (SELECT *, dimensions AS labels{absent} FROM held) known JOIN judged
              ON known.usage_id = judged.usage_id AND known.source = judged.source
             AND known.usage_date = judged.day
            """,
        )
    connection.execute(
        """
        CREATE OR REPLACE VIEW undecided AS
        SELECT * FROM judged WHERE row_number NOT IN (SELECT row_number FROM recalled)
        """
    )


def settle(bench: Workbench, ledger: ds.Dataset | None, *, entity: int) -> None:
    """Make ``verdict``: every row that is not accepted, with its reason or ``duplicate``.

    Of rows with one identity the first allowed one by row number counts.
    """
    connection = bench.database
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
    corrections = connection.execute("SELECT 1 FROM candidate WHERE corrects IS NOT NULL LIMIT 1")
    if corrections.fetchall():
        _find_corrected(connection, ledger, entity)
        while _find_dangling(connection):
            _find_repeated(connection)
    connection.execute(
        """
        CREATE OR REPLACE TABLE verdict AS
        SELECT row_number, reason FROM saying
        UNION ALL SELECT row_number, reason FROM recalled
        UNION ALL SELECT row_number, reason FROM misplaced
        UNION ALL SELECT row_number, 'unknown-correction' FROM dangling
        UNION ALL SELECT row_number, reason FROM repeated
        """
    )


def accepted(
    bench: Workbench, counted: dict[date, Total], *, batch: str, recorded_at: datetime, table: str
) -> Iterator[Part]:
    """The rows that enter the ledger, in its columns, day by day; ``counted`` is given their sums.

    They are the well-formed rows without those of ``verdict``.
    """
    rejected = bench.marked("SELECT row_number FROM verdict")
    told_here = {
        "batch": pa.scalar(batch).cast(pa.dictionary(pa.int32(), pa.string())),
        "recorded_at": pa.scalar(recorded_at, RECORDED_AT),
    }
    names = [name for name in TABLES[table][0].names if name not in PARTITIONED_BY]

    def rows_of(day: date) -> Iterator[pa.RecordBatch]:
        for rows in bench.spool.rows_of(day):
            out = is_marked(rejected, rows)
            kept = rows.filter(pa.array(~out)) if out.any() else rows
            if len(kept):
                counted[day] = counted.get(day, Total()) + total_of(kept)
                columns = dict(zip(kept.schema.names, kept.columns, strict=True))
                columns["dimensions"] = columns["labels"]
                columns |= {name: pa.repeat(told, len(kept)) for name, told in told_here.items()}
                yield pa.RecordBatch.from_arrays([columns[name] for name in names], names)

    for day in bench.spool.days():
        yield {"usage_date": day.isoformat()}, rows_of(day)


def _touched(connection: duckdb.DuckDBPyConnection) -> list[date]:
    rows = connection.execute("SELECT DISTINCT day FROM judged").fetchall()
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
        f"""
        CREATE OR REPLACE TABLE repeated AS
        WITH told_again AS (
            SELECT source, usage_id, day, min(row_number) AS first_row
            FROM candidate GROUP BY ALL HAVING count(*) > 1
        )
        SELECT candidate.row_number, CASE WHEN {_content("candidate")} = {_content("first")}
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
            SELECT *, {_content("supporting")} AS content FROM {supporting} supporting
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
            SELECT DISTINCT source, usage_id, day, content FROM told
            WHERE corrects IS NOT NULL AND (source, corrects, contract, meter) NOT IN (
                SELECT (source, usage_id, contract, meter) FROM grounded
            )
        )
        SELECT candidate.row_number FROM candidate JOIN lost
          ON lost.source = candidate.source AND lost.usage_id = candidate.usage_id
         AND lost.day = candidate.day AND lost.content = {_content("candidate")}
        RETURNING row_number
        """
    ).fetchall()
    return bool(found)
