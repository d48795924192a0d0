"""The workbench of one batch: a private DuckDB that spills to disk, thrown away afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from revrec.usage.columns import ARRIVED

MEMORY_MAX = "1GB"
"""Memory of the workbench; beyond it DuckDB spills to the folder."""
_INSERT_ROWS = 2**17


@contextmanager
def workbench() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own that loads no extensions and opens no files but those it spills."""
    with tempfile.TemporaryDirectory(prefix="revrec-usage-") as folder:
        connection = duckdb.connect(
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


def stage(
    connection: duckdb.DuckDBPyConnection,
    batches: Iterable[pa.RecordBatch],
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the rows to the table ``staged`` as they come; gives their number.

    ``progress`` is told the number of rows staged so far.
    """
    columns = ", ".join(
        f"{field.name} {'BIGINT' if pa.types.is_integer(field.type) else 'VARCHAR'}"
        for field in ARRIVED
    )
    connection.execute(f"CREATE OR REPLACE TABLE staged ({columns})")
    count = 0
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if sum(held.num_rows for held in waiting) >= _INSERT_ROWS:
            _insert(connection, waiting)
            waiting = []
            if progress:
                progress(count)
    _insert(connection, waiting)
    if progress:
        progress(count)
    return count


def _insert(connection: duckdb.DuckDBPyConnection, batches: list[pa.RecordBatch]) -> None:
    if batches:
        connection.register("arriving", pa.Table.from_batches(batches))
        connection.execute("INSERT INTO staged SELECT * FROM arriving")
        connection.unregister("arriving")
