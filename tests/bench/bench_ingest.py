"""How fast usage is ingested, beside a bare Delta append of the same rows in the same run.

Run as ``python -m tests.bench.bench_ingest [rows]``; a million rows if left out. The bare append
reads nothing, judges nothing and remembers nothing: it is the least that any ledger on Delta does.
Both are timed by the clock on the wall and by the processor: a busy machine stretches the first
and hardly the second. Exits with 1 if a form of file needs more processor time than the budget.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as arrow_csv
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
CONTRACTS = 5_000
SECONDS_MAX_PER_MILLION = 20
"""Processor seconds for a million rows, which is less than as many on the wall with two cores."""
FORMS = ("csv", "csv.gz", "ndjson", "parquet")

_TOLD = """
SELECT 'metering' AS source, 'evt-' || lpad(n::VARCHAR, 10, '0') AS usage_id,
       'C-' || (n % 5000) AS contract, 'tokens' AS meter,
       (DATE '2026-01-01' + (n % 31)::INTEGER)::VARCHAR AS usage_date,
       (hash(n) % 1000000000)::VARCHAR || '.' || lpad((hash(n, 1) % 1000000000)::VARCHAR, 9, '0')
           AS quantity,
       'token' AS unit,
       (hash(n, 2) % 1000)::VARCHAR || '.' || lpad((hash(n, 3) % 1000000000000)::VARCHAR, 12, '0')
           AS amount,
       'USD' AS currency,
       '{"model":"m' || (n % 7) || '","region":"' || (['eu', 'us', 'ap'])[n % 3 + 1] || '"}'
           AS dimensions
FROM range($rows) AS numbers(n)
"""


def told(rows: int) -> pa.Table:
    """A month of usage by 5,000 contracts."""
    return duckdb.connect().sql(_TOLD, params={"rows": rows}).to_arrow_table()


def write(usage: pa.Table, folder: Path) -> None:
    """The same rows as files of every form."""
    arrow_csv.write_csv(usage, folder / "usage.csv")
    with pa.output_stream(str(folder / "usage.csv.gz"), compression="gzip") as stream:
        arrow_csv.write_csv(usage, stream)
    exact = usage
    for name, kind in (("quantity", pa.decimal128(38, 9)), ("amount", pa.decimal128(38, 12))):
        position = usage.schema.get_field_index(name)
        exact = exact.set_column(position, name, usage[name].cast(kind))
    pq.write_table(exact, folder / "usage.parquet")
    with duckdb.connect() as connection:
        connection.register("usage", usage)
        connection.execute(
            "COPY (SELECT * REPLACE (CAST(dimensions AS JSON) AS dimensions) FROM usage)"
            f" TO '{folder / 'usage.ndjson'}' (FORMAT json)"
        )


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


Seconds = tuple[float, float]


def timed(run: Callable[[], object]) -> Seconds:
    """Seconds the run takes, on the wall and of all processors."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def measure(folder: Path, rows: int) -> dict[str, Seconds]:
    """Seconds by what was done."""
    seconds: dict[str, Seconds] = {}
    settings = Settings(home=folder / "home")
    signed = [to_fact(FactKind.CONTRACT, contract) for contract in contracts()]
    with Database.open(settings, SystemClock()) as database:
        database.migrate()
        lake = Lake(settings.lake_root)

        def send(form: str, entity: int, batch: str | None = None) -> None:
            path = folder / f"usage.{form}"
            totals = ingest(
                database, lake, path, source_name=path.name, entity=entity, actor="m", batch=batch
            )
            if totals.received.rows != rows or totals.quarantined.rows:
                raise AssertionError(f"{totals.quarantined.rows} rows were set aside")

        for entity, form in enumerate(FORMS, 1):
            database.run(lambda tx: facts.record(tx, signed), entity=entity, actor="m")
            seconds[f"ingest {form}"] = timed(lambda form=form, entity=entity: send(form, entity))
        seconds["the same rows again, all duplicates"] = timed(lambda: send("parquet", 1, "again"))
        seconds["the same file again"] = timed(lambda: send("csv", 1))
        held = database.run(
            lambda tx: lake.dataset(tx, "usage"), entity=1, actor="m", read_only=True
        )
        if held is None:
            raise AssertionError("nothing was recorded")
        seconds["roll up by contract, meter and day"] = timed(lambda: daily(held))
        table = held.to_table().sort_by("usage_date")
    seconds["bare Delta append"] = min(
        timed(
            lambda number=number: write_deltalake(
                folder / f"bare-{number}", table, partition_by=["entity_id", "usage_date"]
            )
        )
        for number in range(3)
    )
    return seconds


def main(rows: int) -> int:
    """Measure and tell; 1 if the budget is missed."""
    with tempfile.TemporaryDirectory(prefix="revrec-bench-") as name:
        folder = Path(name)
        write(told(rows), folder)
        try:
            seconds = measure(folder, rows)
        finally:
            embedded.stop(folder / "home")
    bare_wall, bare_processor = seconds["bare Delta append"]
    table = Table(
        *("what", "seconds", "rows/s", "x bare", "processor s", "rows/s", "x bare"),
        title=f"{rows:,} rows",
    )
    for what, (wall, processor) in seconds.items():
        table.add_row(
            *(what, f"{wall:.2f}", f"{rows / wall:,.0f}", f"{wall / bare_wall:.1f}"),
            *(f"{processor:.2f}", f"{rows / processor:,.0f}", f"{processor / bare_processor:.1f}"),
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    console = Console()
    console.print(table)
    console.print(f"peak memory {peak:,} MB, this script's own tables included")
    slowest = max(used for what, (_, used) in seconds.items() if what.startswith("ingest"))
    return int(slowest > SECONDS_MAX_PER_MILLION * max(rows, ROWS) / ROWS)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
