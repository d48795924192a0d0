"""The workbench of one batch: its rows as they are judged, thrown away afterwards.

::

    spool       the well-formed rows, on disk
    sayings     the others, as they came, each with the rule it breaks
    place       the contracts, meters and currencies of well-formed rows, and the days of each
    suspects    rows that must be looked at one by one

Memory is bounded whatever the size of the batch: a block of rows is held at a time, and DuckDB
spills to disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from revrec.columnar import connect_apart
from revrec.errors import InvariantViolated
from revrec.usage import parquet_door, plain, validation
from revrec.usage.columns import RATED, WELL_FORMED, Form
from revrec.usage.marks import Marks
from revrec.usage.spool import Spool
from revrec.usage.totals import Total

MEMORY_MAX = "256MB"
"""Memory of the workbench's database; beyond it DuckDB spills to the folder."""
RATING_MEMORY_MAX = "1GB"
"""Memory of a rating's database."""
IDENTITY_NUMBER = "hash(source, usage_id, {day})"
"""SQL: a number of 64 bits for the identity of a row."""
ROWS_AT_ONCE = 2**16
"""Rows that are looked at together at least: smaller blocks are joined, larger ones left."""


@dataclass(slots=True)
class Workbench:
    """One batch on its way into the ledger."""

    database: duckdb.DuckDBPyConnection
    folder: Path
    spool: Spool
    received: Total = field(default_factory=Total)
    """Rows that came through the door, with the sums of what could be read of them."""
    zone: str = "UTC"
    """The time zone whose days events count on."""
    form: Form = RATED
    again: Callable[[], Iterable[pa.RecordBatch]] = tuple
    """Brings the same rows through the door once more, for the texts of rows set aside."""
    suspects: Marks = field(default_factory=lambda: Marks(0))
    """Rows that must be looked at one by one; ``ledger`` marks them."""

    def add(self, rows: pa.RecordBatch) -> None:
        """Put well-formed rows on the bench."""
        self.spool.add(rows, identities(self.database, rows))
        if rows.column("corrects").null_count < len(rows):
            self.database.register("arriving", pa.Table.from_batches([rows]))
            self.database.execute(_ADD_CORRECTIONS)
        self.database.register("arriving", _places(rows))
        self.database.execute("INSERT INTO place FROM arriving")
        self.database.unregister("arriving")

    def count(self, rows: pa.RecordBatch) -> None:
        """Count well-formed rows as received."""
        self.received += total_of(rows)

    def respool(self, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
        """Put all rows on the bench anew, changed."""
        before = self.spool
        validation.clear_rows(self.database)
        self.spool = Spool(self.folder / "changed")
        for rows in before.rows():
            self.add(change(rows))
        before.close()

    def lay_out(self, table: str) -> None:
        """Make a table for well-formed rows, empty."""
        self.database.register("arriving", WELL_FORMED.empty_table())
        self.database.execute(f"CREATE OR REPLACE TABLE {table} AS {_MEANT}", {"zone": self.zone})
        self.database.unregister("arriving")

    def pick(self, chosen: Marks, days: Sequence[date], into: str) -> bool:
        """Make a table of the marked rows of the days; whether there are any."""
        self.lay_out(into)
        picked = False
        for rows in gathered(among(chosen, self.spool.rows_of(*days)), ROWS_AT_ONCE):
            self.database.register("arriving", pa.Table.from_batches([rows]))
            self.database.execute(f"INSERT INTO {into} {_MEANT}", {"zone": self.zone})
            self.database.unregister("arriving")
            picked = True
        return picked

    def show(self, numbers: str) -> None:
        """Add the well-formed rows among those the query gives to ``saying``, as they came."""
        database = self.database
        chosen = f"{numbers} EXCEPT SELECT row_number FROM saying"
        (count,) = database.execute(f"SELECT count(*) FROM ({chosen})").fetchall()[0]
        if not count:
            return
        marked = self.marked(chosen)
        for rows in self.again():
            wanted = marked.among(rows)
            if wanted.any():
                for texts in parquet_door.as_text(rows.filter(pa.array(wanted))):
                    validation.show(database, texts, self.form, self.zone)
                    count -= len(texts)
        if count:
            raise InvariantViolated(f"{count} rows that were set aside did not come again.")
        database.execute(
            "UPDATE saying SET contract = judged.contract FROM judged"
            " WHERE judged.row_number = saying.row_number"
        )

    def each(self, statement: str) -> None:
        """Run a statement with the well-formed rows as ``arriving``, some at a time."""
        for rows in gathered(self.spool.rows(), ROWS_AT_ONCE):
            self.database.register("arriving", pa.Table.from_batches([rows]))
            self.database.execute(statement)
            self.database.unregister("arriving")

    def marked(self, numbers: str) -> Marks:
        """Marks on the rows whose numbers the query gives."""
        marks = Marks(self.received.rows)
        for batch in self.database.sql(numbers).to_arrow_reader(ROWS_AT_ONCE):
            marks.add(batch.column(0).to_numpy())
        return marks


def identities(
    database: duckdb.DuckDBPyConnection, rows: pa.RecordBatch, day: str = "day"
) -> pa.Array:
    """A number of 64 bits for the identity of each row, in their order."""
    database.register("arriving", pa.Table.from_batches([rows]))
    number = IDENTITY_NUMBER.format(day=day)
    numbers = database.sql(f"SELECT {number} AS number FROM arriving").to_arrow_table()
    database.unregister("arriving")
    return numbers["number"].combine_chunks()


def among(marks: Marks, blocks: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The marked rows, block by block."""
    for rows in blocks:
        yield rows.filter(pa.array(marks.among(rows)))


def _places(rows: pa.RecordBatch) -> pa.Table:
    """The contracts, meters and currencies of the rows, each with its first and its last day."""
    names = ["contract", "meter", "currency"]
    columns = {name: rows.column(name) for name in names}
    encoded = {
        name: column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        for name, column in columns.items()
    }
    numbers = {name: column.indices for name, column in encoded.items()}
    found = (
        pa.table(numbers | {"day": rows.column("day")})
        .group_by(names, use_threads=False)
        .aggregate([("day", "min"), ("day", "max")])
    )
    texts = {name: encoded[name].dictionary.take(found[name]) for name in names}
    return pa.table(texts | {"first_day": found["day_min"], "last_day": found["day_max"]})


def total_of(rows: pa.RecordBatch) -> Total:
    """Well-formed rows with their sums."""
    quantity, amount = (pc.sum(rows.column(name)).as_py() for name in ("quantity", "amount"))
    return Total(rows=len(rows), quantity=quantity or Decimal(0), amount=amount or Decimal(0))


@contextmanager
def scratch(memory_max: str = RATING_MEMORY_MAX) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own that loads no extensions and opens no files but those it spills."""
    with tempfile.TemporaryDirectory(prefix="revrec-usage-") as folder:
        config = {
            "memory_limit": memory_max,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
        }
        with connect_apart(config) as connection:
            connection.execute("SET temp_directory = $1", [folder])
            connection.execute("SET enable_external_access = false")
            connection.execute("SET TimeZone = 'UTC'")
            yield connection


@contextmanager
def workbench() -> Iterator[Workbench]:
    """An empty workbench."""
    with (
        scratch(MEMORY_MAX) as database,
        tempfile.TemporaryDirectory(prefix="revrec-usage-") as folder,
    ):
        database.execute("SET preserve_insertion_order = true")
        bench = Workbench(database, Path(folder), Spool(Path(folder) / "spool"))
        validation.clear(database)
        try:
            yield bench
        finally:
            bench.spool.close()


def receive(
    bench: Workbench,
    arriving: Callable[[], Iterable[pa.RecordBatch]],
    progress: Callable[[int], None] | None = None,
    *,
    form: Form = RATED,
    zone: str = "UTC",
    rated_here: bool = False,
    rows_at_once: int = ROWS_AT_ONCE,
) -> None:
    """Judge the form of rows as they come: the well-formed into the spool, the others aside.

    ``arriving`` gives the batches of a door; it is called again if rows must be shown as they
    came. ``progress`` is told the number of rows received so far. ``zone`` is the time zone whose
    days events count on. ``rated_here`` admits the source of rows rated here.
    """
    bench.form, bench.zone, bench.again = form, zone, arriving
    count = 0
    for rows in gathered(arriving(), rows_at_once):
        for meant, doubtful in plain.split(rows, form, rated_here=rated_here):
            for well_formed in (
                [] if meant is None else [meant],
                [] if doubtful is None else _judged(bench, doubtful, rated_here=rated_here),
            ):
                for each in well_formed:
                    bench.count(each)
                    bench.add(each)
        count += len(rows)
        if progress:
            progress(count)
    bench.received += validation.total_aside(bench.database)


def _judged(
    bench: Workbench, rows: pa.RecordBatch, *, rated_here: bool
) -> Iterator[pa.RecordBatch]:
    """The rows among them that keep every rule of their form; the others are set aside."""
    for texts in parquet_door.as_text(rows):
        yield from validation.judge_form(
            bench.database, texts, bench.form, bench.zone, rated_here=rated_here
        )


def gathered(batches: Iterable[pa.RecordBatch], rows_at_once: int) -> Iterator[pa.RecordBatch]:
    """Batches joined until they have so many rows; those of other columns are kept apart."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        if not len(batch):
            continue
        if waiting and not batch.schema.equals(waiting[0].schema):
            yield _joined(waiting)
            waiting = []
        waiting.append(batch)
        if sum(len(held) for held in waiting) >= rows_at_once:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)


_ADD_CORRECTIONS = """
INSERT INTO suspect SELECT row_number FROM arriving WHERE corrects IS NOT NULL;
INSERT INTO corrected_id SELECT DISTINCT source, corrects FROM arriving WHERE corrects IS NOT NULL;
"""
_MEANT = f"""
SELECT {", ".join(name for name in WELL_FORMED.names)},
       coalesce((occurred_at AT TIME ZONE $zone)::DATE, day) AS served
FROM arriving
"""
