"""How fast usage is ingested, beside bare Delta appends of the same rows in the same run.

Run as ``python -m tests.bench.bench_ingest [rows] [forms]``; a million rows and all forms if left
out. Both bare appends write the sender's columns and rows as they came, partitioned by day and
compressed as the ledger is; they judge nothing and remember nothing. One reads the sender's
Parquet file, as any ledger must; the other finds its rows in memory, which is the least that any
ledger on Delta does. Every measurement has a process of its own and is the best of as many
attempts. It is timed by the clock on the wall and by the processor: a busy machine stretches the
first and hardly the second; and the most memory it held is told. Exits with 1 if Parquet needs
more than ``RATIO_MAX`` times the processor time of the file appended bare: half its speed.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from deltalake import write_deltalake
from rich.console import Console
from rich.table import Table

from revrec.feeds.records import to_fact
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.fact import FactKind
from revrec.runtime.clock import SystemClock
from revrec.runtime.settings import Settings
from revrec.store import embedded, facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.usage.ingest import ingest
from revrec.usage.rollup import daily

ROWS = 1_000_000
BARE_ROWS_MAX = 10_000_000
"""Rows of a bare append at most, which are all in memory; a larger one is told in proportion."""
ONCE_FROM = 5_000_000
"""Of so many rows one attempt is made, else three."""
CONTRACTS = 5_000
RATIO_MAX = 2
FORMS = ("csv", "csv.gz", "ndjson", "parquet")
FILE_APPENDED, ROWS_APPENDED = "bare append of the file", "bare append from memory"

_TOLD = """
SELECT 'metering' AS source, 'evt-' || lpad(n::VARCHAR, 10, '0') AS usage_id,
       'C-' || (n % 5000) AS contract, 'tokens' AS meter,
       DATE '2026-01-01' + (n % 31)::INTEGER AS usage_date,
       ((hash(n) % 1000000000)::VARCHAR || '.' || lpad((hash(n, 1) % 1000000000)::VARCHAR, 9, '0')
           )::DECIMAL(38,9) AS quantity,
       'token' AS unit,
       ((hash(n, 2) % 1000)::VARCHAR || '.' ||
           lpad((hash(n, 3) % 1000000000000)::VARCHAR, 12, '0'))::DECIMAL(38,12) AS amount,
       'USD' AS currency,
       '{"model":"m' || (n % 7) || '","region":"' || (['eu', 'us', 'ap'])[n % 3 + 1] || '"}'
           AS dimensions
FROM range($first, $last) AS numbers(n)
"""
_COPIES = {
    "csv": "(FORMAT csv)",
    "csv.gz": "(FORMAT csv, COMPRESSION gzip)",
    "ndjson": "(FORMAT json)",
    "parquet": "(FORMAT parquet)",
}


def write(path: Path, first: int, last: int) -> Path:
    """A month of usage by 5,000 contracts, numbered from first to last, in the form of the name."""
    form = path.name.partition(".")[2]
    told = _TOLD.replace("$first", str(first)).replace("$last", str(last))
    if form == "ndjson":
        told = f"SELECT * REPLACE (CAST(dimensions AS JSON) AS dimensions) FROM ({told})"
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '2GB'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({told}) TO '{path}' {_COPIES[form]}")
    return path


def contracts() -> list[Contract]:
    """Contracts whose usage it is."""
    return [
        Contract(
            id=f"C-{number}",
            customer=f"customer {number}",
            currency="USD",
            inception=date(2026, 1, 1),
            obligations=(
                PerformanceObligation(
                    id="inference", product="api", measure=Measure.USAGE, meters=("tokens",)
                ),
            ),
            consideration=(),
        )
        for number in range(CONTRACTS)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a measurement took."""

    wall: float
    """Seconds by the clock on the wall."""
    processor: float
    """Seconds of all processors."""
    megabytes: int
    """The most memory held, the program included."""


def timed(run: Callable[[], object]) -> Spent:
    """What the run takes."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return Spent(
        wall=time.perf_counter() - wall,
        processor=time.process_time() - processor,
        megabytes=held_at_most(),
    )


def held_at_most() -> int:
    """The most megabytes this program held; ``ru_maxrss`` tells its parent's if they are more."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in told.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def best(runs: Iterable[Callable[[], object]]) -> Spent:
    """What the run takes that takes the processor least."""
    return min((timed(run) for run in runs), key=lambda spent: spent.processor)


def attempts(rows: int) -> range:
    """One for each attempt at so many rows."""
    return range(1 if rows >= ONCE_FROM else 3)


def send(settings: Settings, path: Path, entities: Sequence[int], batch: str) -> Spent:
    """Ingest the file into the books of each entity; the best of them."""
    lake = Lake(settings.lake_root)
    with Database.open(settings, SystemClock()) as database:

        def run(entity: int) -> None:
            totals = ingest(
                *(database, lake, path), source_name=path.name, entity=entity, actor="m",
                batch=batch,
            )  # fmt: skip
            if totals.quarantined.rows:
                raise AssertionError(f"{totals.quarantined.rows} rows were set aside")

        return best(partial(run, entity) for entity in entities)


def roll_up(settings: Settings, entity: int) -> Spent:
    """Sum the ledger."""
    with Database.open(settings, SystemClock()) as database:
        lake = Lake(settings.lake_root)
        held = database.run(
            lambda tx: lake.dataset(tx, "usage"), entity=entity, actor="m", read_only=True
        )
        return timed(lambda: daily(held))


def bare(folder: Path, path: Path, rows: int, *, from_file: bool) -> Spent:
    """Append the rows of the file to a table of its own; the best attempt."""
    parquet = pq.ParquetFile(path)
    groups = range(parquet.num_row_groups)
    if rows > BARE_ROWS_MAX:
        groups = range(max(1, parquet.num_row_groups * BARE_ROWS_MAX // rows))
    held = None if from_file else parquet.read_row_groups(groups)
    times = rows / sum(parquet.metadata.row_group(group).num_rows for group in groups)

    def append(number: int) -> None:
        table = parquet.read_row_groups(groups) if held is None else held
        write_deltalake(folder / f"bare-{from_file}-{number}", table, partition_by=["usage_date"])

    found = best(partial(append, number) for number in attempts(rows))
    return replace(found, wall=found.wall * times, processor=found.processor * times)


def measure(folder: Path, rows: int, forms: tuple[str, ...]) -> dict[str, Spent]:
    """What each thing took, by what was done."""
    settings = Settings(home=folder / "home")
    signed = [to_fact(FactKind.CONTRACT, contract) for contract in contracts()]
    times = attempts(rows)
    with Database.open(settings, SystemClock()) as database:
        database.migrate()
        for entity in range(1, len(forms) * len(times) + 1):
            database.run(lambda tx: facts.record(tx, signed), entity=entity, actor="m")
        spent: dict[str, Spent] = {}
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as alone:
            for number, form in enumerate(forms):
                path = write(folder / f"usage.{form}", 0, rows)
                books = [number * len(times) + attempt + 1 for attempt in times]
                spent[f"ingest {form}"] = alone.apply(send, (settings, path, books, "first"))
                if form != forms[-1]:
                    path.unlink()
            sent = path if path.name == "usage.parquet" else write(folder / "s.parquet", 0, rows)
            for what, from_file in ((FILE_APPENDED, True), (ROWS_APPENDED, False)):
                told = partial(bare, folder, sent, rows, from_file=from_file)
                spent[what] = alone.apply(told)
            spent["roll up by contract, meter and day"] = alone.apply(roll_up, (settings, books[0]))
            spent["the same rows again"] = alone.apply(send, (settings, path, books[:1], "again"))
            more = write(folder / f"more.{forms[-1]}", rows, 2 * rows)
            spent["as many more of the same days"] = alone.apply(
                send, (settings, more, books, "more")
            )
    return spent


def main(rows: int, forms: tuple[str, ...]) -> int:
    """Measure and tell; 1 if the budget is missed."""
    with tempfile.TemporaryDirectory(prefix="revrec-bench-") as name:
        folder = Path(name)
        try:
            spent = measure(folder, rows, forms)
        finally:
            embedded.stop(folder / "home")
    file, held = spent[FILE_APPENDED], spent[ROWS_APPENDED]
    table = Table(
        *("what", "seconds", "x file", "processor s", "rows/s", "x file", "x memory", "MB at most"),
        title=f"{rows:,} rows; x: times the bare append of the file, or of rows in memory",
    )
    for what, each in spent.items():
        table.add_row(
            *(what, f"{each.wall:.2f}", f"{each.wall / file.wall:.1f}", f"{each.processor:.2f}"),
            f"{rows / each.processor:,.0f}",
            *(f"{each.processor / least.processor:.1f}" for least in (file, held)),
            f"{each.megabytes:,}",
        )
    Console(width=120).print(table)
    typed = spent.get("ingest parquet")
    return int(typed is not None and typed.processor > RATIO_MAX * file.processor)


if __name__ == "__main__":
    sys.exit(
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else ROWS,
            tuple(sys.argv[2].split(",")) if len(sys.argv) > 2 else FORMS,
        )
    )
