"""Each usage counts once: the identity of a row is (source, usage_id, usage_date).

A row told again word for word is a duplicate; told again with other content it conflicts, and
the first telling counts. A duplicate carries the same usage date, so only the partitions of the
dates in the batch are read, however late the row comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec.columnar import as_written
from revrec.store.lake_files import Part
from revrec.store.lake_tables import TABLES
from revrec.usage import repeats, validation
from revrec.usage.columns import OF_CUSTOMER, RECORDED_AT
from revrec.usage.marks import Marks
from revrec.usage.staging import IDENTITY_NUMBER, ROWS_AT_ONCE, Workbench, total_of
from revrec.usage.totals import Total

TABLE = "usage"
"""The table of the lake that holds the usage ledger."""
PARTITIONED_BY = ("entity_id", "usage_date")
_IDENTITY = tuple(repeats.IDENTITY.values())
_CONTENT = tuple(repeats.CONTENT.values())
_OPTIONAL = {"occurred_at": "TIMESTAMPTZ", "customer": "VARCHAR"}
"""What only a table of counted usage holds."""
_FILES_AHEAD, _BLOCKS_AHEAD = 2, 2
"""How far the ledger is read ahead of those who look at it."""


def _contents(row: str) -> list[str]:
    """SQL: what a row tells beside its identity; of events without a contract, their customer."""
    return [
        f"{row}.quantity",
        f"{row}.amount",
        f"coalesce('{OF_CUSTOMER}' || {row}.customer, {row}.contract)",
        f"{row}.meter",
        f"{row}.unit",
        f"{row}.currency",
        f"{row}.labels",
        f"coalesce({row}.corrects, '')",
        f"coalesce(epoch_us({row}.occurred_at), 0)",
    ]


def _content(row: str) -> str:
    return f"row({', '.join(_contents(row))})"


def _same(one: str, other: str) -> str:
    """SQL: whether two rows of one identity tell the same."""
    pairs = zip(_contents(one), _contents(other), strict=True)
    return " AND ".join(f"{mine} = {its}" for mine, its in pairs)


def suspect(bench: Workbench, ledger: ds.Dataset | None, *, entity: int) -> None:
    """Suspect the rows whose identity may have been told, here or in the ledger.

    Identities are compared by their numbers, a span of days at a time.
    """
    bench.suspects = Marks(bench.received.rows)
    for days in bench.spool.spans():
        for numbers, rows in bench.spool.identities_of(days):
            ordered = np.sort(numbers)
            again = [ordered[1:][ordered[1:] == ordered[:-1]]]
            if ledger is not None:
                again += _told_before(bench.database, ledger, _of(entity, days), ordered)
            found = np.sort(np.concatenate(again))
            if len(found):
                bench.suspects.add(rows[_within(numbers, found)])


def _told_before(
    connection: duckdb.DuckDBPyConnection,
    ledger: ds.Dataset,
    condition: pc.Expression,
    ordered: npt.NDArray[np.uint64],
) -> list[npt.NDArray[np.uint64]]:
    """Which of the numbers, in order, are of rows of the ledger that meet the condition."""
    found: list[npt.NDArray[np.uint64]] = []
    with _held(connection, ledger, _IDENTITY, condition):
        number = IDENTITY_NUMBER.format(day="usage_date")
        query = connection.sql(f"SELECT {number} AS number FROM held")
        for batch in query.to_arrow_reader(ROWS_AT_ONCE):
            numbers = batch.column(0).to_numpy()
            found.append(numbers[_within(numbers, ordered)])
    return found


def _within(
    numbers: npt.NDArray[np.uint64], ordered: npt.NDArray[np.uint64]
) -> npt.NDArray[np.bool_]:
    """Which of the numbers are among those in order."""
    if not len(ordered):
        return np.zeros(len(numbers), np.bool_)
    places = np.searchsorted(ordered, numbers)
    found: npt.NDArray[np.bool_] = ordered[places % len(ordered)] == numbers
    return found


def _of(entity: int, days: Sequence[date]) -> pc.Expression:
    return (pc.field("entity_id") == entity) & pc.field("usage_date").isin(days)


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
    """Look at the suspects: ``recalled`` are those whose identity the ledger already holds.

    ``judged`` are the others, ``undecided``, and those recalled that tell something else.
    """
    connection = bench.database
    chosen = bench.suspects
    chosen.add(connection.sql("FROM suspect").to_arrow_table()["row_number"].to_numpy())
    bench.lay_out("judged")
    connection.execute(_RECALLED)
    for days in bench.spool.spans() if chosen.any() else ():
        condition = _of(entity, days)
        if ledger is not None:
            told = [*_IDENTITY, *_CONTENT, *_optional(ledger)]
            repeats.recall(bench, days, partial(rows_of, ledger, told, condition))
        if bench.pick(chosen, days, "picked"):
            _recall_picked(connection, ledger, condition)


def _recall_picked(
    connection: duckdb.DuckDBPyConnection, ledger: ds.Dataset | None, condition: pc.Expression
) -> None:
    connection.execute("CREATE OR REPLACE TABLE known (row_number BIGINT, reason VARCHAR)")
    if ledger is not None:
        optional = _optional(ledger)
        absent = "".join(
            f", CAST(NULL AS {kind}) AS {name}"
            for name, kind in _OPTIONAL.items()
            if name not in optional
        )
        with _held(connection, ledger, [*_IDENTITY, *_CONTENT, *optional], condition):
            connection.execute(
                f"""
                INSERT INTO known
                SELECT picked.row_number, CASE WHEN {_same("picked", "told")}
                       THEN 'duplicate' ELSE 'conflicting-duplicate' END
                FROM (SELECT *, dimensions AS labels{absent} FROM held) told
                JOIN picked ON told.usage_id = picked.usage_id AND told.source = picked.source
                 AND told.usage_date = picked.day
                """
            )
    connection.execute(_RECALL)


def _optional(ledger: ds.Dataset) -> list[str]:
    return [name for name in _OPTIONAL if name in ledger.schema.names]


_RECALLED = """
CREATE OR REPLACE TABLE recalled (
    row_number BIGINT, reason VARCHAR, day DATE, quantity DECIMAL(38,9), amount DECIMAL(38,12)
);
CREATE OR REPLACE VIEW undecided AS
SELECT * FROM judged WHERE row_number NOT IN (SELECT row_number FROM recalled)
"""
_RECALL = """
INSERT INTO recalled
SELECT row_number, reason, day, quantity, amount FROM known JOIN picked USING (row_number);
INSERT INTO judged
SELECT picked.* FROM picked ANTI JOIN (FROM known WHERE reason = 'duplicate') USING (row_number)
"""


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
            out = rejected.among(rows)
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


@contextmanager
def _held(
    connection: duckdb.DuckDBPyConnection,
    ledger: ds.Dataset,
    columns: Sequence[str],
    condition: pc.Expression,
) -> Iterator[None]:
    """The rows of the ledger that meet the condition as ``held``, for one statement.

    They stream past the batch: the ledger may be larger than memory, the batch's side of a join
    spills. DuckDB cannot know the sizes, so it is told to keep the order written.
    """
    connection.register("held", rows_of(ledger, columns, condition))
    with as_written(connection):
        yield
    connection.unregister("held")


def rows_of(
    ledger: ds.Dataset, columns: Sequence[str], condition: pc.Expression
) -> pa.RecordBatchReader:
    """Rows of a table that are read a little ahead only, so that no more of it is held."""
    return ledger.scanner(
        columns=list(columns),
        filter=condition,
        batch_size=ROWS_AT_ONCE,
        batch_readahead=_BLOCKS_AHEAD,
        fragment_readahead=_FILES_AHEAD,
    ).to_reader()


def _find_repeated(connection: duckdb.DuckDBPyConnection) -> None:
    """Make ``repeated``: candidates that tell an identity again."""
    connection.execute(
        f"""
        CREATE OR REPLACE TABLE repeated AS
        WITH told_again AS (
            SELECT source, usage_id, day, min(row_number) AS first_row
            FROM candidate GROUP BY ALL HAVING count(*) > 1
        )
        SELECT candidate.row_number, CASE WHEN {_same("candidate", "first")}
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
            condition = by_id if days is None else by_id & days
            with _held(connection, ledger, ["source", "usage_id", "contract", "meter"], condition):
                connection.execute(
                    "INSERT INTO corrected SELECT source, usage_id, contract, meter FROM held"
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
