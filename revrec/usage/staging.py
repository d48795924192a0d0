"""The workbench of one batch: a private DuckDB that spills to disk, thrown away afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from revrec.columnar import connect
from revrec.usage import validation
from revrec.usage.columns import RATED, Form

MEMORY_MAX = "1GB"
"""Memory of the workbench; beyond it DuckDB spills to the folder."""
ROWS_AT_ONCE = 2**18
"""Rows judged by one statement: enough to occupy every core, little enough to hold."""


@contextmanager
def workbench() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own that loads no extensions and opens no files but those it spills."""
    with tempfile.TemporaryDirectory(prefix="revrec-usage-") as folder:
        connection = connect(
            config={
                "memory_limit": MEMORY_MAX,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
            }
        )
        try:
            connection.execute("SET temp_directory = $1", [folder])
            connection.execute("SET enable_external_access = false")
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()


def receive(
    connection: duckdb.DuckDBPyConnection,
    batches: Iterable[pa.RecordBatch],
    progress: Callable[[int], None] | None = None,
    *,
    form: Form = RATED,
    zone: str = "UTC",
    rated_here: bool = False,
    rows_at_once: int = ROWS_AT_ONCE,
) -> int:
    """Judge the form of rows as they come, into the table ``judged``; gives their number.

    ``progress`` is told the number of rows received so far. ``zone`` is the time zone whose days
    events count on. ``rated_here`` admits the source of rows rated here.
    """
    validation.clear(connection)

    def judge(table: pa.Table) -> None:
        validation.judge_form(connection, table, form, zone, rated_here=rated_here)

    count = 0
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if sum(held.num_rows for held in waiting) >= rows_at_once:
            judge(pa.Table.from_batches(waiting))
            waiting = []
            if progress:
                progress(count)
    if waiting:
        judge(pa.Table.from_batches(waiting))
    if progress:
        progress(count)
    return count
