"""How much memory ingestion and rating hold as rows grow a hundredfold.

Run as ``python -m tests.bench.bench_memory [rows ...]``; 1 and 10 million rows if left out. Of
each number, usage that is rated elsewhere is ingested, and usage that is only counted is ingested
and rated; each step in a process of its own, whose most memory is told with and without the
program itself. Exits with 1 if a step of the largest number holds more than ``GROWTH_MAX`` times
what it holds of the smallest.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from revrec.model.rating import PriceAgreement, RateCard
from revrec.runtime.clock import SystemClock
from revrec.runtime.settings import Settings
from revrec.store import embedded, facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.usage.columns import COUNTED, RATED, Form
from revrec.usage.ingest import ingest
from revrec.usage.rerating import rate_usage
from tests.bench.bench_ingest import CONTRACTS, Spent, contracts, held_at_most, timed, write
from tests.bench.bench_rating import prices

SIZES = (1_000_000, 10_000_000)
GROWTH_MAX = 1.5


def send(settings: Settings, path: Path, entity: int, form: Form) -> tuple[int, Spent]:
    """Ingest the file; with what the program held before it began."""
    lake = Lake(settings.lake_root)
    with Database.open(settings, SystemClock()) as database:
        before = held_at_most()

        def run() -> None:
            totals = ingest(
                *(database, lake, path), source_name=path.name, entity=entity, actor="m", form=form
            )
            if totals.quarantined.rows:
                raise AssertionError(f"{totals.quarantined.rows} rows were set aside")

        return before, timed(run)


def rate(settings: Settings, entity: int) -> tuple[int, Spent]:
    """Rate what was counted; with what the program held before it began."""
    lake = Lake(settings.lake_root)
    with Database.open(settings, SystemClock()) as database:
        before = held_at_most()

        def run() -> None:
            found = database.run(
                lambda tx: rate_usage(tx, lake, through=date(2026, 1, 31)),
                entity=entity,
                actor="m",
            )
            if not found.new or found.unpriced:
                raise AssertionError(found)

        return before, timed(run)


def open_books(database: Database, entity: int) -> None:
    """Contracts, and one card under which all of them are priced."""
    card = RateCard(
        id="list-1",
        card="list",
        currency="USD",
        effective_from=date(2026, 1, 1),
        prices=tuple(replace(each, meter="tokens") for each in prices()[:1]),
    )
    names = [f"C-{number}" for number in range(CONTRACTS)]
    told = [
        *(to_fact(FactKind.CONTRACT, each) for each in contracts()),
        to_fact(FactKind.RATE_CARD, card),
        *(
            to_fact(
                FactKind.PRICE_AGREEMENT,
                PriceAgreement(id=name, contract=name, on=date(2026, 1, 1), card="list"),
            )
            for name in names
        ),
    ]
    database.run(lambda tx: facts.record(tx, told), entity=entity, actor="m")


def counted(path: Path) -> Path:
    """The same usage without its amounts, of 155,000 days of contracts however many the rows."""
    told = path.with_name("counted.parquet")
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '2GB'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(
            f"COPY (SELECT * EXCLUDE (amount, currency) REPLACE ('{{}}' AS dimensions)"
            f" FROM '{path}') TO '{told}' (FORMAT parquet)"
        )
    return told


def measure(folder: Path, sizes: list[int]) -> dict[tuple[str, int], tuple[int, Spent]]:
    """What each step held, by step and number of rows."""
    settings = Settings(home=folder / "home")
    spent: dict[tuple[str, int], tuple[int, Spent]] = {}
    with (
        Database.open(settings, SystemClock()) as database,
        multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as alone,
    ):
        database.migrate()
        for entity, rows in enumerate(sizes, 1):
            open_books(database, entity)
            path = write(folder / "rated.parquet", 0, rows)
            other = counted(path)
            for each, form in ((path, RATED), (other, COUNTED)):
                told = alone.apply(send, (settings, each, entity, form))
                spent[f"ingest {form.name}", rows] = told
                each.unlink()
            spent["rate", rows] = alone.apply(rate, (settings, entity))
            for what in dict.fromkeys(what for what, _ in spent):
                Console().print(f"{rows:,} rows, {what}: {spent[what, rows][1].megabytes:,} MB")
    return spent


def main(sizes: list[int]) -> int:
    """Measure and tell; 1 if memory grows with the rows."""
    with tempfile.TemporaryDirectory(prefix="revrec-bench-") as name:
        folder = Path(name)
        try:
            spent = measure(folder, sizes)
        finally:
            embedded.stop(folder / "home")
    table = Table("what", "rows", "processor s", "rows/s", "MB at most", "of them the program")
    for (what, rows), (before, each) in sorted(spent.items()):
        table.add_row(
            *(what, f"{rows:,}", f"{each.processor:.1f}", f"{rows / each.processor:,.0f}"),
            *(f"{each.megabytes:,}", f"{before:,}"),
        )
    Console(width=120).print(table)
    least, most = min(sizes), max(sizes)
    return int(
        any(
            spent[what, most][1].megabytes > GROWTH_MAX * spent[what, least][1].megabytes
            for what, _ in spent
        )
    )


if __name__ == "__main__":
    sys.exit(main([int(each) for each in sys.argv[1:]] or list(SIZES)))
