"""What a customer's statement takes out of millions of rows, beside a bare sum of the same rows.

Run as ``python -m tests.bench.bench_statement [rows]``; 3,000,000 if left out. One customer with
three contracts, five meters and 2,000 projects, each used on every day of a month. The rows are
ingested and rolled up first, by a process of its own; the statement is measured in another, from
the roll-up as a customer asks for it, and with its tie-out, which reads the rows themselves. The
bare sum is DuckDB's over the Parquet file that was sent, by meter, project and day.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from reports.statement import write_statement
from revrec.feeds.records import to_fact
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.fact import FactKind
from revrec.operations.statements import customer_statement
from revrec.operations.workspace import Workspace
from revrec.runtime.clock import SystemClock
from revrec.runtime.settings import Settings
from revrec.store import embedded, facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.usage.ingest import ingest
from revrec.usage.rollup import roll_up
from revrec.usage.statement import statement
from tests.bench.bench_ingest import Spent, timed

ROWS = 3_000_000
METERS = [f"m{number}" for number in range(5)]
SPAN = {"first": date(2026, 1, 1), "last": date(2026, 1, 31)}
ASKED = {"customer": "meridian", "label": "project", **SPAN}
_TOLD = """
COPY (
    SELECT 'metering' AS source, 'evt-' || lpad(n::VARCHAR, 10, '0') AS usage_id,
           'C-' || (n % 3) AS contract, 'm' || (n % 5) AS meter,
           DATE '2026-01-01' + (n % 31)::INTEGER AS usage_date,
           (hash(n) % 1000000000)::DECIMAL(38,9) AS quantity, 'token' AS unit,
           ((hash(n, 2) % 1000)::VARCHAR || '.' ||
               lpad((hash(n, 3) % 1000000000000)::VARCHAR, 12, '0'))::DECIMAL(38,12) AS amount,
           'USD' AS currency, '{{"project":"p' || (n % 2003 % 2000) || '"}}' AS dimensions
    FROM range({rows}) AS numbers(n)
) TO '{path}' (FORMAT parquet)
"""
_BARE = """
SELECT meter, dimensions ->> '$.project' AS project, usage_date, count(*), sum(quantity),
       sum(amount)
FROM '{path}' GROUP BY ROLLUP (meter, project, usage_date)
"""


def prepare(settings: Settings, path: Path) -> None:
    """Books of the customer whose usage is ingested and rolled up."""
    signed = [
        to_fact(
            FactKind.CONTRACT,
            Contract(
                id=f"C-{number}",
                customer="meridian",
                currency="USD",
                inception=SPAN["first"],
                obligations=(
                    PerformanceObligation(
                        id="inference", product="api", measure=Measure.USAGE, meters=tuple(METERS)
                    ),
                ),
                consideration=(),
            ),
        )
        for number in range(3)
    ]
    lake = Lake(settings.lake_root)
    with Database.open(settings, SystemClock()) as database:
        database.migrate()
        database.run(lambda tx: facts.record(tx, signed), entity=1, actor="m")
        totals = ingest(
            database, lake, path, source_name=path.name, entity=1, actor="m", batch="first"
        )
        if totals.quarantined.rows:
            raise AssertionError(f"{totals.quarantined.rows} rows were set aside")
        database.run(lambda tx: roll_up(tx, lake), entity=1, actor="m")


def ask(settings: Settings, folder: Path) -> dict[str, Spent]:
    """What a statement takes, with its tie-out to the rows, and as files."""
    lake = Lake(settings.lake_root)
    spent: dict[str, Spent] = {}
    with Database.open(settings, SystemClock()) as database:
        books = Workspace(database=database, lake=lake, entity=1, actor="m")
        spent["statement from the roll-up"] = timed(
            lambda: books.run(lambda tx: statement(tx, lake, **ASKED), read_only=True)
        )
        spent["statement, tied to every row"] = timed(lambda: customer_statement(books, **ASKED))
        made = customer_statement(books, **ASKED)
        if any(each.left != each.right for each in made.tie_outs):
            raise AssertionError("the statement does not tie")
        spent[f"workbook, twins and JSON of {len(made.statement.lines):,} lines"] = timed(
            lambda: write_statement(made, folder)
        )
    return spent


def bare(path: Path) -> Spent:
    """A sum of the file."""
    with duckdb.connect() as connection:
        return timed(lambda: connection.execute(_BARE.format(path=path)).fetchall())


def main(rows: int) -> None:
    """Measure and tell."""
    with tempfile.TemporaryDirectory(prefix="revrec-bench-") as name:
        folder = Path(name)
        settings, path = Settings(home=folder / "home"), folder / "usage.parquet"
        with duckdb.connect() as connection:
            connection.execute(_TOLD.format(rows=rows, path=path))
        try:
            with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as alone:
                alone.apply(prepare, (settings, path))
                spent = {"bare sum of the file": alone.apply(bare, (path,))}
                spent |= alone.apply(ask, (settings, folder / "out"))
        finally:
            embedded.stop(folder / "home")
    least = spent["bare sum of the file"].processor
    table = Table("what", "seconds", "processor s", "x", "MB at most", title=f"{rows:,} rows")
    for what, each in spent.items():
        table.add_row(
            *(what, f"{each.wall:.2f}", f"{each.processor:.2f}"),
            *(f"{each.processor / least:.1f}", f"{each.megabytes:,}"),
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
