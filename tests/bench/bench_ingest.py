"""How fast usage is ingested, beside a bare Delta append of the same rows in the same run.

Run as ``python -m tests.bench.bench_ingest [rows] [forms]``; a million rows and all forms if left
out. The bare append takes rows from memory that are in order, reads nothing, judges nothing and
remembers nothing: it is the least that any ledger on Delta does. Every measurement has a process
of its own. It is timed by the clock on the wall and by the processor: a busy machine stretches the
first and hardly the second; and the most memory it held is told. Exits with 1 if Parquet needs
more processor time than ``RATIO_MAX`` bare appends; two, half the speed, is the aim.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
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
CONTRACTS = 5_000
RATIO_MAX = 5
FORMS = ("csv", "csv.gz", "ndjson", "parquet")

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
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    )


def send(settings: Settings, path: Path, entity: int, batch: str) -> Spent:
    """Ingest the file."""
    lake = Lake(settings.lake_root)
    with Database.open(settings, SystemClock()) as database:

        def run() -> None:
            totals = ingest(
                *(database, lake, path), source_name=path.name, entity=entity, actor="m",
                batch=batch,
            )  # fmt: skip
            if totals.quarantined.rows:
                raise AssertionError(f"{totals.quarantined.rows} rows were set aside")

        return timed(run)


def roll_up(settings: Settings, entity: int) -> Spent:
    """Sum the ledger."""
    with Database.open(settings, SystemClock()) as database:
        lake = Lake(settings.lake_root)
        held = database.run(
            lambda tx: lake.dataset(tx, "usage"), entity=entity, actor="m", read_only=True
        )
        return timed(lambda: daily(held))


def bare(settings: Settings, entity: int, folder: Path, rows: int) -> Spent:
    """Append what the ledger holds to a table of its own; the best of three."""
    with Database.open(settings, SystemClock()) as database:
        lake = Lake(settings.lake_root)
        held = database.run(
            lambda tx: lake.dataset(tx, "usage"), entity=entity, actor="m", read_only=True
        )
        if held is None:
            raise AssertionError("nothing was recorded")
        table = held.head(min(rows, BARE_ROWS_MAX)).sort_by("usage_date").combine_chunks()
    times = rows / table.num_rows

    def append(number: int) -> Callable[[], None]:
        return lambda: write_deltalake(
            folder / f"bare-{number}", table, partition_by=["entity_id", "usage_date"]
        )

    best = min((timed(append(number)) for number in range(3)), key=lambda spent: spent.processor)
    return Spent(wall=best.wall * times, processor=best.processor * times, megabytes=best.megabytes)


def measure(folder: Path, rows: int, forms: tuple[str, ...]) -> dict[str, Spent]:
    """What each thing took, by what was done."""
    settings = Settings(home=folder / "home")
    signed = [to_fact(FactKind.CONTRACT, contract) for contract in contracts()]
    with Database.open(settings, SystemClock()) as database:
        database.migrate()
        for entity in range(1, len(forms) + 1):
            database.run(lambda tx: facts.record(tx, signed), entity=entity, actor="m")
        spent: dict[str, Spent] = {}
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as alone:
            for entity, form in enumerate(forms, 1):
                path = write(folder / f"usage.{form}", 0, rows)
                spent[f"ingest {form}"] = alone.apply(send, (settings, path, entity, "first"))
                last = path
                if form != forms[-1]:
                    path.unlink()
            entity = len(forms)
            spent["bare Delta append"] = alone.apply(bare, (settings, entity, folder, rows))
            spent["roll up by contract, meter and day"] = alone.apply(roll_up, (settings, entity))
            spent["the same rows again"] = alone.apply(send, (settings, last, entity, "again"))
            more = write(folder / f"more.{forms[-1]}", rows, 2 * rows)
            spent["as many more of the same days"] = alone.apply(
                send, (settings, more, entity, "more")
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
    least = spent["bare Delta append"]
    table = Table(
        *("what", "seconds", "rows/s", "x bare", "processor s", "rows/s", "x bare", "MB at most"),
        title=f"{rows:,} rows",
    )
    for what, each in spent.items():
        table.add_row(
            *(what, f"{each.wall:.2f}", f"{rows / each.wall:,.0f}"),
            *(f"{each.wall / least.wall:.1f}", f"{each.processor:.2f}"),
            *(f"{rows / each.processor:,.0f}", f"{each.processor / least.processor:.1f}"),
            f"{each.megabytes:,}",
        )
    Console(width=120).print(table)
    typed = spent.get("ingest parquet")
    return int(typed is not None and typed.processor > RATIO_MAX * least.processor)


if __name__ == "__main__":
    sys.exit(
        main(
            int(sys.argv[1]) if len(sys.argv) > 1 else ROWS,
            tuple(sys.argv[2].split(",")) if len(sys.argv) > 2 else FORMS,
        )
    )
