"""Many small files of a partition become one, and every row stays what it was.

Delta's own compaction writes the rows of small files anew and marks neither as a change of data,
so an append-only table allows it. The files it replaces are kept: a version from before is read
from them, byte for byte. Here it is proven, before anything counts, that the new files hold the
rows of the old ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds

from revrec.columnar import connect
from revrec.errors import InvariantViolated

if TYPE_CHECKING:
    from deltalake import DeltaTable

FILE_BYTES_AIMED = 100 * 2**20
"""Files are joined until they are about this large; a larger one is left as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What a compaction did to a table."""

    table: str
    version: int
    """The version it made."""
    files_before: int
    """Files of the table before ..."""
    files_after: int
    """... and after it."""
    rows: int
    """Rows that were written anew."""
    totals: dict[str, str]
    """Sums of the numbers in those rows, by column; the same before and after."""


def write(
    delta: DeltaTable,
    batch: str,
    *,
    bytes_aimed: int = FILE_BYTES_AIMED,
    group_rows: int | None = None,
) -> None:
    """One Delta commit that joins small files, partition by partition; none if there are none.

    ``group_rows`` are the rows of a row group at most, Delta's own number if left out.
    """
    from deltalake import CommitProperties, WriterProperties
    from deltalake import Transaction as DeltaTransaction

    delta.optimize.compact(
        target_size=bytes_aimed,
        writer_properties=WriterProperties(max_row_group_size=group_rows) if group_rows else None,
        commit_properties=CommitProperties(
            app_transactions=[DeltaTransaction(batch, delta.version() + 1)], max_commit_retries=0
        ),
    )


def proven_equal(before: ds.Dataset, after: ds.Dataset, table: str) -> tuple[int, dict[str, str]]:
    """Rows and totals of both; raises InvariantViolated unless both hold the same rows.

    Compared are the number of rows, the exact sum of each column of numbers and the sum of a
    64-bit hash of each whole row, which order does not change.
    """
    told, kept = _told(before), _told(after)
    if told != kept:
        raise InvariantViolated(
            f"Compacting {table} would change its rows: {told} became {kept}.",
            remedy="Nothing was changed; check the disk, then compact again.",
            lake_table=table,
        )
    totals = {name: str(value) for name, value in told.items() if name not in _COUNTED_APART}
    return int(str(told["rows"])), totals


def of_files(dataset: ds.Dataset, paths: Iterable[str], partition_by: Sequence[str]) -> ds.Dataset:
    """Files of a Delta table as a dataset like that of one of its versions.

    They need not be of that version: a file that a compaction replaced is read all the same.
    """
    parts = ds.partitioning(
        pa.schema([dataset.schema.field(name) for name in partition_by]), flavor="hive"
    )
    fragments = [
        dataset.format.make_fragment(
            path,
            filesystem=dataset.filesystem,
            partition_expression=parts.parse(path),
        )
        for path in map(unquote, paths)
    ]
    return ds.FileSystemDataset(fragments, dataset.schema, dataset.format, dataset.filesystem)


_COUNTED_APART = ("rows", "hashes")


def _told(dataset: ds.Dataset) -> dict[str, object]:
    numbers = [
        field.name
        for field in dataset.schema
        if pa.types.is_decimal(field.type) or pa.types.is_int64(field.type)
    ]
    sums = "".join(f", sum({name}) as {name}" for name in numbers)
    columns = ", ".join(dataset.schema.names)
    with connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("held", dataset.scanner().to_reader())
        found = connection.execute(
            f"select count(*) as rows, sum(hash({columns})::hugeint) as hashes{sums} from held"
        )
        names = [name for name, *_ in found.description]
        (values,) = found.fetchall()
    return dict(zip(names, values, strict=True))
