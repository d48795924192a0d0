"""A close computed by Apache Spark: for more contracts than one machine holds.

Spark reads the files of the lake's versions that the close names, sums usage and what is posted by
itself, and brings the sums to where the facts of the same contracts are. A task closes its part
by the very functions that close everything on one machine. What the tasks give goes into a
scratch folder of the lake; from there on, the close is any other: journal, detail and certificate
are committed by one transaction. A task that is run again, or an executor that is lost, leaves
nothing that anybody reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial, reduce
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from revrec.asc606.combination import Proposal
from revrec.feeds.book import book_of
from revrec.ledger.decided import DECIDED, DecidedContracts
from revrec.ledger.detail import DETAIL, REASONED
from revrec.ledger.subledger import POSTED
from revrec.model.history import Book
from revrec.operations.computing import SECOND_POSTING
from revrec.operations.decided_part import close_decided, first_day
from revrec.operations.deciding import decide_ahead, standing
from revrec.operations.engines import PART_CONTRACTS
from revrec.operations.parts import (
    Asked,
    Balances,
    Part,
    PartClosed,
    Refused,
    close_part,
    cut_up,
    together,
    with_shared,
)
from revrec.operations.spark_session import Folder, Tasks, scratch, session
from revrec.periods import Period
from revrec.store.fact_columns import TOLD, facts_of
from revrec.store.lake import Lake
from revrec.store.parting import Cut, contracts_told
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction
from revrec.usage import ledger, rollup
from revrec.usage.rollup import DAILY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_USAGE_FILES = """contract string, meter string, usage_date date, quantity decimal(38, 9),
amount decimal(38, 12), recorded_at timestamp, entity_id int"""
_DAILY = """
select contract, meter, usage_date, sum(quantity) as quantity, sum(amount) as amount,
       sum(rows) as rows, max(recorded_at) as last_recorded_at
from {held} group by contract, meter, usage_date
"""
_KEYS = [
    *(name for name in POSTED.names if name not in {"amount", "functional"}),
    *("gl_code", "gl_name", "functional_currency"),
]
_CLOSED = pa.schema([("rest", pa.string()), ("row", pa.struct(list(REASONED)))])
"""What a part gives: its rows, and once, as JSON, all that is not rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A Spark cluster, or Spark on this machine."""

    master: str | None = None
    """Such as ``local[*]`` or ``spark://host:7077``; as Spark's own settings say if left out."""
    part_contracts: int = PART_CONTRACTS

    def close(
        self, tx: Transaction, lake: Lake, pins: Pins, asked: Asked
    ) -> tuple[PartClosed, Book]:
        """All parts as one, with what is told of the entity.

        Raises StoreError where Spark is not installed or does not finish, PeriodNotReady as
        ``engines.Engine`` does.
        """
        ahead = None if asked.differing else standing(tx, lake, pins, asked.period)
        others = contracts_told(tx, pins.fact_seq) if ahead is None else len(ahead.others)
        parts = max(1, -(-others // self.part_contracts))
        among = None if ahead is None else ahead.others
        with cut_up(tx, pins, parts, among) as pieces, session(self.master) as spark:
            book, _ = book_of(facts_of(pieces.of_all), differing=asked.differing)
            known = [pieces.since, None if ahead is None else first_day(ahead.decided)]
            since = min((day for day in known if day is not None), default=None)
            asked = replace(asked, since=since)
            second = book.second.framework.value if asked.differing and book.second else ""
            with scratch(lake, tx) as folder:
                told, places = (_table(spark, pieces, folder, name) for name in ("told", "place"))
                held: list[DataFrame | None] = [_as_struct(told, "told")]
                if ahead is not None:
                    rows = _in_parts(ahead.decided.rows, parts, self.part_contracts)
                    kept = spark.read.parquet(folder.put("decided.parquet", rows))
                    held.append(_as_struct(kept, "decided"))
                    places = places.unionByName(kept.select("contract", "part"))
                    parts = max(pc.max(rows["part"]).as_py() or 0, parts - 1) + 1
                held += [
                    _placed(_usage(spark, tx, lake, pins), places, "usage"),
                    _placed(_posted(spark, tx, lake, asked, second), places, "posted"),
                ]
                close = partial(_close_task, asked=asked, of_all=pieces.of_all)
                return together(_computed(held, parts, close, folder)), book

    def decide_ahead(self, tx: Transaction, lake: Lake, pins: Pins, period: Period) -> int | None:
        """Decide in tasks what a close will ask for; None where later facts are decided."""
        with session(self.master) as spark, scratch(lake, tx) as folder:
            tasks = Tasks(spark=spark, folder=folder, part_contracts=self.part_contracts)
            return decide_ahead(tx, lake, pins, period, tasks)


def _in_parts(rows: pa.Table, first: int, most: int) -> pa.Table:
    """Contracts in parts of so many, numbered from the first on."""
    numbers = [first + place // most for place in range(rows.num_rows)]
    return rows.append_column("part", pa.array(numbers, pa.int32()))


def _table(spark: SparkSession, pieces: Cut, folder: Folder, name: str) -> DataFrame:
    return spark.read.parquet(folder.put(f"{name}.parquet", pieces.table(name)))


def _usage(spark: SparkSession, tx: Transaction, lake: Lake, pins: Pins) -> DataFrame | None:
    """Usage by contract, meter and day, from the files that the pinned version reads."""
    if pins.usage_version is None:
        return None
    held = rollup.cells(tx, lake, pins.usage_version)
    read: DataFrame | None = None
    for dataset in getattr(held, "children", [held]):
        assert dataset is not None, "a version that is pinned is there"
        summed_before = "usage_month" in dataset.schema.names
        table = rollup.ROLLED if summed_before else ledger.TABLE
        columns = _USAGE_FILES + (", usage_month string, rows bigint" if summed_before else "")
        rows = _files(spark, lake.uri(tx, table), dataset, columns)
        rows = rows.where(f"entity_id = {tx.entity}").selectExpr(
            *("contract", "meter", "usage_date", "quantity", "amount", "recorded_at"),
            "coalesce(rows, 1) as rows" if summed_before else "1L as rows",
        )
        read = rows if read is None else read.unionByName(rows)
    return None if read is None else spark.sql(_DAILY, held=read)


def _posted(
    spark: SparkSession, tx: Transaction, lake: Lake, asked: Asked, book: str
) -> DataFrame | None:
    """What closes up to the period posted, summed over them."""
    from pyspark.sql import functions as f

    table = SECOND_POSTING if book else "posting"
    dataset = lake.dataset(tx, table)
    if dataset is None:
        return None
    kinds = {pa.int32(): "int", pa.int64(): "bigint", pa.string(): "string"}
    columns = ", ".join(f"{field.name} {kinds[field.type]}" for field in dataset.schema)
    rows = _files(spark, lake.uri(tx, table), dataset, columns).where(f"entity_id = {tx.entity}")
    if book:
        rows = rows.where(rows["book"] == book)
    up_to = rows.where(rows["period"] <= str(asked.period))
    return up_to.groupBy(*_KEYS).agg(
        f.min("period").alias("period"),
        f.sum("amount").alias("amount"),
        f.sum("functional").alias("functional"),
    )


def _files(spark: SparkSession, uri: str, dataset: ds.FileSystemDataset, columns: str) -> DataFrame:
    paths = [f"{uri}/{unquote(path)}" for path in dataset.files]
    return spark.read.schema(columns).option("basePath", uri).parquet(*paths)


def _placed(rows: DataFrame | None, places: DataFrame, name: str) -> DataFrame | None:
    """Rows by contract, each with the part its contract's facts are in."""
    if rows is None:
        return None
    joined = rows.join(places, "contract", "left")
    return _as_struct(joined.selectExpr(*rows.columns, "coalesce(part, 0) as part"), name)


def _as_struct(rows: DataFrame, name: str) -> DataFrame:
    from pyspark.sql import functions as f

    columns = [each for each in rows.columns if each != "part"]
    return rows.select("part", f.struct(*columns).alias(name))


def _computed(
    held: Sequence[DataFrame | None],
    parts: int,
    close: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    folder: Folder,
) -> Iterator[PartClosed]:
    """Bring together what belongs to a part, close it in a task, and read what came of it."""
    from pyspark.sql.pandas.types import from_arrow_schema

    rows = reduce(_and, [each for each in held if each is not None])
    closed = rows.repartitionById(parts, rows["part"]).mapInArrow(close, from_arrow_schema(_CLOSED))
    closed.write.parquet(f"{folder.uri}/closed")
    files = pafs.FileSelector("closed", recursive=True)
    paths = [each.path for each in folder.system.get_file_info(files) if _holds_rows(each)]
    for path in sorted(paths):
        with folder.system.open_input_file(path) as source:
            yield from _read(pq.read_table(source))


def _and(some: DataFrame, more: DataFrame) -> DataFrame:
    return some.unionByName(more, allowMissingColumns=True)


def _holds_rows(file: pafs.FileInfo) -> bool:
    return file.type is pafs.FileType.File and file.extension == "parquet"


def _close_task(
    batches: Iterator[pa.RecordBatch], *, asked: Asked, of_all: pa.Table
) -> Iterator[pa.RecordBatch]:
    """Close the parts that came to a task (``_CLOSED``)."""
    held = list(batches)
    if not held:
        return
    rows = pa.Table.from_batches(held)
    for number in sorted(rows["part"].unique().to_pylist()):
        of_part = rows.filter(pc.equal(rows["part"], number))
        yield from _written(_closed(of_part, asked, of_all))


def _closed(rows: pa.Table, asked: Asked, of_all: pa.Table) -> PartClosed:
    """Close a part: contracts as they were decided ahead, or from their facts."""
    usage, posted = _unpacked(rows, "usage", DAILY), _unpacked(rows, "posted", DETAIL)
    ahead = DecidedContracts(rows=_unpacked(rows, "decided", DECIDED))
    if not ahead.rows.num_rows:
        facts = with_shared(_unpacked(rows, "told", TOLD), of_all)
        return close_part(Part(facts=facts, usage=usage, posted=posted), asked)
    book, _ = book_of(facts_of(of_all))
    return close_decided(ahead, usage, posted, book, asked)


def _unpacked(rows: pa.Table, name: str, schema: pa.Schema) -> pa.Table:
    """The rows of one kind in its columns; what nobody reads of them is left empty."""
    if name not in rows.column_names:
        return schema.empty_table()
    told = pa.Table.from_struct_array(rows[name].drop_null())
    columns = [
        told[field.name].cast(field.type)
        if field.name in told.column_names
        else pa.nulls(told.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _written(closed: PartClosed) -> Iterator[pa.RecordBatch]:
    for batch in closed.rows.to_batches():
        rest = pa.nulls(len(batch), pa.string())
        yield pa.RecordBatch.from_arrays([rest, batch.to_struct_array()], schema=_CLOSED)
    rest = pa.array([_REST.dump_json(_rest_of(closed)).decode()], pa.string())
    yield pa.RecordBatch.from_arrays([rest, pa.nulls(1, _CLOSED.field("row").type)], schema=_CLOSED)


def _read(rows: pa.Table) -> Iterator[PartClosed]:
    yield PartClosed(rows=pa.Table.from_struct_array(rows["row"].drop_null()).cast(REASONED))
    for told in rows["rest"].drop_null().to_pylist():
        rest = _REST.validate_json(told)
        yield PartClosed(**{each.name: getattr(rest, each.name) for each in fields(rest)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """Of a part that was closed, all that is not rows."""

    postings: int
    balances: Balances
    contracts: int
    proposals: tuple[Proposal, ...]
    refused: Refused | None


_REST = TypeAdapter(_Rest)


def _rest_of(closed: PartClosed) -> _Rest:
    return _Rest(**{each.name: getattr(closed, each.name) for each in fields(_Rest)})
