"""How fast counted usage is rated, beside a bare sum of the same rows in the same run.

Run as ``python -m tests.bench.bench_rating [rows]``; ten million rows if left out. The bare sum
groups the rows by contract, meter, day and labels in the same database and prices nothing. Exits
with 1 if rating takes more than ``RATIO_MAX`` times as much processor time.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import duckdb
from rich.console import Console
from rich.table import Table

from revrec.columnar import connect
from revrec.model.contract import Contract
from revrec.model.rating import Packages, Price, PriceAgreement, RateCard, Tier, TierMode
from revrec.rating import rate as rating
from revrec.rating.catalogue import Told

ROWS = 10_000_000
CONTRACTS = 5_000
RATIO_MAX = 3
_TOLD = """
create table arrived as
select 'C-' || (n % $contracts) as contract,
       (['input', 'output', 'calls'])[(hash(n) % 3)::integer + 1] as meter,
       date '2026-01-01' + (hash(n, 1) % 31)::integer as day,
       '{"model":"m' || (hash(n, 2) % 2) || '"}' as labels, '' as event,
       (hash(n, 3) % 1000000)::decimal(38,9) as quantity
from range($rows) as numbers(n)
"""
_BARE = """
create or replace table bare as
select contract, meter, day, labels, event, sum(quantity) as quantity from arrived group by all
"""


def prices() -> tuple[Price, ...]:
    """Tokens by the million with a price for each model, in tiers; calls in packages."""
    million = Decimal(1_000_000)
    tiers = (
        Tier(up_to=10 * million, unit_amount=Decimal("3.00")),
        Tier(up_to=100 * million, unit_amount=Decimal("2.50")),
        Tier(unit_amount=Decimal("2.00")),
    )
    return (
        Price(id="input", meter="input", per=million, tiers=tiers, included=million),
        Price(
            id="input m1",
            meter="input",
            when={"model": "m1"},
            per=million,
            unit_amount=Decimal("0.60"),
        ),
        Price(id="output", meter="output", per=million, mode=TierMode.VOLUME, tiers=tiers),
        Price(
            id="calls",
            meter="calls",
            per=Decimal(1000),
            packages=Packages.UP,
            unit_amount=Decimal("0.01"),
            minimum=Decimal(100),
        ),
    )


def told() -> Told:
    """Every contract under one card."""
    card = RateCard(
        id="list-1",
        card="list",
        currency="USD",
        effective_from=date(2026, 1, 1),
        prices=prices(),
    )
    names = [f"C-{number}" for number in range(CONTRACTS)]
    return Told(
        cards=[(card, 1)],
        agreements=[
            PriceAgreement(id=name, contract=name, on=date(2026, 1, 1), card="list")
            for name in names
        ],
        contracts={
            name: Contract(
                id=name,
                customer=name,
                currency="USD",
                inception=date(2026, 1, 1),
                obligations=(),
                consideration=(),
            )
            for name in names
        },
    )


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds the run takes, on the wall and of all processors."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def summed(connection: duckdb.DuckDBPyConnection) -> None:
    """The rows by day, as rating begins with them."""
    connection.execute(
        "create or replace table metered as select contract, meter, day, labels, event,"
        " sum(quantity) as quantity from arrived group by all"
    )


def main(rows: int) -> int:
    """Measure and tell; 1 if rating takes too long beside the bare sum."""
    known = told()
    with connect() as connection:
        connection.execute(_TOLD, {"rows": rows, "contracts": CONTRACTS})

        def rate() -> None:
            summed(connection)
            rating.compute(connection, known, through=date(2026, 1, 31))
            connection.execute("create or replace table lines as from rated_line")

        seconds = {"bare sum by day": min(timed(lambda: connection.execute(_BARE)) for _ in "abc")}
        seconds["rate"] = timed(rate)
        (lines, amount) = connection.execute("select count(*), sum(amount) from lines").fetchall()[
            0
        ]
    bare_wall, bare_processor = seconds["bare sum by day"]
    table = Table(
        *("what", "seconds", "rows/s", "x bare", "processor s", "x bare"),
        title=f"{rows:,} rows, {lines:,} rated lines, {amount:,} USD",
    )
    for what, (wall, processor) in seconds.items():
        table.add_row(
            *(what, f"{wall:.2f}", f"{rows / wall:,.0f}", f"{wall / bare_wall:.1f}"),
            *(f"{processor:.2f}", f"{processor / bare_processor:.1f}"),
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    console = Console()
    console.print(table)
    console.print(f"peak memory {peak:,} MB, the rows included")
    return int(seconds["rate"][1] > RATIO_MAX * bare_processor)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
