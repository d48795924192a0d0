"""Parquet files of the lake, written a block of rows at a time, whatever the number of rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from revrec.errors import InvariantViolated
from revrec.model.fact import digest_of
from revrec.store.lake_tables import BY_CONTRACT, TABLES

if TYPE_CHECKING:
    from deltalake import DeltaTable

Part = tuple[Mapping[str, str], Iterable[pa.RecordBatch]]
"""Values of the columns a table is partitioned by, and rows in its other columns."""

_HELD_ROWS = 2**17
"""Rows that are held in memory at once; a row group, where rows are in the order they came in."""
_FILE_ROWS = 2**22
"""Rows of such a file at most."""
GROUP_ROWS_BY_CONTRACT = 2**12
"""Rows of a row group in order of contract: what a reader of one contract reads."""
_FILE_ROWS_BY_CONTRACT = 2**18
"""Rows of such a file at most: who reads a row group of it reads what it tells of all of them."""
_OWN = frozenset({"usage_id", "quantity", "amount", "corrects"})
"""Columns in which each row has its own value: a dictionary of them would save nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file that is written and belongs to no version yet."""

    path: str
    """Below the table."""
    size: int
    partition: Mapping[str, str]
    rows: int
    contracts: tuple[str, str] | None = None
    """The first and the last one, of a file in order of contract."""

    @property
    def stats(self) -> str:
        """What Delta's log tells of it."""
        told: dict[str, object] = {"numRecords": self.rows}
        if self.contracts is not None:
            first, last = self.contracts
            told |= {"minValues": {"contract": first}, "maxValues": {"contract": last}}
            told["nullCount"] = {"contract": 0}
        return json.dumps(told)


def write(
    delta: DeltaTable, table: str, entity: int, parts: Iterable[Part], batch: str
) -> list[Written]:
    """Write the parts of an entity's table, one file or more for each that has rows.

    Files are named for the batch: written again after a process died, they take the place of
    those that it left. Raises InvariantViolated if there are no rows.
    """
    system = file_system(delta.table_uri)
    columns = _columns(delta, table)
    name = digest_of(batch)[:32]
    written: list[Written] = []
    for values, batches in parts:
        partition = {"entity_id": str(entity), **values}
        folder = "/".join(f"{column}={value}" for column, value in partition.items())
        system.create_dir(folder, recursive=True)
        path, ordered = f"{folder}/part-{name}", table in BY_CONTRACT
        written += _write_part(system, path, partition, columns, batches, ordered=ordered)
    if not written:
        raise InvariantViolated(f"An append to {table} has no rows.", remedy="Leave it out.")
    return written


def commit(
    delta: DeltaTable, table: str, written: Iterable[Written], batch: str, at: datetime
) -> None:
    """One Delta commit of the files that carries the batch as its application transaction."""
    from deltalake import CommitProperties
    from deltalake import Transaction as DeltaTransaction
    from deltalake.transaction import AddAction, RemoveAction

    added: list[AddAction | RemoveAction] = [
        AddAction(
            path=each.path,
            size=each.size,
            partition_values=dict(each.partition),
            modification_time=int(at.timestamp()) * 1000,
            data_change=True,
            stats=each.stats,
        )
        for each in written
    ]
    delta.create_write_transaction(
        added,
        "append",
        delta.schema(),
        TABLES[table][1],
        commit_properties=CommitProperties(
            app_transactions=[DeltaTransaction(batch, delta.version() + 1)], max_commit_retries=0
        ),
    )


def parts_of(data: pa.Table, table: str, entity: int) -> Iterator[Part]:
    """Rows in memory by what their table is partitioned by, in its types; all of the entity.

    Those of a table that is kept in order of contract are put into it.
    """
    schema, partition_by = TABLES[table]
    if data.num_rows == 0:
        raise InvariantViolated(f"An append to {table} has no rows.", remedy="Leave it out.")
    try:
        rows = data.select(schema.names).cast(schema)
    except (KeyError, pa.ArrowInvalid) as error:
        raise InvariantViolated(f"Rows for {table} do not have its columns: {error}") from error
    entities = rows["entity_id"].unique().to_pylist()
    if entities != [entity]:
        raise InvariantViolated(f"Rows of entities {entities} in entity {entity}'s {table}.")
    (name,) = (name for name in partition_by if name != "entity_id")
    values = rows[name].unique().to_pylist()
    for value in sorted(values):
        own = rows
        if len(values) > 1:
            own = rows.filter(pc.equal(rows[name], pa.scalar(value, rows[name].type)))
        told = own.drop_columns(partition_by)
        ordered = table not in BY_CONTRACT or _in_order(told["contract"])
        yield (
            {name: str(value)},
            told.to_batches(max_chunksize=_HELD_ROWS) if ordered else _by_contract(told),
        )


def _by_contract(rows: pa.Table) -> Iterator[pa.RecordBatch]:
    """The rows in order of contract, some at a time: a copy of all would double what is held."""
    order = pc.sort_indices(rows["contract"])
    for start in range(0, len(order), _HELD_ROWS):
        yield from rows.take(order.slice(start, _HELD_ROWS)).combine_chunks().to_batches()


def _in_order(names: pa.ChunkedArray) -> bool:
    following = pc.less_equal(names.slice(0, max(len(names) - 1, 0)), names.slice(1))
    return pc.all(following).as_py() is not False


def _columns(delta: DeltaTable, table: str) -> pa.Schema:
    """The columns of a file: all but those the table is partitioned by.

    A table of an earlier version may require columns that are no longer told.
    """
    schema, partition_by = TABLES[table]
    former = [
        field
        for field in pa.schema(delta.schema().to_arrow())
        if field.name not in schema.names and not field.nullable
    ]
    return pa.schema([field for field in [*schema, *former] if field.name not in partition_by])


def _write_part(
    system: pafs.FileSystem,
    path: str,
    partition: Mapping[str, str],
    columns: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    ordered: bool,
) -> Iterator[Written]:
    """Files of the part; those in order of contract tell which contracts are in what of them."""
    rows_max = _FILE_ROWS_BY_CONTRACT if ordered else _FILE_ROWS
    groups = _groups(_in_columns(batch, columns) for batch in batches)
    group = next(groups, None)
    number = 0
    while group is not None:
        rows, number = 0, number + 1
        names: list[str] = []
        with system.open_output_stream(f"{path}-{number}.parquet") as sink:
            kinds = zip(columns, group.schema.types, strict=True)
            schema = pa.schema([field.with_type(kind) for field, kind in kinds])
            with pq.ParquetWriter(
                sink,
                schema,
                use_dictionary=_coded(columns),
                write_statistics=["contract"] if ordered else False,
                store_schema=False,
            ) as writer:
                while group is not None and rows < rows_max:
                    size = GROUP_ROWS_BY_CONTRACT if ordered else group.num_rows
                    writer.write_table(group.cast(schema), row_group_size=size)
                    rows += group.num_rows
                    names += pc.min_max(group["contract"]).as_py().values() if ordered else ()
                    group = next(groups, None)
            size = sink.tell()
        yield Written(
            path=f"{path}-{number}.parquet",
            size=size,
            partition=partition,
            rows=rows,
            contracts=(min(names), max(names)) if ordered else None,
        )


def _coded(columns: pa.Schema) -> bool | list[str]:
    """Columns that are written by a dictionary; all of them reaches those within others too."""
    own = [name for name in columns.names if name not in _OWN]
    return own if len(own) < len(columns) else True


def _in_columns(rows: pa.RecordBatch, columns: pa.Schema) -> pa.RecordBatch:
    """The rows in the order of the columns; one that they do not know is told empty."""
    given = dict(zip(rows.schema.names, rows.columns, strict=True))
    unknown = pa.repeat(pa.scalar(""), len(rows))
    return pa.RecordBatch.from_arrays(
        [given.get(name, unknown) for name in columns.names], columns.names
    )


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows in tables of about one row group."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(len(held) for held in waiting) >= _HELD_ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def file_system(uri: str) -> pafs.FileSystem:
    """The folder or object store of a table or a lake; paths are given below it."""
    scheme, is_uri, path = uri.partition("://")
    if not is_uri:
        return pafs.SubTreeFileSystem(uri, pafs.LocalFileSystem())
    if scheme == "file":
        return pafs.SubTreeFileSystem(unquote(path), pafs.LocalFileSystem())
    from deltalake.fs import DeltaStorageHandler

    return pafs.PyFileSystem(DeltaStorageHandler(uri))
