"""A session of Spark for one close, a folder its tasks read and write, and work done by tasks."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from revrec.errors import StoreError
from revrec.operations.parts import Part
from revrec.store.lake import Lake
from revrec.store.lake_files import file_system
from revrec.store.parting import Cut
from revrec.store.transaction import Transaction

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder for what the tasks of one close read and write; gone with its context."""

    root: str
    """Of the lake."""
    name: str
    """Below it."""

    @property
    def uri(self) -> str:
        """Where it is."""
        return f"{self.root.rstrip('/')}/{self.name}"

    @property
    def system(self) -> pafs.FileSystem:
        """The files in it."""
        return pafs.SubTreeFileSystem(self.name, file_system(self.root))

    def put(self, name: str, rows: pa.Table) -> str:
        """Write a table, and give where it is."""
        with self.system.open_output_stream(name) as sink:
            pq.write_table(rows, sink)
        return f"{self.uri}/{name}"

    def read(self, name: str) -> pa.Table:
        """Read one."""
        with self.system.open_input_file(name) as source:
            return pq.read_table(source)


@contextmanager
def scratch(lake: Lake, tx: Transaction) -> Iterator[Folder]:
    """A folder of the lake that only this close writes to; what an earlier one left is removed."""
    root = file_system(lake.root)
    name = f"scratch/entity-{tx.entity}"
    with _gone_before_and_after(root, name):
        yield Folder(lake.root, name)


@contextmanager
def _gone_before_and_after(root: pafs.FileSystem, name: str) -> Iterator[None]:
    root.create_dir(name, recursive=True)
    root.delete_dir(name)
    root.create_dir(name, recursive=True)
    try:
        yield
    finally:
        root.delete_dir(name)


@contextmanager
def session(master: str | None) -> Iterator[SparkSession]:
    """A session of this close's own; tasks run by the Python that runs this."""
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise StoreError(
            "Spark is not installed.",
            remedy="pip install 'revrec[spark]', and a Java of version 17 or 21.",
        ) from error
    builder = SparkSession.builder.appName("revrec close")
    builder = builder if master is None else builder.master(master)
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",  # a sum of more digits than there are is refused
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
        context = spark.sparkContext
        context.pythonExec = context.getConf().get("spark.pyspark.python", sys.executable)
        try:
            with warnings.catch_warnings():
                # Nothing here goes through pandas.
                warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
                yield spark
        finally:
            spark.stop()
    except PySparkException as error:
        raise StoreError(
            f"Spark did not finish: {str(error).partition(chr(10))[0]}",
            remedy="See Spark's own log; nothing was posted, and the close may be run again.",
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """Work on parts that tasks of a session do."""

    spark: SparkSession
    folder: Folder
    part_contracts: int

    def parts(self, contracts: int) -> int:
        """As few as are small enough."""
        return -(-contracts // self.part_contracts)

    def over(
        self, pieces: Cut, take: Callable[[Cut, int], Part], work: Callable[[Part], pa.Table]
    ) -> Iterator[pa.Table]:
        """The work on each part, in their order; what it takes and gives are tables in files."""
        for number in range(pieces.parts):
            part = take(pieces, number)
            for name in _OF_A_PART:
                self.folder.put(f"{name}-{number}", getattr(part, name))
        numbers = self.spark.range(0, pieces.parts, 1, pieces.parts)
        done = numbers.mapInArrow(partial(_worked, folder=self.folder, work=work), "id long")
        done.write.format("noop").mode("overwrite").save()
        for number in range(pieces.parts):
            yield self.folder.read(f"done-{number}")


_OF_A_PART = [each.name for each in fields(Part)]


def _worked(
    batches: Iterator[pa.RecordBatch], *, folder: Folder, work: Callable[[Part], pa.Table]
) -> Iterator[pa.RecordBatch]:
    """Do the work on the parts that came to a task; done again, it gives the same."""
    for batch in batches:
        for number in batch["id"].to_pylist():
            part = Part(**{name: folder.read(f"{name}-{number}") for name in _OF_A_PART})
            folder.put(f"done-{number}", work(part))
        yield batch
